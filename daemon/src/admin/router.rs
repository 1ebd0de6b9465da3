//! Finds the route of a request, checks the caller, runs the handler, and records the outcome of an action.

use std::sync::Arc;

use hyper::Request as HttpRequest;
use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};
use tracing::Instrument;

use super::access::require_access;
use super::caller::Caller;
use super::handlers;
use super::host_header;
use super::plane::AdminPlane;
use super::refusal::Refusal;
use super::request::{Handling, Outcome, Request, read_body};
use super::response::{ConcludedLater, Replaced, Response};
use crate::api::admin::{Body, ROUTES, Route};
use crate::api::method::Method;
use crate::api::refusal::ErrorCode;
use crate::audit::Outcome as AuditOutcome;
use crate::trace_context::TraceParent;

/// The most bytes of a body that is not a route config: a code value and an openId fit, however
/// they are escaped.
const MAX_BODY_BYTES: usize = 128 << 10;

/// The route of a request, and the value of its path's parameter.
pub(super) struct Target {
    route: &'static Route,
    parameter: String,
}

/// Decides from the head of a request whether its caller may make it. Nothing of the body is read.
///
/// # Errors
///
/// The response that refuses the request.
pub(super) async fn admit(
    plane: &AdminPlane,
    caller: &Caller,
    request: &mut HttpRequest<Incoming>,
) -> Result<Target, Response> {
    let (version, target) = (request.version(), request.uri().clone());
    let host = host_header::settle(version, &target, request.headers_mut());
    let Some((route, parameter)) = find(request.method(), target.path()) else {
        let no_route = |()| without_route(target.path());
        return Err(host.map_or_else(Refusal::into_response, no_route));
    };
    let access = host.and_then(|()| require_access(route, &plane.hosts, caller, request.headers()));
    match access {
        Ok(()) => Ok(Target { route, parameter }),
        Err(refusal) => {
            let span = TraceParent::log_span(TraceParent::of(request.headers()));
            let refused = refuse(plane, route, caller, refusal).instrument(span);
            Err(refused.await)
        }
    }
}

/// Returns the response to a request that its caller may make.
pub(super) async fn respond(
    plane: &Arc<AdminPlane>,
    caller: Caller,
    Target { route, parameter }: Target,
    mut request: HttpRequest<Incoming>,
) -> Response {
    let upgrade = hyper::upgrade::on(&mut request);
    let span = TraceParent::log_span(TraceParent::of(request.headers()));
    let body = read_body(&mut request, max_body_bytes(route, plane)).await;
    let request = match body {
        Ok(body) => Request {
            plane: Arc::clone(plane),
            caller,
            parameter,
            headers: std::mem::take(request.headers_mut()),
            body,
            action: route.action,
            intent: Arc::default(),
            upgrade,
        },
        Err(refusal) => {
            let refused = refuse(plane, route, &caller, refusal).instrument(span);
            return refused.await;
        }
    };
    // In a task of its own: a client that hangs up must not stop a change halfway, nor its record.
    let handled = tokio::spawn(handle(route, request).instrument(span));
    handled
        .await
        .unwrap_or_else(|_| Refusal::fault().into_response())
}

/// Returns the routes of a path, each with the value of the path's parameter.
fn at_path(path: &str) -> impl Iterator<Item = (&'static Route, String)> {
    ROUTES
        .iter()
        .filter_map(move |route| Some((route, route.parameter(path)?.to_owned())))
}

/// Finds the route of a request, and the value of its path's parameter.
pub(super) fn find(method: &hyper::Method, path: &str) -> Option<(&'static Route, String)> {
    // Of the response to HEAD, hyper sends only the head.
    at_path(path).find(|(route, _)| match route.method {
        Method::Get => method == hyper::Method::GET || method == hyper::Method::HEAD,
        Method::Post => method == hyper::Method::POST,
    })
}

/// Returns the response to a path that does not exist, or not with this method.
fn without_route(path: &str) -> Response {
    let methods: Vec<&str> = at_path(path)
        .map(|(route, _)| route.method.allowed())
        .collect();
    if methods.is_empty() {
        let detail = "This path does not exist.";
        return Refusal::new(ErrorCode::NotFound, detail).into_response();
    }
    let methods = methods.join(", ");
    let detail = format!("This path allows {methods} only.");
    let mut response = Refusal::new(ErrorCode::MethodNotAllowed, detail).into_response();
    let methods = HeaderValue::from_maybe_shared(bytes::Bytes::from(methods));
    let methods = methods.expect("the names of methods are visible ASCII");
    response.headers_mut().insert(ALLOW, methods);
    response
}

fn max_body_bytes(route: &Route, plane: &AdminPlane) -> usize {
    match route.body {
        Body::None => 0,
        Body::Json(_) => MAX_BODY_BYTES,
        Body::RouteConfig(_) => plane.operator.max_bytes(),
    }
}

/// Runs the handler. Records the outcome of an action that it intended, and counts one that it
/// refused before.
async fn handle(route: &'static Route, request: Request) -> Response {
    let (plane, caller) = (Arc::clone(&request.plane), request.caller.clone());
    let intent = Arc::clone(&request.intent);
    let before = plane.operator.live_digest();
    let Some(action) = route.action else {
        let handling = handlers::handle(route.endpoint, request);
        return handling.await.unwrap_or_else(Refusal::into_response);
    };
    let outcome = or_fault(handlers::handle(route.endpoint, request)).await;
    if let Ok(response) = &outcome
        && response.extensions().get::<ConcludedLater>().is_some()
    {
        return outcome.unwrap_or_else(Refusal::into_response);
    }
    let Some(intent) = intent.lock().take() else {
        let refusal = outcome.err().unwrap_or_else(|| {
            tracing::error!(action, "an action was carried out without a record");
            Refusal::fault()
        });
        return refuse(&plane, route, &caller, refusal).await;
    };
    let recorded = match &outcome {
        Ok(_) => AuditOutcome::Done,
        Err(refusal) => AuditOutcome::Refused(refusal.code()),
    };
    tracing::info!(action, by = %caller, outcome = %recorded, "admin command");
    let response = outcome.unwrap_or_else(Refusal::into_response);
    let replaced = response.extensions().get::<Replaced>().copied();
    let replaced = replaced.unwrap_or_else(|| Replaced::nothing(before));
    let Replaced { from, to } = replaced;
    plane.audit.conclude(intent, from, to, recorded).await;
    response
}

/// Turns a panic of a handler into a refusal, so that the attempt is recorded all the same.
async fn or_fault(handling: Handling) -> Outcome {
    tokio::spawn(handling.in_current_span())
        .await
        .unwrap_or_else(|_| Err(Refusal::fault()))
}

/// Returns the response that refuses a request, and counts the refusal of an action for the audit log.
async fn refuse(plane: &AdminPlane, route: &Route, caller: &Caller, refusal: Refusal) -> Response {
    if let Some(action) = route.action {
        let code = refusal.code();
        tracing::info!(action, by = %caller, outcome = %code, "admin command");
        let counted = plane.audit.count_refusal(caller.to_string(), action, code);
        if let Err(error) = counted.await {
            tracing::error!(action, by = %caller, %error, "a refusal is missing from the audit log");
        }
    }
    refusal.into_response()
}
