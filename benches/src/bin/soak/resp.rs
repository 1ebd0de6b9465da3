//! A Redis client on one connection.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};

use crate::http::{Address, Stream};
use crate::oracle::{Config, named_in};

/// The longest bulk and the most elements that a reply may have.
const LIMIT: usize = 1 << 20;

/// A connection in either version of the protocol.
#[derive(Debug)]
pub(crate) struct RespClient {
    stream: BufReader<Stream>,
}

/// A reply. Simple strings, bulks, numbers and booleans are all texts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Text(String),
    Error(String),
    /// An array, or a map as its keys and values in turn.
    List(Vec<Self>),
}

impl RespClient {
    /// Connects, and chooses version 2 or 3.
    ///
    /// # Errors
    ///
    /// If the connection fails, or the version is refused.
    pub(crate) fn connect(address: &Address, version: &str) -> io::Result<Self> {
        let stream = BufReader::new(address.connect()?);
        let mut client = Self { stream };
        client.send(&command(&["HELLO", version]))?;
        match client.receive()? {
            Reply::List(_) => Ok(client),
            reply => Err(io::Error::other(format!("HELLO: {reply:?}"))),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads the next reply.
    ///
    /// # Errors
    ///
    /// If the connection fails or ends, or the bytes are not a reply.
    pub(crate) fn receive(&mut self) -> io::Result<Reply> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        let (kind, rest) = line.split_at_checked(1).unwrap_or_default();
        let length = || match rest.parse::<usize>() {
            Ok(length) if length <= LIMIT => Ok(length),
            _ => Err(io::Error::other(format!("not a reply: {line:?}"))),
        };
        match kind {
            "+" | ":" => Ok(Reply::Text(rest.to_owned())),
            "#" => Ok(Reply::Text(u8::from(rest == "t").to_string())),
            "-" => Ok(Reply::Error(rest.to_owned())),
            "$" => {
                let mut bytes = vec![0; length()? + 2];
                self.stream.read_exact(&mut bytes)?;
                bytes.truncate(bytes.len() - 2);
                Ok(Reply::Text(String::from_utf8_lossy(&bytes).into_owned()))
            }
            "*" | "%" => {
                let count = length()? * if kind == "%" { 2 } else { 1 };
                let each = (0..count).map(|_| self.receive());
                Ok(Reply::List(each.collect::<io::Result<_>>()?))
            }
            _ => Err(io::Error::other(format!("not a reply: {line:?}"))),
        }
    }
}

impl Reply {
    /// Returns the number of the config that the reply to one code value names.
    pub(crate) fn named(&self) -> Option<u32> {
        let Self::List(flat) = self else { return None };
        flat.iter().find_map(|field| match field {
            Self::Text(text) => named_in(text),
            _ => None,
        })
    }

    /// Returns `true` if this is the reply of `config` to `pair`.
    pub(crate) fn is_right(&self, config: &Config, pair: usize) -> bool {
        let Self::List(flat) = self else { return false };
        let expected = &config.answer(pair).fields;
        let is_field = |(given, (name, value)): (&[Self], &(String, String))| matches!(given, [Self::Text(n), Self::Text(v)] if n == name && v == value);
        flat.len() == 2 * expected.len() && flat.chunks(2).zip(expected).all(is_field)
    }
}

/// Returns the bytes of a command.
pub(crate) fn command(arguments: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        bytes.extend(format!("${}\r\n{argument}\r\n", argument.len()).bytes());
    }
    bytes
}
