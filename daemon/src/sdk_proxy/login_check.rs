//! The login check: another server says who the customer is, for the session of the request.

use std::time::Duration;

use hyper::header::{HeaderMap, HeaderName};
use hyper::{Method, Request, StatusCode};
use tokio::time::timeout;

use super::complaints::Complaints;
use super::connections::{Connections, WholeAnswer};
use super::customer_header::named_in;

/// The most bytes of an answer's body, which nobody looks at.
pub(super) const MAX_BODY_BYTES: usize = 64 << 10;

/// A server that is asked with a `GET` for each request; its answers are not kept.
pub(super) struct LoginCheck {
    connections: Connections,
    /// The headers that are handed on.
    headers: Vec<HeaderName>,
    timeout: Duration,
    failures: Complaints,
}

impl LoginCheck {
    pub(super) const fn new(
        connections: Connections,
        headers: Vec<HeaderName>,
        timeout: Duration,
    ) -> Self {
        Self {
            connections,
            headers,
            timeout,
            failures: Complaints::new("the login check did not answer; access was denied"),
        }
    }

    /// The customer whom the server admits: with status 200, and named exactly once. Anything else,
    /// silence too, denies.
    pub(super) async fn admits(&self, headers: &HeaderMap) -> Option<String> {
        let request = check_request(&self.headers, headers);
        match timeout(self.timeout, self.connections.exchange(request)).await {
            Ok(Ok(WholeAnswer {
                status, headers, ..
            })) => admitted_customer(status, &headers),
            Ok(Err(error)) => {
                self.failures.tell(&error);
                None
            }
            Err(_) => {
                let most = self.timeout.as_millis();
                self.failures
                    .tell(&format_args!("it took more than {most} ms"));
                None
            }
        }
    }
}

/// Builds the request for a caller: the headers with these names, in the caller's order, and no
/// others.
#[must_use]
pub fn check_request(names: &[HeaderName], caller: &HeaderMap) -> Request<String> {
    let mut request = Request::new(String::new());
    *request.method_mut() = Method::GET;
    for name in names {
        for value in caller.get_all(name) {
            request.headers_mut().append(name, value.clone());
        }
    }
    request
}

/// Returns the customer that a response admits: with status 200, and named exactly once.
#[must_use]
pub fn admitted_customer(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    match status {
        StatusCode::OK => named_in(headers),
        _ => None,
    }
}
