//! What a daemon tells of itself at one moment, read once an interval.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use codeid_daemon::api::metrics::Metrics;
use codeid_daemon::api::rules::Rules;
use codeid_daemon::api::status::Status;

use crate::admin::client::Client;
use crate::output::Failure;

/// How long the daemon may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads from one daemon, at the beginning of each interval.
pub(super) struct Reader {
    client: Client,
    interval: Duration,
    next: Option<Instant>,
}

/// One moment of a daemon.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// When the figures were read.
    pub(super) taken: Instant,
    pub(super) status: Status,
    pub(super) metrics: Metrics,
    /// `None` if nothing serves.
    pub(super) rules: Option<Rules>,
}

impl Reader {
    pub(super) fn new(socket: PathBuf, interval: Duration) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(socket, PATIENCE)?,
            interval,
            next: None,
        })
    }

    pub(super) fn socket(&self) -> &Path {
        self.client.socket()
    }

    /// Waits until the next interval begins, and reads; the first time at once.
    ///
    /// # Errors
    ///
    /// That no daemon answers, or none that is understood. The next reading is tried all the same.
    pub(super) fn next(&mut self) -> Result<Reading, Failure> {
        let now = Instant::now();
        let due = self.next.map_or(now, |due| due.max(now));
        std::thread::sleep(due.saturating_duration_since(now));
        // From when it was due, so that the time for reading does not add up.
        self.next = Some(due + self.interval);
        self.read()
    }

    fn read(&self) -> Result<Reading, Failure> {
        let status: Status = self.client.look_up("/v1/status")?;
        let rules = match status.rules.table {
            Some(_) => Some(self.client.look_up("/v1/rules")?),
            None => None,
        };
        let metrics = self.client.look_up("/v1/metrics")?;
        Ok(Reading {
            taken: Instant::now(),
            status,
            metrics,
            rules,
        })
    }
}
