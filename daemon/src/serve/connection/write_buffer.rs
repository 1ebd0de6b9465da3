//! The bytes that are written for a client and that it has not taken.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

use super::transport::Transport;
use crate::budget::{Budget, BufferQueue};

/// The most bytes of capacity that the thread's buffer for responses keeps.
const MAX_THREAD_BYTES: usize = 1 << 20;

/// The most queued bytes that are written before other connections have their turn.
const MAX_FLUSH_BYTES: usize = 256 << 10;

/// A client's write buffer: writes what the socket accepts at once, and queues the rest.
#[derive(Debug)]
pub(super) struct WriteBuffer {
    queue: BufferQueue,
    /// Set while the stream itself may hold bytes that were written to it.
    is_unflushed: bool,
}

impl WriteBuffer {
    /// A buffer without bytes and without memory.
    pub(super) const EMPTY: Self = Self {
        queue: BufferQueue::EMPTY,
        is_unflushed: false,
    };

    /// Returns `true` if the client has taken everything.
    pub(super) const fn is_empty(&self) -> bool {
        self.queue.is_empty() && !self.is_unflushed
    }

    /// Returns the number of queued bytes.
    pub(super) const fn len(&self) -> usize {
        self.queue.len()
    }

    /// Writes as many of `bytes` as the stream takes at once, unless others wait before them, and queues
    /// the rest. Returns `false` if the budget has no room for it. `bytes` may be left without its content.
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
        if bytes.is_empty() {
            return Ok(true);
        }
        let is_first = self.is_empty();
        let written = match is_first.then(|| Pin::new(&mut *stream).poll_write(cx, bytes)) {
            Some(Poll::Ready(written)) => written?,
            Some(Poll::Pending) | None => 0,
        };
        let rest = bytes.get(written..).unwrap_or_default();
        if !self.queue.push(rest, budget) {
            return Ok(false);
        }
        if bytes.capacity() > MAX_THREAD_BYTES {
            *bytes = Vec::new();
        }
        if is_first {
            self.is_unflushed = match Pin::new(stream).poll_flush(cx) {
                Poll::Ready(flushed) => {
                    flushed?;
                    false
                }
                Poll::Pending => true,
            };
        }
        Ok(true)
    }

    /// Writes queued bytes, and calls `on_progress` whenever the stream takes some of them. Completes with
    /// `true` once the client has taken everything, and with `false` when others should have their turn
    /// before the rest.
    ///
    /// # Errors
    ///
    /// The error of the stream.
    pub(super) fn poll_flush(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
        mut on_progress: impl FnMut(),
    ) -> Poll<io::Result<bool>> {
        let mut left = MAX_FLUSH_BYTES;
        while !self.queue.is_empty() {
            if left == 0 {
                return Poll::Ready(Ok(false));
            }
            let front = self.queue.front();
            let piece = front.get(..left).unwrap_or(front);
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, piece))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            left -= written;
            self.queue.consume(written);
            on_progress();
        }
        ready!(Pin::new(stream).poll_flush(cx))?;
        self.is_unflushed = false;
        Poll::Ready(Ok(true))
    }

    /// Writes queued bytes whether or not the system has reported room, until it has none. Returns the
    /// number of bytes that it took.
    ///
    /// # Errors
    ///
    /// The error of the stream.
    pub(super) fn write_unreported(&mut self, stream: &impl Transport) -> io::Result<usize> {
        let mut taken = 0;
        while !self.queue.is_empty() && taken < MAX_FLUSH_BYTES {
            match stream.try_write(self.queue.front()) {
                Ok(0) => break,
                Ok(written) => {
                    self.queue.consume(written);
                    taken += written;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// Releases a part of the memory, with the bytes in it. Returns `true` if there is more.
    pub(super) fn release(&mut self) -> bool {
        self.queue.release_front();
        !self.queue.is_empty()
    }
}
