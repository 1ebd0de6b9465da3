//! The decisions of the admin plane without its I/O, as the fuzz targets call them.

use std::net::Ipv4Addr;

use codeid_engine::ConfigDigest;
use hyper::{HeaderMap, Method, Uri, Version};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::access::require_access;
use super::caller::Caller;
use super::host_header;
use super::json_body::parse_json;
use super::refusal;
use super::request::IfMatch;
use super::router;
use super::tokens::Tokens;
use crate::api::refusal::{ErrorCode, Refusal};
use crate::api::role::Role;
use crate::host::HostName;

/// Decides from the head of a request to `admin.http` whether it may reach its handler. Returns the
/// role that its path needs.
///
/// # Errors
///
/// The code of the refusal; [`ErrorCode::NotFound`] for a path that does not exist, or not with this
/// method.
pub fn admin_access(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    tokens: &Tokens,
    hosts: &[HostName],
) -> Result<Role, ErrorCode> {
    let (route, _) = router::find(method, path).ok_or(ErrorCode::NotFound)?;
    let mut headers = headers.clone();
    host_header::settle(Version::HTTP_11, &Uri::default(), &mut headers)
        .map_err(|refusal| refusal.code())?;
    let headers = &headers;
    let caller = Caller::from_headers(headers, tokens, Ipv4Addr::LOCALHOST.into());
    match require_access(route, hosts, &caller, headers) {
        Ok(()) => Ok(route.role),
        Err(refusal) => Err(refusal.code()),
    }
}

/// Parses the header `If-Match`: `None` without one, `Some(None)` for any route config.
///
/// # Errors
///
/// The code of the refusal.
pub fn admin_if_match(headers: &HeaderMap) -> Result<Option<Option<ConfigDigest>>, ErrorCode> {
    let parsed = IfMatch::from_headers(headers).map_err(|refusal| refusal.code())?;
    Ok(parsed.map(IfMatch::digest))
}

/// Parses the body of a command.
///
/// # Errors
///
/// The refusal of the body, as the response has it.
pub fn parse_admin_body<T: DeserializeOwned + JsonSchema>(body: &[u8]) -> Result<T, Refusal> {
    parse_json(body).map_err(refusal::Refusal::into_document)
}
