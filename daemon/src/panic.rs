//! Panics as values, and work that goes on after one.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::task::JoinError;

use crate::metrics::Task;

/// The pause before a thread continues after a panic.
const PAUSE: Duration = Duration::from_millis(100);

/// The error of a future that panicked. The panic hook has reported the panic.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Awaits a future and catches its panic.
///
/// # Errors
///
/// [`Panicked`] if a poll of `future` panicked.
pub(crate) async fn catch_panic<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        },
    )
    .await
}

/// Runs `work` until it returns, and again whenever it panics, which is counted and logged. Blocks.
pub(crate) fn restart_after_panics(task: Task, mut work: impl FnMut()) {
    while catch_unwind(AssertUnwindSafe(&mut work)).is_err() {
        task.count_fault();
        let (task, pause_ms) = (task.name(), PAUSE.as_millis());
        tracing::error!(
            task,
            pause_ms,
            "a task met an internal fault and is started again"
        );
        thread::sleep(PAUSE);
    }
}

/// Counts the end of a task of the runtime if that was a panic.
pub(crate) fn count_panic(task: Task, ended: &Result<(), JoinError>) {
    if ended.as_ref().is_err_and(JoinError::is_panic) {
        task.count_fault();
    }
}
