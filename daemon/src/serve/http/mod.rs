//! HTTP/1.1 for the loop of [`connection`](super::connection): requests of the serving endpoints,
//! and their responses.

mod body;
mod endpoint;
mod failure;
mod long_response;
mod request;
mod session;

use std::sync::Arc;

use tokio::time::Instant;

use self::session::Http1Session;
use super::admission::Place;
use super::connection::{self, Transport};
use super::shared::Shared;
use crate::metrics::Listener;

/// Serves requests until either side closes the connection, or the client makes no progress.
///
/// The client could send from `connected` on. On a connection whose `place` is refused, every request is.
pub(super) async fn serve<T: Transport>(
    shared: Arc<Shared>,
    stream: T,
    listener: Listener,
    connected: Instant,
    place: &Place,
) {
    let session = Http1Session::new(&shared, listener, place);
    let (budget, shutdown) = (shared.budget(listener), &*shared.shutdown);
    connection::serve(session, stream, connected, budget, shutdown, place).await;
}
