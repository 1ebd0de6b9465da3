//! One thread of the client: sends the requests that are due, and takes the responses.
//!
//! The loop polls the kernel directly (mio) rather than through a runtime, which would decide when the
//! task of a connection runs: its wait for other tasks would be measured as latency of the server.

mod lost;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::{Events, Poll, Token};

use super::connection::{Connection, Endpoint, InFlight, Socket};
use super::failure::FailureKind;
use super::reader::ResponseReader;
use super::requests::Requests;
use super::run_stats::RunStats;
use super::schedule::{DRAIN, Pace, Schedule, nanoseconds};
use super::validator::Validator;

/// The longest wait for events, in nanoseconds: an interrupt is noticed within it.
const MAX_WAIT: u64 = 20_000_000;

/// The resolution of the kernel's timer, in nanoseconds: shorter waits are spent polling.
const TIMER_RESOLUTION: u64 = 1_000_000;

/// The parameters that all workers of a run share.
#[derive(Debug)]
pub(super) struct Plan {
    /// The address of the target, for reconnecting.
    pub(super) endpoint: Endpoint,
    /// The requests, sent in rotation.
    pub(super) requests: Requests,
    /// Decides which responses are good.
    pub(super) validator: Validator,
    /// Cloned by each worker.
    pub(super) reader: ResponseReader,
    /// The times and the pace of the run.
    pub(super) schedule: Schedule,
    /// The limit on requests in flight per connection.
    pub(super) depth: usize,
    /// The number of workers.
    pub(super) workers: usize,
}

/// The counts that the workers publish for the progress line.
#[derive(Debug, Default)]
pub(super) struct LiveCounts {
    /// Good responses within the measured time.
    pub(super) responses: AtomicU64,
    /// Failures of all kinds, including those during the warm-up.
    pub(super) failures: AtomicU64,
}

/// One worker of a run.
struct Worker<'a> {
    plan: &'a Plan,
    poll: Poll,
    slots: Vec<Slot>,
    /// In the open loop: the slots that can take a request, the longest waiting first.
    with_room: VecDeque<usize>,
    /// Slots without a connection.
    lost: Vec<usize>,
    reader: ResponseReader,
    stats: RunStats,
    /// The number of this worker's next request, counted over all workers.
    next: u64,
    /// The number of requests in flight on all its connections.
    in_flight: usize,
    /// Time 0 of the schedule.
    began: Instant,
}

/// A place for a connection, which is reopened when it is lost.
struct Slot {
    connection: Option<Connection>,
    /// `true` if the connection has brought a response.
    answered: bool,
    /// The earliest time to reconnect, in nanoseconds since the start of the run.
    retry_at: u64,
}

/// Drives `sockets` until the schedule has ended and every request is answered, but at most [`DRAIN`]
/// longer, or until `stop` is set. Requests without a response by then are counted as failed, unless
/// `stop` ended the run.
///
/// `began` is time 0 of the schedule, and `number` is the number of this worker, from 0.
///
/// # Errors
///
/// [`io::Error`] if the kernel cannot be polled; a failure of a connection is counted instead.
pub(super) fn work(
    plan: &Plan,
    sockets: Vec<Socket>,
    number: usize,
    began: Instant,
    live: &LiveCounts,
    stop: &AtomicBool,
) -> io::Result<RunStats> {
    let poll = Poll::new()?;
    let mut slots = Vec::with_capacity(sockets.len());
    for (index, socket) in sockets.into_iter().enumerate() {
        let connection = Connection::new(socket, Token(index), plan.depth, poll.registry())?;
        slots.push(Slot {
            connection: Some(connection),
            answered: false,
            retry_at: 0,
        });
    }
    let mut worker = Worker {
        plan,
        poll,
        with_room: VecDeque::with_capacity(slots.len()),
        lost: Vec::with_capacity(slots.len()),
        slots,
        reader: plan.reader.clone(),
        stats: RunStats::new(),
        next: number as u64,
        in_flight: 0,
        began,
    };
    worker.run(live, stop)?;
    Ok(worker.stats)
}

