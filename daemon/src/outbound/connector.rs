//! Connections to other servers, over TCP or TLS, directly or through a proxy, made within a bounded time.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use rustls::ClientConfig;
use tokio::time::timeout;
use tower_service::Service;

use super::dialer::{Dialed, Dialer};
use super::proxy::{Proxy, Through};
use super::tunnel::TunnelError;

/// Connects to the host of an `http` or `https` URI. TLS is with that host, also through a proxy.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    https: HttpsConnector<Dialer>,
    through: Through,
    within: Duration,
}

/// The time-out for connecting has passed.
#[derive(Debug)]
struct ConnectTimedOut {
    through: Through,
    within: Duration,
}

/// There is a tunnel, and no connection in it, as after a failure of TLS with the server.
#[derive(Debug)]
struct Disconnected {
    through: Through,
    source: Box<dyn Error + Send + Sync>,
}

impl Connector {
    /// Returns a connector for HTTP/1.1 that gives up after `within`, which covers the look-up of
    /// the name, TCP, the proxy's response and TLS together.
    pub(crate) fn new(tls: ClientConfig, within: Duration, proxy: Option<Proxy>) -> Self {
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls);
        let dialer = Dialer::new(proxy, within);
        let through = dialer.through();
        let https = builder.https_or_http().enable_http1();
        Self {
            https: https.wrap_connector(dialer),
            through,
            within,
        }
    }

    /// Like [`Self::new`], but negotiates HTTP/2 over TLS where the server offers it.
    pub(crate) fn with_http2(tls: ClientConfig, within: Duration, proxy: Option<Proxy>) -> Self {
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls);
        let dialer = Dialer::new(proxy, within);
        let through = dialer.through();
        let https = builder.https_or_http().enable_all_versions();
        Self {
            https: https.wrap_connector(dialer),
            through,
            within,
        }
    }

    /// Returns the proxy that the connections go through, for messages about them.
    pub(crate) const fn through(&self) -> &Through {
        &self.through
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
        let (through, within) = (self.through.clone(), self.within);
        Box::pin(async move {
            let Ok(connected) = connecting.await else {
                let timed_out = ConnectTimedOut { through, within };
                // As an error of that kind, like a time-out of TCP alone.
                return Err(io::Error::new(io::ErrorKind::TimedOut, timed_out).into());
            };
            connected.map_err(
                |source| match through.is_direct() || source.is::<TunnelError>() {
                    true => source,
                    false => Disconnected { through, source }.into(),
                },
            )
        })
    }
}

impl fmt::Display for ConnectTimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (through, within) = (&self.through, self.within.as_millis());
        write!(f, "connecting{through} took longer than {within} ms")
    }
}

impl Error for ConnectTimedOut {}

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot connect to the server{}", self.through)
    }
}

impl Error for Disconnected {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
