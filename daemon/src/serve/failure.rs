//! Requests that reach no answer of their interface: status code, result and detail of each.

use hyper::StatusCode;

use super::endpoint::Endpoint;
use crate::http::{BrokenBody, HeadError};
use crate::identify::{RequestError, write_failure};
use crate::metrics::RequestResult;
use crate::result::{self, ApiResult};

/// Why a request gets no answer of its interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The head cannot be read.
    Head(HeadError),
    /// The head has more bytes than this.
    HeadTooLong(usize),
    /// Nobody knows where the body ends.
    BrokenBody,
    /// The body is not what the interface takes, as this sentence says.
    Malformed(String),
    NotFound,
    MethodNotAllowed,
    /// The body did not come in time.
    TooSlow,
    /// The body has more bytes than the interface takes.
    TooLong,
    /// The batch has more elements than the interface takes, as this sentence says.
    TooMany(String),
    /// The media type is not JSON; whether there was one.
    MediaType {
        given: bool,
    },
    /// There are too many connections, or too much is being read.
    Overload(&'static str),
}

impl Failure {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::HeadTooLong(_) | Self::Head(HeadError::TooManyHeaders) => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            Self::Head(_) | Self::BrokenBody | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLong | Self::TooMany(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Overload(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the path allows, if that is what is wrong.
    pub(super) fn allow(&self, endpoint: Option<Endpoint>) -> Option<&'static str> {
        endpoint
            .filter(|_| *self == Self::MethodNotAllowed)
            .map(Endpoint::allowed)
    }

    /// Appends the body of the answer.
    pub(super) fn write(&self, endpoint: Option<Endpoint>, out: &mut Vec<u8>) {
        if endpoint == Some(Endpoint::SdkProxy) {
            // A body with `result` only, as the interface has it.
            out.extend_from_slice(b"{");
            self.sdk_proxy_result().write(out);
            out.extend_from_slice(b"}");
            return;
        }
        let result = match self.request_result() {
            RequestResult::UnknownException => result::identify::UNKNOWN_EXCEPTION,
            _ => result::identify::PARAM_ILLEGAL,
        };
        write_failure(&result, &self.detail(endpoint), out);
    }

    /// How the request ended, if it was to identify code values.
    pub(super) const fn request_result(&self) -> RequestResult {
        match self {
            Self::Overload(_) => RequestResult::UnknownException,
            _ => RequestResult::ParamIllegal,
        }
    }

    /// The result, if it was of sdkProxy.
    pub(super) const fn sdk_proxy_result(&self) -> ApiResult {
        match self {
            Self::MethodNotAllowed => result::sdk_proxy::METHOD_NOT_SUPPORTED,
            Self::MediaType { .. } => result::sdk_proxy::MEDIA_TYPE_NOT_ACCEPTABLE,
            Self::Overload(_) => result::sdk_proxy::REQUEST_TRAFFIC_EXCEED_LIMIT,
            _ => result::sdk_proxy::PARAM_ILLEGAL,
        }
    }

    fn detail(&self, endpoint: Option<Endpoint>) -> String {
        match self {
            Self::Head(error) => error.to_string(),
            Self::HeadTooLong(most) => {
                format!("The head of the request is longer than {most} bytes.")
            }
            Self::BrokenBody => BrokenBody.to_string(),
            Self::Malformed(sentence) | Self::TooMany(sentence) => sentence.clone(),
            Self::NotFound => "There is nothing at this path.".to_owned(),
            Self::MethodNotAllowed => {
                let allowed = endpoint.map_or("", Endpoint::allowed);
                format!("This path allows {allowed} only.")
            }
            Self::TooSlow => "The body did not arrive in time.".to_owned(),
            Self::TooLong => {
                let most = endpoint.map_or(0, Endpoint::max_body_bytes);
                format!("The body is longer than {most} bytes.")
            }
            Self::MediaType { given: true } => {
                "The Content-Type must be application/json, it is another.".to_owned()
            }
            Self::MediaType { given: false } => {
                "The Content-Type must be application/json, it is missing.".to_owned()
            }
            Self::Overload(sentence) => (*sentence).to_owned(),
        }
    }
}

impl From<BrokenBody> for Failure {
    fn from(_: BrokenBody) -> Self {
        Self::BrokenBody
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Malformed(sentence) => Self::Malformed(sentence),
            RequestError::TooManyElements => Self::TooMany(error.to_string()),
        }
    }
}
