//! Connections that are lost, and reopened.

use mio::Token;

use super::Worker;
use crate::bench::connection::{Connection, Socket};
use crate::bench::failure::FailureKind;

/// The delay before reconnecting after a connection that brought no response, in nanoseconds.
const RECONNECT_DELAY: u64 = 100_000_000;

impl Worker<'_> {
    /// Drops the connection and counts its requests as failed, for `reason` if it was not closed.
    pub(super) fn lose(&mut self, index: usize, reason: Option<FailureKind>) {
        let now = self.now();
        let slot = &mut self.slots[index];
        let Some(mut connection) = slot.connection.take() else {
            return;
        };
        let mut kind = match reason {
            Some(kind) => kind,
            None if connection.is_within_response() => FailureKind::Half,
            None => FailureKind::Closed,
        };
        // Closing a connection without requests in flight is not a failure.
        if connection.in_flight() == 0
            && matches!(
                kind,
                FailureKind::Malformed(_) | FailureKind::TooLong | FailureKind::Connect(_)
            )
        {
            self.stats.note_error(now, kind, &[]);
            self.stats.count_failures(kind, 1);
        }
        for request in connection.give_up() {
            self.stats.note_error(now, kind, &[]);
            self.stats.count_failure(kind, request.code);
            self.in_flight -= 1;
            if matches!(
                kind,
                FailureKind::Half | FailureKind::Malformed(_) | FailureKind::TooLong
            ) {
                kind = FailureKind::Closed;
            }
        }
        connection.close(self.poll.registry());
        slot.retry_at = match slot.answered {
            true => now,
            false => now + RECONNECT_DELAY,
        };
        self.with_room.retain(|with_room| *with_room != index);
        self.lost.push(index);
    }

    /// Reopens the lost connections whose delay has passed.
    pub(super) fn reconnect(&mut self, now: u64) {
        if self.lost.is_empty() {
            return;
        }
        for index in std::mem::take(&mut self.lost) {
            if self.slots[index].retry_at > now {
                self.lost.push(index);
                continue;
            }
            let connected = Socket::start_to_connect(&self.plan.endpoint).and_then(|socket| {
                Connection::new(socket, Token(index), self.plan.depth, self.poll.registry())
            });
            let slot = &mut self.slots[index];
            slot.answered = false;
            match connected {
                Ok(connection) => {
                    slot.connection = Some(connection);
                    self.fill(index);
                }
                Err(error) => {
                    slot.retry_at = now + RECONNECT_DELAY;
                    let kind = FailureKind::Connect(error.kind());
                    self.stats.note_error(now, kind, &[]);
                    self.stats.count_failures(kind, 1);
                    self.lost.push(index);
                }
            }
        }
    }
}
