//! Connections of the admin plane: few, short, and one request each.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{AdminPlane, router};

/// How many connections are served at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 16;

/// The bytes of a request line with its headers; more are answered 431.
const MAX_HEADER_BYTES: usize = 8192;

/// How long a connection may take, from the first byte of the request to the last of the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause after the system refused to accept, so that trying again does not spin.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts and answers for as long as it is polled. What it answers ends with it.
pub(super) async fn accept_all(listener: &UnixListener, plane: &Arc<AdminPlane>) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let plane = Arc::clone(plane);
                connections.spawn(async move {
                    // Whether in time or not, it is over.
                    let _ = timeout(PATIENCE, serve(stream, &plane)).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept on admin.unix");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn serve(stream: UnixStream, plane: &AdminPlane) {
    let service = service_fn(async |request| Ok::<_, Infallible>(router::answer(plane, &request)));
    // A client that breaks off, or sends what is not HTTP, has nobody to tell.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(MAX_HEADER_BYTES)
        .keep_alive(false)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