impl Worker<'_> {
    fn run(&mut self, live: &LiveCounts, stop: &AtomicBool) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let (mut responses, mut failures) = (0, 0);
        for index in 0..self.slots.len() {
            self.fill(index);
        }
        while !stop.load(Ordering::Relaxed) {
            let now = self.now();
            if self.is_done(now) {
                self.count_unanswered();
                break;
            }
            self.reconnect(now);
            self.send_due_requests(now);
            let wait = self.wait();
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                self.handle(event);
            }
            if !events.is_empty() {
                let now = (self.stats.responses, self.stats.failure_count());
                live.responses
                    .fetch_add(now.0 - responses, Ordering::Relaxed);
                live.failures.fetch_add(now.1 - failures, Ordering::Relaxed);
                (responses, failures) = now;
            }
        }
        Ok(())
    }

    fn now(&self) -> u64 {
        nanoseconds(self.began.elapsed())
    }

    fn is_done(&self, now: u64) -> bool {
        let schedule = &self.plan.schedule;
        now >= schedule.end
            && (now >= schedule.end.saturating_add(DRAIN)
                || self.in_flight == 0 && schedule.due(self.next).is_none())
    }

    /// Returns the time to wait for events: until a request that can be sent is due, and zero if
    /// that is sooner than the kernel's timer can wake the thread.
    fn wait(&self) -> Duration {
        let now = self.now();
        let mut until = now + MAX_WAIT;
        if now < self.plan.schedule.end {
            until = until.min(self.plan.schedule.end);
        }
        if !self.with_room.is_empty()
            && let Some(due) = self.plan.schedule.due(self.next)
        {
            until = until.min(due);
        }
        let wait = until.saturating_sub(now);
        // Round down to whole units: the timer rounds up, and would fire too late.
        Duration::from_nanos(wait - wait % TIMER_RESOLUTION)
    }

    fn handle(&mut self, event: &Event) {
        let index = event.token().0;
        if event.is_writable() {
            self.flush(index);
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.receive(index, event.is_read_closed() || event.is_error());
        }
    }

    /// Reads, takes the responses, and sends the requests that may follow.
    fn receive(&mut self, index: usize, to_the_end: bool) {
        loop {
            let Some(connection) = &mut self.slots[index].connection else {
                return;
            };
            let more = match connection.read() {
                Ok((0, _)) => return self.lose(index, None),
                Ok((_, more)) => more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => return self.lose(index, Some(FailureKind::from_socket(&error))),
            };
            match self.take_responses(index) {
                Ok(true) => {}
                Ok(false) => return self.lose(index, None),
                Err(kind) => return self.lose(index, Some(kind)),
            }
            self.fill(index);
            if !more && !to_the_end {
                return;
            }
        }
    }

    /// Takes the complete responses received. Returns `false` if the server closes the connection.
    fn take_responses(&mut self, index: usize) -> Result<bool, FailureKind> {
        let now = self.now();
        let Self {
            plan,
            slots,
            reader,
            stats,
            in_flight,
            ..
        } = self;
        let slot = &mut slots[index];
        let Some(connection) = &mut slot.connection else {
            return Ok(true);
        };
        while connection.is_within_response() {
            let Some(request) = connection.oldest() else {
                return Err(FailureKind::Malformed(
                    "no request was waiting for a response",
                ));
            };
            let Some(response) = reader.read(connection.unread())? else {
                break;
            };
            stats.count(
                &plan.validator,
                &plan.schedule,
                request,
                &response.outcome,
                now,
            );
            let (bytes, closes) = (response.bytes, response.closes);
            connection.take_response(bytes);
            *in_flight -= 1;
            slot.answered = true;
            if closes {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// In the closed loop, sends as many requests as the connection has room for; in the open loop,
    /// queues the connection as one with room.
    fn fill(&mut self, index: usize) {
        let Some(connection) = &mut self.slots[index].connection else {
            return;
        };
        if connection.in_flight() >= self.plan.depth {
            return;
        }
        if let Pace::Open { .. } = self.plan.schedule.pace {
            if !connection.queued {
                connection.queued = true;
                self.with_room.push_back(index);
            }
            return;
        }
        let now = self.now();
        if now >= self.plan.schedule.end {
            return;
        }
        while let Some(connection) = &self.slots[index].connection
            && connection.in_flight() < self.plan.depth
        {
            self.push(index, now);
        }
        self.flush(index);
    }

    /// In the open loop, sends the requests that are due while connections have room.
    fn send_due_requests(&mut self, now: u64) {
        while let Some(due) = self.plan.schedule.due(self.next)
            && due <= now
            && let Some(index) = self.with_room.pop_front()
        {
            let Some(connection) = &mut self.slots[index].connection else {
                continue;
            };
            connection.queued = false;
            self.push(index, due);
            self.flush(index);
            self.fill(index);
        }
    }

    /// Appends the next request to the connection's output; its latency counts from `since`.
    fn push(&mut self, index: usize, since: u64) {
        let requests = &self.plan.requests;
        let Ok(number) = usize::try_from(self.next % requests.len() as u64) else {
            return;
        };
        let Some(connection) = &mut self.slots[index].connection else {
            return;
        };
        let code = requests.code_of(number);
        connection.push(requests.get(number), InFlight { since, code });
        self.next += self.plan.workers as u64;
        self.in_flight += 1;
    }

    fn flush(&mut self, index: usize) {
        if let Some(connection) = &mut self.slots[index].connection
            && let Err(error) = connection.write(self.poll.registry())
        {
            self.lose(index, Some(FailureKind::from_socket(&error)));
        }
    }

    /// Counts the requests without a response as failed once the wait for late responses has ended.
    fn count_unanswered(&mut self) {
        let now = self.now();
        if self.in_flight > 0 {
            self.stats.note_error(now, FailureKind::Unanswered, &[]);
        }
        self.stats
            .count_failures(FailureKind::Unanswered, self.in_flight as u64);
        let never_sent = self
            .plan
            .schedule
            .total()
            .saturating_sub(self.next)
            .div_ceil(self.plan.workers as u64);
        if never_sent > 0 {
            self.stats.note_error(now, FailureKind::NeverSent, &[]);
        }
        self.stats
            .count_failures(FailureKind::NeverSent, never_sent);
    }
}
