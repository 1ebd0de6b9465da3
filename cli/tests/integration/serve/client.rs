//! An HTTP client that sends exactly the bytes it is given, and reads responses one by one.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned};
use serde_json::Value;

use super::daemon::PATIENCE;

/// A connection to a daemon.
pub(crate) struct Client {
    stream: BufReader<Stream>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

enum Stream {
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    Unix(UnixStream),
}

impl Client {
    pub(crate) fn tcp(port: u16) -> Self {
        Self::try_tcp(port).unwrap()
    }

    pub(crate) fn try_tcp(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self::over(Stream::Tcp(stream)))
    }

    /// Connects with TLS and without a certificate, to a server with a certificate for 127.0.0.1. The
    /// handshake begins with the first bytes that are sent or received.
    pub(crate) fn tls(port: u16, roots: RootCertStore) -> io::Result<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self::tls_with(port, Arc::new(config))
    }

    /// Like [`Self::tls`], with a configuration of the test's own.
    pub(crate) fn tls_with(port: u16, config: Arc<ClientConfig>) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connection = ClientConnection::new(config, name).unwrap();
        let stream = StreamOwned::new(connection, stream);
        Ok(Self::over(Stream::Tls(Box::new(stream))))
    }

    /// Completes the TLS handshake, if there is one.
    pub(crate) fn shake_hands(&mut self) {
        self.try_shake_hands().unwrap();
    }

    pub(crate) fn try_shake_hands(&mut self) -> io::Result<()> {
        if let Stream::Tls(stream) = self.stream.get_mut() {
            while stream.conn.is_handshaking() {
                stream.conn.complete_io(&mut stream.sock)?;
            }
        }
        Ok(())
    }

    pub(crate) fn unix(path: &Path) -> Self {
        Self::try_unix(path).unwrap()
    }

    pub(crate) fn try_unix(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self::over(Stream::Unix(stream)))
    }

    /// Connects from another address of this machine, such as 127.0.0.2.
    pub(crate) fn tcp_from(address: [u8; 4], port: u16) -> Self {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&socket, &SocketAddr::from((address, 0))).unwrap();
        rustix::net::connect(&socket, &SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self::over(Stream::Tcp(stream))
    }

    /// Connects without waiting for room in the backlog.
    pub(crate) fn unix_without_waiting(path: &Path) -> io::Result<Self> {
        let (family, flags) = (AddressFamily::UNIX, SocketFlags::NONBLOCK);
        let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
        rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
        let stream = UnixStream::from(socket);
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self::over(Stream::Unix(stream)))
    }

    fn over(stream: Stream) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// Returns the connection twice: to receive from, and to send to.
    pub(crate) fn split(self) -> (Self, Self) {
        let sender = match self.stream.get_ref() {
            Stream::Tcp(stream) => Stream::Tcp(stream.try_clone().unwrap()),
            Stream::Unix(stream) => Stream::Unix(stream.try_clone().unwrap()),
            Stream::Tls(_) => panic!("TLS is one stream"),
        };
        (self, Self::over(sender))
    }

    /// Returns `true` if the TLS session was one of an earlier connection.
    pub(crate) fn is_resumed(&self) -> bool {
        let Stream::Tls(stream) = self.stream.get_ref() else {
            panic!("the connection has no TLS");
        };
        stream.conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Sends the alert `close_notify`: the client sends nothing more.
    pub(crate) fn close_notify(&mut self) {
        let Stream::Tls(stream) = self.stream.get_mut() else {
            panic!("the connection has no TLS");
        };
        stream.conn.send_close_notify();
        stream.conn.complete_io(&mut stream.sock).unwrap();
    }

    /// Waits for the alert `close_notify` of the daemon.
    pub(crate) fn expect_close_notify(&mut self) {
        // An end without the alert is an error.
        assert_eq!(self.stream.read(&mut [0]).unwrap(), 0);
    }

    /// Closes the sending side. The client can still receive.
    pub(crate) fn end(&mut self) {
        match self.stream.get_ref() {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Stream::Tls(stream) => stream.sock.shutdown(Shutdown::Write),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
        .unwrap();
    }

    /// Waits for the beginning of the next response, without reading it.
    pub(crate) fn wait_for_response(&mut self) {
        assert!(!self.stream.fill_buf().unwrap().is_empty());
    }

    /// Reads the next response, which has a body.
    pub(crate) fn receive(&mut self) -> Response {
        self.try_receive(true).unwrap()
    }

    /// Reads the next response; `with_body` is `false` for a response to HEAD.
    pub(crate) fn try_receive(&mut self, with_body: bool) -> io::Result<Response> {
        let status_line = self.line()?;
        let status = status_line
            .strip_prefix("HTTP/1.1 ")
            .or_else(|| status_line.strip_prefix("HTTP/1.0 "))
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .unwrap_or_else(|| panic!("no status line: {status_line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut response = Response {
            status,
            headers,
            body: Vec::new(),
        };
        if status == 100 {
            return self.try_receive(with_body);
        }
        if with_body && response.header("transfer-encoding") == Some("chunked") {
            response.body = self.chunks()?;
        } else if with_body {
            let length = response
                .header("content-length")
                .map_or(0, |l| l.parse().unwrap());
            response.body.resize(length, 0);
            self.stream.read_exact(&mut response.body)?;
        }
        Ok(response)
    }

    /// Reads the chunks of a body up to its end.
    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line()?, 16).unwrap();
            let begin = body.len();
            body.resize(begin + length, 0);
            self.stream.read_exact(&mut body[begin..])?;
            assert_eq!(self.line()?, "");
            if length == 0 {
                return Ok(body);
            }
        }
    }

    /// Sends a request with a JSON body, and reads the response.
    pub(crate) fn post(&mut self, path: &str, body: impl AsRef<[u8]>) -> Response {
        self.send(request(path, body));
        self.receive()
    }

    /// Sends a request without a body, and reads the response.
    pub(crate) fn bare(&mut self, method: &str, path: &str) -> Response {
        self.send(format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ));
        self.try_receive(method != "HEAD").unwrap()
    }

    /// Identifies one code value.
    pub(crate) fn identify(&mut self, code_value: &str, open_id: &str) -> Response {
        self.post("/v1/identifyCode", body(code_value, open_id))
    }

    /// Reads everything up to the end of the connection, however it ends.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                panic!(
                    "the connection stays open after {:?}",
                    String::from_utf8_lossy(&rest)
                )
            }
            _ => rest,
        }
    }

    /// Reads the next line of a response, without its end.
    pub(crate) fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the names of the headers, in lower case.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn result_code(&self) -> String {
        self.json()["result"]["resultCode"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// Returns the body of a request for one code value.
pub(crate) fn body(code_value: &str, open_id: &str) -> String {
    serde_json::json!({"codeValue": code_value, "openId": open_id}).to_string()
}

/// Returns the bytes of a request with a JSON body.
pub(crate) fn request(path: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(bytes),
            Self::Tls(stream) => stream.read(bytes),
            Self::Unix(stream) => stream.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
