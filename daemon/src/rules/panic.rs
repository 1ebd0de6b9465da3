//! Panics of futures as values.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// The error of a future that panicked. The panic hook has reported the panic.
#[derive(Debug)]
pub(super) struct Panicked;

/// Awaits a future and catches its panic.
///
/// # Errors
///
/// [`Panicked`] if a poll of `future` panicked.
pub(super) async fn catch_panic<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        },
    )
    .await
}
