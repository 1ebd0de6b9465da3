//! One connection, from its first byte to its last, whatever its protocol is.
//!
//! ```text
//! read ──▶ answer all requests that are complete ──▶ write ──▶ read …
//!             │                                        └ what the client does not take: wait, read nothing,
//!             │                                          or, with a protocol that allows it, read on
//!             └ a request that depends on another server: wait, read nothing
//! ```
//!
//! Bytes are read into, and written from, buffers of the thread. A connection keeps only those that
//! its session did not consume or the client has not taken, so an idle one takes less than 8 KiB. A
//! [`Protocol`] supplies the meaning of the bytes and the time that the client may take for them.
//! Everything else is here, once.

mod closing;
mod deadline;
mod pace;
mod protocol;
mod read_buffer;
#[cfg(test)]
mod tests;
mod transport;
mod write_buffer;
mod writing;

use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use self::deadline::Deadline;
use self::pace::Pace;
use self::read_buffer::{Fill, ReadBuffer};
use self::write_buffer::WriteBuffer;
use super::admission::Place;
use crate::budget::Budget;
use crate::shutdown::{GRACE, MAX_GRACE, Shutdown, Stage};

pub(in crate::serve) use self::protocol::{
    AtStop, Batch, ClientWait, End, InputLimits, Phase, Progress, Protocol, ThreadBuffers, Wait,
};
pub(in crate::serve) use self::transport::Transport;

/// Longer than any connection lasts: the time for another server, which has time-outs of its own.
const FOREVER: Duration = Duration::from_secs(365 * 86_400);

/// Serves a client until either side closes the connection, the client makes no progress, its session
/// expires, `budget` has no room, the daemon stops, or its place is given to another connection.
///
/// The client could send from `connected` on. Bytes for which the thread's buffers have no room count
/// against `budget`.
///
/// # Cancel safety
///
/// If it is dropped, the connection closes without its last responses, and its memory is released.
pub(in crate::serve) async fn serve<P: Protocol, T: Transport>(
    session: P,
    stream: T,
    connected: Instant,
    budget: &Arc<Budget>,
    shutdown: &Shutdown,
    place: &Place,
) {
    let mut connection = Connection::new(session, stream, connected, budget, shutdown, place);
    let mut stopping = pin!(shutdown.entered(Stage::Drain));
    // A task has one waker for as long as it lives, so it is registered before the first step, once.
    poll_fn(|cx| {
        let _ = stopping.as_mut().poll(cx);
        place.set_task(cx.waker().clone());
        Poll::Ready(())
    })
    .await;
    let end = loop {
        match poll_fn(|cx| connection.poll(cx)).await {
            // Other connections have their turn before this one's next.
            Step::Yield => yield_now().await,
            Step::End(end) => break end,
        }
    };
    connection.session.log_end(end, &connection.stream);
    connection.close().await;
}

/// Sends `message` to a client that is not served, and drops the connection, after [`GRACE`] at the latest.
pub(in crate::serve) async fn refuse<T: Transport>(mut stream: T, message: &[u8]) {
    // A new connection takes the message at once. If it does not, it is closed all the same.
    let _ = timeout(GRACE, stream.write_all(message)).await;
}

/// A connection: its session, its stream, and what is between them.
struct Connection<'a, P, T> {
    session: P,
    stream: T,
    read: ReadBuffer,
    write: WriteBuffer,
    /// The event that the connection waits for.
    wait: Wait,
    /// The time by which that event has to happen.
    deadline: Deadline,
    /// The time at which the client last sent something, or took the last of what was written.
    moved: Instant,
    /// The time since which the daemon stops, or the connection is displaced, as far as it knows.
    stopping: Option<Instant>,
    /// The last value of [`Transport::sent`].
    sent: u64,
    /// The pace of the client while something is written for it; `None` if nothing is.
    pace: Option<Pace>,
    /// The time since which the sending side is closed.
    shut: Option<Instant>,
    /// Set once the system refuses what the client sends.
    is_refusing: bool,
    budget: &'a Arc<Budget>,
    shutdown: &'a Shutdown,
    place: &'a Place,
}

/// The result of polling a connection that does not wait.
enum Step {
    /// The connection may continue at once, after others had their turn.
    Yield,
    End(End),
}

