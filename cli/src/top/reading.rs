//! The state and the counts of a daemon, read once an interval.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use codeid_daemon::api::metrics::Metrics;
use codeid_daemon::api::rules::Rules;
use codeid_daemon::api::status::Status;

use crate::admin::client::Client;
use crate::output::Failure;

/// The limit on the time until a response is complete.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Reads from one daemon at the beginning of each interval.
pub(super) struct Reader {
    client: Client,
    interval: Duration,
    /// The time at which the next interval begins; `None` before the first reading.
    next: Option<Instant>,
}

/// The state and the counts of a daemon at one moment.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// The state of the daemon.
    pub(super) status: Status,
    /// The counts since the daemon started.
    pub(super) metrics: Metrics,
    /// `None` without a live table.
    pub(super) rules: Option<Rules>,
}

impl Reader {
    /// Returns a reader of the daemon at `socket`. Does not connect yet.
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if the client's runtime cannot be started.
    pub(super) fn new(socket: PathBuf, interval: Duration) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(socket, TIMEOUT)?,
            interval,
            next: None,
        })
    }

    /// Returns the path of the daemon's admin socket.
    pub(super) fn socket(&self) -> &Path {
        self.client.socket()
    }

    /// Waits for the beginning of the next interval, and reads. The first call does not wait.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon does not respond, or its response is not understood. A later call may
    /// succeed.
    pub(super) fn next(&mut self) -> Result<Reading, Failure> {
        let now = Instant::now();
        let due = self.next.map_or(now, |due| due.max(now));
        std::thread::sleep(due.saturating_duration_since(now));
        // Counted from when it was due, so that the time for reading does not add up.
        self.next = Some(due + self.interval);
        self.read()
    }

    fn read(&self) -> Result<Reading, Failure> {
        let status: Status = self.client.fetch("/v1/status")?;
        let rules = match status.rules.table {
            Some(_) => Some(self.client.fetch("/v1/rules")?),
            None => None,
        };
        let metrics = self.client.fetch("/v1/metrics")?;
        Ok(Reading {
            status,
            metrics,
            rules,
        })
    }
}
