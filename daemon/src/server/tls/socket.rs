//! A connection with TLS that moves from the runtime of its handshake to the one that serves it.

use std::io;
use std::net;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::server::progress::Progress;

/// A connection whose handshake is over, and which belongs to no runtime.
#[derive(Debug)]
pub(in crate::server) struct TlsConnection {
    stream: TlsStream<Socket>,
    progress: Arc<Progress>,
}

/// The TCP connection below TLS.
///
/// It tells which bytes the client takes: above it, TLS takes some before the client does.
#[derive(Debug)]
pub(in crate::server) struct Socket {
    place: Place,
    progress: Arc<Progress>,
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
    /// Takes a connection from the runtime that is running.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if it does not let go.
    pub(super) fn detach(
        mut stream: TlsStream<Socket>,
        progress: Arc<Progress>,
    ) -> io::Result<Self> {
        stream.get_mut().0.detach()?;
        Ok(Self { stream, progress })
    }

    /// Gives it to the runtime that is running.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if that does not take it.
    pub(in crate::server) fn attach(mut self) -> io::Result<(TlsStream<Socket>, Arc<Progress>)> {
        self.stream.get_mut().0.attach()?;
        Ok((self.stream, self.progress))
    }
}

impl Socket {
    /// A connection of the runtime that is running, which will tell its `progress`.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the runtime does not take it.
    pub(super) fn new(stream: net::TcpStream, progress: Arc<Progress>) -> io::Result<Self> {
        Ok(Self {
            place: Place::Runtime(TcpStream::from_std(stream)?),
            progress,
        })
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
        self.progress.sent(sent.is_ready());
        sent
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = self.stream()?.poll_write_vectored(cx, pieces);
        self.progress.sent(sent.is_ready());
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
