//! What carries the bytes of a connection.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

use crate::serve::tls::Socket;

/// A stream that tells whether the client takes anything.
pub(in crate::serve) trait Transport: AsyncRead + AsyncWrite + Unpin {
    /// How many bytes the system has taken for the client, if that says more than what was
    /// written: TLS keeps some for itself.
    fn sent(&self) -> u64 {
        0
    }
}

impl Transport for TcpStream {}

impl Transport for UnixStream {}

impl Transport for TlsStream<Socket> {
    fn sent(&self) -> u64 {
        self.get_ref().0.sent()
    }
}
