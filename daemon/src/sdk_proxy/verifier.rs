//! Which answers of the upstream are handed back.

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

use super::answer::{Outcome, understand};
use super::response::PATH;
use crate::result::ApiResult;
use crate::result::sdk_proxy as results;
use crate::signature::{SignatureError, SignedContent, VerifyingKeys};

pub(super) const RESPONSE_TIME: HeaderName = HeaderName::from_static("response-time");
pub(super) const SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// Whose answers are good: those to us, signed by one of the upstream's keys.
#[derive(Debug)]
pub struct Verifier {
    client_id: String,
    public_keys: VerifyingKeys,
}

/// Why an answer is not handed back, without a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// It has another status than 200.
    #[error("the upstream answered with HTTP status {0}")]
    Status(StatusCode),
    /// One of the two headers that verify it is missing or repeated.
    #[error("the upstream's answer has not exactly one header {0}")]
    Header(HeaderName),
    /// Its time is none that could be signed.
    #[error("the upstream's answer has a Response-Time that is not visible ASCII")]
    Time,
    /// Its signature is not right.
    #[error("the upstream's answer: {0}")]
    Signature(#[from] SignatureError),
    /// It is signed, and nothing that can be understood.
    #[error("the upstream's answer is no JSON object with a result")]
    Unreadable,
}

impl Verifier {
    /// A verifier of answers to whoever has this Client-Id.
    #[must_use]
    pub const fn new(client_id: String, public_keys: VerifyingKeys) -> Self {
        Self {
            client_id,
            public_keys,
        }
    }

    /// Checks an answer: its status, its signature and then what it says.
    ///
    /// Source: SPEC.md, sections 4 and 5.
    ///
    /// # Errors
    ///
    /// [`Refused`] if it must not be handed back.
    pub fn check(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Outcome, Refused> {
        if status != StatusCode::OK {
            return Err(Refused::Status(status));
        }
        let time = only(headers, RESPONSE_TIME)?;
        let content = SignedContent {
            path: PATH,
            // Ours, whatever the answer's header says.
            client_id: &self.client_id,
            time: time.to_str().map_err(|_| Refused::Time)?,
            body,
        };
        let signature = only(headers, SIGNATURE)?;
        self.public_keys.verify(signature.as_bytes(), &content)?;
        understand(body).map_err(|_| Refused::Unreadable)
    }
}

impl Refused {
    /// What the caller is told instead.
    pub(super) const fn result(&self) -> &'static ApiResult {
        match self {
            Self::Header(_) | Self::Time | Self::Signature(_) => &results::INVALID_SIGNATURE,
            Self::Status(_) | Self::Unreadable => &results::UNKNOWN_EXCEPTION,
        }
    }
}

fn only(headers: &HeaderMap, name: HeaderName) -> Result<&HeaderValue, Refused> {
    let mut values = headers.get_all(&name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(Refused::Header(name)),
    }
}
