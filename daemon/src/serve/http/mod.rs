//! One connection of a HTTP client, from its first byte to its last.
//!
//! ```text
//! read ──▶ answer all requests that are there ──▶ write ──▶ read …
//!             │                                    └ what the client does not take: wait, read nothing
//!             └ sdkProxy: wait for its answer, read nothing
//! ```
//!
//! Bytes are read into, and answers written from, buffers of the thread. A connection keeps only the
//! beginning of a head, a body that is not whole, and answers that were not taken yet.

mod connection;
mod conversation;
mod reading;
mod request;
mod transport;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use tokio::task::yield_now;
use tokio::time::Instant;

use self::connection::{Connection, Step};
use self::transport::Transport;
use super::shared::Shared;
use crate::metrics::Listener;
use crate::shutdown::Stage;

/// Serves requests until either side closes, or the client makes no progress.
///
/// `connected`: since when the client may send. `is_overloaded`: the connection is one more than are
/// served, and is told so.
pub(super) async fn serve<S: Transport>(
    shared: Arc<Shared>,
    stream: S,
    listener: Listener,
    connected: Instant,
    is_overloaded: bool,
) {
    let mut connection = Connection::new(&shared, stream, listener, connected, is_overloaded);
    let mut stopping = pin!(shared.shutdown.entered(Stage::CloseIdle));
    let mut is_watched = false;
    loop {
        let step = poll_fn(|cx| {
            if !is_watched {
                // Once is enough to set the waker, and takes a lock.
                is_watched = true;
                let _ = stopping.as_mut().poll(cx);
            }
            loop {
                if let Poll::Ready(step) = connection.poll_step(cx) {
                    return Poll::Ready(step);
                }
                if connection.is_idle() && shared.shutdown.reached(Stage::CloseIdle) {
                    connection.end();
                } else if let Some(step) = ready!(connection.poll_overdue(cx)) {
                    return Poll::Ready(step);
                }
            }
        });
        match step.await {
            // Other connections have their turn before this one's next.
            Step::Answered => yield_now().await,
            Step::End => return,
        }
    }
}
