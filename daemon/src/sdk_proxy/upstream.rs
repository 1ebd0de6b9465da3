//! The upstream: requests are signed and sent to it, and its responses verified.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request};

use super::checked_response::CheckedResponse;
use super::connections::Connections;
use super::exchange::WholeResponse;
use super::failure::Failure;
use super::request::PATH;
use super::response::CLIENT_ID;
use super::verifier::{ResponseError, SIGNATURE, Verifier};
use crate::clock::Clock;
use crate::signature::{SignedContent, SigningError, SigningKey, VerifyingKeys};
use crate::timestamp::iso_8601;
use crate::trace_context::TraceContext;

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
    clock: Clock,
}

impl Upstream {
    /// Returns an upstream to which requests of `client_id` go, signed with `key`.
    pub(super) fn new(
        connections: Connections,
        client_id: String,
        key: SigningKey,
        public_keys: VerifyingKeys,
        clock: Clock,
    ) -> Self {
        Self {
            connections,
            verifier: Verifier::new(client_id.clone(), public_keys),
            client_id,
            key,
            clock,
        }
    }

    /// Forwards a request, at most once, with the trace that it belongs to if that may be shown, and returns the response, which is not checked.
    ///
    /// # Errors
    ///
    /// [`Failure`] if there is no whole response.
    ///
    /// # Cancel safety
    ///
    /// That of [`Connections::exchange`].
    pub(super) async fn forward(
        &self,
        body: Bytes,
        trace: Option<&TraceContext>,
    ) -> Result<WholeResponse, Failure> {
        let mut request = self.sign(body)?;
        // The signature does not cover it.
        if let Some(trace) = trace {
            trace.add_to(request.headers_mut());
        }
        Ok(self.connections.exchange(request).await?)
    }

    /// Checks whether a response may be returned to the caller. Logs a refusal.
    ///
    /// # Errors
    ///
    /// [`ResponseError`] if it must not be returned.
    pub(super) fn check<'a>(
        &'a self,
        response: &'a WholeResponse,
    ) -> Result<CheckedResponse<'a>, ResponseError> {
        let WholeResponse {
            status,
            headers,
            body,
        } = response;
        let checked = self.verifier.check(*status, headers, body)?;
        let code = checked.result().bounded_code();
        match &checked {
            CheckedResponse::Unverified(_) => {
                tracing::warn!(code, "the upstream refused a request, without a signature");
            }
            CheckedResponse::Verified(_) if checked.result().is_success() => {}
            CheckedResponse::Verified(_) => {
                tracing::warn!(code, "the upstream refused a request");
            }
        }
        Ok(checked)
    }

    fn sign(&self, body: Bytes) -> Result<Request<Full<Bytes>>, SigningError> {
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
        // Without it, any coding of the response would be allowed, and a coded body cannot be verified.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(CLIENT_ID, value(&self.client_id));
        headers.insert(REQUEST_TIME, value(&time));
        headers.insert(SIGNATURE, value(&signature));
        Ok(request)
    }
}