impl<'a, P: Protocol, T: Transport> Connection<'a, P, T> {
    fn new(
        session: P,
        stream: T,
        connected: Instant,
        budget: &'a Arc<Budget>,
        shutdown: &'a Shutdown,
        place: &'a Place,
    ) -> Self {
        let wait = session.wait(&[]);
        place.set_idle(connected);
        Self {
            deadline: Deadline::new(connected + session.timeout(wait)),
            session,
            stream,
            read: ReadBuffer::EMPTY,
            write: WriteBuffer::EMPTY,
            wait: Wait::Client(wait),
            moved: Instant::now(),
            stopping: None,
            sent: 0,
            pace: None,
            shut: None,
            is_refusing: false,
            budget,
            shutdown,
            place,
        }
    }

    /// Continues until the connection waits, and watches over the time that it waits.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let is_ending = self.shutdown.reached(Stage::Drain) || self.place.is_displaced();
        if is_ending && self.stopping.is_none() {
            self.stopping = Some(Instant::now());
            if P::AT_STOP == AtStop::RefuseInput {
                self.is_refusing = true;
                self.stream.refuse_input();
            }
        }
        loop {
            match self.poll_work(cx) {
                // A client that never stops sending is never waited for.
                Poll::Ready(Step::Yield) if self.has_expired() => {
                    let end = self.time_out(cx).err();
                    return Poll::Ready(end.map_or(Step::Yield, Step::End));
                }
                Poll::Ready(step) => return Poll::Ready(step),
                Poll::Pending => {}
            }
            if self.wait != Wait::Write {
                // Not between two pieces of a response.
                self.pace = None;
            }
            let closes = self.closes_at();
            if closes.is_some_and(|at| at <= Instant::now()) {
                if self.stream.refuse_input() {
                    // The system reports the end of input, after what the client has sent.
                    self.is_refusing = true;
                } else if self.stream.has_input() {
                    return Poll::Ready(Step::Yield);
                } else {
                    self.session.close();
                    self.settle(Instant::now(), true);
                }
                continue;
            }
            let earlier = closes.into_iter().chain(self.session.expires_at()).min();
            ready!(self.deadline.poll(cx, earlier));
            if closes.is_some_and(|at| at <= Instant::now()) {
                continue;
            }
            if let Err(end) = self.time_out(cx) {
                return Poll::Ready(Step::End(end));
            }
        }
    }

    /// Returns the time at which the connection is to be closed because the daemon stops or another
    /// connection has its place: `None` if neither is so, or a request has begun, or the end of input will
    /// follow.
    fn closes_at(&self) -> Option<Instant> {
        let stopping = self.stopping?;
        if self.is_refusing {
            return None;
        }
        let silent_since = match self.wait {
            Wait::Client(ClientWait::FirstRequest | ClientWait::NextRequest) => self.moved,
            Wait::Client(ClientWait::Rest) => self.moved.max(stopping),
            Wait::Client(ClientWait::Body) | Wait::Upstream | Wait::Write => return None,
        };
        Some((silent_since + GRACE).min(stopping + MAX_GRACE))
    }

    /// Continues until the connection waits for its client or another server.
    fn poll_work(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            let worked = match self.poll_flush(cx) {
                Poll::Ready(Ok(true)) => match self.session.phase() {
                    Phase::Read => ready!(self.poll_read(cx)),
                    Phase::Upstream => ready!(self.poll_upstream(cx)).map(|()| false),
                    Phase::Close { lingers } => Err(ready!(self.poll_close(cx, lingers))),
                },
                Poll::Ready(Ok(false)) => Ok(true),
                Poll::Ready(Err(end)) => Err(end),
                Poll::Pending if self.reads_on() => ready!(self.poll_read(cx)),
                Poll::Pending => return Poll::Pending,
            };
            match worked {
                Ok(true) => return Poll::Ready(Step::Yield),
                Ok(false) => {}
                Err(end) => return Poll::Ready(Step::End(end)),
            }
        }
    }

    /// Returns `true` if requests are read while responses wait for the client.
    fn reads_on(&self) -> bool {
        self.session.phase() == Phase::Read && self.session.max_pending_bytes().is_some()
    }

    /// Reads once, answers, and writes once. Returns whether there may be more to do at once.
    ///
    /// While responses wait for the client, no more are made of what it has sent, unless it sends: it may
    /// be one that reads only once it has written everything.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, End>> {
        let responses_wait = !self.write.is_empty();
        if responses_wait && self.read.is_unfinished() && !self.session.has_own_work() {
            ready!(self.stream.poll_input(cx));
        }
        P::thread().with_borrow_mut(|thread| {
            let ThreadBuffers {
                input,
                output,
                memory,
            } = thread;
            let limits = self.session.input_limits();
            let (stream, budget) = (&mut self.stream, self.budget);
            let fill = ready!(self.read.poll_fill(stream, cx, input, limits, budget));
            let fill = fill.map_err(|_| End::Gone)?;
            let mut batch = Batch::new(memory, output);
            let (has_moved, has_more) = match fill {
                Fill::Bytes(filled) => {
                    let bytes = self.read.bytes(filled, input);
                    let progress = self.session.answer(&mut batch, bytes, filled.seen);
                    if !self.read.consume(filled, input, progress, budget) {
                        return Poll::Ready(Err(End::NoRoom));
                    }
                    let has_more = filled.is_full || progress.is_unfinished;
                    if responses_wait && progress.is_unfinished {
                        // The client need not have moved while the daemon worked.
                        self.pace = None;
                    } else if responses_wait {
                        let now = batch.now;
                        self.pace(now).add(filled.read as u64, now);
                    }
                    (progress.is_another_request || responses_wait, has_more)
                }
                Fill::End => {
                    self.session.end_of_input(&mut batch);
                    (true, false)
                }
                Fill::NoRoom => {
                    self.session.refuse_input(&mut batch);
                    (true, false)
                }
            };
            let now = batch.now;
            self.write(output, cx)?;
            self.settle(now, has_moved);
            Poll::Ready(Ok(has_more))
        })
    }

    /// Continues a request that depends on another server, and writes its response.
    fn poll_upstream(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        P::thread().with_borrow_mut(|thread| {
            let mut batch = Batch::new(&mut thread.memory, &mut thread.output);
            ready!(self.session.poll_upstream(&mut batch, cx));
            let now = batch.now;
            self.write(&mut thread.output, cx)?;
            self.settle(now, true);
            Poll::Ready(Ok(()))
        })
    }

    /// Returns `true` if the time at which the session ends has come.
    fn has_expired(&self) -> bool {
        let expires = self.session.expires_at();
        expires.is_some_and(|at| at <= Instant::now())
    }

    /// Reacts to a deadline that has passed.
    fn time_out(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        let overdue = match self.has_expired() {
            true => End::Expired,
            false => End::TimedOut(self.wait),
        };
        let Wait::Client(wait) = self.wait else {
            return match overdue != End::Expired && self.write_unreported()? {
                true => Ok(()),
                false => Err(overdue),
            };
        };
        P::thread().with_borrow_mut(|thread| {
            let mut batch = Batch::new(&mut thread.memory, &mut thread.output);
            if let ControlFlow::Break(()) = self.session.time_out(&mut batch, wait) {
                return Err(overdue);
            }
            let now = batch.now;
            self.write(&mut thread.output, cx)?;
            self.settle(now, true);
            Ok(())
        })
    }

    /// Moves the deadline if the connection waits for something else than before, or `has_moved`: it waits
    /// for the same part of another request, or the pace of the client has changed. Called at `now`, when
    /// something was done.
    fn settle(&mut self, now: Instant, has_moved: bool) {
        self.moved = now;
        let wait = match self.session.phase() {
            _ if !self.write.is_empty() => Wait::Write,
            Phase::Read => Wait::Client(self.session.wait(self.read.unread())),
            Phase::Upstream => Wait::Upstream,
            Phase::Close { .. } => Wait::Write,
        };
        if wait != self.wait || has_moved {
            self.wait_for(wait, now);
        }
    }

    /// Moves the deadline for an event that is awaited from `now` on.
    fn wait_for(&mut self, wait: Wait, now: Instant) {
        self.wait = wait;
        match wait {
            Wait::Client(ClientWait::FirstRequest | ClientWait::NextRequest) => {
                self.place.set_idle(now);
            }
            Wait::Client(_) | Wait::Upstream | Wait::Write => self.place.set_busy(),
        }
        let deadline = match wait {
            Wait::Client(wait) => now + self.session.timeout(wait),
            Wait::Upstream => now + FOREVER,
            Wait::Write => self.pace(now).deadline(),
        };
        self.deadline.set(deadline);
    }
}
