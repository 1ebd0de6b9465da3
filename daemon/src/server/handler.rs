//! One HTTP request: from its head to its answer.

use std::convert::Infallible;
use std::mem;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use codeid_engine::LiveTable;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use super::body::{self, BodyError};
use super::endpoint::Endpoint;
use super::failure::Failure;
use super::progress::{Phase, Progress};
use crate::budget::Budget;
use crate::identify::{self, request::RequestError};
use crate::metrics::{self, Elapsed, Listener, Metrics, Stopwatch, Tally};
use crate::readiness;
use crate::reload::status::Board;
use crate::sdk_proxy::{self, SdkProxy};
use crate::settings::{Http, Resp};
use crate::shutdown::{Shutdown, Stage};

const GENERATION: HeaderName = HeaderName::from_static("x-codeid-generation");
const RULE: HeaderName = HeaderName::from_static("x-codeid-rule");

/// How much of a body that nobody asked for is read, so that the connection can go on.
const DISCARD_BYTES: usize = 128 << 10;

/// What all requests share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) live: Arc<LiveTable>,
    pub(super) board: Arc<Board>,
    pub(super) limits: Http,
    pub(super) resp: Resp,
    pub(super) budget: Arc<Budget>,
    /// `None`: sdkProxy is not configured.
    pub(super) proxy: Option<SdkProxy>,
    pub(super) shutdown: Arc<Shutdown>,
    pub(super) metrics: Arc<Metrics>,
}

/// Answers one request. `overloaded`: its connection is one more than are served.
pub(super) async fn handle(
    shared: &Shared,
    progress: &Progress,
    listener: Listener,
    overloaded: bool,
    mut request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    progress.enter(Phase::Answer);
    let endpoint = Endpoint::at(request.uri().path());
    let answered = if progress.begin_request() {
        Err(Failure::Ambiguous)
    } else if overloaded {
        Err(Failure::Overload("There are too many connections."))
    } else {
        answer(shared, progress, listener, endpoint, &mut request).await
    };
    let finished = match &answered {
        // The body was read to its end.
        Ok(_) if request.method() == Method::POST => true,
        Err(Failure::Malformed(_) | Failure::TooMany(_)) => true,
        Err(Failure::Ambiguous | Failure::Overload(_) | Failure::TooSlow) => false,
        _ => finish_body(&mut request, progress).await,
    };
    let mut response = match answered {
        Ok(response) => response,
        Err(failure) => {
            count_failure(&shared.metrics, listener, endpoint, &failure);
            fail(&failure, endpoint)
        }
    };
    if !finished {
        progress.leave_unread();
    }
    if !finished || shared.shutdown.reached(Stage::Drain) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    progress.enter(Phase::Idle);
    Ok(response)
}

