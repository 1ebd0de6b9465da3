//! The streams that carry a connection's bytes.

use rustix::net::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::unix::UCred;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

use crate::serve::tls::Socket;

/// A byte stream, with what a connection must know of its socket.
pub(in crate::serve) trait Transport: AsyncRead + AsyncWrite + Unpin {
    /// Returns the number of bytes that the system has taken for the client, if that is more exact
    /// than the number of bytes written to the stream: TLS buffers some itself.
    fn sent(&self) -> u64 {
        0
    }

    /// Makes the system refuse what the client sends from now on. Bytes that it has sent already are
    /// still received, followed by the end of input.
    ///
    /// Only Unix sockets can do this: for others the call has no effect.
    fn refuse_input(&self) {}

    /// Returns the process at the other end, where the system knows it.
    fn peer(&self) -> Option<UCred> {
        None
    }
}

impl Transport for TcpStream {}

impl Transport for UnixStream {
    fn refuse_input(&self) {
        // It fails only for a connection that is gone, as its reader will find.
        let _ = rustix::net::shutdown(self, Shutdown::Read);
    }

    fn peer(&self) -> Option<UCred> {
        self.peer_cred().ok()
    }
}

impl Transport for TlsStream<Socket> {
    fn sent(&self) -> u64 {
        self.get_ref().0.sent()
    }
}
