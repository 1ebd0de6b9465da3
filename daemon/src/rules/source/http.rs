//! The remote source over HTTP: conditional requests, and redirects within one origin.

use hyper::body::Incoming;
use hyper::header::{
    DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION,
};
use hyper::{Method, Response, StatusCode, Uri};

use super::error::SourceError;
use super::redirect;
use super::traits::{BoxFuture, RemoteConfig, RemoteSource, Revision};
use crate::outbound::http_client::HttpClient;
use crate::outbound::url;

/// The most redirects that one read follows.
const MAX_REDIRECTS: usize = 5;

/// Reads the route config at an `http` or `https` URL.
pub(super) struct HttpSource {
    client: HttpClient,
}

impl HttpSource {
    pub(super) const fn new(client: HttpClient) -> Self {
        Self { client }
    }

    async fn read(&self, uri: &str, known: Option<&Revision>) -> Result<RemoteConfig, SourceError> {
        let url = url::parse(uri).map_err(|error| SourceError::new(format!("the URI {error}")))?;
        let conditions = conditions(known);
        let response = self.follow(url, &conditions).await?;
        match response.status() {
            StatusCode::OK => {
                let revision = revision(response.headers());
                let route_config_data = self.client.read_body(response).await?;
                Ok(RemoteConfig::Config {
                    route_config_data,
                    revision,
                })
            }
            StatusCode::NOT_MODIFIED if !conditions.is_empty() => Ok(RemoteConfig::Unchanged),
            StatusCode::NOT_MODIFIED => Err(SourceError::new(
                "the response is 304 Not Modified to a request without a condition",
            )),
            status => Err(SourceError::new(format!(
                "the response has the status {status}, not 200 OK"
            ))),
        }
    }

    /// Follows redirects to the first response that is not one.
    async fn follow(
        &self,
        mut url: Uri,
        conditions: &HeaderMap,
    ) -> Result<Response<Incoming>, SourceError> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self
                .client
                .send(Method::GET, &url, conditions.clone(), String::new())
                .await?;
            if !redirect::is_redirect(response.status()) {
                return Ok(response);
            }
            let location = response.headers().get(LOCATION);
            url = redirect::target(&url, location).map_err(SourceError::new)?;
        }
        Err(SourceError::new(format!(
            "redirected more than {MAX_REDIRECTS} times"
        )))
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

/// Returns the headers that ask for the route config only if its revision is not `known`.
fn conditions(known: Option<&Revision>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, value: Option<&String>| {
        if let Some(Ok(value)) = value.map(|value| HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    };
    add(IF_NONE_MATCH, known.and_then(|known| known.tag.as_ref()));
    add(
        IF_MODIFIED_SINCE,
        known.and_then(|known| known.modified.as_ref()),
    );
    headers
}

/// Returns the revision that a response declares.
///
/// A modification date that equals the date of the response does not count: dates are of whole
/// seconds, so a change later in that second would never be noticed (RFC 9110, section 8.8.2.2).
fn revision(headers: &HeaderMap) -> Option<Revision> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::to_owned);
    let tag = text(ETAG);
    let modified = text(LAST_MODIFIED).filter(|modified| Some(modified) != text(DATE).as_ref());
    (tag.is_some() || modified.is_some()).then_some(Revision { tag, modified })
}
