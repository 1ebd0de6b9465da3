//! One connection of a Redis client, from its first byte to its last.
//!
//! ```text
//! read ──▶ answer all commands that are there ──▶ write ──▶ read …
//!                                                  └ what the client does not take: wait, read nothing
//! ```
//!
//! Bytes are read into, and replies written from, buffers of the thread. A connection keeps only the
//! beginning of a command and replies that were not taken yet, so one that waits takes hardly any
//! memory.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use codeid_engine::Scratch;
use rustix::net::Shutdown;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::UnixStream;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::deadline::Deadline;
use super::outbox::Outbox;
use super::shared::Shared;
use crate::budget::{Budget, Share};
use crate::metrics::{self, Listener, Stopwatch};
use crate::resp::{Answered, Closing, Next, Session};
use crate::settings::Resp;
use crate::shutdown::Stage;

/// How many bytes are read at once.
const READ_BYTES: usize = 64 << 10;

/// A connection's own buffer that grew beyond this is not kept once it is empty.
const MAX_KEPT_BYTES: usize = 4 << 10;

const OVERLOADED: &[u8] = b"-ERR max number of clients reached\r\n";
const NO_ROOM: &[u8] = b"-UNKNOWN_EXCEPTION Too much is being read at once.\r\n";

/// What a thread keeps from one connection's turn to the next's.
struct Memory {
    input: Box<[u8]>,
    replies: Vec<u8>,
    scratch: Scratch,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::new(Memory {
        input: vec![0; READ_BYTES].into(),
        replies: Vec::new(),
        scratch: metrics::thread_scratch(),
    });
}

/// Serves commands until either side closes, or the client makes no progress.
///
/// `overloaded`: the connection is one more than are served, and is told so.
pub(super) async fn serve(shared: Arc<Shared>, stream: UnixStream, overloaded: bool) {
    if overloaded {
        // A connection that is new takes it at once; if not, it is closed all the same.
        if stream.writable().await.is_ok() {
            let _ = stream.try_write(OVERLOADED);
        }
        return;
    }
    let mut connection = Connection::new(stream, &shared);
    let mut draining = pin!(shared.shutdown.entered(Stage::Drain));
    let mut is_watched = false;
    let mut is_draining = false;
    loop {
        let step = poll_fn(|cx| {
            if !is_watched {
                // Once is enough to set the waker, and takes a lock.
                is_watched = true;
                let _ = draining.as_mut().poll(cx);
            }
            if !is_draining && shared.shutdown.reached(Stage::Drain) {
                is_draining = true;
                connection.stop_receiving();
            }
            if let Poll::Ready(step) = connection.poll_step(&shared, cx) {
                return Poll::Ready(step);
            }
            let overdue = connection.deadline.poll(cx);
            overdue.map(|()| Step::End(End::Overdue))
        });
        match step.await {
            // Other connections have their turn before this one's next.
            Step::Answered => yield_now().await,
            Step::End(end) => return connection.tell(end),
        }
    }
}

struct Connection<'a> {
    stream: UnixStream,
    session: Session,
    limits: &'a Resp,
    budget: &'a Arc<Budget>,
    /// What was received and is not answered yet.
    received: Vec<u8>,
    received_share: Share,
    /// Whether `received` is to be answered before more is read.
    is_unanswered: bool,
    /// The replies that the client has not taken.
    outbox: Outbox,
    outbox_share: Share,
    /// Why the connection is closed once the replies are taken.
    end: Option<End>,
    wait: Wait,
    /// When the client has made no progress for too long.
    deadline: Deadline,
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// A command's first byte.
    Command,
    /// The rest of a command.
    Rest,
    /// That the client takes its replies.
    Taking,
}

/// How far a connection got.
enum Step {
    /// As many commands as are answered at once were, and there may be more.
    Answered,
    End(End),
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The client has closed it, or it is broken.
    Gone,
    /// The conversation is over.
    Closing(Closing),
    /// The client made no progress.
    Overdue,
    /// There is no memory for what it sends or does not take.
    NoRoom,
}

