//! The bytes of one connection, and how long it may take for them.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use memchr::memchr;
use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::conversation::{Answered, Conversation, Next, Turn};
use super::transport::Transport;
use crate::http::DateLine;
use crate::identify::Identifier;
use crate::metrics::Listener;
use crate::serve::deadline::Deadline;
use crate::serve::failure::Failure;
use crate::serve::outbox::Outbox;
use crate::serve::shared::Shared;
use crate::settings;

/// How many bytes of requests are read at once: as many as a client that takes no answer makes us
/// keep.
const READ_BYTES: usize = 16 << 10;

/// How many bytes of a body whose length is known are read beside them.
const READ_BODY_BYTES: usize = 48 << 10;

/// A connection's own buffer that grew beyond this is not kept once it is empty.
const MAX_KEPT_BYTES: usize = 4 << 10;

/// How long a connection that is closed waits for what the client may still send, so that it sees the
/// answers and not a reset.
const LINGER: Duration = Duration::from_secs(1);

/// Longer than any connection lasts. For an answer of the upstream, which has time-outs of its own.
const FOREVER: Duration = Duration::from_secs(365 * 86_400);

/// What a thread keeps from one connection's turn to the next's.
struct Memory {
    input: Vec<u8>,
    answers: Vec<u8>,
    identifier: Identifier,
    date: DateLine,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::new(Memory {
        input: Vec::new(),
        answers: Vec::new(),
        identifier: Identifier::new(),
        date: DateLine::new(),
    });
}

pub(super) struct Connection<'a, S> {
    stream: S,
    limits: &'a settings::Http,
    conversation: Conversation<'a>,
    /// What was received and is not answered yet.
    received: Vec<u8>,
    /// Whether `received` is to be looked at again before more is read: see [`Answered`].
    is_unfinished: bool,
    /// The answers that the client has not taken.
    outbox: Outbox,
    /// What the system had taken when that was looked at last.
    sent: u64,
    /// Since when the sending side is closed.
    shut: Option<Instant>,
    /// Whether the client may not have received all answers by then.
    lingers: bool,
    wait: Wait,
    /// When the client has made no progress for too long.
    deadline: Deadline,
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// Its first byte.
    First,
    /// The next request.
    Request,
    /// The rest of a head.
    Head,
    /// The rest of a body.
    Body,
    /// The upstream.
    Upstream,
    /// That the client takes its answers, or the end.
    Taking,
}

/// How far a connection got.
pub(super) enum Step {
    /// As many requests as are answered at once were, and there may be more.
    Answered,
    /// Nobody needs it any more.
    End,
}

impl<'a, S: Transport> Connection<'a, S> {
    /// One of which no byte was read; `connected`: since when the client may send.
    pub(super) fn new(
        shared: &'a Shared,
        stream: S,
        listener: Listener,
        connected: Instant,
        is_overloaded: bool,
    ) -> Self {
        Self {
            stream,
            limits: &shared.limits,
            conversation: Conversation::new(shared, listener, is_overloaded),
            received: Vec::new(),
            is_unfinished: false,
            outbox: Outbox::EMPTY,
            sent: 0,
            shut: None,
            lingers: true,
            wait: Wait::First,
            deadline: Deadline::new(connected + shared.limits.header_timeout),
        }
    }

    /// Whether the client has asked for nothing that it has not got.
    pub(super) fn is_idle(&self) -> bool {
        self.conversation.next() == Next::Head && !self.has_begun() && self.outbox.is_empty()
    }

    /// Whether a head was begun: empty lines before it begin none.
    fn has_begun(&self) -> bool {
        let is_of_empty_line = |byte: &u8| matches!(byte, b'\r' | b'\n');
        !self.received.iter().all(is_of_empty_line)
    }

    /// Goes on to close it, where nothing is under way.
    pub(super) fn end(&mut self) {
        self.conversation.end();
        self.lingers = false;
        self.wait_for(Wait::Taking, Instant::now());
    }