async fn answer(
    shared: &Shared,
    progress: &Progress,
    listener: Listener,
    endpoint: Option<Endpoint>,
    request: &mut Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Failure> {
    let endpoint = endpoint.ok_or(Failure::NotFound)?;
    if !endpoint.allows(request.method()) {
        return Err(Failure::MethodNotAllowed);
    }
    match endpoint {
        Endpoint::Live => return Ok(status_only(StatusCode::OK)),
        Endpoint::Ready if readiness::is_ready(&shared.board, &shared.shutdown) => {
            return Ok(status_only(StatusCode::OK));
        }
        Endpoint::Ready => return Ok(status_only(StatusCode::SERVICE_UNAVAILABLE)),
        _ => {}
    }
    check_media_type(request.headers())?;
    progress.enter(Phase::Body);
    let most = endpoint.max_body_bytes();
    let body = body::read(request.body_mut(), most, &shared.budget, progress).await?;
    progress.enter(Phase::Answer);
    let began = Stopwatch::start();
    let answer = match endpoint {
        Endpoint::IdentifyCode => identify::identify_code(&shared.live, &body)?,
        Endpoint::IdentifyCodes => identify::identify_codes(&shared.live, &body)?,
        _ => {
            // In a box, or every request would be as large as this one, and hyper moves it.
            return Box::pin(forward(shared, mem::take(request.headers_mut()), body)).await;
        }
    };
    let took = began.stop();
    let body = body::of_answer(answer.body, &shared.budget)
        .ok_or(Failure::Overload("Too much is being answered at once."))?;
    metrics::record(listener, &answer.tally, took);
    let mut response = json(StatusCode::OK, body);
    if let Some(generation) = answer.generation {
        response
            .headers_mut()
            .insert(GENERATION, HeaderValue::from(generation.get()));
    }
    if let Some(rule) = answer.rule {
        let value = HeaderValue::from_maybe_shared(rule).expect("a rule id is visible ASCII");
        response.headers_mut().insert(RULE, value);
    }
    Ok(response)
}

/// Answers a request of sdkProxy.
async fn forward(
    shared: &Shared,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, Failure> {
    let answer = match &shared.proxy {
        Some(proxy) => proxy.answer(headers, body).await?,
        None => {
            identify::request::require_object(&body)?;
            shared
                .metrics
                .sdk_proxy()
                .count(sdk_proxy::INVALID_API.code);
            sdk_proxy::Answer::of(&sdk_proxy::INVALID_API)
        }
    };
    let mut response = json(StatusCode::OK, Full::new(answer.body));
    response.headers_mut().extend(answer.headers);
    Ok(response)
}

/// Exactly one `Content-Type`, of `application/json`, with whatever parameters.
fn check_media_type(headers: &HeaderMap) -> Result<(), Failure> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let Some(value) = values.next() else {
        return Err(Failure::MediaType { given: false });
    };
    if is_json(value.as_bytes()) && values.next().is_none() {
        Ok(())
    } else {
        Err(Failure::MediaType { given: true })
    }
}

fn is_json(media_type: &[u8]) -> bool {
    // As nearly everybody writes it.
    if media_type == b"application/json" {
        return true;
    }
    let essence = media_type.split(|b| *b == b';').next().unwrap_or_default();
    essence
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/json")
}

/// Reads what is left of the body; tells whether that was little enough.
async fn finish_body(request: &mut Request<Incoming>, progress: &Progress) -> bool {
    if request.body().is_end_stream() {
        return true;
    }
    // A client that waits for leave to send its body must not get it now.
    !request.headers().contains_key(EXPECT)
        && body::discard(request.body_mut(), DISCARD_BYTES, progress).await
}

/// Counts a request that came to no answer of its interface. Probes are not counted.
fn count_failure(
    metrics: &Metrics,
    listener: Listener,
    endpoint: Option<Endpoint>,
    failure: &Failure,
) {
    match endpoint {
        Some(Endpoint::SdkProxy) => metrics.sdk_proxy().count(failure.sdk_proxy_result().code),
        Some(Endpoint::Live | Endpoint::Ready) => {}
        Some(Endpoint::IdentifyCode | Endpoint::IdentifyCodes) | None => {
            let tally = Tally::of_request(failure.request_result());
            metrics::record(listener, &tally, Elapsed::NONE);
        }
    }
}

fn fail(failure: &Failure, endpoint: Option<Endpoint>) -> Response<Full<Bytes>> {
    let mut out = BytesMut::new();
    failure.write(endpoint, &mut out);
    let mut response = json(failure.status(), Full::new(out.freeze()));
    if let (Failure::MethodNotAllowed, Some(endpoint)) = (failure, endpoint) {
        let allowed = HeaderValue::from_static(endpoint.allowed());
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

fn json(status: StatusCode, body: Full<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn status_only(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Malformed(sentence) => Self::Malformed(sentence),
            RequestError::TooManyElements => Self::TooMany(error.to_string()),
        }
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLong => Self::TooLong,
            BodyError::TooSlow => Self::TooSlow,
            BodyError::NoRoom => Self::Overload("Too much is being read at once."),
            BodyError::Broken => {
                Self::Malformed("The body ended early, or its chunks are malformed.".to_owned())
            }
        }
    }
}
