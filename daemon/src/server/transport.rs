//! A connection's bytes on their way to and from hyper: watched, and read to the end on closing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framing::Framing;
use super::progress::{Phase, Progress};

/// How many unread bytes are taken at once.
const DISCARD_BYTES: usize = 4096;

/// A stream whose progress is told and whose framing is watched.
#[derive(Debug)]
pub(super) struct Transport<S> {
    stream: S,
    framing: Framing,
    progress: Arc<Progress>,
    /// Whether the sending side was shut down.
    shut: bool,
}

impl<S> Transport<S> {
    pub(super) const fn new(stream: S, progress: Arc<Progress>) -> Self {
        Self {
            stream,
            framing: Framing::new(),
            progress,
            shut: false,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Transport<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        let received = &buffer.filled()[before..];
        if !received.is_empty() {
            this.progress.received();
            this.framing.watch(received);
            if let Some(request) = this.framing.refused() {
                this.progress.refuse(request);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Transport<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.progress.sent(sent.is_ready());
        sent
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.progress.sent(sent.is_ready());
        sent
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// Closing a socket with bytes that nobody read makes the kernel send a reset, which can take
    /// the answer from a client that is still sending. So they are read, until the client has seen
    /// the end, or for as long as the watchdog has patience.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.shut {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            this.shut = true;
            if this.progress.is_unread() {
                this.progress.enter(Phase::Linger);
            }
        }
        if !this.progress.is_unread() {
            return Poll::Ready(Ok(()));
        }
        let mut discarded = [0; DISCARD_BYTES];
        loop {
            let mut buffer = ReadBuf::new(&mut discarded);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
