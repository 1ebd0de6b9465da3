//! The items of private modules that the fuzz targets call. They are not part of the API.
#![doc(hidden)]

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{HeaderMap, Response, StatusCode};

pub use crate::admin::fuzzing::{admin_access, admin_if_match, parse_admin_body};
pub use crate::admin::tokens::{LineError, Tokens, TokensError};
pub use crate::api::role::Role;
use crate::budget::Budget;
use crate::outbound::http_client;
use crate::outbound::proxy::Through;
pub use crate::rules::source::pull::{Pull, Step};
use crate::rules::source::{SourceError, callback};
pub use crate::sdk_proxy::login_check::check_request;
use crate::sdk_proxy::{exchange, login_check};

/// Reads the body of a response of the remote source.
///
/// # Errors
///
/// [`SourceError`] if the response declares another type than JSON, is too long, or breaks off.
pub async fn read_remote_body(
    response: Response<Incoming>,
    max_body_bytes: usize,
) -> Result<Vec<u8>, SourceError> {
    Ok(http_client::read_body(response, max_body_bytes).await?)
}

/// Parses the body of a callback's response with status 200. Returns its route config, if it has one.
///
/// # Errors
///
/// [`SourceError`] unless it is the result of a call that succeeded.
pub fn parse_callback_body(body: &[u8]) -> Result<Option<String>, SourceError> {
    callback::parse(body)
}

/// Returns the customer that a response of the login check admits.
#[must_use]
pub fn admitted_customer(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    login_check::admitted_customer(status, headers).ok()
}

/// Reads the body of a response to sdkProxy or of the login check, with this budget for large
/// bodies.
///
/// # Errors
///
/// A message, if the body is too long, breaks off, or has no room in the budget.
pub async fn read_proxied_body(
    body: Incoming,
    max_body_bytes: usize,
    budget_bytes: usize,
) -> Result<Bytes, Box<dyn std::error::Error>> {
    let budget = Arc::new(Budget::new(budget_bytes));
    Ok(exchange::read_body(body, max_body_bytes, &budget, &Through::default()).await?)
}
