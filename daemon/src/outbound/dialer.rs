//! Connections over which a server is called, before any TLS with it: to the server, or through a proxy.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::proxy::{Proxy, Through};
use super::tls;
use super::tunnel::{self, Fault, TunnelError};
use crate::settings::ProxyUrl;

/// A connection. The TLS in it, if there is some, is that of the proxy.
pub(crate) type Dialed = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Connects to the host of a URI.
#[derive(Clone, Debug)]
pub(super) enum Dialer {
    /// Directly.
    Direct(HttpConnector),
    /// Through a proxy.
    Through {
        proxy: Arc<ProxyUrl>,
        connector: HttpsConnector<HttpConnector>,
    },
}

impl Dialer {
    /// Returns a dialer through `proxy`, if there is one, whose look-up of names and TCP take `within` at
    /// most.
    pub(super) fn new(proxy: Option<Proxy>, within: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // hyper-util divides it among the addresses of a name, so that a dead one leaves time for the
        // next.
        tcp.set_connect_timeout(Some(within));
        let Some(Proxy { url, roots }) = proxy else {
            return Self::Direct(tcp);
        };
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls::client_config(roots));
        Self::Through {
            proxy: Arc::new(url),
            connector: builder.https_or_http().enable_http1().wrap_connector(tcp),
        }
    }

    /// Returns the proxy, if there is one, for messages.
    pub(super) fn through(&self) -> Through {
        match self {
            Self::Direct(_) => Through::default(),
            Self::Through { proxy, .. } => Through::proxy(Arc::clone(proxy)),
        }
    }
}

impl Service<Uri> for Dialer {
    type Response = Dialed;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Dialed, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        match self {
            Self::Direct(tcp) => tcp.poll_ready(context).map_err(Into::into),
            Self::Through { connector, .. } => connector.poll_ready(context),
        }
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self {
            Self::Direct(tcp) => {
                let connecting = tcp.call(uri);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) })
            }
            Self::Through { proxy, connector } => {
                let connecting = connector.call(proxy.uri().clone());
                let proxy = Arc::clone(proxy);
                Box::pin(async move {
                    let connected = connecting.await;
                    let stream = connected
                        .map_err(|error| TunnelError::new(&proxy, Fault::Unreached(error)))?;
                    Ok(tunnel::open(stream, &uri, &proxy).await?)
                })
            }
        }
    }
}
