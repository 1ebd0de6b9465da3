//! A Redis client that sends exactly the bytes it is given, and reads replies one by one.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::serve::daemon::PATIENCE;

/// A connection to a daemon.
pub(crate) struct RespClient {
    stream: BufReader<UnixStream>,
}

/// A reply, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    Simple(String),
    Error(String),
    Integer(i64),
    Bulk(String),
    Verbatim(String),
    Boolean(bool),
    /// The null of either version.
    Null,
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

impl RespClient {
    pub(crate) fn connect(path: &Path) -> Self {
        Self::try_connect(path).unwrap()
    }

    pub(crate) fn try_connect(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let stream = BufReader::new(stream);
        Ok(Self { stream })
    }

    /// Connects, and chooses RESP3.
    pub(crate) fn connect_resp3(path: &Path) -> Self {
        let mut client = Self::connect(path);
        let hello = client.command(&["HELLO", "3"]);
        assert!(matches!(hello, Reply::Map(_)), "{hello:?}");
        client
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// Returns the sending side, for a thread of its own.
    pub(crate) fn sender(&self) -> UnixStream {
        self.stream.get_ref().try_clone().unwrap()
    }

    /// Sends a command, and reads its reply.
    pub(crate) fn command(&mut self, arguments: &[&str]) -> Reply {
        self.send(command(arguments));
        self.receive()
    }

    /// Waits for the beginning of the next reply, without reading it.
    pub(crate) fn wait_for_reply(&mut self) {
        assert!(!self.stream.fill_buf().unwrap().is_empty());
    }

    pub(crate) fn receive(&mut self) -> Reply {
        self.try_receive().unwrap()
    }

    pub(crate) fn try_receive(&mut self) -> io::Result<Reply> {
        let line = self.line()?;
        let (kind, text) = line.split_at(1);
        let length = || text.parse::<usize>().unwrap();
        Ok(match kind {
            "+" => Reply::Simple(text.to_owned()),
            "-" => Reply::Error(text.to_owned()),
            ":" => Reply::Integer(text.parse().unwrap()),
            "$" if text == "-1" => Reply::Null,
            "_" => Reply::Null,
            "#" => Reply::Boolean(text == "t"),
            "$" => Reply::Bulk(self.text(length())?),
            "=" => Reply::Verbatim(self.text(length())?),
            "*" => Reply::Array(
                (0..length())
                    .map(|_| self.try_receive())
                    .collect::<io::Result<_>>()?,
            ),
            "%" => Reply::Map(
                (0..length())
                    .map(|_| Ok((self.try_receive()?, self.try_receive()?)))
                    .collect::<io::Result<_>>()?,
            ),
            _ => panic!("not a reply: {line:?}"),
        })
    }

    /// Reads everything up to the end of the connection, however it ends.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                panic!("the connection stays open after {} bytes", rest.len())
            }
            _ => rest,
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8(line).unwrap();
        Ok(line.strip_suffix("\r\n").unwrap().to_owned())
    }

    fn text(&mut self, length: usize) -> io::Result<String> {
        let mut bytes = vec![0; length + 2];
        self.stream.read_exact(&mut bytes)?;
        assert!(bytes.ends_with(b"\r\n"));
        bytes.truncate(length);
        Ok(String::from_utf8(bytes).unwrap())
    }
}

impl Reply {
    /// Returns the value of this name in a map, which is a flat array in RESP2.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let name = &Self::bulk(name);
        match self {
            Self::Map(pairs) => pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            Self::Array(flat) => flat.chunks(2).find(|pair| &pair[0] == name)?.get(1),
            _ => None,
        }
    }

    /// Returns the number of pairs of a map.
    pub(crate) fn pairs(&self) -> usize {
        match self {
            Self::Map(pairs) => pairs.len(),
            Self::Array(flat) => flat.len() / 2,
            _ => 0,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Bulk(text) | Self::Simple(text) | Self::Error(text) | Self::Verbatim(text) => {
                Some(text)
            }
            _ => None,
        }
    }

    pub(crate) fn bulk(text: &str) -> Self {
        Self::Bulk(text.to_owned())
    }

    pub(crate) fn simple(text: &str) -> Self {
        Self::Simple(text.to_owned())
    }

    pub(crate) fn error(text: &str) -> Self {
        Self::Error(text.to_owned())
    }
}

/// Returns the bytes of a command.
pub(crate) fn command(arguments: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments.iter().map(AsRef::as_ref) {
        bytes.extend(format!("${}\r\n", argument.len()).bytes());
        bytes.extend_from_slice(argument);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
