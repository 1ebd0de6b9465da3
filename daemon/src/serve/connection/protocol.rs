//! The interface between the connection loop and its protocols.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::task::{Context, Poll};
use std::thread::LocalKey;
use std::time::Duration;

use tokio::time::Instant;

use super::transport::Transport;
use crate::slice::Slice;

/// One client's session of a protocol: it turns the bytes that the client sends into the bytes that
/// it is sent.
///
/// A session does no I/O. The loop in [`super::serve`] reads and writes for it, sets its deadlines
/// and shares the thread among connections. It calls a session that waits for its client in this
/// order: [`Self::input_limits`], [`Self::answer`], [`Self::phase`], [`Self::wait`],
/// [`Self::timeout`].
pub(in crate::serve) trait Protocol {
    /// Memory that a thread reuses for each batch of its connections.
    type Memory: 'static;

    /// The behaviour of connections while the daemon stops.
    const AT_STOP: AtStop;

    /// Returns the buffers of the current thread.
    fn thread() -> &'static LocalKey<RefCell<ThreadBuffers<Self::Memory>>>;

    /// Returns the sizes for the next read.
    fn input_limits(&self) -> InputLimits;

    /// Returns the next thing that the session does.
    fn phase(&self) -> Phase;

    /// Returns what the client has to send next in [`Phase::Read`], once everything is written.
    /// `unread` are the bytes that the client sent and the session has not consumed.
    fn wait(&self, unread: &[u8]) -> ClientWait;

    /// Returns how long the client may take to send what `wait` names.
    fn timeout(&self, wait: ClientWait) -> Duration;

    /// Returns the most bytes of responses that may wait for the client while more requests are read and
    /// answered; beyond them the connection is closed. `None` if nothing is read while responses wait.
    fn max_pending_bytes(&self) -> Option<usize> {
        None
    }

    /// Returns how long the client may take no part of what is written for it.
    fn write_timeout(&self) -> Duration;

    /// Answers the complete requests at the beginning of `bytes`, of which the first `seen` were
    /// passed before, until the slice of the batch is over.
    fn answer(
        &mut self,
        batch: &mut Batch<'_, Self::Memory>,
        bytes: &[u8],
        seen: usize,
    ) -> Progress;

    /// Ends a session without another response.
    fn close(&mut self);

    /// Handles the end of what the client sends.
    fn end_of_input(&mut self, _batch: &mut Batch<'_, Self::Memory>) {
        self.close();
    }

    /// Continues a request that depends on another server. Called only in [`Phase::Upstream`].
    fn poll_upstream(
        &mut self,
        _batch: &mut Batch<'_, Self::Memory>,
        _cx: &mut Context<'_>,
    ) -> Poll<()> {
        Poll::Ready(())
    }

    /// Returns the time at which the session ends, whatever the client sends and takes until then, unless
    /// what it sends changes this time.
    fn expires_at(&self) -> Option<Instant> {
        None
    }

    /// Returns `true` if the session has work for [`Self::answer`] that needs no bytes of the client, and
    /// appends no response, so that it need not wait for the client to take those before.
    fn has_own_work(&self) -> bool {
        false
    }

    /// Reacts to a client that took too long to send what `wait` names, or to the time of
    /// [`Self::expires_at`], while everything is written. [`ControlFlow::Break`] drops the connection.
    fn time_out(
        &mut self,
        _batch: &mut Batch<'_, Self::Memory>,
        _wait: ClientWait,
    ) -> ControlFlow<()> {
        ControlFlow::Break(())
    }

    /// Refuses the rest of a request, for which the budget has no room, and ends the session.
    ///
    /// Called only if a request can be longer than [`InputLimits::max_prefix_bytes`].
    fn refuse_input(&mut self, _batch: &mut Batch<'_, Self::Memory>) {
        self.close();
    }

    /// Releases a part of the memory of a session that is over. Returns `true` if there is more.
    fn release(&mut self) -> bool {
        false
    }

    /// Logs and counts the end of a connection if an operator should know of it.
    fn log_end(&self, _end: End, _stream: &impl Transport) {}
}

/// The buffers of one thread, shared by all its connections of one protocol.
#[derive(Debug)]
pub(in crate::serve) struct ThreadBuffers<M> {
    /// The buffer for reads, of [`InputLimits::buffer_bytes`].
    pub(super) input: Vec<u8>,
    /// The buffer for responses.
    pub(super) output: Vec<u8>,
    /// The memory of the protocol, such as that for lookups.
    pub(super) memory: M,
}

