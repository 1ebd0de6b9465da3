//! The end of service: the stages of a stop, which all parts of the daemon can read and await, and the
//! lame duck before them, in which the daemon is not ready and serves on.
//!
//! ```text
//!            drain, SIGTERM               serve.lame-duck-ms are over
//! serving ───────────────────▶ lame duck ────────────────────────────▶ draining ──▶ cut
//!    ▲                             │
//!    └───────── undrain ───────────┘
//! ```

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};

use crate::api::status::ServiceState;
use crate::clock::Clock;
use crate::sync::Mutex;

/// The time for which a client without a whole request may be silent while the daemon stops. It counts
/// from the last response or the connect if no request has begun, so that a client that is about to
/// send its next request still gets a response, which announces the close.
pub(crate) const GRACE: Duration = Duration::from_millis(250);

/// The longest time that such a client has, from the beginning of the stop, however often it sends.
pub(crate) const MAX_GRACE: Duration = Duration::from_secs(1);

/// A stage of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// No connection is accepted, each response closes its connection, and connections without a
    /// request are closed.
    Drain = 1,
    /// The remaining connections are cut.
    Cut,
}

/// The progress of a stop, shared by all parts of the daemon.
#[derive(Debug)]
pub(crate) struct Shutdown {
    /// The last stage that was entered; 0 while the daemon serves.
    stage: AtomicU8,
    /// One for each stage, so that a task that awaits one is not woken for another.
    entered: [Notify; 2],
    /// `true` from the lame duck on. Changed under the lock of `service`.
    is_leaving: AtomicBool,
    service: Mutex<Service>,
    /// Notified when an order has changed the service.
    ordered: Notify,
    /// `true` once the successor serves.
    is_handed_over: watch::Sender<bool>,
    clock: Clock,
}

/// The state of the service, and the orders that led to it.
#[derive(Clone, Copy, Debug)]
struct Service {
    state: ServiceState,
    since: SystemTime,
    /// The beginning of the lame duck; `None` before.
    left_at: Option<Instant>,
    /// `true` if an operator has drained the daemon, and has not taken that back.
    is_drained: bool,
    /// `true` if the process was asked to end.
    is_stopping: bool,
}

/// The reason why a drain cannot be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotUndrained {
    /// The daemon no longer accepts connections.
    NotAccepting,
    /// The process was asked to end.
    Stopping,
}

