//! The line about the daemon that the service manager shows, and its signs of life during a long start.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::readiness::readiness;
use crate::rules::status::StatusRegistry;
use crate::service_manager::{self, NotifyState};
use crate::shutdown::Shutdown;

/// The time between two looks at what the line is about.
const INTERVAL: Duration = Duration::from_secs(1);

/// The time between two extensions of the start, and the time that each allows, in microseconds: a start that
/// hangs is noticed within it.
const EXTENSION: (Duration, u32) = (Duration::from_secs(5), 30_000_000);

/// Asks for more time to start, for as long as the future is polled.
pub(super) async fn extend_start() -> Infallible {
    service_manager::status("loading the first route config");
    loop {
        service_manager::notify(&[NotifyState::ExtendTimeoutUsec(EXTENSION.1)]);
        sleep(EXTENSION.0).await;
    }
}

/// Reports the line whenever it changes, for as long as the future is polled.
pub(super) async fn report(status: Arc<StatusRegistry>, shutdown: Arc<Shutdown>) {
    let mut reported = String::new();
    loop {
        let line = line(&status, &shutdown);
        if line != reported {
            service_manager::status(&line);
            reported = line;
        }
        sleep(INTERVAL).await;
    }
}

/// Returns what is live, or the reasons why the daemon is not ready.
pub(super) fn line(status: &StatusRegistry, shutdown: &Shutdown) -> String {
    let rules = status.status();
    let readiness = readiness(&rules, shutdown);
    if !readiness.ready {
        let reasons = readiness.not_ready_because.into_iter();
        let reasons: Vec<String> = reasons.map(|reason| reason.detail).collect();
        return format!("not ready: {}", reasons.join(" "));
    }
    let Some(table) = rules.table else {
        return "serving".to_owned();
    };
    let frozen = match rules.freeze {
        Some(freeze) => format!(", frozen by {}", freeze.by),
        None => String::new(),
    };
    format!(
        "serving {} (generation {}) from {}{frozen}",
        table.version, table.generation, table.level
    )
}