/// The sizes for a read.
#[derive(Clone, Copy, Debug)]
pub(in crate::serve) struct InputLimits {
    /// The size of the thread's buffer, the same for all sessions of a protocol.
    pub(in crate::serve) buffer_bytes: usize,
    /// The most bytes to read.
    pub(in crate::serve) max_read_bytes: usize,
    /// The most bytes of an incomplete request that are moved into the thread's buffer, before what
    /// is read next. A longer one is completed in a buffer of the connection, within the budget.
    pub(in crate::serve) max_prefix_bytes: usize,
    /// The most bytes of a request that is completed in that buffer.
    pub(in crate::serve) max_request_bytes: usize,
}

/// The working memory of a session while it answers the bytes of one read.
#[derive(Debug)]
pub(in crate::serve) struct Batch<'b, M> {
    /// The memory of the thread.
    pub(in crate::serve) memory: &'b mut M,
    /// The responses, in order. They are written when the batch ends.
    pub(in crate::serve) out: &'b mut Vec<u8>,
    /// The time at which the last request was answered, or else the batch began.
    pub(in crate::serve) now: Instant,
    /// The time that the batch may take.
    pub(in crate::serve) slice: Slice,
}

/// The result of answering bytes.
#[derive(Clone, Copy, Debug)]
pub(in crate::serve) struct Progress {
    /// The number of bytes that the session is done with.
    pub(in crate::serve) consumed: usize,
    /// `true` if the session must see the other bytes again before more is read: the slice was over,
    /// many responses must be written first, or one must be waited for.
    pub(in crate::serve) is_unfinished: bool,
    /// `true` if what the client sends next belongs to another request than before, so that the
    /// time for it begins again.
    pub(in crate::serve) is_another_request: bool,
}

/// The next thing that a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum Phase {
    /// Answer the bytes that the client sends.
    Read,
    /// Wait for another server.
    Upstream,
    /// Close the connection.
    Close {
        /// `true` if the client may still be sending: its bytes are then read and dropped for a
        /// moment, so that it sees the last response and not a reset.
        lingers: bool,
    },
}

/// The part of a request that a client has to send next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum ClientWait {
    /// The first request of the connection.
    FirstRequest,
    /// Another request.
    NextRequest,
    /// The rest of a request, or of its head if it has one.
    Rest,
    /// The rest of a request's body.
    Body,
}

/// The event that a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum Wait {
    /// Bytes of the client.
    Client(ClientWait),
    /// Another server, which has time-outs of its own.
    Upstream,
    /// The client's acceptance of what is written for it, or the end of the connection.
    Write,
}

/// The behaviour of a connection from [`Stage::Drain`](crate::shutdown::Stage::Drain) on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum AtStop {
    /// The connection is closed as soon as no request has begun, with the
    /// [`GRACE`](crate::shutdown::GRACE) of a client that is about to send one. Its responses announce
    /// that it closes.
    CloseWhenIdle,
    /// The system refuses what the client sends. So every request either is
    /// answered, or fails when it is sent.
    RefuseInput,
}

/// The reason for the end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum End {
    /// The client has closed it, or it is broken.
    Gone,
    /// The session is over, and everything is written.
    Closed,
    /// The client took too long for this event.
    TimedOut(Wait),
    /// The time of [`Protocol::expires_at`] has come.
    Expired,
    /// The budget has no room for bytes that the client does not take, or for requests that wait for
    /// those before them.
    NoRoom,
    /// More responses wait for the client than [`Protocol::max_pending_bytes`].
    Overflowed,
}

impl<M> ThreadBuffers<M> {
    /// Buffers that are empty until the first batch.
    pub(in crate::serve) const fn new(memory: M) -> Self {
        Self {
            input: Vec::new(),
            output: Vec::new(),
            memory,
        }
    }
}

impl<'b, M> Batch<'b, M> {
    /// A batch that begins now, without a response.
    pub(super) fn new(memory: &'b mut M, out: &'b mut Vec<u8>) -> Self {
        out.clear();
        let now = Instant::now();
        Self {
            memory,
            out,
            now,
            slice: Slice::begin(now.into_std()),
        }
    }
}
