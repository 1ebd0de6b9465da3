//! The upstream: requests are signed and sent to it, and its answers verified.

use std::time::{Duration, SystemTime};

use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use super::answer::Outcome;
use super::complaints::Complaints;
use super::connections::{Connections, ExchangeError};
use super::response::{PATH, Response};
use super::verifier::{RESPONSE_TIME, Refused, SIGNATURE, Verifier};

use crate::result::ApiResult;
use crate::result::sdk_proxy as results;
use crate::signature::{SignedContent, SigningError, SigningKey, VerifyingKeys};
use crate::timestamp::iso_8601;

/// The most bytes of an answer's body.
pub(super) const MAX_BODY_BYTES: usize = 8 << 20;

const CLIENT_ID: HeaderName = HeaderName::from_static("client-id");
const REQUEST_TIME: HeaderName = HeaderName::from_static("request-time");
const TRACER_ID: HeaderName = HeaderName::from_static("tracer-id");

/// What comes back beside the body, so that a caller can verify it again.
const HANDED_BACK: [HeaderName; 4] = [CLIENT_ID, RESPONSE_TIME, SIGNATURE, TRACER_ID];

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// Where requests go.
pub(super) struct Upstream {
    connections: Connections,
    client_id: String,
    key: SigningKey,
    verifier: Verifier,
    total_timeout: Duration,
    failures: Complaints,
    refusals: Complaints,
}

/// Why there is no answer to hand back.
#[derive(Debug, Error)]
enum Failed {
    #[error(transparent)]
    NotSigned(#[from] SigningError),
    #[error("the upstream's answer did not come within {} ms", .0.as_millis())]
    TooSlow(Duration),
    #[error("{0}")]
    NoAnswer(#[from] ExchangeError),
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Upstream {
    pub(super) fn new(
        connections: Connections,
        client_id: String,
        key: SigningKey,
        public_keys: VerifyingKeys,
        total_timeout: Duration,
    ) -> Self {
        Self {
            connections,
            verifier: Verifier::new(client_id.clone(), public_keys),
            client_id,
            key,
            total_timeout,
            failures: Complaints::new("a request was not answered by the upstream"),
            refusals: Complaints::new("the upstream refused a request"),
        }
    }

    /// Forwards a request, at most once.
    ///
    /// # Errors
    ///
    /// The result that the caller gets instead.
    pub(super) async fn forward(&self, body: String) -> Result<Response, &'static ApiResult> {
        let answer = self.try_forward(body).await.map_err(|failed| {
            self.failures.tell(&failed);
            failed.result()
        })?;
        Ok(answer)
    }

    async fn try_forward(&self, body: String) -> Result<Response, Failed> {
        let deadline = Instant::now() + self.total_timeout;
        let request = self.sign(body)?;
        let answer = timeout_at(deadline, self.connections.exchange(request))
            .await
            .map_err(|_| Failed::TooSlow(self.total_timeout))??;
        let outcome = self
            .verifier
            .check(answer.status, &answer.headers, &answer.body)?;
        match outcome {
            Outcome::Success => {}
            Outcome::Failure(code) => self.refusals.tell(&code),
            Outcome::Unpublished => self.refusals.tell(&"with a code that is not published"),
        }
        let mut headers = HeaderMap::new();
        for name in HANDED_BACK {
            for value in answer.headers.get_all(&name) {
                headers.append(name.clone(), value.clone());
            }
        }
        Ok(Response {
            body: answer.body,
            headers,
            counted: outcome.counted(),
        })
    }

    fn sign(&self, body: String) -> Result<Request<String>, Failed> {
        let time = iso_8601(SystemTime::now());
        let signature = self.key.sign(&SignedContent {
            path: PATH,
            client_id: &self.client_id,
            time: &time,
            body: body.as_bytes(),
        })?;
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        let value = |text: &str| {
            HeaderValue::from_str(text).expect("a checked setting, a time or a signature is ASCII")
        };
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(CLIENT_ID, value(&self.client_id));
        headers.insert(REQUEST_TIME, value(&time));
        headers.insert(SIGNATURE, value(&signature));
        Ok(request)
    }
}

impl Failed {
    const fn result(&self) -> &'static ApiResult {
        match self {
            Self::Refused(refused) => refused.result(),
            Self::NotSigned(_) | Self::TooSlow(_) | Self::NoAnswer(_) => {
                &results::UNKNOWN_EXCEPTION
            }
        }
    }
}
