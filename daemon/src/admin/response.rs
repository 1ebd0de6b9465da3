//! Responses of the admin plane.

use std::sync::Arc;

use bytes::Bytes;
use codeid_engine::ConfigDigest;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use serde::Serialize;

use super::body::{Body, Document};

/// A response of the plane.
pub(super) type Response = hyper::Response<Body>;

/// The digests of the live route configs before and after an action. A handler adds the value to the
/// extensions of its response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replaced {
    /// The digest before the action; `None` without a live table.
    pub(super) from: Option<ConfigDigest>,
    /// The digest after it.
    pub(super) to: Option<ConfigDigest>,
}

/// Marks the response to an action whose outcome is recorded later, by a task of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConcludedLater;

impl Replaced {
    /// Returns the digests where the live route config, which has `digest`, stayed.
    pub(super) const fn nothing(digest: Option<ConfigDigest>) -> Self {
        Self {
            from: digest,
            to: digest,
        }
    }
}

/// The media type of documents and route configs.
const JSON: &str = "application/json";

/// Returns a document with status 200.
pub(super) fn json(document: &impl Serialize) -> Response {
    json_with_status(StatusCode::OK, document)
}

/// Returns a document with a status.
pub(super) fn json_with_status(status: StatusCode, document: &impl Serialize) -> Response {
    let mut bytes = serde_json::to_vec(document).expect("documents have only strings as keys");
    bytes.push(b'\n');
    let mut response = text(JSON, bytes);
    *response.status_mut() = status;
    response
}

/// Returns a document with status 200, in pieces if it is large.
pub(super) fn document(document: Document) -> Response {
    with_body(JSON, document.into())
}

/// Returns the text of a route config, byte for byte, with its digest as `ETag`. The text is not copied.
pub(super) fn route_config(config: Arc<str>, digest: ConfigDigest) -> Response {
    let mut response = text(JSON, Bytes::from_owner(SharedText(config)));
    let tag = HeaderValue::from_maybe_shared(Bytes::from(format!("\"{digest}\"")));
    let tag = tag.expect("a digest is visible ASCII");
    response.headers_mut().insert(ETAG, tag);
    response
}

/// Returns a text that caches must not store.
pub(super) fn text(media_type: &'static str, bytes: impl Into<Bytes>) -> Response {
    with_body(media_type, Body::Whole(bytes.into()))
}

/// Returns a body that caches must not store.
pub(super) fn with_body(media_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// A text that others have, too.
struct SharedText(Arc<str>);

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
