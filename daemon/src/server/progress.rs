//! How far a connection is, and until when it may stay there.
//!
//! hyper has a time-out for heads, but one that also runs between requests, allocates for each of
//! them, and knows neither slow bodies nor clients that take no answer. So its own is off, and one
//! timer for each connection looks after all four. It is set when a stage begins that ends earlier
//! than it is set for; otherwise it is left to fire and then set anew, so that a busy connection
//! hardly ever touches it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::settings::Http;

/// How long a connection that is closed with unread bytes goes on to read them, so that the client
/// sees the answer and not a reset.
const LINGER: Duration = Duration::from_secs(1);

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// Waiting for the first byte.
    Fresh,
    /// Reading a request's head.
    Head,
    /// Reading a request's body.
    Body,
    /// Working on an answer.
    Answer,
    /// Waiting for the next request.
    Idle,
    /// Reading what nobody will look at.
    Linger,
}

/// What the parts of one connection tell each other. All of them run in one task: the atomics are
/// there only because the task may not care.
#[derive(Debug)]
pub(super) struct Progress {
    phase: AtomicU8,
    /// Rises with each change of phase and each byte that moves after a stall.
    steps: AtomicU32,
    /// Whether the client takes no bytes.
    stalled: AtomicBool,
    /// Whether the body took too long.
    body_expired: AtomicBool,
    /// Whether bytes of the last request will be left unread.
    unread: AtomicBool,
    /// How many requests were handed on.
    requests: AtomicU64,
    /// Which of them is refused; `u64::MAX`: none.
    refused: AtomicU64,
    /// How many milliseconds of the wait for the first byte a TLS handshake took.
    shaking: AtomicU64,
}

impl Progress {
    pub(super) const fn new() -> Self {
        Self {
            phase: AtomicU8::new(Phase::Fresh as u8),
            steps: AtomicU32::new(0),
            stalled: AtomicBool::new(false),
            body_expired: AtomicBool::new(false),
            unread: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            refused: AtomicU64::new(u64::MAX),
            shaking: AtomicU64::new(0),
        }
    }

    /// The handshake of TLS is over, and took this long of what the connection has until its first
    /// byte.
    pub(super) fn shook_hands_for(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.shaking.store(milliseconds, Relaxed);
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
        self.step();
    }

    /// Bytes arrived.
    pub(super) fn received(&self) {
        if self.is_in(Phase::Idle) || self.is_in(Phase::Fresh) {
            self.enter(Phase::Head);
        }
    }

    /// The client took bytes, or, if not `moved`, took none.
    pub(super) fn sent(&self, moved: bool) {
        if self.stalled.load(Relaxed) == moved {
            self.stalled.store(!moved, Relaxed);
            self.step();
        }
    }

    /// Counts a request, and tells whether it is refused.
    pub(super) fn begin_request(&self) -> bool {
        let index = self.requests.load(Relaxed);
        self.requests.store(index + 1, Relaxed);
        self.refused.load(Relaxed) <= index
    }

    pub(super) fn refuse(&self, request: u64) {
        self.refused.store(request, Relaxed);
    }

    pub(super) fn body_expired(&self) -> bool {
        self.body_expired.load(Relaxed)
    }

    pub(super) fn leave_unread(&self) {
        self.unread.store(true, Relaxed);
    }

    pub(super) fn is_unread(&self) -> bool {
        self.unread.load(Relaxed)
    }

    pub(super) fn is_in(&self, phase: Phase) -> bool {
        self.phase.load(Relaxed) == phase as u8
    }

    fn step(&self) {
        self.steps
            .store(self.steps.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// How long the connection may stay as it is; `None`: as long as it takes.
    fn patience(&self, limits: &Http) -> Option<Duration> {
        match () {
            () if self.is_in(Phase::Linger) => Some(LINGER),
            () if self.stalled.load(Relaxed) => Some(limits.write_timeout),
            () if self.is_in(Phase::Fresh) => {
                let shaking = Duration::from_millis(self.shaking.load(Relaxed));
                Some(limits.header_timeout.saturating_sub(shaking))
            }
            () if self.is_in(Phase::Head) => Some(limits.header_timeout),
            () if self.is_in(Phase::Body) => Some(limits.body_timeout),
            () if self.is_in(Phase::Idle) => Some(limits.idle_timeout),
            () => None,
        }
    }
}

/// What to do about a connection that has made no progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// Answer that the body took too long.
    Body,
    /// Close it.
    Connection,
}

/// Watches the progress of one connection.
#[derive(Debug)]
pub(super) struct Watchdog {
    timer: Pin<Box<Sleep>>,
    /// When the present step is overdue.
    deadline: Option<Instant>,
    /// The step, and the patience, for which the deadline was set.
    seen: Option<(u32, Option<Duration>)>,
}

impl Watchdog {
    pub(super) fn new(limits: &Http) -> Self {
        Self {
            timer: Box::pin(sleep_until(Instant::now() + limits.header_timeout)),
            deadline: None,
            seen: None,
        }
    }

    /// Tells when the connection is overdue; called after it has got as far as it gets.
    pub(super) fn poll(
        &mut self,
        progress: &Progress,
        limits: &Http,
        cx: &mut Context<'_>,
    ) -> Poll<Overdue> {
        let patience = progress.patience(limits);
        let step = (progress.steps.load(Relaxed), patience);
        if self.seen != Some(step) {
            // The first poll has to set the timer's waker.
            let first = self.seen.is_none();
            self.seen = Some(step);
            self.deadline = patience.map(|patience| Instant::now() + patience);
            match self.deadline {
                Some(deadline) if first || deadline < self.timer.deadline() => {
                    self.timer.as_mut().reset(deadline);
                }
                _ if !self.timer.is_elapsed() => return Poll::Pending,
                _ => {}
            }
        } else if !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            match self.deadline {
                Some(deadline) if deadline > now => self.timer.as_mut().reset(deadline),
                None => self.timer.as_mut().reset(now + limits.idle_timeout),
                Some(_) => {
                    let in_body = progress.is_in(Phase::Body);
                    if in_body && !progress.stalled.load(Relaxed) && !progress.body_expired() {
                        progress.body_expired.store(true, Relaxed);
                        return Poll::Ready(Overdue::Body);
                    }
                    return Poll::Ready(Overdue::Connection);
                }
            }
        }
        Poll::Pending
    }
}