impl Shutdown {
    /// Returns the state of a daemon that serves from now on.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            stage: AtomicU8::new(0),
            entered: [Notify::new(), Notify::new()],
            is_leaving: AtomicBool::new(false),
            service: Mutex::new(Service {
                state: ServiceState::Serving,
                since: clock.now(),
                left_at: None,
                is_drained: false,
                is_stopping: false,
            }),
            ordered: Notify::new(),
            is_handed_over: watch::Sender::new(false),
            clock,
        }
    }

    /// Enters a stage, which comes after those entered before.
    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Release);
        self.notify(stage).notify_waiters();
    }

    /// Returns `true` if `stage` was entered.
    pub(crate) fn reached(&self, stage: Stage) -> bool {
        self.stage.load(Ordering::Acquire) >= stage as u8
    }

    /// Returns a future that completes when `stage` is entered after this call; [`Self::reached`]
    /// covers the time before.
    pub(crate) fn entered(&self, stage: Stage) -> Notified<'_> {
        self.notify(stage).notified()
    }

    /// Waits until `stage` is entered.
    pub(crate) async fn wait_for(&self, stage: Stage) {
        // In this order, so that no entry is missed between the two.
        let entered = self.entered(stage);
        if !self.reached(stage) {
            entered.await;
        }
    }

    /// Asks the daemon to stop serving and to keep running. No effect if it is leaving already.
    pub(crate) fn drain(&self) {
        self.leave(|service| service.is_drained = true);
    }

    /// Notes that the process was asked to end. The lame duck begins, unless it has begun.
    pub(crate) fn stop(&self) {
        self.leave(|service| service.is_stopping = true);
    }

    /// Takes a drain back. No effect if the daemon serves.
    ///
    /// # Errors
    ///
    /// [`NotUndrained`] if it is too late.
    pub(crate) fn undrain(&self) -> Result<(), NotUndrained> {
        let mut service = self.service.lock();
        match service.state {
            _ if service.is_stopping => return Err(NotUndrained::Stopping),
            ServiceState::Draining => return Err(NotUndrained::NotAccepting),
            ServiceState::Serving => return Ok(()),
            ServiceState::LameDuck => {}
        }
        *service = Service {
            state: ServiceState::Serving,
            since: self.clock.now(),
            left_at: None,
            is_drained: false,
            is_stopping: false,
        };
        self.is_leaving.store(false, Ordering::Release);
        drop(service);
        self.ordered.notify_one();
        Ok(())
    }

    /// Ends the lame duck if it began at `left_at`, and enters [`Stage::Drain`]. Returns `false` if the
    /// drain was taken back in the meantime.
    pub(crate) fn end_lame_duck(&self, left_at: Instant) -> bool {
        let mut service = self.service.lock();
        if service.left_at != Some(left_at) {
            return false;
        }
        self.begin_to_drain(&mut service);
        true
    }

    /// Enters [`Stage::Drain`] without a lame duck.
    pub(crate) fn drain_now(&self) {
        self.is_leaving.store(true, Ordering::Release);
        self.begin_to_drain(&mut self.service.lock());
    }

    /// Enters [`Stage::Drain`] because the successor serves. The address is as ready as before, so that probes
    /// on connections that are still open are answered with the readiness of the successor.
    pub(crate) fn hand_over(&self) {
        self.is_handed_over.send_replace(true);
        if !self.reached(Stage::Drain) {
            self.begin_to_drain(&mut self.service.lock());
        }
    }

    /// Returns `true` once the successor serves.
    pub(crate) fn is_handed_over(&self) -> bool {
        *self.is_handed_over.borrow()
    }

    /// Waits until the successor serves.
    pub(crate) async fn handed_over(&self) {
        let mut is_handed_over = self.is_handed_over.subscribe();
        // The sender lives as long as this value.
        let _ = is_handed_over
            .wait_for(|is_handed_over| *is_handed_over)
            .await;
    }

    /// Returns `true` from the lame duck on: requests should go elsewhere.
    pub(crate) fn is_leaving(&self) -> bool {
        self.is_leaving.load(Ordering::Acquire)
    }

    /// Returns `true` if an operator has drained the daemon, and has not taken that back.
    pub(crate) fn is_drained(&self) -> bool {
        self.service.lock().is_drained
    }

    /// Returns the state of the service, and the time since which it is in that state.
    pub(crate) fn state(&self) -> (ServiceState, SystemTime) {
        let service = self.service.lock();
        (service.state, service.since)
    }

    /// Returns the beginning of the lame duck; `None` while the daemon serves.
    pub(crate) fn left_at(&self) -> Option<Instant> {
        self.service.lock().left_at
    }

    /// Waits for [`Self::drain`] or [`Self::undrain`].
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it loses no order.
    pub(crate) async fn ordered(&self) {
        self.ordered.notified().await;
    }

    /// Notes an order to leave, and begins the lame duck, unless it has begun.
    fn leave(&self, note: impl FnOnce(&mut Service)) {
        let mut service = self.service.lock();
        note(&mut service);
        if service.state == ServiceState::Serving {
            service.state = ServiceState::LameDuck;
            service.since = self.clock.now();
            service.left_at = Some(Instant::now());
            self.is_leaving.store(true, Ordering::Release);
        }
        drop(service);
        self.ordered.notify_one();
    }

    fn begin_to_drain(&self, service: &mut Service) {
        service.state = ServiceState::Draining;
        service.since = self.clock.now();
        self.enter(Stage::Drain);
    }

    const fn notify(&self, stage: Stage) -> &Notify {
        let [drain, cut] = &self.entered;
        match stage {
            Stage::Drain => drain,
            Stage::Cut => cut,
        }
    }
}

/// A daemon that serves, with the clock of the system.
impl Default for Shutdown {
    fn default() -> Self {
        Self::new(Clock::system())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(shutdown: &Shutdown) -> (ServiceState, bool, bool) {
        let (state, _) = shutdown.state();
        (state, shutdown.is_leaving(), shutdown.is_drained())
    }

    #[test]
    fn a_drain_can_be_taken_back_until_accepting_stops() {
        let shutdown = Shutdown::default();
        assert_eq!(shutdown.undrain(), Ok(()));
        shutdown.drain();
        let first = shutdown.left_at().unwrap();
        shutdown.drain();
        assert_eq!(shutdown.left_at(), Some(first));
        assert_eq!(state(&shutdown), (ServiceState::LameDuck, true, true));
        assert_eq!(shutdown.undrain(), Ok(()));
        assert_eq!(state(&shutdown), (ServiceState::Serving, false, false));
        // The end of the lame duck that was taken back comes too late.
        assert!(!shutdown.end_lame_duck(first));
        assert!(!shutdown.reached(Stage::Drain));

        shutdown.drain();
        assert!(shutdown.end_lame_duck(shutdown.left_at().unwrap()));
        assert_eq!(state(&shutdown), (ServiceState::Draining, true, true));
        assert!(shutdown.reached(Stage::Drain));
        assert_eq!(shutdown.undrain(), Err(NotUndrained::NotAccepting));
    }

    #[test]
    fn a_stop_cannot_be_taken_back() {
        let shutdown = Shutdown::default();
        shutdown.drain();
        let left_at = shutdown.left_at();
        shutdown.stop();
        assert_eq!(shutdown.left_at(), left_at);
        assert_eq!(shutdown.undrain(), Err(NotUndrained::Stopping));
        assert_eq!(state(&shutdown), (ServiceState::LameDuck, true, true));
    }
}
