//! Decides whether requests should be sent to this daemon: while it is not stopping, and a table is
//! live that is not too stale.

use crate::api::readiness::{NotReady, Readiness, Reason};
use crate::api::status::{RulesStatus, StalePolicy};
use crate::rules::status::StatusRegistry;
use crate::shutdown::Shutdown;

/// Returns `true` if requests should be sent to this daemon. Serving threads answer probes by this,
/// which takes no lock.
pub(crate) fn is_ready(status: &StatusRegistry, shutdown: &Shutdown) -> bool {
    !shutdown.is_leaving() && status.has_usable_table()
}

/// Returns the same decision with the reasons against it.
pub(crate) fn readiness(rules: &RulesStatus, shutdown: &Shutdown) -> Readiness {
    let mut not_ready_because = Vec::new();
    let mut add = |reason, detail: String| not_ready_because.push(Reason { reason, detail });
    if shutdown.is_drained() {
        let detail = "An operator drained the daemon.";
        add(NotReady::Draining, detail.to_owned());
    } else if shutdown.is_leaving() {
        add(NotReady::Stopping, "The daemon is stopping.".to_owned());
    }
    if rules.table.is_none() {
        let detail = "There is no route table.";
        add(NotReady::NoTable, detail.to_owned());
    }
    let is_unready = rules.staleness.policy == StalePolicy::Unready;
    if rules.staleness.stale && is_unready && rules.freeze.is_none() {
        let detail = format!(
            "The remote source has not confirmed the route table for {} ms.",
            rules.staleness.age_ms
        );
        add(NotReady::Stale, detail);
    }
    Readiness {
        ready: not_ready_because.is_empty(),
        not_ready_because,
    }
}
