//! The parts of the daemon that handlers read and change.

use std::sync::Arc;
use std::time::Instant;

use crate::api::settings::RunningSettings;
use crate::api::status::ListenerAddresses;
use crate::audit::AuditLog;
use crate::host::HostName;
use crate::metrics::Metrics;
use crate::rules::operator::Operator;
use crate::shutdown::Shutdown;

/// The parts of the daemon that the admin plane reads and changes.
pub(crate) struct AdminPlane {
    /// Reads and changes the route config.
    pub(super) operator: Operator,
    /// The figures that `/metrics` and `/v1/metrics` report.
    pub(super) metrics: Arc<Metrics>,
    /// The stage of stopping, which a drain sets.
    pub(super) shutdown: Arc<Shutdown>,
    /// The addresses that the daemon listens on, for the status.
    pub(super) addresses: ListenerAddresses,
    /// The host names under which browsers may reach the plane.
    pub(super) hosts: Vec<HostName>,
    /// The log in which each action is recorded before it is carried out.
    pub(super) audit: AuditLog,
    /// The time at which the daemon began to start, from which the status has its uptime.
    pub(super) started: Instant,
    /// The settings of the start.
    pub(super) settings: Arc<RunningSettings>,
}
