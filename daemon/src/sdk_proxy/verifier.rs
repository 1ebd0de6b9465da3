//! Verification of the upstream's responses.

use hyper::StatusCode;
use hyper::header::{CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

use super::checked_response::{CheckedResponse, UnverifiedRefusal, VerifiedResponse};
use super::request::PATH;
use crate::outbound::http_client::{codings, quoted};
use crate::result::ApiResult;
use crate::result::sdk_proxy as results;
use crate::signature::{SignatureError, SignedContent, VerifyingKeys};

/// The header with the time of a response, which is part of the signed content.
pub(super) const RESPONSE_TIME: HeaderName = HeaderName::from_static("response-time");
/// The header with the signature of a message.
pub(super) const SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// Verifies responses to one Client-Id, by the upstream's public keys.
#[derive(Debug)]
pub struct Verifier {
    client_id: String,
    public_keys: VerifyingKeys,
}

/// The reason why a response of the upstream is not returned to the caller. Shows nothing of the
/// response's body.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// The status is not 200.
    #[error("the upstream responded with HTTP status {0}")]
    Status(StatusCode),
    /// The body has a content coding, although none was asked for.
    #[error("the upstream response has the content coding {0}, and the request allowed none")]
    Coded(String),
    /// One of the two headers that verify the response is missing.
    #[error("the upstream response has no {0} header")]
    Missing(HeaderName),
    /// One of the two headers that verify the response is repeated.
    #[error("the upstream response has more than one {0} header")]
    Repeated(HeaderName),
    /// `Response-Time` is not visible ASCII, so it cannot have been signed.
    #[error("the upstream response has a Response-Time that is not visible ASCII")]
    Time,
    /// The signature does not verify.
    #[error("the upstream response has an invalid signature")]
    Signature(#[from] SignatureError),
    /// The body is signed, but it is not a JSON object with a `result` member.
    #[error("the upstream response is not a JSON object with a `result` member")]
    Unreadable,
    /// The body is signed and has a result, but its header or its data is there twice.
    #[error("the upstream response has sdkResponseHeader or sdkResponseData twice")]
    RepeatedField,
}

impl Verifier {
    /// Creates a verifier of responses to this Client-Id.
    #[must_use]
    pub const fn new(client_id: String, public_keys: VerifyingKeys) -> Self {
        Self {
            client_id,
            public_keys,
        }
    }

    /// Checks the status and the signature of a response, and then parses it. The time of the response is
    /// signed but not compared with the clock.
    ///
    /// A response without a signature is accepted if it is no more than a refusal.
    ///
    /// Source: SPEC.md, sections 4 and 5.
    ///
    /// # Errors
    ///
    /// [`ResponseError`] if the response must not be returned to the caller.
    pub fn check<'a>(
        &'a self,
        status: StatusCode,
        headers: &'a HeaderMap,
        body: &'a [u8],
    ) -> Result<CheckedResponse<'a>, ResponseError> {
        if status != StatusCode::OK {
            return Err(ResponseError::Status(status));
        }
        let mut given = headers.get_all(CONTENT_ENCODING).iter().flat_map(codings);
        if let Some(coding) = given.next() {
            return Err(ResponseError::Coded(quoted(coding)));
        }
        if !headers.contains_key(&SIGNATURE) {
            let refusal = UnverifiedRefusal::parse(body).map(CheckedResponse::Unverified);
            return refusal.ok_or(ResponseError::Missing(SIGNATURE));
        }
        let time = only(headers, RESPONSE_TIME)?;
        let content = SignedContent {
            path: PATH,
            // Ours, whatever the response's header names.
            client_id: &self.client_id,
            time: time.to_str().map_err(|_| ResponseError::Time)?,
            body,
        };
        let signature = only(headers, SIGNATURE)?;
        let body = self.public_keys.verify(signature.as_bytes(), &content)?;
        VerifiedResponse::parse(body)
            .map(CheckedResponse::Verified)
            .map_err(|_| ResponseError::Unreadable)
    }
}

impl ResponseError {
    /// Returns the result that the caller gets instead of the response.
    pub(super) const fn result(&self) -> &'static ApiResult {
        match self {
            Self::Missing(_) | Self::Repeated(_) | Self::Time | Self::Signature(_) => {
                &results::INVALID_SIGNATURE
            }
            Self::Status(_) | Self::Coded(_) | Self::Unreadable | Self::RepeatedField => {
                &results::UNKNOWN_EXCEPTION
            }
        }
    }
}

fn only(headers: &HeaderMap, name: HeaderName) -> Result<&HeaderValue, ResponseError> {
    let mut values = headers.get_all(&name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (None, _) => Err(ResponseError::Missing(name)),
        (Some(_), Some(_)) => Err(ResponseError::Repeated(name)),
    }
}
