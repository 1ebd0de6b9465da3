//! The login check: another server names the customer for the session of a request.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Method, Request, StatusCode};
use tokio::time::timeout;

use super::connections::Connections;
use super::customer_id::customer_id;
use crate::error_chain::ErrorChain;

/// The most bytes of a response's body, which is ignored.
pub(super) const MAX_BODY_BYTES: usize = 64 << 10;

/// A server that is asked with a `GET` for each request. Its responses are not cached.
pub(super) struct LoginCheck {
    connections: Connections,
    /// The headers that are forwarded.
    headers: Vec<HeaderName>,
    timeout: Duration,
}

impl LoginCheck {
    /// Creates a check over `connections`, which forwards the headers with these names and denies
    /// access after `timeout`.
    pub(super) const fn new(
        connections: Connections,
        headers: Vec<HeaderName>,
        timeout: Duration,
    ) -> Self {
        Self {
            connections,
            headers,
            timeout,
        }
    }

    /// Returns the customer that the server admits; `None` for any other response, and if there is
    /// none in time, which is logged.
    pub(super) async fn admits(&self, headers: &HeaderMap) -> Option<String> {
        let request = check_request(&self.headers, headers);
        match timeout(self.timeout, self.connections.exchange(request)).await {
            Ok(Ok(response)) => admitted_customer(response.status, &response.headers),
            Ok(Err(error)) => {
                let why = ErrorChain(&error);
                tracing::warn!(%why, "the login check did not respond; access was denied");
                None
            }
            Err(_) => {
                let limit_ms = self.timeout.as_millis();
                tracing::warn!(limit_ms, "the login check took too long; access was denied");
                None
            }
        }
    }
}

/// Builds the request for a caller: the headers with these names, in the caller's order, and no
/// others.
#[must_use]
pub fn check_request(names: &[HeaderName], caller: &HeaderMap) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    *request.method_mut() = Method::GET;
    for name in names {
        for value in caller.get_all(name) {
            request.headers_mut().append(name, value.clone());
        }
    }
    request
}

/// Returns the customer that a response admits: with status 200, and named exactly once. `None` admits
/// no one.
#[must_use]
pub fn admitted_customer(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    match status {
        StatusCode::OK => customer_id(headers),
        _ => None,
    }
}
