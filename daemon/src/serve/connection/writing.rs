//! Writing to a client, and the pace at which it takes what is written.

use std::task::{Context, Poll, ready};

use tokio::time::Instant;

use super::Connection;
use super::pace::Pace;
use super::protocol::{End, Protocol, Wait};
use super::transport::Transport;

impl<P: Protocol, T: Transport> Connection<'_, P, T> {
    /// Writes what the client has not taken. Returns whether that was everything; if not, others should
    /// have their turn.
    ///
    /// # Errors
    ///
    /// [`End::Gone`] if the stream fails.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, End>> {
        if self.write.is_empty() {
            return Poll::Ready(Ok(true));
        }
        let mut has_moved = false;
        let queued = self.write.len();
        let flushed = self
            .write
            .poll_flush(&mut self.stream, cx, || has_moved = true);
        // The stream itself may have moved some of the bytes that it buffers.
        let sent = self.stream.sent();
        if has_moved || sent != self.sent {
            let taken = match sent {
                0 => (queued - self.write.len()) as u64,
                _ => sent - self.sent,
            };
            self.sent = sent;
            let now = Instant::now();
            self.pace(now).add(taken, now);
            self.wait_for(Wait::Write, now);
        }
        let is_all = ready!(flushed).map_err(|_| End::Gone)?;
        if is_all {
            self.settle(Instant::now(), false);
        }
        Poll::Ready(Ok(is_all))
    }

    /// Writes as much of `output` as the client takes at once, and queues the rest.
    ///
    /// # Errors
    ///
    /// [`End::Gone`] if the stream fails; [`End::NoRoom`] if the budget has no room for the rest;
    /// [`End::Overflowed`] if more waits than the session allows.
    pub(super) fn write(&mut self, output: &mut Vec<u8>, cx: &mut Context<'_>) -> Result<(), End> {
        let written = self.write.write(&mut self.stream, output, cx, self.budget);
        if !written.map_err(|_| End::Gone)? {
            return Err(End::NoRoom);
        }
        match self.session.max_pending_bytes() {
            Some(max_bytes) if self.write.len() > max_bytes => Err(End::Overflowed),
            _ => Ok(()),
        }
    }

    /// Writes to a client that seems to take nothing, whether or not the system has reported room. Returns
    /// whether it took some bytes.
    ///
    /// Linux reports room in a socket once much of its buffer is free, for which a client that reads slowly
    /// takes longer than it may, and takes bytes as soon as there is any.
    ///
    /// # Errors
    ///
    /// [`End::Gone`] if the stream fails.
    pub(super) fn write_unreported(&mut self) -> Result<bool, End> {
        let taken = self.write.write_unreported(&self.stream);
        let taken = taken.map_err(|_| End::Gone)?;
        if taken > 0 {
            let now = Instant::now();
            self.pace(now).add(taken as u64, now);
            self.settle(now, true);
        }
        Ok(taken > 0)
    }

    /// Returns the pace of the client, which begins at `now` if nothing waited for it.
    pub(super) fn pace(&mut self, now: Instant) -> &mut Pace {
        let patience = self.session.write_timeout();
        self.pace.get_or_insert_with(|| Pace::new(now, patience))
    }
}
