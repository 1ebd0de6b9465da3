//! A request of the admin plane, read whole, before it is known whether it can be done.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use codeid_engine::ConfigDigest;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, IF_MATCH};
use hyper::{Request, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::AdminPlane;
use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::connections::PATIENCE;

/// A request that somebody may make.
pub(super) struct Call {
    pub(super) plane: Arc<AdminPlane>,
    pub(super) caller: Caller,
    /// What stands in the place of `{…}` in its path.
    pub(super) parameter: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What a call leads to.
pub(super) type Outcome = Result<Answer, Refusal>;

/// What answers a call, while it is polled.
pub(super) type Handling = Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl Call {
    /// The JSON of the body.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        // Of an array, the library would take the elements for the fields.
        if self.body.trim_ascii_start().first() == Some(&b'[') {
            return Err(Refusal::malformed("The body must be an object."));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            // The message may quote what was sent.
            let (line, column) = (error.line(), error.column());
            let what = match error.classify() {
                serde_json::error::Category::Data => "is not what this path takes",
                _ => "is not JSON",
            };
            Refusal::malformed(format!("The body {what}, at line {line}, column {column}."))
        })
    }

    /// The JSON of the body; without a body, what holds without any.
    pub(super) fn json_or_nothing<T: DeserializeOwned + Default>(&self) -> Result<T, Refusal> {
        match self.body.is_empty() {
            true => Ok(T::default()),
            false => self.json(),
        }
    }

    /// The digest of what must be serving, from the header `If-Match`. `None`: whatever does.
    pub(super) fn if_match(&self) -> Result<Option<IfMatch>, Refusal> {
        let mut values = self.headers.get_all(IF_MATCH).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Ok(None),
            (Some(value), None) => value.to_str().unwrap_or_default().trim(),
            _ => "",
        };
        if value == "*" {
            return Ok(Some(IfMatch::Anything));
        }
        let digest = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        match digest.and_then(|digest| digest.parse().ok()) {
            Some(digest) => Ok(Some(IfMatch::Only(digest))),
            None => Err(Refusal::new(
                StatusCode::PRECONDITION_FAILED,
                "ifMatchStale",
                "If-Match must be * or one SHA-256 in hex between quotes; nothing else serves.",
            )),
        }
    }
}

/// What must be serving for a change to be made.
#[derive(Clone, Copy, Debug)]
pub(super) enum IfMatch {
    Anything,
    Only(ConfigDigest),
}

impl IfMatch {
    /// `None`: whatever serves.
    pub(super) const fn digest(self) -> Option<ConfigDigest> {
        match self {
            Self::Anything => None,
            Self::Only(digest) => Some(digest),
        }
    }
}

/// Whether the request says that its body is JSON.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (value, None) = (values.next(), values.next()) else {
        return Err(not_json());
    };
    let value = value.map(|value| value.as_bytes()).unwrap_or_default();
    let essence = value.split(|byte| *byte == b';').next();
    let essence = essence.unwrap_or_default().trim_ascii();
    match essence.eq_ignore_ascii_case(b"application/json") {
        true => Ok(()),
        false => Err(not_json()),
    }
}

fn not_json() -> Refusal {
    let detail = "The Content-Type must be application/json.";
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "mediaType", detail)
}

/// Reads a body of at most so many bytes.
pub(super) async fn read_body(
    request: &mut Request<Incoming>,
    most: usize,
) -> Result<Bytes, Refusal> {
    let body = Limited::new(request.body_mut(), most).collect();
    match timeout(PATIENCE, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            discard_body(request).await;
            Err(Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "tooLarge",
                format!("The body has more than {most} bytes."),
            ))
        }
        Ok(Err(_)) => Err(Refusal::malformed("The body ended early.")),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "tooSlow",
            "The body took too long.",
        )),
    }
}

/// Reads what is left of a body that nobody asked for: who is still sending looks for an answer at
/// the end only, and a connection that is closed before may take the answer along.
pub(super) async fn discard_body(request: &mut Request<Incoming>) {
    let rest = async { while let Some(Ok(_)) = request.body_mut().frame().await {} };
    // In time or not, the answer is the same.
    let _ = timeout(PATIENCE, rest).await;
}
