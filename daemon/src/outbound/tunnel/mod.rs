//! Tunnels through HTTP proxies, made with `CONNECT` (RFC 9110, section 9.3.6).
//!
//! hyper-util has a tunnel, too. It does not report with which status a proxy refused, and takes port 443
//! for every server.

use std::error::Error;
use std::fmt;
use std::io;

use httparse::Status;
use hyper::rt::{Read, Write};
use hyper::{StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::settings::ProxyUrl;

/// The most bytes of a proxy's response.
const MAX_HEAD_BYTES: usize = 8 << 10;

/// The most header lines of a proxy's response.
const MAX_HEADERS: usize = 100;

/// The reason why there is no tunnel through a proxy, which is named by its host and port.
#[derive(Debug)]
pub(crate) struct TunnelError {
    proxy: String,
    /// Its causes are those of the error.
    fault: Fault,
}

/// The fault of a proxy. Displays as a predicate.
#[derive(Debug)]
pub(super) enum Fault {
    /// There is no connection to it.
    Unreached(Box<dyn Error + Send + Sync>),
    /// The connection broke off.
    Broken(io::Error),
    /// It closed the connection instead of a response.
    Closed,
    /// Its response is not HTTP/1.
    NotHttp(httparse::Error),
    /// The head of its response is too long.
    TooLong,
    /// It sent more than its response.
    Excess,
    /// It wants a user and a password: others, if it was sent some.
    Unauthorized {
        /// `true` if a user and a password were sent.
        were_sent: bool,
        /// The port of the server behind the proxy.
        port: u16,
    },
    /// It responded with another status than success.
    Refused {
        /// The status of the response.
        status: u16,
        /// The port of the server behind the proxy.
        port: u16,
    },
}

impl TunnelError {
    /// Returns the error for `fault`, which names the host and port of `proxy`.
    pub(super) fn new(proxy: &ProxyUrl, fault: Fault) -> Self {
        Self {
            proxy: proxy.to_string(),
            fault,
        }
    }
}

/// Makes a tunnel to the server of `url` on `stream`, a connection to the proxy.
///
/// # Errors
///
/// [`TunnelError`] if the proxy does not make one.
pub(super) async fn open<S: Read + Write + Unpin>(
    stream: S,
    url: &Uri,
    proxy: &ProxyUrl,
) -> Result<S, TunnelError> {
    let mut stream = TokioIo::new(stream);
    let opened = request(&mut stream, url, proxy).await;
    opened.map_err(|fault| TunnelError::new(proxy, fault))?;
    Ok(stream.into_inner())
}

async fn request<S: Read + Write + Unpin>(
    stream: &mut TokioIo<S>,
    url: &Uri,
    proxy: &ProxyUrl,
) -> Result<(), Fault> {
    let default_port = if url.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = url.port_u16().unwrap_or(default_port);
    let server = format!("{}:{port}", url.host().unwrap_or_default());
    let mut head = format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n").into_bytes();
    if let Some(authorization) = proxy.authorization() {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(authorization.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).await.map_err(Fault::Broken)?;
    stream.flush().await.map_err(Fault::Broken)?;
    let (status, has_excess) = response(stream).await?;
    match status {
        200..=299 if has_excess => Err(Fault::Excess),
        200..=299 => Ok(()),
        407 => Err(Fault::Unauthorized {
            were_sent: proxy.authorization().is_some(),
            port,
        }),
        status => Err(Fault::Refused { status, port }),
    }
}

/// Reads the head of the final response. Returns its status, and whether bytes came after it.
async fn response<S: Read + Write + Unpin>(stream: &mut TokioIo<S>) -> Result<(u16, bool), Fault> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&bytes) {
            Ok(Status::Complete(length)) => match response.code {
                Some(100 | 102..=199) => {
                    bytes.drain(..length);
                    continue;
                }
                code => return Ok((code.unwrap_or_default(), bytes.len() > length)),
            },
            Ok(Status::Partial) if bytes.len() >= MAX_HEAD_BYTES => return Err(Fault::TooLong),
            Ok(Status::Partial) => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Fault::TooLong),
            Err(error) => return Err(Fault::NotHttp(error)),
        }
        let room = MAX_HEAD_BYTES - bytes.len();
        let mut more = (&mut *stream).take(room as u64);
        if more.read_buf(&mut bytes).await.map_err(Fault::Broken)? == 0 {
            return Err(Fault::Closed);
        }
    }
}

/// Displays as what may be the reason of a refusal to connect to this port, if it is not that of `https`.
struct PortHint(u16);

impl fmt::Display for PortHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            443 => Ok(()),
            port => write!(
                f,
                "; by default, proxies such as Squid connect to port 443 alone, and not to port {port}"
            ),
        }
    }
}

impl fmt::Display for TunnelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {} {}", self.proxy, self.fault)
    }
}

impl Error for TunnelError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.fault {
            Fault::Unreached(error) => Some(&**error),
            Fault::Broken(error) => Some(error),
            Fault::NotHttp(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreached(_) => f.write_str("cannot be reached"),
            Self::Broken(_) => f.write_str("broke off the connection"),
            Self::Closed => f.write_str("closed the connection without a response"),
            Self::NotHttp(_) => f.write_str("did not respond in HTTP/1.1"),
            Self::TooLong => write!(
                f,
                "responded with more than {MAX_HEAD_BYTES} bytes or {MAX_HEADERS} header lines"
            ),
            Self::Excess => f.write_str("sent bytes before anything was sent through it"),
            Self::Unauthorized {
                were_sent: false,
                port,
            } => write!(
                f,
                "requires a user and a password (status 407), and its URL has none{}",
                PortHint(*port)
            ),
            Self::Unauthorized {
                were_sent: true,
                port,
            } => write!(
                f,
                "did not accept the user and the password of its URL (status 407){}",
                PortHint(*port)
            ),
            Self::Refused { status, port } => match StatusCode::from_u16(*status) {
                Ok(StatusCode::FORBIDDEN) => write!(
                    f,
                    "refused to connect to the server, with the status 403 Forbidden{}",
                    PortHint(*port)
                ),
                Ok(status) => write!(
                    f,
                    "refused to connect to the server, with the status {status}"
                ),
                Err(_) => write!(
                    f,
                    "responded with the status {status}, which does not exist"
                ),
            },
        }
    }
}

#[cfg(test)]
mod tests;
