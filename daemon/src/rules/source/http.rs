//! The remote source over HTTP: conditional requests, and redirects within one origin.

use hyper::Method;

use super::error::SourceError;
use super::pull::{Pull, Step};
use super::traits::{BoxFuture, RemoteConfig, RemoteSource, Revision};
use crate::outbound::http_client::HttpClient;

/// Reads the route config at an `http` or `https` URL.
pub(super) struct HttpSource {
    client: HttpClient,
}

impl HttpSource {
    /// Creates a source that sends its requests by `client`, within the deadline of that.
    pub(super) const fn new(client: HttpClient) -> Self {
        Self { client }
    }

    async fn read(&self, uri: &str, known: Option<&Revision>) -> Result<RemoteConfig, SourceError> {
        let mut pull = Pull::new(uri, known)?;
        loop {
            let conditions = pull.conditions().clone();
            let request = self
                .client
                .send(Method::GET, pull.url(), conditions, String::new());
            let response = request.await?;
            match pull.interpret(response.status(), response.headers())? {
                Step::Redirect => {}
                Step::Unchanged => return Ok(RemoteConfig::Unchanged),
                Step::Body(revision) => {
                    let route_config_data = self.client.read_body(response).await?;
                    return Ok(RemoteConfig::Config {
                        route_config_data,
                        revision,
                    });
                }
            }
        }
    }
}

impl RemoteSource for HttpSource {
    fn read_route_config_from_remote<'a>(
        &'a self,
        uri: &'a str,
        known: Option<&'a Revision>,
    ) -> BoxFuture<'a, Result<RemoteConfig, SourceError>> {
        Box::pin(self.client.with_deadline(self.read(uri, known)))
    }
}
