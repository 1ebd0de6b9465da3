//! Connections to other servers, over TCP or TLS, directly or through a proxy, made within a bounded time.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use rustls::ClientConfig;
use tokio::time::timeout;
use tower_service::Service;

use super::dialer::{Dialed, Dialer};
use super::proxy::Proxy;
use crate::settings::ProxyUrl;

/// Connects to the host of an `http` or `https` URI. TLS is with that host, also through a proxy.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    https: HttpsConnector<Dialer>,
    proxy: Option<Arc<ProxyUrl>>,
    within: Duration,
}

/// The time-out for connecting has passed.
#[derive(Debug)]
struct ConnectTimedOut {
    proxy: Option<Arc<ProxyUrl>>,
    within: Duration,
}

impl Connector {
    /// Returns a connector for HTTP/1.1 that gives up after `within`, which covers the look-up of
    /// the name, TCP, the proxy's response and TLS together.
    pub(crate) fn new(tls: ClientConfig, within: Duration, proxy: Option<Proxy>) -> Self {
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls);
        let dialer = Dialer::new(proxy, within);
        let proxy = dialer.proxy().cloned();
        let https = builder.https_or_http().enable_http1();
        Self {
            https: https.wrap_connector(dialer),
            proxy,
            within,
        }
    }

    /// Like [`Self::new`], but negotiates HTTP/2 over TLS where the server offers it.
    pub(crate) fn with_http2(tls: ClientConfig, within: Duration, proxy: Option<Proxy>) -> Self {
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls);
        let dialer = Dialer::new(proxy, within);
        let proxy = dialer.proxy().cloned();
        let https = builder.https_or_http().enable_all_versions();
        Self {
            https: https.wrap_connector(dialer),
            proxy,
            within,
        }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Dialed>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = timeout(self.within, self.https.call(uri));
        let (proxy, within) = (self.proxy.clone(), self.within);
        Box::pin(async move {
            // As an error of that kind, like a time-out of TCP alone.
            let timed_out =
                |_| io::Error::new(io::ErrorKind::TimedOut, ConnectTimedOut { proxy, within });
            connecting.await.map_err(timed_out)?
        })
    }
}

impl fmt::Display for ConnectTimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let within = self.within.as_millis();
        match &self.proxy {
            None => write!(f, "connecting took longer than {within} ms"),
            Some(proxy) => write!(
                f,
                "connecting through the proxy {proxy} took longer than {within} ms"
            ),
        }
    }
}

impl Error for ConnectTimedOut {}
