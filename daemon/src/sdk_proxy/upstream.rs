//! The upstream: requests are signed and sent to it, and its responses verified.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use super::connections::Connections;
use super::exchange::ExchangeError;
use super::request::PATH;
use super::response::{CLIENT_ID, Response};
use super::upstream_result::UpstreamResult;
use super::verifier::{ResponseError, SIGNATURE, Verifier};
use crate::clock::Clock;
use crate::error_chain::ErrorChain;
use crate::result::ApiResult;
use crate::result::sdk_proxy as results;
use crate::signature::{SignedContent, SigningError, SigningKey, VerifyingKeys};
use crate::timestamp::iso_8601;

/// The most bytes of a response's body.
pub(super) const MAX_BODY_BYTES: usize = 8 << 20;

const REQUEST_TIME: HeaderName = HeaderName::from_static("request-time");

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

/// The server to which requests are forwarded.
pub(super) struct Upstream {
    connections: Connections,
    client_id: String,
    key: SigningKey,
    verifier: Verifier,
    total_timeout: Duration,
    clock: Clock,
}

/// The reason why a request has no response of the upstream.
#[derive(Debug, Error)]
enum ForwardError {
    #[error(transparent)]
    Signing(#[from] SigningError),
    #[error("the upstream did not respond within {} ms", .0.as_millis())]
    Timeout(Duration),
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error(transparent)]
    Response(#[from] ResponseError),
}

impl Upstream {
    pub(super) fn new(
        connections: Connections,
        client_id: String,
        key: SigningKey,
        public_keys: VerifyingKeys,
        total_timeout: Duration,
        clock: Clock,
    ) -> Self {
        Self {
            connections,
            verifier: Verifier::new(client_id.clone(), public_keys),
            client_id,
            key,
            total_timeout,
            clock,
        }
    }

    /// Forwards a request, at most once.
    ///
    /// # Errors
    ///
    /// The result that the caller gets instead of a response.
    pub(super) async fn forward(&self, body: Bytes) -> Result<Response, &'static ApiResult> {
        self.try_forward(body).await.map_err(|error| {
            tracing::warn!(why = %ErrorChain(&error), "the upstream did not answer a request");
            error.result()
        })
    }

    async fn try_forward(&self, body: Bytes) -> Result<Response, ForwardError> {
        let deadline = Instant::now() + self.total_timeout;
        let request = self.sign(body)?;
        let response = timeout_at(deadline, self.connections.exchange(request))
            .await
            .map_err(|_| ForwardError::Timeout(self.total_timeout))??;
        let result = self
            .verifier
            .check(response.status, &response.headers, &response.body)?;
        match result {
            UpstreamResult::Success => {}
            UpstreamResult::Failure(code) => {
                tracing::warn!(code, "the upstream refused a request");
            }
            UpstreamResult::Unpublished => {
                tracing::warn!("the upstream refused a request with a code that is not published");
            }
        }
        Ok(Response::from_upstream(response, result))
    }

    fn sign(&self, body: Bytes) -> Result<Request<Full<Bytes>>, ForwardError> {
        let time = iso_8601(self.clock.now());
        let signature = self.key.sign(&SignedContent {
            path: PATH,
            client_id: &self.client_id,
            time: &time,
            body: &body,
        })?;
        let mut request = Request::new(Full::new(body));
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

impl ForwardError {
    const fn result(&self) -> &'static ApiResult {
        match self {
            Self::Response(error) => error.result(),
            Self::Signing(_) | Self::Timeout(_) | Self::Exchange(_) => &results::UNKNOWN_EXCEPTION,
        }
    }
}
