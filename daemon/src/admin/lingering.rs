//! A stream whose end its client sees.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// The time for which a closed connection waits for bytes that its client still sends.
const SILENCE: Duration = Duration::from_secs(1);

/// The longest time that such a client may go on sending.
const LONGEST: Duration = Duration::from_secs(10);

/// A stream that is shut down only once its client has seen the end, or is silent for a second.
///
/// If a socket is closed with bytes that were not read, or gets more of them, the kernel sends a reset,
/// which can take the response from a client that is still sending the body of a request that is refused.
#[derive(Debug)]
pub(super) struct Lingering<S> {
    stream: S,
    closing: Option<Closing>,
}

/// The wait of a stream whose sending side is closed.
#[derive(Debug)]
struct Closing {
    last: Instant,
    timer: Pin<Box<Sleep>>,
}

impl<S> Lingering<S> {
    /// Creates a stream that lingers when it is shut down.
    pub(super) const fn new(stream: S) -> Self {
        Self {
            stream,
            closing: None,
        }
    }
}

impl<S> Lingering<S> {
    /// Returns the stream within.
    pub(super) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, closing } = self.get_mut();
        let closing = match closing {
            Some(closing) => closing,
            None => {
                ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
                let now = Instant::now();
                closing.insert(Closing {
                    last: now + LONGEST,
                    timer: Box::pin(sleep_until(now + SILENCE)),
                })
            }
        };
        let mut dropped = [0; 4096];
        loop {
            if pin!(&mut closing.timer).poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut dropped = ReadBuf::new(&mut dropped);
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut dropped))?;
            if dropped.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            let silent_at = (Instant::now() + SILENCE).min(closing.last);
            closing.timer.as_mut().reset(silent_at);
        }
    }
}
