//! One connection, from its first byte to its last, whatever its protocol is.
//!
//! ```text
//! read ──▶ answer all requests that are complete ──▶ write ──▶ read …
//!             │                                        └ what the client does not take: wait, read nothing
//!             └ a request that depends on another server: wait, read nothing
//! ```
//!
//! Bytes are read into, and written from, buffers of the thread. A connection keeps only those that
//! its session did not consume or the client has not taken, so an idle one takes hardly any memory. A
//! [`Protocol`] supplies the meaning of the bytes and the time that the client may take for them.
//! Everything else is here, once.

mod deadline;
mod protocol;
mod read_buffer;
#[cfg(test)]
mod tests;
mod transport;
mod write_buffer;

use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::task::yield_now;
use tokio::time::Instant;

use self::deadline::Deadline;
use self::read_buffer::{Fill, ReadBuffer};
use self::write_buffer::WriteBuffer;
use crate::budget::Budget;
use crate::shutdown::{GRACE, MAX_GRACE, Shutdown, Stage};

pub(in crate::serve) use self::protocol::{
    AtStop, Batch, ClientWait, End, InputLimits, Phase, Progress, Protocol, ThreadBuffers, Wait,
};
pub(in crate::serve) use self::transport::Transport;

/// The time for which a closing connection waits for bytes that the client still sends, so that the
/// client sees the responses and not a reset.
const LINGER: Duration = Duration::from_secs(1);

/// Longer than any connection lasts: the time for another server, which has time-outs of its own.
const FOREVER: Duration = Duration::from_secs(365 * 86_400);

/// Serves a client until either side closes the connection, or the client makes no progress.
///
/// The client could send from `connected` on.
pub(in crate::serve) async fn serve<P: Protocol, T: Transport>(
    session: P,
    stream: T,
    connected: Instant,
    budget: &Arc<Budget>,
    shutdown: &Shutdown,
) {
    let mut connection = Connection::new(session, stream, connected, budget, shutdown);
    let mut stopping = pin!(shutdown.entered(Stage::Drain));
    let mut is_registered = false;
    let end = loop {
        let step = poll_fn(|cx| {
            if !is_registered {
                // Once is enough to set the waker, and takes a lock.
                is_registered = true;
                let _ = stopping.as_mut().poll(cx);
            }
            connection.poll(cx)
        });
        match step.await {
            // Other connections have their turn before this one's next.
            Step::Yield => yield_now().await,
            Step::End(end) => break end,
        }
    };
    connection.session.log_end(end, &connection.stream);
}

