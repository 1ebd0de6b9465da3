//! A connection with TLS that moves from the runtime of its handshake to the one that serves it.

use std::io;
use std::net;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;

/// A connection whose handshake is over, and which belongs to no runtime.
#[derive(Debug)]
pub(crate) struct TlsConnection {
    stream: TlsStream<Socket>,
    connected: Instant,
}

/// The TCP connection below TLS.
///
/// It counts the bytes that the client takes: above it, TLS takes some before the client does.
#[derive(Debug)]
pub(crate) struct Socket {
    place: Place,
    sent: u64,
}

/// Where a socket is.
#[derive(Debug)]
enum Place {
    /// With the runtime that made it.
    Runtime(TcpStream),
    /// On its way.
    Between(net::TcpStream),
    /// It was lost on its way.
    Nowhere,
}

impl TlsConnection {
    /// Takes a connection, which there is since `connected`, from the runtime that is running.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if it does not let go.
    pub(crate) fn detach(mut stream: TlsStream<Socket>, connected: Instant) -> io::Result<Self> {
        stream.get_mut().0.detach()?;
        Ok(Self { stream, connected })
    }

    /// Gives it to the runtime that is running; tells since when there is the connection.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if that does not take it.
    pub(crate) fn attach(mut self) -> io::Result<(TlsStream<Socket>, Instant)> {
        self.stream.get_mut().0.attach()?;
        Ok((self.stream, self.connected))
    }
}

impl Socket {
    /// A connection of the runtime that is running.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the runtime does not take it.
    pub(crate) fn new(stream: net::TcpStream) -> io::Result<Self> {
        Ok(Self {
            place: Place::Runtime(TcpStream::from_std(stream)?),
            sent: 0,
        })
    }

    /// How many bytes the system has taken for the client.
    pub(crate) const fn sent(&self) -> u64 {
        self.sent
    }

    fn count(&mut self, sent: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = sent {
            self.sent += *bytes as u64;
        }
    }

    fn detach(&mut self) -> io::Result<()> {
        if let Place::Runtime(stream) = self.take() {
            self.place = Place::Between(stream.into_std()?);
        }
        Ok(())
    }

    fn attach(&mut self) -> io::Result<()> {
        if let Place::Between(stream) = self.take() {
            self.place = Place::Runtime(TcpStream::from_std(stream)?);
        }
        Ok(())
    }

    const fn take(&mut self) -> Place {
        std::mem::replace(&mut self.place, Place::Nowhere)
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        match &mut self.place {
            Place::Runtime(stream) => Ok(Pin::new(stream)),
            Place::Between(_) | Place::Nowhere => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = self.stream()?.poll_write(cx, bytes);
        self.count(&sent);
        sent
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = self.stream()?.poll_write_vectored(cx, pieces);
        self.count(&sent);
        sent
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}
