//! Refusals of requests.

use std::time::{Duration, UNIX_EPOCH};

use hyper::StatusCode;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, HeaderName, HeaderValue, WWW_AUTHENTICATE};

use super::body::{Document, Each};
use super::response::{Response, document, json};
use crate::api;
use crate::api::problem::Problem;
use crate::api::refusal::ErrorCode;
use crate::error_chain::ErrorChain;
use crate::rules::check::ConfigRefused;
use crate::rules::operator::OperatorError;
use crate::timestamp::iso_8601;

/// A refusal of a request, with its status.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    /// Without the problems of `refused`.
    document: api::refusal::Refusal,
    /// The reason why a route config was refused.
    refused: Option<ConfigRefused>,
    /// The property of the body for which it was refused, if that is one of these.
    unsupported: Option<Unsupported>,
}

/// A property of a body for which it is refused with [`ErrorCode::MediaType`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Unsupported {
    /// The `Content-Type`.
    MediaType,
    /// The `Content-Encoding`.
    ContentCoding,
}

impl Refusal {
    /// Refuses with the status of `code`. `detail` is one sentence for people.
    pub(super) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            status: status(code.status()),
            document: api::refusal::Refusal {
                error: code,
                detail: detail.into(),
                problems: Vec::new(),
            },
            refused: None,
            unsupported: None,
        }
    }

    /// Refuses a body with [`ErrorCode::MediaType`]. The response says in a header what would have been taken.
    pub(super) fn unsupported(property: Unsupported, detail: String) -> Self {
        Self {
            unsupported: Some(property),
            ..Self::new(ErrorCode::MediaType, detail)
        }
    }

    /// Refuses a request that cannot be understood, with [`ErrorCode::Malformed`].
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::Malformed, detail)
    }

    /// Refuses because of an internal fault. The sentence for people refers to the log, so the cause
    /// must have been logged.
    pub(super) fn fault() -> Self {
        Self::new(ErrorCode::Fault, "An internal fault occurred; see the log.")
    }

    /// Returns the reason for programs.
    pub(super) const fn code(&self) -> ErrorCode {
        self.document.error
    }

    /// Returns the document that the response has, without the problems of a route config.
    pub(super) fn into_document(self) -> api::refusal::Refusal {
        self.document
    }

    /// Returns the response, with `WWW-Authenticate` if a token is missing or unknown, and with the header that
    /// says what would have been taken.
    pub(super) fn into_response(self) -> Response {
        let mut response = match self.refused {
            Some(refused) if !refused.problems().is_empty() => {
                with_problems(&self.document, refused)
            }
            _ => json(&self.document),
        };
        *response.status_mut() = self.status;
        let accepted = self.unsupported.map(Unsupported::accepted);
        response.headers_mut().extend(accepted);
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

impl Unsupported {
    /// Returns the header that says what would have been taken.
    const fn accepted(self) -> (HeaderName, HeaderValue) {
        match self {
            Self::MediaType => (ACCEPT, HeaderValue::from_static("application/json")),
            Self::ContentCoding => (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        }
    }
}

/// Returns a refusal with the problems of a route config, which may be many.
fn with_problems(refusal: &api::refusal::Refusal, refused: ConfigRefused) -> Response {
    // A refusal without problems lacks the member.
    let mut text = serde_json::to_string(refusal).expect("a refusal has only strings as keys");
    text.truncate(text.len() - 1);
    text.push_str(",\"problems\":[");
    let count = refused.problems().len();
    let problem = move |at: usize| refused.problems().get(at).map(Problem::from);
    let problems = Each::new(count, problem);
    let refusal = Document::from_text(text);
    document(refusal.with_elements(",", problems).with_text("]}\n"))
}

impl From<OperatorError> for Refusal {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Stale { live } => Self::new(
                ErrorCode::IfMatchStale,
                match live {
                    Some(digest) => format!("Another route config is live: {digest}."),
                    None => "No route config is live.".to_owned(),
                },
            ),
            OperatorError::Refused(refused) => {
                let why = ErrorChain(&refused);
                let detail = format!("The route config is refused, and the live one stays: {why}.");
                Self {
                    refused: Some(refused),
                    ..Self::new(ErrorCode::Refused, detail)
                }
            }
            OperatorError::FreezeFile(error) => Self::new(
                ErrorCode::NotSaved,
                format!(
                    "The freeze could not be saved, so nothing was changed: {}.",
                    ErrorChain(&error)
                ),
            ),
            OperatorError::Store(error) => Self::new(
                ErrorCode::NotSaved,
                format!(
                    "The saved route config was not removed for certain, and the live one stays: {}.",
                    ErrorChain(&error)
                ),
            ),
            OperatorError::Frozen(freeze) => Self::new(
                ErrorCode::Frozen,
                format!(
                    "The live route config is frozen by {}; thaw it first.",
                    freeze.by
                ),
            ),
            OperatorError::NotOverridden(freeze) => {
                let since = UNIX_EPOCH.checked_add(Duration::from_millis(freeze.since));
                let since = iso_8601(since.unwrap_or(UNIX_EPOCH));
                let reason = match &freeze.reason {
                    Some(reason) => format!("with the reason {reason:?}"),
                    None => "without a reason".to_owned(),
                };
                Self::new(
                    ErrorCode::Frozen,
                    format!(
                        "The live route config was frozen by {} at {since}, {reason}; thaw it first, or \
                         override the freeze.",
                        freeze.by
                    ),
                )
            }
            OperatorError::Fault => Self::fault(),
        }
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).expect("codes of refusals have statuses of HTTP")
}
