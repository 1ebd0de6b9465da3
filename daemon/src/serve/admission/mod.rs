//! The admission of connections, within `http.max-connections`.
//!
//! ```text
//!             room ────────────────────────────▶ served
//! accepted ──▶│                                    ▲
//!             └ none ─▶ an idle one of the peer ───┘
//!                       that has most is displaced
//!                          └ there is none ──▶ refused, with a response ──▶ closed at once, beyond a few
//! ```
//!
//! Memory is free only once a displaced connection has ended. So a connection without memory displaces one,
//! too, and is refused: the next one finds the memory.
//!
//! Decisions are made on the accepting thread, under a lock that is taken when a connection begins and
//! when it ends, and for no request.
//!
//! Source: SPEC.md, section 8.

mod limits;
mod refusals;
mod seat;
mod seats;
mod shares;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use self::refusals::RefusalSums;
use self::seat::Seat;
use self::seats::Seats;
use self::shares::Shares;
use crate::listen::peer::Peer;
use crate::metrics::{ByListener, ConnectionFigures, Listener};
use crate::sync::Mutex;
use crate::timestamp::milliseconds;

pub(crate) use self::limits::ConnectionLimits;
pub(in crate::serve) use crate::metrics::Refusal;

/// The time for which a connection has been idle before it may be displaced.
const IDLE: Duration = Duration::from_secs(10);

/// The time between two searches for a connection to displace, after one that found none.
const SEARCH_PAUSE: Duration = Duration::from_millis(100);

/// The time between two lines of the log about refusals.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The connections of the serving listeners, and the decision about each new one.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: ConnectionLimits,
    shares: Shares,
    began: Instant,
    open: Mutex<Open>,
    /// Notified when the last connection is closed.
    emptied: Notify,
    figures: Arc<ConnectionFigures>,
    sums: RefusalSums,
}

/// The place of a connection among those that are open, which is given back on drop.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Arc<Admission>,
    seat: Arc<Seat>,
}

/// The open connections.
#[derive(Debug, Default)]
struct Open {
    /// Those that are served and not displaced.
    served: ByListener<usize>,
    /// Those that are being refused.
    refused: ByListener<usize>,
    /// Those that are displaced.
    leaving: usize,
    /// The served connections by their peers.
    seats: Seats,
    /// The number of the last connection.
    last_number: u64,
    /// The time before which no connection is searched for, for each listener.
    search_from: ByListener<Option<Instant>>,
}

impl Admission {
    /// Creates the admission for this many open listeners, without a connection.
    pub(crate) fn new(
        limits: ConnectionLimits,
        listeners: usize,
        figures: Arc<ConnectionFigures>,
    ) -> Self {
        Self {
            limits,
            shares: Shares::new(limits.served, listeners),
            began: Instant::now(),
            open: Mutex::default(),
            emptied: Notify::new(),
            figures,
            sums: RefusalSums::default(),
        }
    }

    /// Finds a place for a connection of `listener` that was accepted; without memory for it, a place among
    /// those that are refused, and memory for the next one, if a connection may be displaced. Returns `None` if
    /// it is to be closed without a response.
    pub(crate) fn admit(
        self: &Arc<Self>,
        listener: Listener,
        peer: Peer,
        has_memory: bool,
    ) -> Option<Place> {
        let now = Instant::now();
        let mut open = self.open.lock();
        let refusal = if !has_memory {
            self.displace(&mut open, listener, Some(peer), now, Refusal::NoMemory);
            Some(Refusal::NoMemory)
        } else if self.shares.has_room(listener, &open.served)
            || self.displace(&mut open, listener, Some(peer), now, Refusal::TooMany)
        {
            None
        } else {
            Some(Refusal::TooMany)
        };
        if let Some(refusal) = refusal {
            self.sums.count_refused(listener, refusal);
            let refused = open.refused.of_mut(listener);
            let is_answered = *refused < self.limits.refused;
            self.figures.count_refused(listener, refusal, is_answered);
            if !is_answered {
                return None;
            }
            *refused += 1;
        } else {
            *open.served.of_mut(listener) += 1;
            self.figures.count_served(listener);
        }
        open.last_number += 1;
        let seat = Arc::new(Seat::new(open.last_number, listener, peer, refusal));
        if refusal.is_none() {
            open.seats.add(Arc::clone(&seat));
        }
        let admission = Arc::clone(self);
        Some(Place { admission, seat })
    }

    /// Counts a failure to accept for want of descriptors or memory, and displaces a connection, if one
    /// may be, so that there are some again.
    pub(super) fn cannot_accept(&self, listener: Listener) {
        self.figures.count_accept_failure(listener);
        let mut open = self.open.lock();
        self.displace(&mut open, listener, None, Instant::now(), Refusal::TooMany);
    }

