//! What is sent to one client: at once as far as it takes that, and the rest as it does.

use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

/// More than this is kept as it is, rather than copied. Nor is a buffer that grew beyond it.
const MAX_COPIED_BYTES: usize = 1 << 20;

/// A buffer that grew beyond this is not kept once it is empty.
const MAX_KEPT_BYTES: usize = 4 << 10;

/// What one client has not taken yet.
#[derive(Debug)]
pub(super) struct Outbox {
    /// Of these the client has taken the first `taken`.
    owed: Vec<u8>,
    taken: usize,
    /// Whether the stream keeps bytes of what was written.
    is_unflushed: bool,
}

impl Outbox {
    pub(super) const EMPTY: Self = Self {
        owed: Vec::new(),
        taken: 0,
        is_unflushed: false,
    };

    /// Whether the client has taken everything.
    pub(super) const fn is_empty(&self) -> bool {
        self.owed.is_empty() && !self.is_unflushed
    }

    /// How many bytes it has not, as far as they are kept here.
    pub(super) fn len(&self) -> usize {
        self.owed.len() - self.taken
    }

    /// Drops them.
    pub(super) fn clear(&mut self) {
        *self = Self::EMPTY;
    }

    /// Sends as many of `bytes` as the client takes at once, and keeps the rest. To be called while
    /// nothing is owed.
    pub(super) fn send(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        bytes: &mut Vec<u8>,
        cx: &mut Context<'_>,
    ) -> io::Result<()> {
        debug_assert!(self.is_empty(), "what is owed would be overtaken");
        if bytes.is_empty() {
            return Ok(());
        }
        let taken = match Pin::new(&mut *stream).poll_write(cx, bytes) {
            Poll::Ready(taken) => taken?,
            Poll::Pending => 0,
        };
        let rest = &bytes[taken..];
        if rest.len() > MAX_COPIED_BYTES {
            self.owed = mem::take(bytes);
            self.taken = taken;
        } else {
            self.owed.extend_from_slice(rest);
        }
        if bytes.capacity() > MAX_COPIED_BYTES {
            *bytes = Vec::new();
        }
        self.is_unflushed = match Pin::new(stream).poll_flush(cx) {
            Poll::Ready(flushed) => {
                flushed?;
                false
            }
            Poll::Pending => true,
        };
        Ok(())
    }

    /// Sends what is owed, and calls `moved` whenever the client takes some of it.
    pub(super) fn poll_empty(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
        mut moved: impl FnMut(),
    ) -> Poll<io::Result<()>> {
        while self.taken < self.owed.len() {
            let rest = &self.owed[self.taken..];
            let taken = ready!(Pin::new(&mut *stream).poll_write(cx, rest))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.taken += taken;
            moved();
        }
        ready!(Pin::new(stream).poll_flush(cx))?;
        self.is_unflushed = false;
        self.taken = 0;
        self.owed.clear();
        if self.owed.capacity() > MAX_KEPT_BYTES {
            self.owed = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}
