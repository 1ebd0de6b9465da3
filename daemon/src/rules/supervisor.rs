//! Starts tasks again that died of a panic: a part that stops working must neither go unseen nor
//! stay stopped.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::status::Board;

/// The shortest and the longest pause before a task is started again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// A task that ran for so long did not die of how it begins.
const STEADY: Duration = Duration::from_mins(1);

/// Runs a task until it returns, and starts it again whenever it panics; that is counted under its
/// name. Dropped, the task ends too.
pub(crate) async fn supervise<F>(
    task: &'static str,
    board: Arc<Board>,
    begin: impl Fn() -> F + Send,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut pause = PAUSES.0;
    loop {
        let begun = Instant::now();
        // A set of one, since it ends its task when it is dropped.
        let mut running = JoinSet::new();
        running.spawn(begin());
        match running.join_next().await {
            Some(Err(error)) if error.is_panic() => {}
            _ => return,
        }
        if begun.elapsed() >= STEADY {
            pause = PAUSES.0;
        }
        board.note().count_restart(task);
        let pause_ms = pause.as_millis();
        tracing::error!(
            task,
            pause_ms,
            "a task met an internal fault and is started again"
        );
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// The result of a future; `None` if it panicked.
pub(super) async fn catching<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Some),
            Err(_) => std::task::Poll::Ready(None),
        },
    )
    .await
}
