//! Requests that fail before their endpoint can answer: the status, result and detail of each.

use hyper::StatusCode;

use super::endpoint::Endpoint;
use crate::error_chain::sentence;
use crate::http::{BrokenBody, HeadError, MediaType, shown};
use crate::identify::{RequestError, write_failure};
use crate::json::BodyError;
use crate::metrics::RequestResult;
use crate::result::{self, ApiResult};

/// The reason why a request gets no response of its endpoint.
#[derive(Debug)]
pub(super) enum Failure {
    /// The head cannot be read.
    Head(HeadError),
    /// The head has more bytes than this.
    HeadTooLong(usize),
    /// The first line of the head, above all the target, has more bytes than this.
    TargetTooLong(usize),
    /// The path has no endpoint.
    NotFound,
    /// The endpoint does not take the method.
    MethodNotAllowed,
    /// The media type of the body is missing, or is not JSON, as this text says. A second sentence names
    /// the content coding, if there is one.
    MediaType(String),
    /// The body has a content coding, which this sentence names.
    ContentEncoding(String),
    /// The body did not arrive in time.
    BodyTimedOut,
    /// The body has more bytes than the endpoint takes.
    BodyTooLong,
    /// The body is not read to its end.
    BrokenBody(BrokenBody),
    /// The body is not what the endpoint takes.
    Request(RequestError),
    /// The connection is one more than are served.
    TooManyConnections,
    /// `memory.max-bytes` has no room for the connection.
    NoMemoryToConnect,
    /// `memory.max-bytes` has no room for the request or its response, as this sentence says.
    NoMemory(&'static str),
}

impl Failure {
    /// The failure of a body with this media type, which is not JSON, and perhaps content codings, too.
    pub(super) fn of_media_type(media_type: MediaType<'_>, codings: Option<&[u8]>) -> Self {
        let mut sentences = match media_type {
            MediaType::Other(b"") => {
                "Content-Type is empty; it must be application/json.".to_owned()
            }
            MediaType::Other(value) => {
                let value = shown(value);
                format!("Content-Type must be application/json, not {value}.")
            }
            MediaType::Several => {
                "Content-Type is given more than once; it must be application/json, once."
                    .to_owned()
            }
            MediaType::Missing | MediaType::Json => {
                "Content-Type is missing; it must be application/json.".to_owned()
            }
        };
        if let Some(codings) = codings {
            sentences.push(' ');
            sentences.push_str(&refused_codings(codings));
        }
        Self::MediaType(sentences)
    }

    /// The failure of a body with these content codings.
    pub(super) fn of_content_encoding(codings: &[u8]) -> Self {
        Self::ContentEncoding(refused_codings(codings))
    }

    /// Returns the status of the response.
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::HeadTooLong(_) | Self::Head(HeadError::TooManyHeaders) => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            Self::TargetTooLong(_) => StatusCode::URI_TOO_LONG,
            Self::Head(_)
            | Self::BrokenBody(_)
            | Self::Request(
                RequestError::Malformed(_) | RequestError::Element(..) | RequestError::Array { .. },
            ) => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::MediaType(_) | Self::ContentEncoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLong
            | Self::Request(RequestError::TooManyElements | RequestError::ElementTooLong(_)) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::TooManyConnections | Self::NoMemoryToConnect | Self::NoMemory(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Returns the header that says what would have been taken instead, its name and its value.
    pub(super) fn accepted(
        &self,
        endpoint: Option<Endpoint>,
    ) -> Option<(&'static str, &'static str)> {
        match self {
            Self::MethodNotAllowed => Some(("Allow", endpoint?.allowed())),
            Self::MediaType(_) => Some(("Accept", "application/json")),
            Self::ContentEncoding(_) => Some(("Accept-Encoding", "identity")),
            _ => None,
        }
    }

    /// Appends the body of the response.
    pub(super) fn write(&self, endpoint: Option<Endpoint>, out: &mut Vec<u8>) {
        let result = if endpoint.is_some_and(|e| e.sdk_proxy_interface().is_some()) {
            self.sdk_proxy_result()
        } else {
            match self.request_result() {
                RequestResult::UnknownException => result::identify::UNKNOWN_EXCEPTION,
                RequestResult::Success | RequestResult::ParamIllegal => {
                    result::identify::PARAM_ILLEGAL
                }
            }
        };
        write_failure(&result, &self.detail(endpoint), out);
    }

    /// Returns the result for a request that is to identify code values.
    pub(super) const fn request_result(&self) -> RequestResult {
        match self {
            Self::TooManyConnections | Self::NoMemoryToConnect | Self::NoMemory(_) => {
                RequestResult::UnknownException
            }
            _ => RequestResult::ParamIllegal,
        }
    }

    /// Returns the result for a request of sdkProxy.
    pub(super) const fn sdk_proxy_result(&self) -> ApiResult {
        match self {
            Self::MethodNotAllowed => result::sdk_proxy::METHOD_NOT_SUPPORTED,
            Self::MediaType(_) | Self::ContentEncoding(_) => {
                result::sdk_proxy::MEDIA_TYPE_NOT_ACCEPTABLE
            }
            Self::TooManyConnections | Self::NoMemoryToConnect | Self::NoMemory(_) => {
                result::sdk_proxy::REQUEST_TRAFFIC_EXCEED_LIMIT
            }
            _ => result::sdk_proxy::PARAM_ILLEGAL,
        }
    }

    /// Returns a sentence for people, which shows nothing of the content of the request.
    pub(super) fn detail(&self, endpoint: Option<Endpoint>) -> String {
        match self {
            Self::Head(error) => sentence(error),
            Self::HeadTooLong(most) => {
                format!("The head of the request is longer than {most} bytes.")
            }
            Self::TargetTooLong(most) => {
                format!("The first line of the request is longer than {most} bytes.")
            }
            Self::NotFound => "There is nothing at this path.".to_owned(),
            Self::MethodNotAllowed => {
                let allowed = endpoint.map_or("", Endpoint::allowed);
                format!("This path allows {allowed} only.")
            }
            Self::MediaType(sentence) | Self::ContentEncoding(sentence) => sentence.clone(),
            Self::BodyTimedOut => "The body did not arrive in time.".to_owned(),
            Self::BodyTooLong => {
                let most = endpoint.map_or(0, Endpoint::max_body_bytes);
                format!("The body is longer than {most} bytes.")
            }
            Self::BrokenBody(error) => sentence(error),
            Self::Request(error) => sentence(error),
            Self::TooManyConnections => "There are too many connections.".to_owned(),
            Self::NoMemoryToConnect => "There is no memory for another connection.".to_owned(),
            Self::NoMemory(sentence) => (*sentence).to_owned(),
        }
    }
}

/// Returns the sentence about a body with these content codings.
fn refused_codings(codings: &[u8]) -> String {
    let codings = shown(codings);
    format!("The body has the Content-Encoding {codings}; it must have none.")
}

impl From<BrokenBody> for Failure {
    fn from(error: BrokenBody) -> Self {
        Self::BrokenBody(error)
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        Self::Request(error.into())
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}
