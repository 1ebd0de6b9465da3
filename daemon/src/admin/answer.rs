//! An answer of the admin plane: a status and a text, whole.

use bytes::Bytes;
use codeid_engine::ConfigDigest;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::Serialize;

use crate::api::problem::Problem;

/// An answer.
pub(super) type Answer = Response<Full<Bytes>>;

/// Why nothing was done: a word for programs, and a sentence for people.
#[derive(Debug, Serialize)]
pub(super) struct Refusal {
    #[serde(skip)]
    status: StatusCode,
    #[serde(rename = "error")]
    pub(super) word: &'static str,
    detail: String,
    /// Of a route config that is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<Problem>>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, word: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            word,
            detail: detail.into(),
            problems: None,
        }
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    pub(super) fn fault() -> Self {
        let detail = "An internal fault occurred; the log tells where.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", detail)
    }

    pub(super) fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems = Some(problems);
        self
    }

    pub(super) fn into_answer(self) -> Answer {
        let mut answer = json_of(self.status, &self);
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            answer.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        answer
    }
}

/// What was asked for, as JSON.
pub(super) fn json(content: &impl Serialize) -> Answer {
    json_of(StatusCode::OK, content)
}

/// A status, and JSON beside it.
pub(super) fn json_of(status: StatusCode, content: &impl Serialize) -> Answer {
    let mut bytes = serde_json::to_vec(content).expect("what is answered has string keys only");
    bytes.push(b'\n');
    let mut answer = text("application/json", bytes);
    *answer.status_mut() = status;
    answer
}

/// The text of a route config, as it was given.
pub(super) fn route_config(text_of_it: &str, digest: ConfigDigest) -> Answer {
    let mut answer = text("application/json", text_of_it.to_owned());
    let tag = HeaderValue::from_maybe_shared(Bytes::from(format!("\"{digest}\"")));
    let tag = tag.expect("a digest is visible ASCII");
    answer.headers_mut().insert(ETAG, tag);
    answer
}

/// A text that is not to be kept.
pub(super) fn text(media_type: &'static str, bytes: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(bytes.into()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    answer
}
