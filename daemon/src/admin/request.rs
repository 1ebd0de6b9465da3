//! Requests to the admin plane, read whole before a handler sees them.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use codeid_engine::ConfigDigest;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, IF_MATCH};
use hyper::upgrade::OnUpgrade;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::caller::Caller;
use super::json_body::parse_json;
use super::plane::AdminPlane;
use super::refusal::{Refusal, Unsupported};
use super::response::Response;
use crate::api::refusal::ErrorCode;
use crate::audit::{Action, AuditError, Intent};
use crate::error_chain::ErrorChain;
use crate::http;
use crate::sync::Mutex;
use crate::trace_context::TraceParent;

/// The limit on the time in which a body arrives.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// A request that its caller may make.
pub(super) struct Request {
    /// The parts of the daemon that the handler reads and changes.
    pub(super) plane: Arc<AdminPlane>,
    /// The operator who sent the request, whose role was checked.
    pub(super) caller: Caller,
    /// The value of the path's parameter; empty for a path without one.
    pub(super) parameter: String,
    /// The headers of the request.
    pub(super) headers: HeaderMap,
    /// The whole body; empty without one.
    pub(super) body: Vec<u8>,
    /// The name of the action; `None` for a query.
    pub(super) action: Option<&'static str>,
    /// The record of the action, once it is intended.
    pub(super) intent: Arc<Mutex<Option<Intent>>>,
    /// The connection, after a response with the status 101.
    pub(super) upgrade: OnUpgrade,
}

/// The outcome of a request.
pub(super) type Outcome = Result<Response, Refusal>;

/// A handler at work on a request.
pub(super) type Handling = Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl Request {
    /// Records that the action of the request is about to be carried out. A handler calls it once
    /// nothing but carrying it out is left, with what `describe` adds to the record.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it cannot be recorded, so that it must not be carried out.
    pub(super) async fn intend(
        &self,
        describe: impl FnOnce(Action) -> Action,
    ) -> Result<(), Refusal> {
        let action = describe(Action {
            who: self.caller.to_string(),
            name: self.action.unwrap_or_default(),
            from: self.plane.operator.live_digest(),
            to: None,
            level: None,
            reason: None,
            trace: TraceParent::of(&self.headers),
        });
        let intent = self.plane.audit.intend(action).await.map_err(|error| {
            let why = ErrorChain(&error).to_string();
            tracing::error!(
                action = self.action,
                why,
                "an action is refused: it cannot be recorded"
            );
            let code = match error {
                AuditError::Unwritten(_) => ErrorCode::NotAudited,
                AuditError::TooMany => ErrorCode::TooManyActions,
                AuditError::HandingOver => ErrorCode::Stopping,
            };
            Refusal::new(code, format!("Nothing was changed: {why}."))
        })?;
        *self.intent.lock() = Some(intent);
        Ok(())
    }

    /// Parses the body as JSON.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it is not JSON, or not a `T`.
    pub(super) fn json<T: DeserializeOwned + JsonSchema>(&self) -> Result<T, Refusal> {
        parse_json(&self.body)
    }

    /// Parses the body as JSON; an empty one is the default.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it is neither empty nor a `T` in JSON.
    pub(super) fn json_or_default<T: DeserializeOwned + Default + JsonSchema>(
        &self,
    ) -> Result<T, Refusal> {
        match self.body.is_empty() {
            true => Ok(T::default()),
            false => self.json(),
        }
    }

    /// Parses the header `If-Match`; `None` without one.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if its value is malformed.
    pub(super) fn if_match(&self) -> Result<Option<IfMatch>, Refusal> {
        IfMatch::from_headers(&self.headers)
    }

    /// Returns `true` if the request has `X-Codeid-Override: true`.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the header has another value, or occurs twice.
    pub(super) fn overrides(&self) -> Result<bool, Refusal> {
        let mut values = self.headers.get_all(OVERRIDE).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(false),
            (Some(value), None) if value == "true" => Ok(true),
            _ => Err(Refusal::malformed(
                "X-Codeid-Override must be true, or absent.",
            )),
        }
    }
}