    /// Goes as far as it gets.
    pub(super) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            let went_on = match ready!(self.poll_owed(cx)) {
                Ok(()) => match self.conversation.next() {
                    Next::Head | Next::Body => ready!(self.poll_turn(cx)),
                    Next::Upstream => ready!(self.poll_upstream(cx)),
                    Next::End => ready!(self.poll_close(cx)),
                },
                Err(error) => Err(error),
            };
            match went_on {
                Ok(Some(step)) => return Poll::Ready(step),
                Ok(None) => {}
                // The client is gone.
                Err(_) => return Poll::Ready(Step::End),
            }
        }
    }

    /// Ends it if it is overdue: at once, but for one that is idle, which is told, and for a body,
    /// which is answered.
    pub(super) fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        ready!(self.deadline.poll(cx));
        if self.is_idle() {
            self.end();
            return Poll::Ready(None);
        }
        if self.conversation.next() != Next::Body || !self.outbox.is_empty() {
            return Poll::Ready(Some(Step::End));
        }
        let refused = self.with_turn(cx, |conversation, turn| {
            conversation.refuse_body(turn, Failure::TooSlow);
        });
        Poll::Ready(refused.err().map(|_| Step::End))
    }

    /// Sends what is still owed.
    fn poll_owed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outbox.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let mut has_moved = false;
        let moved = || has_moved = true;
        let emptied = self.outbox.poll_empty(&mut self.stream, cx, moved);
        // The stream itself may have moved some of what it keeps.
        let sent = self.stream.sent();
        if has_moved || sent != self.sent {
            self.sent = sent;
            self.wait_for(Wait::Taking, Instant::now());
        }
        ready!(emptied)?;
        self.conversation.all_is_taken();
        self.settle(Instant::now(), false);
        Poll::Ready(Ok(()))
    }

    /// Reads once, answers, and writes once.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Step>>> {
        MEMORY.with_borrow_mut(|memory| {
            let Memory {
                input,
                answers,
                identifier,
                date,
            } = memory;
            // What is kept was in such a buffer once. If it is not to be looked at again first, it is
            // the beginning of a head, so at most `max_header_bytes`: there is room to read, and an
            // empty read is the end.
            input.resize(input_bytes(self.limits), 0);
            let kept = self.received.len();
            input[..kept].copy_from_slice(&self.received);
            let mut length = kept;
            let mut is_full = false;
            if !self.is_unfinished {
                let left = usize::try_from(self.conversation.body_left().unwrap_or(0));
                let most = READ_BYTES + READ_BODY_BYTES.min(left.unwrap_or(usize::MAX));
                let mut buffer = ReadBuf::new(&mut input[kept..kept + most]);
                ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
                is_full = buffer.remaining() == 0;
                length += buffer.filled().len();
            }
            let is_end = length == kept && !self.is_unfinished;
            if is_end && self.conversation.next() != Next::Body {
                self.end();
                return Poll::Ready(Ok(None));
            }
            let mut turn = Turn::new(identifier, date, answers);
            let heads = self.conversation.heads();
            let mut answered = Answered {
                consumed: 0,
                is_unfinished: false,
            };
            if is_end {
                let failure = Failure::BrokenBody;
                self.conversation.refuse_body(&mut turn, failure);
            } else if self.may_be_whole(&input[..length], kept) {
                answered = self.conversation.answer(&mut turn, &input[..length]);
            }
            let now = turn.now();
            self.received.clear();
            self.received
                .extend_from_slice(&input[answered.consumed..length]);
            if self.received.is_empty() && self.received.capacity() > MAX_KEPT_BYTES {
                self.received = Vec::new();
            }
            self.is_unfinished = answered.is_unfinished;
            self.send(answers, cx)?;
            self.settle(now, heads != self.conversation.heads());
            let more = is_full || self.is_unfinished;
            Poll::Ready(Ok(more.then_some(Step::Answered)))
        })
    }

    /// Whether `bytes`, of which the first `kept` were looked at before, may be more of a request
    /// than those were. A head is not, without another line: so one that arrives byte by byte is not
    /// read from its beginning for each of them.
    fn may_be_whole(&self, bytes: &[u8], kept: usize) -> bool {
        kept == 0
            || self.is_unfinished
            || bytes.len() > self.limits.max_header_bytes
            || memchr(b'\n', &bytes[kept..]).is_some()
    }

    fn poll_upstream(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Step>>> {
        let forwarded = ready!(self.conversation.poll_upstream(cx));
        let handed_back = self.with_turn(cx, |conversation, turn| {
            conversation.hand_back(turn, forwarded);
        });
        Poll::Ready(handed_back.map(|()| None))
    }

    /// Closes the sending side; then reads and drops what the client still sends, until it has seen
    /// the end.
    ///
    /// Closing a socket with bytes that nobody read, or to which more are sent, makes the kernel send
    /// a reset, which can take the answers from a client that is still sending.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Step>>> {
        let shut = match self.shut {
            Some(shut) => shut,
            None => {
                ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
                let now = Instant::now();
                self.deadline.set(now + LINGER);
                *self.shut.insert(now)
            }
        };
        if !self.lingers {
            return Poll::Ready(Ok(Some(Step::End)));
        }
        MEMORY.with_borrow_mut(|memory| {
            memory.input.resize(input_bytes(self.limits), 0);
            loop {
                let mut buffer = ReadBuf::new(&mut memory.input);
                ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
                if buffer.filled().is_empty() {
                    return Poll::Ready(Ok(Some(Step::End)));
                }
                // Whoever still sends has not seen the end.
                let last = shut + self.limits.write_timeout;
                self.deadline.set(last.min(Instant::now() + LINGER));
            }
        })
    }

    /// Does something outside of a turn that has bytes to read, and sends what it answers.
    fn with_turn(
        &mut self,
        cx: &mut Context<'_>,
        act: impl FnOnce(&mut Conversation<'a>, &mut Turn<'_>),
    ) -> io::Result<()> {
        MEMORY.with_borrow_mut(|memory| {
            let Memory {
                answers,
                identifier,
                date,
                ..
            } = memory;
            let mut turn = Turn::new(identifier, date, answers);
            act(&mut self.conversation, &mut turn);
            let now = turn.now();
            self.send(answers, cx)?;
            self.settle(now, true);
            Ok(())
        })
    }

    fn send(&mut self, answers: &mut Vec<u8>, cx: &mut Context<'_>) -> io::Result<()> {
        self.outbox.send(&mut self.stream, answers, cx)?;
        if self.outbox.is_empty() {
            self.conversation.all_is_taken();
        }
        Ok(())
    }

    /// Sets the deadline anew if the connection waits for something else than before, or for the
    /// same of another request.
    fn settle(&mut self, now: Instant, is_another: bool) {
        let wait = match self.conversation.next() {
            _ if !self.outbox.is_empty() => Wait::Taking,
            Next::Head if self.has_begun() => Wait::Head,
            Next::Head if self.conversation.heads() == 0 => Wait::First,
            Next::Head => Wait::Request,
            Next::Body => Wait::Body,
            Next::Upstream => Wait::Upstream,
            Next::End => Wait::Taking,
        };
        if wait != self.wait || is_another {
            self.wait_for(wait, now);
        }
    }

    fn wait_for(&mut self, wait: Wait, now: Instant) {
        self.wait = wait;
        self.deadline.set(
            now + match wait {
                Wait::First | Wait::Head => self.limits.header_timeout,
                Wait::Request => self.limits.idle_timeout,
                Wait::Body => self.limits.body_timeout,
                Wait::Upstream => FOREVER,
                Wait::Taking => self.limits.write_timeout,
            },
        );
    }
}

/// How large a thread's buffer is.
const fn input_bytes(limits: &settings::Http) -> usize {
    limits.max_header_bytes + READ_BYTES + READ_BODY_BYTES
}
