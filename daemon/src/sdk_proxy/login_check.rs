//! The login check: another server names the customer for the session of a request.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Method, Request, StatusCode};
use thiserror::Error;
use tokio::time::timeout;

use super::connections::Connections;
use super::customer_id::{CustomerIdError, customer_id};
use super::exchange::ExchangeError;
use crate::trace_context::TraceContext;

/// The most bytes of a response's body, which is ignored.
pub(super) const MAX_BODY_BYTES: usize = 64 << 10;

/// A server that is asked with a `GET` for each request. Its responses are not cached.
pub(super) struct LoginCheck {
    connections: Connections,
    /// The headers that are forwarded.
    headers: Vec<HeaderName>,
    timeout: Duration,
}

/// The reason why a login check admits no customer.
#[derive(Debug, Error)]
pub(crate) enum LoginCheckError {
    /// There was no response within this time.
    #[error(
        "the login check did not respond within {} ms, as proxy.login-check-timeout-ms allows",
        .0.as_millis()
    )]
    Timeout(Duration),
    /// There was no whole response.
    #[error("the login check did not respond")]
    Exchange(#[from] ExchangeError),
    /// The status is not 200.
    #[error("the login check responded with HTTP status {}", .0.as_u16())]
    Status(StatusCode),
    /// The response does not name a customer.
    #[error("the login check does not name a customer")]
    CustomerId(#[source] CustomerIdError),
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

    /// Returns the customer that the server admits. It gets the trace of the request as it came.
    ///
    /// # Errors
    ///
    /// [`LoginCheckError`] if it admits none, or does not respond in time.
    pub(super) async fn admits(&self, headers: &HeaderMap) -> Result<String, LoginCheckError> {
        let mut request = check_request(&self.headers, headers);
        if let Some(trace) = TraceContext::of(headers) {
            trace.add_to(request.headers_mut());
        }
        let response = timeout(self.timeout, self.connections.exchange(request))
            .await
            .map_err(|_| LoginCheckError::Timeout(self.timeout))??;
        admitted_customer(response.status, &response.headers)
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

/// Returns the customer that a response admits: with status 200, and named exactly once.
///
/// # Errors
///
/// [`LoginCheckError`] if the response admits none.
pub(crate) fn admitted_customer(
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<String, LoginCheckError> {
    match status {
        StatusCode::OK => customer_id(headers).map_err(LoginCheckError::CustomerId),
        _ => Err(LoginCheckError::Status(status)),
    }
}
