//! The parts of the daemon that handlers read and change.

use std::sync::Arc;
use std::time::Instant;

use super::take_overs::TakeOvers;
use crate::api::settings::RunningSettings;
use crate::api::status::ListenerAddresses;
use crate::audit::AuditLog;
use crate::decisions::Decisions;
use crate::host::HostName;
use crate::listen::LiveCertificate;
use crate::metrics::{LastHour, Metrics};
use crate::rules::operator::Operator;
use crate::shutdown::Shutdown;

/// The parts of the daemon that the admin plane reads and changes.
pub(crate) struct AdminPlane {
    /// Reads and changes the route config.
    pub(crate) operator: Operator,
    /// The figures that `/metrics` and `/v1/metrics` report.
    pub(crate) metrics: Arc<Metrics>,
    /// Those of the last hour.
    pub(crate) last_hour: Arc<LastHour>,
    /// The decision log.
    pub(crate) decisions: Decisions,
    /// The most clients that may watch decisions.
    pub(crate) max_watching: usize,
    /// The stage of stopping, which a drain sets.
    pub(crate) shutdown: Arc<Shutdown>,
    /// The addresses that the daemon listens on, for the status.
    pub(crate) addresses: ListenerAddresses,
    /// The host names under which browsers may reach the plane.
    pub(crate) hosts: Vec<HostName>,
    /// The log in which each action is recorded before it is carried out.
    pub(crate) audit: AuditLog,
    /// The certificates of the daemon's listeners.
    pub(crate) certificates: Vec<Arc<LiveCertificate>>,
    /// The time at which the daemon began to start, from which the status has its uptime.
    pub(crate) started: Instant,
    /// Hands the listening sockets over to a successor.
    pub(crate) take_overs: TakeOvers,
    /// The settings of the start.
    pub(crate) settings: Arc<RunningSettings>,
}