    /// Displaces the connection that is idle for the longest time, of the peer that has most of those
    /// whose end makes room for `listener`, of what `lacking` names; `newcomer` has one more than it seems.
    /// Returns `false` if it has none that is idle for long enough.
    fn displace(
        &self,
        open: &mut Open,
        listener: Listener,
        newcomer: Option<Peer>,
        now: Instant,
        lacking: Refusal,
    ) -> bool {
        let search_from = *open.search_from.of(listener);
        let too_early = search_from.is_some_and(|from| now < from);
        if too_early || open.leaving >= self.limits.refused {
            return false;
        }
        let (shares, served) = (self.shares, open.served);
        let frees = |other| match lacking {
            Refusal::TooMany => shares.frees(other, listener, &served),
            // The end of another listener's would leave the part of this one as full as it is.
            Refusal::NoMemory => other == listener,
        };
        let since_began = self.since_began(now);
        let idle_since = |seat: &Seat| seat.idle_since(since_began, IDLE);
        let Some(seat) = open.seats.longest_idle(frees, newcomer, idle_since) else {
            *open.search_from.of_mut(listener) = Some(now + SEARCH_PAUSE);
            return false;
        };
        open.seats.remove(&seat);
        *open.served.of_mut(seat.listener) -= 1;
        open.leaving += 1;
        self.figures.count_displaced(seat.listener);
        self.figures.count_closed(seat.listener);
        self.sums.count_displaced(lacking);
        seat.displace();
        true
    }

    /// Removes a connection that is closed.
    fn leave(&self, seat: &Seat) {
        let mut open = self.open.lock();
        if seat.refusal.is_some() {
            *open.refused.of_mut(seat.listener) -= 1;
        } else if open.seats.remove(seat) {
            *open.served.of_mut(seat.listener) -= 1;
            self.figures.count_closed(seat.listener);
        } else {
            open.leaving -= 1;
        }
        if open.count() == 0 {
            self.emptied.notify_waiters();
        }
    }

    /// Returns the number of connections that are open.
    pub(crate) fn open(&self) -> usize {
        self.open.lock().count()
    }

    /// Waits until all connections are closed, and returns the number of those that are still open after
    /// `patience`.
    pub(crate) async fn drain(&self, patience: Duration) -> usize {
        let emptied = async {
            loop {
                // In this order, so that no end is missed between the two.
                let emptied = self.emptied.notified();
                if self.open() == 0 {
                    return;
                }
                emptied.await;
            }
        };
        match timeout(patience, emptied).await {
            Ok(()) => 0,
            Err(_) => self.open(),
        }
    }

    /// Logs the sums of refused and displaced connections, at once and then every ten seconds, while it
    /// is polled.
    pub(crate) async fn log_refusals(&self) -> Infallible {
        loop {
            self.sums.counted().await;
            self.log_sums();
            sleep(LOG_INTERVAL).await;
        }
    }

    /// Logs the sums since the last line, unless they are zero.
    pub(crate) fn log_sums(&self) {
        let Some(sums) = self.sums.take() else {
            return;
        };
        let most = self.open.lock().seats.peer_with_most(|_| true, None);
        let (peer, has) = most.unwrap_or((Peer::Unknown, 0));
        let ByListener { http, unix, resp } = sums.without_memory;
        if sums.displaced_for_memory > 0 || sums.without_memory.iter().any(|sum| *sum > 0) {
            tracing::warn!(
                http,
                unix,
                resp,
                displaced = sums.displaced_for_memory,
                %peer,
                has,
                "memory.max-bytes is used up: connections were refused"
            );
        }
        let ByListener { http, unix, resp } = sums.refused;
        if sums.displaced == 0 && sums.refused.iter().all(|sum| *sum == 0) {
            return;
        }
        tracing::warn!(
            http,
            unix,
            resp,
            displaced = sums.displaced,
            limit = self.limits.served,
            %peer,
            has,
            "there are too many connections: some were refused or displaced"
        );
    }

    /// Returns the milliseconds from the beginning of the admission to `at`.
    fn since_began(&self, at: Instant) -> u64 {
        milliseconds(at.saturating_duration_since(self.began))
    }
}

impl Place {
    /// Returns the reason why the connection is to be refused; `None` if it is to be served.
    pub(in crate::serve) fn refusal(&self) -> Option<Refusal> {
        self.seat.refusal
    }

    /// Notes that no request has begun since `since`.
    pub(in crate::serve) fn set_idle(&self, since: Instant) {
        self.seat.set_idle(self.admission.since_began(since));
    }

    /// Notes that a request has begun, or is not yet answered to the end.
    pub(in crate::serve) fn set_busy(&self) {
        self.seat.set_busy();
    }

    /// Returns `true` if another connection has got this place. The connection is then closed once no
    /// request has begun.
    pub(in crate::serve) fn is_displaced(&self) -> bool {
        self.seat.is_displaced()
    }

    /// Sets the task that is woken when the connection is displaced after this call;
    /// [`Self::is_displaced`] covers the time before.
    pub(in crate::serve) fn set_task(&self, task: Waker) {
        self.seat.set_task(task);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission.leave(&self.seat);
    }
}

impl Open {
    fn count(&self) -> usize {
        let of_listeners = self.served.iter().chain(self.refused.iter());
        of_listeners.sum::<usize>() + self.leaving
    }
}
