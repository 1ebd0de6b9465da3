//! One request: what its head asks for, and what it is answered.

use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};

use crate::http::{Head, MediaType, Method, header_map};
use crate::identify;
use crate::metrics::{self, Elapsed, Listener, Tally};
use crate::readiness;
use crate::result::sdk_proxy as results;
use crate::sdk_proxy::Answer;
use crate::serve::endpoint::Endpoint;
use crate::serve::failure::Failure;
use crate::serve::shared::Shared;

/// How much of a body that nobody asked for is read, so that the connection can go on.
const DISCARD_BYTES: usize = 128 << 10;

/// A request whose head was read, as far as its answer hangs on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// What its path names, if anything.
    pub(super) endpoint: Option<Endpoint>,
    /// Whether the answer is sent without its body.
    pub(super) is_head: bool,
    /// Whether the client speaks HTTP/1.0.
    pub(super) is_old: bool,
    /// Whether the connection may stay open.
    pub(super) is_kept: bool,
}

/// What is done about a request.
#[derive(Debug)]
pub(super) enum Plan {
    /// A code value is identified.
    IdentifyCode,
    /// A batch of them is.
    IdentifyCodes,
    /// It is forwarded, with what its header lines say.
    Forward(Box<HeaderMap>),
    /// It is answered with a status only.
    Tell(StatusCode),
    /// It is refused.
    Refuse(Failure),
}

impl Request {
    /// One with this head.
    pub(super) fn new(head: &Head<'_>) -> Self {
        Self {
            endpoint: Endpoint::at(head.path),
            is_head: head.method == Method::Head,
            is_old: head.is_old,
            is_kept: head.is_kept,
        }
    }

    /// One whose head cannot be read.
    pub(super) const UNREADABLE: Self = Self {
        endpoint: None,
        is_head: false,
        is_old: false,
        is_kept: false,
    };

    /// The most bytes of the body that are read, where this is planned.
    pub(super) fn max_body_bytes(&self, plan: &Plan) -> usize {
        match self.endpoint {
            Some(endpoint) if plan.wants_body() => endpoint.max_body_bytes(),
            _ => DISCARD_BYTES,
        }
    }

    /// What is done about it; `bytes` begin with its head.
    pub(super) fn plan(&self, shared: &Shared, head: &Head<'_>, bytes: &[u8]) -> Plan {
        let endpoint = self.endpoint.ok_or(Failure::NotFound);
        let plan = endpoint.and_then(|endpoint| plan(shared, endpoint, head, bytes));
        plan.unwrap_or_else(Plan::Refuse)
    }
}

impl Plan {
    /// Whether somebody looks at the body.
    pub(super) const fn wants_body(&self) -> bool {
        !matches!(self, Self::Tell(_) | Self::Refuse(_))
    }

    /// What is done instead, once the body has failed; nothing else, if nobody looks at it.
    pub(super) fn or_refuse(self, failure: Failure) -> Self {
        if self.wants_body() {
            Self::Refuse(failure)
        } else {
            self
        }
    }
}

fn plan(
    shared: &Shared,
    endpoint: Endpoint,
    head: &Head<'_>,
    bytes: &[u8],
) -> Result<Plan, Failure> {
    if !endpoint.allows(head.method) {
        return Err(Failure::MethodNotAllowed);
    }
    let status = match endpoint {
        Endpoint::Ready if !readiness::is_ready(&shared.board, &shared.shutdown) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::OK,
    };
    match (endpoint, head.media_type) {
        (Endpoint::Live | Endpoint::Ready, _) => Ok(Plan::Tell(status)),
        (_, MediaType::Missing) => Err(Failure::MediaType { given: false }),
        (_, MediaType::Other) => Err(Failure::MediaType { given: true }),
        (Endpoint::IdentifyCode, MediaType::Json) => Ok(Plan::IdentifyCode),
        (Endpoint::IdentifyCodes, MediaType::Json) => Ok(Plan::IdentifyCodes),
        (Endpoint::SdkProxy, MediaType::Json) => {
            let headers = header_map(bytes).map_err(Failure::Head)?;
            Ok(Plan::Forward(Box::new(headers)))
        }
    }
}

/// The answer to a request of sdkProxy.
pub(super) async fn forward(
    shared: &Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, Failure> {
    if let Some(proxy) = &shared.proxy {
        return Ok(proxy.answer(headers, body).await?);
    }
    identify::request::require_object(&body)?;
    let figures = shared.metrics.sdk_proxy();
    figures.count(results::INVALID_API.code);
    Ok(Answer::of(&results::INVALID_API))
}

/// Counts a request that came to no answer of its interface. Probes are not counted.
pub(super) fn count_failure(
    shared: &Shared,
    listener: Listener,
    endpoint: Option<Endpoint>,
    failure: &Failure,
) {
    match endpoint {
        Some(Endpoint::SdkProxy) => {
            let figures = shared.metrics.sdk_proxy();
            figures.count(failure.sdk_proxy_result().code);
        }
        Some(Endpoint::Live | Endpoint::Ready) => {}
        Some(Endpoint::IdentifyCode | Endpoint::IdentifyCodes) | None => {
            let tally = Tally::of_request(failure.request_result());
            metrics::record(listener, &tally, Elapsed::NONE);
        }
    }
}
