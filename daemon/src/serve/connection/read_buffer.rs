//! The bytes that a client sent and its session has not consumed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use super::protocol::{InputLimits, Progress};
use crate::budget::{Budget, Buffer};

/// A client's read buffer. It holds what the session did not consume of the thread's buffer: the
/// beginning of a request, or requests whose responses must wait.
#[derive(Debug)]
pub(super) struct ReadBuffer {
    unread: Buffer,
    /// Set while the session must see `unread` again before more is read, see [`Progress`].
    is_unfinished: bool,
}

/// The outcome of a read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fill {
    /// There are bytes for the session.
    Bytes(Filled),
    /// The client will send nothing more.
    End,
    /// The budget has no room for what the client sent, which is lost: the connection must end.
    NoRoom,
}

/// Bytes for the session, and where they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    place: Place,
    /// The number of bytes at the beginning that the session has seen and that cannot complete a request
    /// by themselves; 0 if it must look at all of them again.
    pub(super) seen: usize,
    /// The number of bytes that the client sent since.
    pub(super) read: usize,
    /// `true` if the client may have sent more than was read.
    pub(super) is_full: bool,
}

/// The place of the bytes for the session.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// The first bytes of the thread's buffer, this many.
    Thread(usize),
    /// The buffer of the connection.
    Connection,
}

impl ReadBuffer {
    /// A buffer without bytes and without memory.
    pub(super) const EMPTY: Self = Self {
        unread: Buffer::EMPTY,
        is_unfinished: false,
    };

    /// Returns the bytes that the session has not consumed.
    pub(super) fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Returns `true` if the session must see the bytes again before more is read.
    pub(super) const fn is_unfinished(&self) -> bool {
        self.is_unfinished
    }

    /// Reads once, unless there are bytes that the session must see first. `input` is the thread's
    /// buffer.
    ///
    /// # Errors
    ///
    /// The error of the stream.
    pub(super) fn poll_fill(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        cx: &mut Context<'_>,
        input: &mut Vec<u8>,
        limits: InputLimits,
        budget: &Arc<Budget>,
    ) -> Poll<io::Result<Fill>> {
        if self.is_unfinished {
            return Poll::Ready(Ok(Fill::Bytes(Filled {
                place: Place::Connection,
                seen: 0,
                read: 0,
                is_full: false,
            })));
        }
        input.resize(limits.buffer_bytes, 0);
        let seen = self.unread.len();
        // A short rest goes in front of what is read, so that the session sees one slice and an idle
        // connection needs no buffer for reads. A longer one would be copied at every read: what is read
        // is appended to it instead.
        let prefix = if seen <= limits.max_prefix_bytes {
            seen
        } else {
            0
        };
        if let (Some(room), Some(unread)) = (input.get_mut(..prefix), self.unread.get(..prefix)) {
            room.copy_from_slice(unread);
        }
        let end = input.len().min(prefix + limits.max_read_bytes);
        let mut read = ReadBuf::new(input.get_mut(prefix..end).unwrap_or_default());
        ready!(Pin::new(stream).poll_read(cx, &mut read))?;
        let (is_full, length) = (read.remaining() == 0, read.filled().len());
        if length == 0 {
            return Poll::Ready(Ok(Fill::End));
        }
        let place = if prefix == seen {
            Place::Thread(prefix + length)
        } else if self.unread.append(
            input.get(..length).unwrap_or_default(),
            limits.max_request_bytes,
            budget,
        ) {
            Place::Connection
        } else {
            return Poll::Ready(Ok(Fill::NoRoom));
        };
        Poll::Ready(Ok(Fill::Bytes(Filled {
            place,
            seen,
            read: length,
            is_full,
        })))
    }

    /// Returns the bytes that were filled in, where `input` is the thread's buffer.
    pub(super) fn bytes<'b>(&'b self, filled: Filled, input: &'b [u8]) -> &'b [u8] {
        match filled.place {
            Place::Thread(length) => input.get(..length).unwrap_or_default(),
            Place::Connection => &self.unread,
        }
    }

    /// Keeps those bytes that the session did not consume. Returns `false` if the budget has no room
    /// for them; they are lost then, and the connection must end.
    #[must_use]
    pub(super) fn consume(
        &mut self,
        filled: Filled,
        input: &[u8],
        progress: Progress,
        budget: &Arc<Budget>,
    ) -> bool {
        self.is_unfinished = progress.is_unfinished;
        match filled.place {
            Place::Thread(length) => {
                self.unread.clear();
                let rest = input.get(progress.consumed..length).unwrap_or_default();
                rest.is_empty() || self.unread.append(rest, rest.len(), budget)
            }
            Place::Connection => {
                self.unread.consume(progress.consumed);
                true
            }
        }
    }
}
