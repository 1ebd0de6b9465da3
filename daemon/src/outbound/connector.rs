//! Connections to other servers, over TCP or TLS, made within a bounded time.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

/// Connects to the host of an `http` or `https` URI.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    https: HttpsConnector<HttpConnector>,
    within: Duration,
}

/// The time-out for connecting has passed.
#[derive(Debug, Error)]
#[error("connecting took longer than {} ms", .0.as_millis())]
struct ConnectTimedOut(Duration);

impl Connector {
    /// Returns a connector for HTTP/1.1 that gives up after `within`, which covers the look-up of
    /// the name, TCP and TLS together.
    pub(crate) fn new(tls: ClientConfig, within: Duration) -> Self {
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls);
        let https = builder.https_or_http().enable_http1();
        Self {
            https: https.wrap_connector(tcp(within)),
            within,
        }
    }

    /// Like [`Self::new`], but negotiates HTTP/2 over TLS where the server offers it.
    pub(crate) fn with_http2(tls: ClientConfig, within: Duration) -> Self {
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls);
        let https = builder.https_or_http().enable_all_versions();
        Self {
            https: https.wrap_connector(tcp(within)),
            within,
        }
    }
}

fn tcp(within: Duration) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // hyper-util divides it among the addresses of a name, so that a dead one leaves time for the
    // next.
    tcp.set_connect_timeout(Some(within));
    tcp
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = timeout(self.within, self.https.call(uri));
        let within = self.within;
        Box::pin(async move {
            // As an error of that kind, like a time-out of TCP alone.
            let timed_out = |_| io::Error::new(io::ErrorKind::TimedOut, ConnectTimedOut(within));
            connecting.await.map_err(timed_out)?
        })
    }
}