/// The header that ends a freeze which an operator began as such.
const OVERRIDE: HeaderName = HeaderName::from_static("x-codeid-override");

/// The route config that must be live for a change to be made.
#[derive(Clone, Copy, Debug)]
pub(super) enum IfMatch {
    /// `*`: any.
    Anything,
    /// The one with this digest.
    Digest(ConfigDigest),
}

impl IfMatch {
    /// Parses the header `If-Match`; `None` without one.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] if there are several, or its value is neither `*` nor a SHA-256 in quotes.
    pub(super) fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let mut values = headers.get_all(IF_MATCH).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Ok(None),
            (Some(value), None) => value.to_str().unwrap_or_default().trim(),
            _ => "",
        };
        if value == "*" {
            return Ok(Some(Self::Anything));
        }
        let digest = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        match digest.and_then(|digest| digest.parse().ok()) {
            Some(digest) => Ok(Some(Self::Digest(digest))),
            // No live config has another kind of tag.
            None => Err(Refusal::new(
                ErrorCode::IfMatchStale,
                "If-Match must be one SHA-256 in quotes, in lower case, or *.",
            )),
        }
    }

    /// Returns the digest of the route config; `None` for any.
    pub(super) const fn digest(self) -> Option<ConfigDigest> {
        match self {
            Self::Anything => None,
            Self::Digest(digest) => Some(digest),
        }
    }
}

/// Requires that the body is declared as JSON, without a content coding.
///
/// # Errors
///
/// A [`Refusal`] that names the type or the coding that the body has.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let wrong_type = match (types.next(), types.next()) {
        (Some(value), None) if http::is_json(value.as_bytes()) => None,
        (Some(value), None) => {
            let value = http::shown(value.as_bytes());
            Some(format!(
                "The Content-Type must be application/json, not {value}."
            ))
        }
        (None, _) => Some("The Content-Type is missing; it must be application/json.".to_owned()),
        (Some(_), Some(_)) => Some("The Content-Type must be application/json, once.".to_owned()),
    };
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let coded = codings.find(|codings| http::has_coding(codings.as_bytes()));
    let coded = coded.map(|codings| {
        let codings = http::shown(codings.as_bytes());
        format!("The body has the Content-Encoding {codings}; it must have none.")
    });
    let property = match (&wrong_type, &coded) {
        (None, None) => return Ok(()),
        (Some(_), _) => Unsupported::MediaType,
        (None, Some(_)) => Unsupported::ContentCoding,
    };
    let sentences: Vec<String> = wrong_type.into_iter().chain(coded).collect();
    Err(Refusal::unsupported(property, sentences.join(" ")))
}

/// Reads a body of at most `limit` bytes, within ten seconds.
///
/// # Errors
///
/// [`Refusal`] if the body is too long, ends early, or does not arrive in time.
pub(super) async fn read_body(
    request: &mut hyper::Request<Incoming>,
    limit: usize,
) -> Result<Vec<u8>, Refusal> {
    let body = collect(request.body_mut(), limit);
    match timeout(BODY_TIMEOUT, body).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(Unread::TooLong)) => Err(Refusal::new(
            ErrorCode::TooLarge,
            format!("The body has more than {limit} bytes."),
        )),
        Ok(Err(Unread::Broken)) => Err(Refusal::malformed("The body ended early.")),
        Err(_) => Err(Refusal::new(
            ErrorCode::TooSlow,
            "The body did not arrive in time.",
        )),
    }
}

/// The reason why a body was not read.
enum Unread {
    TooLong,
    Broken,
}

/// Reads a body into a buffer of the length that the head announces, or else of at most twice the body's
/// length and never more than `limit`.
async fn collect(body: &mut Incoming, limit: usize) -> Result<Vec<u8>, Unread> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Unread::TooLong);
    }
    let mut bytes = Vec::with_capacity(announced);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else {
            continue;
        };
        let length = bytes.len() + data.len();
        if length > limit {
            return Err(Unread::TooLong);
        }
        if length > bytes.capacity() {
            let capacity = bytes.capacity().saturating_mul(2).clamp(length, limit);
            bytes.reserve_exact(capacity - bytes.len());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}
