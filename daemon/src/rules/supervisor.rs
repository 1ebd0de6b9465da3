//! Restarts tasks that panic: a part that stops working must neither go unnoticed nor stay stopped.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::status::StatusRegistry;
use crate::faults;
use crate::metrics::Task;

/// The shortest and the longest pause before a task is started again. The pause doubles with each
/// panic in a row.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// The time after which a task counts as having started well, so that its next pause is the
/// shortest.
const STEADY: Duration = Duration::from_mins(1);

/// Runs a task until it returns, and starts it again whenever it panics, which is counted.
///
/// # Cancel safety
///
/// Dropping the future ends the task.
pub(crate) async fn supervise<F>(
    task: Task,
    status: Arc<StatusRegistry>,
    begin: impl Fn() -> F + Send,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut pause = PAUSES.0;
    loop {
        let begun = Instant::now();
        // A set, although of one task, since it aborts its task when it is dropped.
        let mut running = JoinSet::new();
        let work = begin();
        running.spawn(async move {
            faults::start(task.name());
            work.await;
        });
        match running.join_next().await {
            Some(Err(error)) if error.is_panic() => {}
            _ => return,
        }
        if begun.elapsed() >= STEADY {
            pause = PAUSES.0;
        }
        status.count_restart(task);
        tracing::error!(
            task = task.name(),
            pause_ms = pause.as_millis(),
            "a task met an internal fault and is started again"
        );
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}
