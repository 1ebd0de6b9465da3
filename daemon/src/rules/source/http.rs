//! The remote source over HTTP: conditional requests, and redirects within one origin.

use hyper::body::Incoming;
use hyper::header::{
    DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION,
};
use hyper::{Method, Response, StatusCode, Uri};

use super::redirect;
use super::{BoxFuture, RemoteConfig, RemoteSource, Revision, SourceError};
use crate::outbound::http_client::{HttpClient, parse_url};

/// How many redirects are followed.
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
        let url = parse_url(uri).map_err(|why| SourceError::new(format!("the URI {why}")))?;
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
                "the answer is 304 Not Modified, to a request without a condition",
            )),
            status => Err(SourceError::new(format!(
                "the answer's status is {status}, not 200 OK"
            ))),
        }
    }

    /// The first answer that is no redirect.
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
            url = redirect::target(&url, response.headers().get(LOCATION))?;
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
        Box::pin(self.client.in_time(self.read(uri, known)))
    }
}

/// The headers that ask for the route config only if it is another than the one that is known.
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

/// What an answer says of its revision.
///
/// A date of modification that is also that of the answer does not count: dates are of whole
/// seconds, and a change later in that second would go unseen for ever (RFC 9110, section 8.8.2.2).
fn revision(headers: &HeaderMap) -> Option<Revision> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::to_owned);
    let tag = text(ETAG);
    let modified = text(LAST_MODIFIED).filter(|modified| Some(modified) != text(DATE).as_ref());
    (tag.is_some() || modified.is_some()).then_some(Revision { tag, modified })
}
