//! A TLS connection that moves from the runtime of its handshake to the runtime of its worker.

use std::io;
use std::net;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;

/// A connection whose handshake is complete, and which belongs to no runtime.
#[derive(Debug)]
pub(crate) struct TlsConnection {
    stream: TlsStream<Socket>,
    connected: Instant,
}

/// The TCP connection below TLS.
///
/// It counts the bytes that the system takes for the client, and those that it has of the client.
/// Above it these numbers are not known, since TLS buffers some bytes itself.
#[derive(Debug)]
pub(crate) struct Socket {
    state: State,
    sent: u64,
    received: u64,
}

/// The runtime that a socket belongs to.
#[derive(Debug)]
enum State {
    /// The runtime that made the stream.
    Attached(TcpStream),
    /// None, on the way to another one.
    Detached(net::TcpStream),
    /// None: the stream was lost on the way.
    Lost,
}

impl TlsConnection {
    /// Takes a connection, which exists since `connected`, from the current runtime.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the runtime does not release it.
    pub(crate) fn detach(mut stream: TlsStream<Socket>, connected: Instant) -> io::Result<Self> {
        stream.get_mut().0.detach()?;
        Ok(Self { stream, connected })
    }

    /// Gives the connection to the current runtime. Returns it with the time since which it exists.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the runtime does not take it.
    pub(crate) fn attach(mut self) -> io::Result<(TlsStream<Socket>, Instant)> {
        self.stream.get_mut().0.attach()?;
        Ok((self.stream, self.connected))
    }
}

impl Socket {
    /// A connection of the current runtime.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the runtime does not take it.
    pub(crate) fn new(stream: net::TcpStream) -> io::Result<Self> {
        Ok(Self {
            state: State::Attached(TcpStream::from_std(stream)?),
            sent: 0,
            received: 0,
        })
    }

    /// Returns the number of bytes that the system has taken for the client.
    pub(crate) const fn sent(&self) -> u64 {
        self.sent
    }

    /// Returns the number of bytes that the client has sent and that were read.
    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    /// Returns the stream; `None` while it belongs to no runtime.
    pub(crate) const fn stream(&self) -> Option<&TcpStream> {
        match &self.state {
            State::Attached(stream) => Some(stream),
            State::Detached(_) | State::Lost => None,
        }
    }

    fn count(&mut self, sent: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = sent {
            self.sent += *bytes as u64;
        }
    }

    fn detach(&mut self) -> io::Result<()> {
        if let State::Attached(stream) = self.take() {
            self.state = State::Detached(stream.into_std()?);
        }
        Ok(())
    }

    fn attach(&mut self) -> io::Result<()> {
        if let State::Detached(stream) = self.take() {
            self.state = State::Attached(TcpStream::from_std(stream)?);
        }
        Ok(())
    }

    const fn take(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Lost)
    }

    fn pinned(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        match &mut self.state {
            State::Attached(stream) => Ok(Pin::new(stream)),
            State::Detached(_) | State::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        let read = self.pinned()?.poll_read(cx, buffer);
        self.received += (buffer.filled().len() - filled) as u64;
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = self.pinned()?.poll_write(cx, bytes);
        self.count(&sent);
        sent
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = self.pinned()?.poll_write_vectored(cx, pieces);
        self.count(&sent);
        sent
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned()?.poll_shutdown(cx)
    }
}
