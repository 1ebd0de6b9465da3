//! The bytes that are written for a client and that it has not taken.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

use crate::budget::{Budget, Buffer};

/// The most bytes of capacity that the thread's buffer for responses keeps.
const MAX_THREAD_BYTES: usize = 1 << 20;

/// A client's write buffer: writes what the socket accepts at once, and queues the rest.
#[derive(Debug)]
pub(super) struct WriteBuffer {
    /// The queued bytes, of which the first `written` are written already.
    buf: Buffer,
    written: usize,
    /// Set while the stream itself may hold bytes that were written to it.
    is_unflushed: bool,
}

impl WriteBuffer {
    /// A buffer without bytes and without memory.
    pub(super) const EMPTY: Self = Self {
        buf: Buffer::EMPTY,
        written: 0,
        is_unflushed: false,
    };

    /// Returns `true` if the client has taken everything.
    pub(super) fn is_empty(&self) -> bool {
        self.buf.is_empty() && !self.is_unflushed
    }

    /// Writes as many of `bytes` as the stream takes at once, and queues the rest. Returns `false` if
    /// the budget has no room for it. `bytes` may be left without its content.
    ///
    /// The buffer must be empty: queued bytes would be overtaken.
    ///
    /// # Errors
    ///
    /// The error of the stream.
    pub(super) fn write(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        bytes: &mut Vec<u8>,
        cx: &mut Context<'_>,
        budget: &Arc<Budget>,
    ) -> io::Result<bool> {
        debug_assert!(self.is_empty(), "queued bytes would be overtaken");
        if bytes.is_empty() {
            return Ok(true);
        }
        let written = match Pin::new(&mut *stream).poll_write(cx, bytes) {
            Poll::Ready(written) => written?,
            Poll::Pending => 0,
        };
        let rest = &bytes[written..];
        if !rest.is_empty() && !self.buf.append(rest, rest.len(), budget) {
            return Ok(false);
        }
        if bytes.capacity() > MAX_THREAD_BYTES {
            *bytes = Vec::new();
        }
        self.is_unflushed = match Pin::new(stream).poll_flush(cx) {
            Poll::Ready(flushed) => {
                flushed?;
                false
            }
            Poll::Pending => true,
        };
        Ok(true)
    }

    /// Writes the queued bytes, and calls `on_progress` whenever the stream takes some of them.
    /// Completes once the client has taken everything.
    ///
    /// # Errors
    ///
    /// The error of the stream.
    pub(super) fn poll_flush(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
        mut on_progress: impl FnMut(),
    ) -> Poll<io::Result<()>> {
        while self.written < self.buf.len() {
            let rest = &self.buf[self.written..];
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
            on_progress();
        }
        ready!(Pin::new(stream).poll_flush(cx))?;
        self.is_unflushed = false;
        self.written = 0;
        self.buf.clear();
        Poll::Ready(Ok(()))
    }
}