/// Sends `message` to a client that is not served, and drops the connection.
pub(in crate::serve) async fn refuse<T: Transport>(mut stream: T, message: &[u8]) {
    // A new connection takes the message at once. If it fails, the connection is closed all the same.
    let _ = poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, message)).await;
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
    /// The time since which the daemon stops, as far as this connection knows.
    stopping: Option<Instant>,
    /// The last value of [`Transport::sent`].
    sent: u64,
    /// The time since which the sending side is closed.
    shut: Option<Instant>,
    /// Set once the system refuses what the client sends.
    is_refusing: bool,
    budget: &'a Arc<Budget>,
    shutdown: &'a Shutdown,
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
    ) -> Self {
        let wait = session.wait(&[]);
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
            shut: None,
            is_refusing: false,
            budget,
            shutdown,
        }
    }

    /// Continues until the connection waits, and watches over the time that it waits.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if self.stopping.is_none() && self.shutdown.reached(Stage::Drain) {
            self.stopping = Some(Instant::now());
            if P::AT_STOP == AtStop::RefuseInput {
                self.is_refusing = true;
                self.stream.refuse_input();
            }
        }
        loop {
            if let Poll::Ready(step) = self.poll_work(cx) {
                return Poll::Ready(step);
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
            ready!(self.deadline.poll(cx, closes));
            if closes.is_some_and(|at| at <= Instant::now()) {
                continue;
            }
            if let Err(end) = self.time_out(cx) {
                return Poll::Ready(Step::End(end));
            }
        }
    }

    /// Returns the time at which the connection is to be closed because the daemon stops: `None` if it
    /// does not, or a request has begun, or the end of input will follow.
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
            let worked = match ready!(self.poll_flush(cx)) {
                Ok(()) => match self.session.phase() {
                    Phase::Read => ready!(self.poll_read(cx)),
                    Phase::Upstream => ready!(self.poll_upstream(cx)).map(|()| false),
                    Phase::Close { lingers } => Err(ready!(self.poll_close(cx, lingers))),
                },
                Err(end) => Err(end),
            };
            match worked {
                Ok(true) => return Poll::Ready(Step::Yield),
                Ok(false) => {}
                Err(end) => return Poll::Ready(Step::End(end)),
            }
        }
    }

    /// Writes what the client has not taken.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        if self.write.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let mut has_moved = false;
        let flushed = self
            .write
            .poll_flush(&mut self.stream, cx, || has_moved = true);
        // The stream itself may have moved some of the bytes that it buffers.
        let sent = self.stream.sent();
        if has_moved || sent != self.sent {
            self.sent = sent;
            self.wait_for(Wait::Write, Instant::now());
        }
        ready!(flushed).map_err(|_| End::Gone)?;
        self.settle(Instant::now(), false);
        Poll::Ready(Ok(()))
    }

    /// Reads once, answers, and writes once. Returns whether there may be more to do at once.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, End>> {
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
            let (is_another_request, has_more) = match fill {
                Fill::Bytes(filled) => {
                    let bytes = self.read.bytes(filled, input);
                    let progress = self.session.answer(&mut batch, bytes, filled.seen);
                    if !self.read.consume(filled, input, progress, budget) {
                        return Poll::Ready(Err(End::NoRoom));
                    }
                    let has_more = filled.is_full || progress.is_unfinished;
                    (progress.is_another_request, has_more)
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
            self.settle(now, is_another_request);
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

    /// Reacts to a deadline that has passed.
    fn time_out(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        let overdue = End::TimedOut(self.wait);
        let Wait::Client(wait) = self.wait else {
            return Err(overdue);
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

    /// Closes the sending side; then, if the connection lingers, reads and drops what the client
    /// still sends, until it has seen the end.
    ///
    /// If a socket is closed with bytes that were not read, or gets more of them, the kernel sends a
    /// reset, which can take the responses from a client that is still sending.
    fn poll_close(&mut self, cx: &mut Context<'_>, lingers: bool) -> Poll<End> {
        let shut = match self.shut {
            Some(shut) => shut,
            None => {
                if ready!(Pin::new(&mut self.stream).poll_shutdown(cx)).is_err() {
                    return Poll::Ready(End::Gone);
                }
                let now = Instant::now();
                self.deadline.set(now + LINGER);
                *self.shut.insert(now)
            }
        };
        if !lingers {
            return Poll::Ready(End::Closed);
        }
        P::thread().with_borrow_mut(|thread| {
            let input = &mut thread.input;
            input.resize(self.session.input_limits().buffer_bytes, 0);
            loop {
                let mut dropped = ReadBuf::new(input);
                if ready!(Pin::new(&mut self.stream).poll_read(cx, &mut dropped)).is_err() {
                    return Poll::Ready(End::Gone);
                }
                if dropped.filled().is_empty() {
                    return Poll::Ready(End::Closed);
                }
                // A client that still sends has not seen the end.
                let last = shut + self.session.write_timeout();
                self.deadline.set(last.min(Instant::now() + LINGER));
            }
        })
    }

    /// Writes as much of `output` as the client takes at once, and queues the rest.
    fn write(&mut self, output: &mut Vec<u8>, cx: &mut Context<'_>) -> Result<(), End> {
        let written = self.write.write(&mut self.stream, output, cx, self.budget);
        if written.map_err(|_| End::Gone)? {
            Ok(())
        } else {
            Err(End::NoRoom)
        }
    }

    /// Moves the deadline if the connection waits for something else than before, or for the same
    /// part of another request. Called at `now`, when something has moved.
    fn settle(&mut self, now: Instant, is_another_request: bool) {
        self.moved = now;
        let wait = match self.session.phase() {
            _ if !self.write.is_empty() => Wait::Write,
            Phase::Read => Wait::Client(self.session.wait(self.read.unread())),
            Phase::Upstream => Wait::Upstream,
            Phase::Close { .. } => Wait::Write,
        };
        if wait != self.wait || is_another_request {
            self.wait_for(wait, now);
        }
    }

    /// Moves the deadline for an event that is awaited from `now` on.
    fn wait_for(&mut self, wait: Wait, now: Instant) {
        self.wait = wait;
        self.deadline.set(
            now + match wait {
                Wait::Client(wait) => self.session.timeout(wait),
                Wait::Upstream => FOREVER,
                Wait::Write => self.session.write_timeout(),
            },
        );
    }
}
