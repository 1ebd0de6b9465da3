//! One connection, from its first byte to its last.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::handler::{self, Shared};
use super::progress::{Overdue, Phase, Progress, Watchdog};
use super::transport::Transport;
use crate::metrics::Listener;
use crate::shutdown::Stage;

/// Serves requests until either side closes, or the client makes no progress.
///
/// `progress` is that of the connection, `overloaded`: it is one more than are served, and is told
/// so.
pub(super) async fn serve<S>(
    shared: Arc<Shared>,
    stream: S,
    listener: Listener,
    progress: Arc<Progress>,
    overloaded: bool,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let transport = Transport::new(stream, Arc::clone(&progress));
    // Borrowed, so that a request touches no count that other threads touch.
    let (to_all, to_this) = (&*shared, &*progress);
    let service =
        service_fn(move |request| handler::handle(to_all, to_this, listener, overloaded, request));
    let mut connection = pin!(builder(&shared).serve_connection(TokioIo::new(transport), service));
    let mut watchdog = Watchdog::new(&shared.limits);
    let mut stopping = pin!(shared.shutdown.entered(Stage::CloseIdle));
    let mut is_watched = false;
    let mut is_stopping = false;
    poll_fn(|cx| {
        loop {
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            if !is_watched {
                // Once is enough to set the waker, and takes a lock.
                is_watched = true;
                let _ = stopping.as_mut().poll(cx);
            }
            // hyper takes a connection on which half a head has come for an idle one.
            let is_idle = !progress.is_in(Phase::Head);
            if !is_stopping && is_idle && shared.shutdown.reached(Stage::CloseIdle) {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
                continue;
            }
            match watchdog.poll(&progress, &shared.limits, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Overdue::Connection) => return Poll::Ready(()),
                // The handler sees it, and answers.
                Poll::Ready(Overdue::Body) => {}
            }
        }
    })
    .await;
}

fn builder(shared: &Shared) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // Whatever default may need a timer, it has one: without, it would panic.
        .timer(TokioTimer::new())
        // The watchdog's work.
        .header_read_timeout(None)
        .max_header_size(shared.limits.max_header_bytes)
        .max_buf_size(shared.limits.max_header_bytes)
        // A client may close its sending side and still wait for answers.
        .half_close(true);
    builder
}
