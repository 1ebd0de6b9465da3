//! The streams that carry a connection's bytes.

use std::io;
use std::os::fd::AsFd;
use std::task::{Context, Poll, ready};

use rustix::io::ioctl_fionread;
use rustix::net::{SendFlags, Shutdown};
use tokio::io::{AsyncRead, AsyncWrite, Interest};
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

    /// Writes some of `bytes`, whether or not the system has reported room. A stream that cannot do so, such
    /// as one of TLS, behaves as if there were none.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] if there is no room; otherwise the connection is broken.
    fn try_write(&self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Makes the system refuse what the client sends from now on. Bytes that it has sent already are
    /// still received, followed by the end of input. Returns `false`, without an effect, if the
    /// system cannot do this.
    fn refuse_input(&self) -> bool {
        false
    }

    /// Returns `true` if the system has bytes of the client that were not read. The runtime does not
    /// know of those that have only just arrived.
    fn has_input(&self) -> bool;

    /// Completes once the system has bytes of the client that were not read. Needed only for a protocol
    /// that reads while responses wait.
    fn poll_input(&self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    /// Returns the process at the other end, where the system knows it.
    fn peer(&self) -> Option<UCred> {
        None
    }
}

impl Transport for TcpStream {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        send(self, bytes)
    }

    fn has_input(&self) -> bool {
        has_input(self)
    }
}

impl Transport for UnixStream {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        send(self, bytes)
    }

    fn refuse_input(&self) -> bool {
        rustix::net::shutdown(self, Shutdown::Read).is_ok()
    }

    fn has_input(&self) -> bool {
        has_input(self)
    }

    fn poll_input(&self, cx: &mut Context<'_>) -> Poll<()> {
        // The runtime knows of bytes that came, and not that they were read since. After the end of input,
        // and only then, it says a second time that there are some.
        for _ in 0..2 {
            if ready!(self.poll_read_ready(cx)).is_err() {
                return Poll::Ready(());
            }
            let check = || match has_input(self) {
                true => Ok(()),
                false => Err(io::ErrorKind::WouldBlock.into()),
            };
            if self.try_io(Interest::READABLE, check).is_ok() {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }

    fn peer(&self) -> Option<UCred> {
        self.peer_cred().ok()
    }
}

impl Transport for TlsStream<Socket> {
    fn sent(&self) -> u64 {
        self.get_ref().0.sent()
    }

    /// Decrypted bytes are not counted: a reader that waits has read them all.
    fn has_input(&self) -> bool {
        self.get_ref().0.stream().is_some_and(has_input)
    }
}

/// Sends some of `bytes` without the runtime, which waits for a report of the system.
fn send(socket: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(
        socket,
        bytes,
        SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
    )?)
}

/// Returns `true` if the system has bytes of the client for this socket.
fn has_input(socket: impl AsFd) -> bool {
    // It fails only for a connection that is gone.
    ioctl_fionread(socket).is_ok_and(|bytes| bytes > 0)
}
