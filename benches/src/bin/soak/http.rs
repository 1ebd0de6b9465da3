//! An HTTP client on one connection that sends exactly the bytes it is given.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

/// The time after which a read or a write that makes no progress fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The address of a listener.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// A connection to a listener.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A connection on which responses are read.
#[derive(Debug)]
pub(crate) struct HttpClient {
    pub(crate) stream: Stream,
    received: Vec<u8>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) generation: Option<u64>,
    pub(crate) rule: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Address {
    pub(crate) fn connect(&self) -> io::Result<Stream> {
        let stream = match self {
            Self::Tcp(address) => Stream::Tcp(TcpStream::connect(address)?),
            Self::Unix(path) => Stream::Unix(UnixStream::connect(path)?),
        };
        stream.set_patience(PATIENCE)?;
        Ok(stream)
    }
}

impl Stream {
    pub(crate) fn set_patience(&self, patience: Duration) -> io::Result<()> {
        let patience = Some(patience);
        match self {
            Self::Tcp(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(patience)?;
                stream.set_write_timeout(patience)
            }
            Self::Unix(stream) => {
                stream.set_read_timeout(patience)?;
                stream.set_write_timeout(patience)
            }
        }
    }
}

impl HttpClient {
    pub(crate) fn connect(address: &Address) -> io::Result<Self> {
        Ok(Self {
            stream: address.connect()?,
            received: Vec::new(),
        })
    }

    /// Sends a request, and reads the response.
    ///
    /// # Errors
    ///
    /// If the connection fails or ends, or the response is not one.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> io::Result<Answered> {
        self.stream.write_all(request)?;
        self.receive()
    }

    /// Reads the next response.
    ///
    /// # Errors
    ///
    /// See [`Self::exchange`].
    pub(crate) fn receive(&mut self) -> io::Result<Answered> {
        loop {
            if let Some((answered, length)) = parse(&self.received)? {
                self.received.drain(..length);
                return Ok(answered);
            }
            let mut chunk = [0; 16 * 1024];
            match self.stream.read(&mut chunk)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => self.received.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

/// Parses a response. Returns it with its length in bytes, or `None` if it is incomplete.
fn parse(received: &[u8]) -> io::Result<Option<(Answered, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(received).map_err(io::Error::other)? {
        httparse::Status::Complete(head) => head,
        httparse::Status::Partial => return Ok(None),
    };
    let header = |name: &str| {
        let mut all = response.headers.iter();
        let found = all.find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok()
    };
    let rest = &received[head..];
    let (body, length) = if header("transfer-encoding") == Some("chunked") {
        match parse_chunks(rest)? {
            Some(chunks) => chunks,
            None => return Ok(None),
        }
    } else {
        let length = header("content-length").and_then(|length| length.parse().ok());
        let length: usize =
            length.ok_or_else(|| io::Error::other("a response without a length"))?;
        match rest.get(..length) {
            Some(body) => (body.to_vec(), length),
            None => return Ok(None),
        }
    };
    let answered = Answered {
        status: response.code.unwrap_or_default(),
        generation: header("x-codeid-generation").and_then(|number| number.parse().ok()),
        rule: header("x-codeid-rule").map(str::to_owned),
        body,
    };
    Ok(Some((answered, head + length)))
}

/// Parses a body in chunks. Returns it with its length in bytes, framing included, or `None` if it is
/// incomplete.
fn parse_chunks(received: &[u8]) -> io::Result<Option<(Vec<u8>, usize)>> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let parsed = httparse::parse_chunk_size(&received[at..]);
        let parsed = parsed.map_err(|_| io::Error::other("the size of a chunk is malformed"))?;
        let httparse::Status::Complete((line, size)) = parsed else {
            return Ok(None);
        };
        let size = usize::try_from(size).map_err(io::Error::other)?;
        let (start, end) = (at + line, at + line + size);
        match received.get(end..end + 2) {
            None => return Ok(None),
            Some(b"\r\n") => body.extend_from_slice(&received[start..end]),
            Some(_) => return Err(io::Error::other("a chunk does not end where its size says")),
        }
        at = end + 2;
        if size == 0 {
            return Ok(Some((body, at)));
        }
    }
}

/// Returns the bytes of a request to identify one code value.
pub(crate) fn identify((code, open_id): (&str, &str)) -> Vec<u8> {
    let body = json!({"codeValue": code, "openId": open_id}).to_string();
    post("/v1/identifyCode", &[], body.as_bytes())
}

/// Returns the bytes of a request to identify a batch.
pub(crate) fn identify_batch(pairs: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<u8> {
    let each = pairs.map(|(code, open_id)| json!({"codeValue": code, "openId": open_id}));
    let body = Value::Array(each.collect()).to_string();
    post("/v1/identifyCodes", &[], body.as_bytes())
}

/// Returns the bytes of a request with a body of JSON and `headers`.
pub(crate) fn post(path: &str, headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(bytes),
            Self::Unix(stream) => stream.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_in_chunks_is_complete_with_its_last_chunk() {
        let response =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n";
        for end in 0..response.len() {
            assert!(parse(&response[..end]).unwrap().is_none(), "{end}");
        }
        let (answered, length) = parse(&[response, b"H".as_slice()].concat())
            .unwrap()
            .unwrap();
        assert_eq!(
            (answered.body.as_slice(), length),
            (b"[1]".as_slice(), response.len())
        );
    }
}
