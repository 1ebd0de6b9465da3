//! A request whose head was read, and the plan for its response.

use bytes::Bytes;
use hyper::{HeaderMap, StatusCode, Version};

use super::endpoint::Endpoint;
use super::failure::Failure;
use crate::http::{ConnectionOption, Head, MediaType, Method, header_map};
use crate::identify;
use crate::metrics::{self, Elapsed, Listener, RequestCounts};
use crate::readiness;
use crate::result::sdk_proxy as results;
use crate::sdk_proxy::{self, Interface, Response};
use crate::serve::shared::Shared;
use crate::trace_context::TraceParent;

/// The most bytes that are read of a body that is not needed, so that the connection stays open.
const DISCARD_BYTES: usize = 128 << 10;

/// The part of a request's head that its response depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// The endpoint of the path, if there is one.
    pub(super) endpoint: Option<Endpoint>,
    /// `true` if the response is sent without its body.
    pub(super) is_head: bool,
    /// HTTP/1.0 or 1.1.
    pub(super) version: Version,
    /// `true` if the connection may stay open.
    pub(super) keep_alive: bool,
    /// The trace of a request of sdkProxy, for lines of the log about it. No other request has a line.
    pub(super) trace: Option<TraceParent>,
}

/// The plan for the response to a request.
#[derive(Debug)]
pub(super) enum Plan {
    /// Identify the code value in its body.
    IdentifyCode,
    /// Identify the batch of code values in its body.
    IdentifyCodes,
    /// Forward its body, which came through this interface, with these headers.
    Forward(Interface, Box<HeaderMap>),
    /// Respond with a status only.
    Status(StatusCode),
    /// Respond with a failure.
    Refuse(Failure),
}

impl Request {
    /// The request with this head, which `bytes` begin with.
    pub(super) fn new(head: &Head<'_>, bytes: &[u8]) -> Self {
        let endpoint = Endpoint::from_path(head.path);
        let is_forwarded = endpoint.is_some_and(|e| e.sdk_proxy_interface().is_some());
        let headers = is_forwarded.then(|| header_map(bytes).ok()).flatten();
        Self {
            endpoint,
            trace: headers.as_ref().and_then(TraceParent::of),
            is_head: head.method == Method::Head,
            version: head.version,
            keep_alive: head.keep_alive,
        }
    }

    /// A request whose head cannot be read.
    pub(super) const UNREADABLE: Self = Self {
        endpoint: None,
        is_head: false,
        version: Version::HTTP_11,
        keep_alive: false,
        trace: None,
    };

    /// Returns the most bytes of the body that are read under this plan.
    pub(super) fn max_body_bytes(&self, plan: &Plan) -> usize {
        match self.endpoint {
            Some(endpoint) if plan.needs_body() => endpoint.max_body_bytes(),
            _ => DISCARD_BYTES,
        }
    }

    /// Returns the connection option of the response.
    pub(super) fn connection_option(&self) -> Option<ConnectionOption> {
        match self.version {
            _ if !self.keep_alive => Some(ConnectionOption::Close),
            Version::HTTP_10 => Some(ConnectionOption::KeepAlive),
            _ => None,
        }
    }

    /// Returns the plan for the request, whose head `bytes` begin with.
    pub(super) fn plan(&self, shared: &Shared, head: &Head<'_>, bytes: &[u8]) -> Plan {
        let plan = self.try_plan(shared, head, bytes);
        plan.unwrap_or_else(Plan::Refuse)
    }

    fn try_plan(&self, shared: &Shared, head: &Head<'_>, bytes: &[u8]) -> Result<Plan, Failure> {
        let endpoint = self.endpoint.ok_or(Failure::NotFound)?;
        if !endpoint.allows(head.method) {
            return Err(Failure::MethodNotAllowed);
        }
        let status = match endpoint {
            Endpoint::Ready if !readiness::is_ready(&shared.status, &shared.shutdown) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::OK,
        };
        let forward = |interface| {
            let headers = header_map(bytes).map_err(Failure::Head)?;
            Ok(Plan::Forward(interface, Box::new(headers)))
        };
        match (endpoint, head.media_type, head.content_encoding) {
            (Endpoint::Live | Endpoint::Ready, ..) => Ok(Plan::Status(status)),
            (_, MediaType::Missing | MediaType::Several | MediaType::Other(_), codings) => {
                Err(Failure::of_media_type(head.media_type, codings))
            }
            (_, _, Some(codings)) => Err(Failure::of_content_encoding(codings)),
            (Endpoint::IdentifyCode, MediaType::Json, None) => Ok(Plan::IdentifyCode),
            (Endpoint::IdentifyCodes, MediaType::Json, None) => Ok(Plan::IdentifyCodes),
            (Endpoint::SdkProxy, MediaType::Json, None) => forward(Interface::Server),
            (Endpoint::ClientSdkProxy, MediaType::Json, None) => forward(Interface::Client),
        }
    }
}

impl Plan {
    /// Returns `true` if the response depends on the body.
    pub(super) const fn needs_body(&self) -> bool {
        !matches!(self, Self::Status(_) | Self::Refuse(_))
    }

    /// Returns the plan for a request whose body has failed. It differs only if the body is needed.
    pub(super) fn or_refuse(self, failure: Failure) -> Self {
        if self.needs_body() {
            Self::Refuse(failure)
        } else {
            self
        }
    }
}

/// Forwards a request of sdkProxy, if that is configured.
///
/// # Errors
///
/// [`Failure`] if the body is not a JSON object.
pub(super) async fn forward(
    shared: &Shared,
    interface: Interface,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    if let Some(proxy) = &shared.proxy {
        return Ok(proxy.respond(interface, headers, body).await?);
    }
    identify::read_one(&body)?;
    let figures = shared.metrics.sdk_proxy();
    figures.count(results::INVALID_API.code);
    let span = TraceParent::log_span(TraceParent::of(&headers));
    let failure = sdk_proxy::Failure::NotConfigured;
    Ok(span.in_scope(|| Response::fail(&failure, interface)))
}

/// Counts a request that failed before its endpoint could answer, and logs one of sdkProxy. Probes are not
/// counted.
pub(super) fn count_failure(
    shared: &Shared,
    listener: Listener,
    request: &Request,
    failure: &Failure,
) {
    let endpoint = request.endpoint;
    if let Failure::NoMemory(_) = failure {
        let figures = shared.metrics.connections();
        figures.count_memory_refusals(listener, 1);
    }
    match endpoint {
        Some(Endpoint::SdkProxy | Endpoint::ClientSdkProxy) => {
            let (code, status) = (failure.sdk_proxy_result().code, failure.status().as_u16());
            shared.metrics.sdk_proxy().count(code);
            let why = failure.detail(endpoint);
            let _entered = TraceParent::log_span(request.trace).entered();
            // The log has a bound for each of them.
            if let Failure::TooManyConnections | Failure::NoMemoryToConnect | Failure::NoMemory(_) =
                failure
            {
                tracing::info!(code, status, %why, "a request of sdkProxy met an overload");
            } else {
                tracing::info!(code, status, %why, "a request of sdkProxy was refused unread");
            }
        }
        Some(Endpoint::Live | Endpoint::Ready) => {}
        Some(Endpoint::IdentifyCode | Endpoint::IdentifyCodes) | None => {
            let counts = RequestCounts::of_request(failure.request_result());
            metrics::record(listener, &counts, Elapsed::NONE);
        }
    }
}