impl<'a> Connection<'a> {
    fn new(stream: UnixStream, shared: &'a Shared) -> Self {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        Self {
            stream,
            session: Session::new(LAST_ID.fetch_add(1, Relaxed) + 1),
            limits: &shared.resp,
            budget: &shared.budget,
            received: Vec::new(),
            received_share: Share::NONE,
            is_unanswered: false,
            outbox: Outbox::EMPTY,
            outbox_share: Share::NONE,
            end: None,
            wait: Wait::Command,
            deadline: Deadline::new(Instant::now() + shared.resp.idle_timeout),
        }
    }

    /// Lets the client send nothing more. What it has sent is still received, and then the end:
    /// every command is either answered, or was refused by the system when it was sent.
    fn stop_receiving(&self) {
        // It fails only for a connection that is gone, as its reader will find.
        let _ = rustix::net::shutdown(&self.stream, Shutdown::Read);
    }

    fn poll_step(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            if ready!(self.poll_replies(cx)).is_err() {
                return Poll::Ready(Step::End(End::Gone));
            }
            if let Some(end) = self.end {
                return Poll::Ready(Step::End(end));
            }
            let turn = MEMORY.with_borrow_mut(|memory| self.poll_turn(shared, memory, cx));
            match ready!(turn) {
                Ok(true) => return Poll::Ready(Step::Answered),
                Ok(false) => {}
                Err(_) => return Poll::Ready(Step::End(End::Gone)),
            }
        }
    }

    /// Sends what is still owed.
    fn poll_replies(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outbox.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let mut has_moved = false;
        let moved = || has_moved = true;
        let emptied = self.outbox.poll_empty(&mut self.stream, cx, moved);
        if has_moved {
            self.wait_for(Wait::Taking, Instant::now());
        }
        ready!(emptied)?;
        self.outbox_share = Share::NONE;
        self.wait_for_commands(Instant::now());
        Poll::Ready(Ok(()))
    }

    /// Reads once, answers, and writes once. Tells whether there may be more to do at once.
    fn poll_turn(
        &mut self,
        shared: &Shared,
        memory: &mut Memory,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<bool>> {
        let Memory {
            input,
            replies,
            scratch,
        } = memory;
        let mut is_full = false;
        // The beginning of a command goes before what is read, unless it is large.
        let kept = match self.received.len() {
            length if !self.is_unanswered && length <= input.len() / 2 => Some(length),
            _ => None,
        };
        let mut received = kept.unwrap_or(0);
        if !self.is_unanswered {
            input[..received].copy_from_slice(&self.received[..received]);
            let mut buffer = ReadBuf::new(&mut input[received..]);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            is_full = buffer.remaining() == 0;
            received += buffer.filled().len();
        }
        replies.clear();
        let was_waiting = self.wait;
        let began = Stopwatch::start();
        let (consumed, next, tally);
        if kept.is_some() {
            let bytes = &input[..received];
            Answered {
                consumed,
                next,
                tally,
            } = self.session.answer(&shared.live, scratch, bytes, replies);
            self.received.clear();
            self.received.extend_from_slice(&bytes[consumed..]);
        } else {
            let length = self.received.len() + received;
            if !self.received_share.grow_to(length, self.budget) {
                return self.refuse(cx);
            }
            self.received.extend_from_slice(&input[..received]);
            let bytes = &self.received;
            Answered {
                consumed,
                next,
                tally,
            } = self.session.answer(&shared.live, scratch, bytes, replies);
            self.received.drain(..consumed);
        }
        // Read once for both: that what was answered is sent takes microseconds, and the times seconds.
        let now = Instant::now();
        metrics::record(Listener::Resp, &tally, began.until(now.into_std()));
        if self.received.is_empty() {
            self.received_share = Share::NONE;
            self.session.shrink();
            if self.received.capacity() > MAX_KEPT_BYTES {
                self.received = Vec::new();
            }
        }
        self.is_unanswered = next == Next::Answer;
        if let Next::Close(closing) = next {
            self.end = Some(End::Closing(closing));
        }
        self.send(replies, cx)?;
        if !self.outbox.is_empty() {
            self.wait_for(Wait::Taking, now);
        } else if consumed > 0 || was_waiting != Wait::Rest {
            // Of a command that is still not complete, the time goes on.
            self.wait_for_commands(now);
        }
        Poll::Ready(Ok(is_full || self.is_unanswered))
    }

    /// Sends as much as the client takes at once, and keeps the rest, if there is room for it.
    fn send(&mut self, replies: &mut Vec<u8>, cx: &mut Context<'_>) -> io::Result<()> {
        self.outbox.send(&mut self.stream, replies, cx)?;
        if !self.outbox_share.grow_to(self.outbox.len(), self.budget) {
            self.outbox.clear();
            self.end = Some(End::NoRoom);
        }
        Ok(())
    }

    /// Says that there is no room for a command, and ends.
    fn refuse(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        self.end = Some(End::NoRoom);
        Poll::Ready(self.send(&mut NO_ROOM.to_vec(), cx).map(|()| false))
    }

    fn wait_for_commands(&mut self, now: Instant) {
        let wait = if self.received.is_empty() {
            Wait::Command
        } else {
            Wait::Rest
        };
        self.wait_for(wait, now);
    }

    /// Sets the deadline anew.
    fn wait_for(&mut self, wait: Wait, now: Instant) {
        self.wait = wait;
        self.deadline.set(
            now + match wait {
                Wait::Command => self.limits.idle_timeout,
                Wait::Rest => self.limits.command_timeout,
                Wait::Taking => self.limits.write_timeout,
            },
        );
    }

    /// Logs what an operator should know of.
    fn tell(&self, end: End) {
        let Ok(peer) = self.stream.peer_cred() else {
            return;
        };
        let (pid, uid) = (peer.pid(), peer.uid());
        match end {
            End::Closing(Closing::Http) => {
                tracing::warn!(pid, uid, "dropped a client that speaks HTTP to listen.resp");
            }
            End::Closing(Closing::Protocol(error)) => {
                tracing::debug!(pid, uid, %error, "dropped a client that does not speak RESP");
            }
            End::Overdue if self.wait == Wait::Taking => {
                tracing::warn!(pid, uid, "dropped a client that does not take its replies");
            }
            End::NoRoom => {
                tracing::warn!(
                    pid,
                    uid,
                    "dropped a client: http.max-buffered-bytes are used up"
                );
            }
            End::Gone | End::Overdue | End::Closing(Closing::Quit) => {}
        }
    }
}
