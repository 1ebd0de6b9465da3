//! The wall clock.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// A source of the time of day: the system's, or one that a test controls.
///
/// The times in documents, in the audit log and in requests to Alipay+, and the `Date` of the serving
/// ports, come from it. Others follow the clock of the system: the times of log lines, which the
/// caller's subscriber writes, the `Date` of the admin plane, which hyper writes, and the age of a
/// file, since the kernel dates its changes. Deadlines and delays are measured on the monotonic clock.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use codeid_daemon::clock::Clock;
///
/// let noon = SystemTime::UNIX_EPOCH + Duration::from_hours(12);
/// assert_eq!(Clock::from_fn(move || noon).now(), noon);
/// ```
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// Returns the clock of the system.
    #[must_use]
    pub fn system() -> Self {
        Self::from_fn(SystemTime::now)
    }

    /// Returns a clock that calls `now`, from any thread, whenever it is read.
    pub fn from_fn(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Returns the time of day.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
