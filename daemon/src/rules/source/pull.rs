//! One pull of a route config over HTTP, without the I/O: the requests, and what their responses
//! mean.

use hyper::header::{
    DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION,
};
use hyper::{StatusCode, Uri};
use thiserror::Error;

use super::error::SourceError;
use super::redirect;
use super::traits::Revision;
use crate::url::{self, UrlError};

/// The most redirects that one pull follows.
const MAX_REDIRECTS: usize = 5;

/// A pull whose next request is a `GET` of [`Self::url`] with the headers [`Self::conditions`].
#[derive(Debug)]
pub struct Pull {
    url: Uri,
    conditions: HeaderMap,
    redirects: usize,
}

/// The URI of a pull to which no request can be sent.
#[derive(Debug, Error)]
#[error("the URI is not usable")]
struct UnusableUri(#[source] UrlError);

/// The meaning of a response for its pull.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// The next request has to be sent, to another URL.
    Redirect,
    /// The route config is still of the known revision.
    Unchanged,
    /// The body of the response is a route config of this revision, if the server declares one.
    Body(Option<Revision>),
}

impl Pull {
    /// Returns the pull of `uri`. With `known`, the server may confirm that revision instead of
    /// sending the route config.
    ///
    /// # Errors
    ///
    /// [`SourceError`] unless `uri` is an `http` or `https` URL with a valid host and without a user or
    /// fragment.
    pub fn new(uri: &str, known: Option<&Revision>) -> Result<Self, SourceError> {
        let url = url::parse(uri).map_err(UnusableUri)?;
        Ok(Self {
            url,
            conditions: conditions(known),
            redirects: 0,
        })
    }

    /// Returns the URL of the next request.
    #[must_use]
    pub const fn url(&self) -> &Uri {
        &self.url
    }

    /// Returns the headers of the next request that ask for the route config only if its revision
    /// is not the known one.
    #[must_use]
    pub const fn conditions(&self) -> &HeaderMap {
        &self.conditions
    }

    /// Interprets the head of the response to the request.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if the response is neither a route config nor a confirmation, or redirects
    /// too often or to another origin.
    pub fn interpret(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Step, SourceError> {
        if redirect::is_redirect(status) {
            return self.redirect(headers.get(LOCATION));
        }
        match status {
            StatusCode::OK => Ok(Step::Body(revision(headers))),
            StatusCode::NOT_MODIFIED if !self.conditions.is_empty() => Ok(Step::Unchanged),
            StatusCode::NOT_MODIFIED => Err(SourceError::new(
                "the response is 304 Not Modified to a request without a condition",
            )),
            status => Err(SourceError::new(format!(
                "the response has the status {status}, not 200 OK"
            ))),
        }
    }

    fn redirect(&mut self, location: Option<&HeaderValue>) -> Result<Step, SourceError> {
        self.url = redirect::target(&self.url, location).map_err(SourceError::new)?;
        self.redirects += 1;
        if self.redirects > MAX_REDIRECTS {
            return Err(SourceError::new(format!(
                "redirected more than {MAX_REDIRECTS} times"
            )));
        }
        Ok(Step::Redirect)
    }
}

impl From<UnusableUri> for SourceError {
    fn from(error: UnusableUri) -> Self {
        Self::new(error)
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
