//! The upstream: requests are signed and sent to it, and its answers verified.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use super::answer::{Outcome, understand};
use super::complaints::Complaints;
use super::connections::{Connections, ExchangeError};
use super::request_time::request_time;
use super::{Answer, PATH, results};
use crate::result::ApiResult;
use crate::signature::{SignatureError, SignedContent, SigningFailed, SigningKey, VerifyingKeys};

/// The most bytes of an answer's body.
pub(super) const MAX_BODY_BYTES: usize = 8 << 20;

const CLIENT_ID: HeaderName = HeaderName::from_static("client-id");
const REQUEST_TIME: HeaderName = HeaderName::from_static("request-time");
const RESPONSE_TIME: HeaderName = HeaderName::from_static("response-time");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const TRACER_ID: HeaderName = HeaderName::from_static("tracer-id");

/// What comes back beside the body, so that a caller can verify it again.
const HANDED_BACK: [HeaderName; 4] = [CLIENT_ID, RESPONSE_TIME, SIGNATURE, TRACER_ID];

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// Where requests go.
pub(super) struct Upstream {
    connections: Connections,
    client_id: String,
    key: SigningKey,
    public_keys: VerifyingKeys,
    total_timeout: Duration,
    failures: Complaints,
    refusals: Complaints,
}

/// Why there is no answer to hand back.
#[derive(Debug, Error)]
enum Failed {
    #[error(transparent)]
    NotSigned(#[from] SigningFailed),
    #[error("the upstream's answer did not come within {} ms", .0.as_millis())]
    TooSlow(Duration),
    #[error("{0}")]
    NoAnswer(#[from] ExchangeError),
    #[error("the upstream answered with HTTP status {0}")]
    Status(StatusCode),
    #[error("the upstream's answer has not exactly one header {0}")]
    Header(HeaderName),
    #[error("the upstream's answer has a Response-Time that is not visible ASCII")]
    Time,
    #[error("the upstream's answer: {0}")]
    Signature(#[from] SignatureError),
    #[error("the upstream's answer is no JSON object with a result")]
    Unreadable,
}

impl Upstream {
    pub(super) const fn new(
        connections: Connections,
        client_id: String,
        key: SigningKey,
        public_keys: VerifyingKeys,
        total_timeout: Duration,
    ) -> Self {
        Self {
            connections,
            client_id,
            key,
            public_keys,
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
    pub(super) async fn forward(&self, body: String) -> Result<Answer, &'static ApiResult> {
        let answer = self.try_forward(body).await.map_err(|failed| {
            self.failures.tell(&failed);
            failed.result()
        })?;
        Ok(answer)
    }

    async fn try_forward(&self, body: String) -> Result<Answer, Failed> {
        let deadline = Instant::now() + self.total_timeout;
        let request = self.sign(body)?;
        let answer = timeout_at(deadline, self.connections.exchange(request))
            .await
            .map_err(|_| Failed::TooSlow(self.total_timeout))??;
        if answer.status != StatusCode::OK {
            return Err(Failed::Status(answer.status));
        }
        self.verify(&answer.headers, &answer.body)?;
        let outcome = understand(&answer.body).map_err(|_| Failed::Unreadable)?;
        match outcome {
            Outcome::Published(result) if result.status == "S" => {}
            Outcome::Published(result) => self.refusals.tell(&result.code),
            Outcome::Unpublished => self.refusals.tell(&"with a code that is not published"),
        }
        let mut headers = HeaderMap::new();
        for name in HANDED_BACK {
            for value in answer.headers.get_all(&name) {
                headers.append(name.clone(), value.clone());
            }
        }
        Ok(Answer {
            body: answer.body,
            headers,
            counted: outcome.counted(),
        })
    }

    fn sign(&self, body: String) -> Result<Request<String>, Failed> {
        let time = request_time(SystemTime::now());
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

    fn verify(&self, headers: &HeaderMap, body: &Bytes) -> Result<(), Failed> {
        let time = only(headers, RESPONSE_TIME)?;
        let content = SignedContent {
            path: PATH,
            // Ours, whatever the answer's header says.
            client_id: &self.client_id,
            time: time.to_str().map_err(|_| Failed::Time)?,
            body,
        };
        let signature = only(headers, SIGNATURE)?;
        Ok(self.public_keys.verify(signature.as_bytes(), &content)?)
    }
}

impl Failed {
    const fn result(&self) -> &'static ApiResult {
        match self {
            Self::Header(_) | Self::Time | Self::Signature(_) => &results::INVALID_SIGNATURE,
            Self::NotSigned(_)
            | Self::TooSlow(_)
            | Self::NoAnswer(_)
            | Self::Status(_)
            | Self::Unreadable => &results::UNKNOWN_EXCEPTION,
        }
    }
}

fn only(headers: &HeaderMap, name: HeaderName) -> Result<&HeaderValue, Failed> {
    let mut values = headers.get_all(&name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(Failed::Header(name)),
    }
}
