//! Finds the route of a request, checks the caller, runs the handler, and records changes.

use std::sync::Arc;

use hyper::Request as HttpRequest;
use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};

use super::access::require_access;
use super::audit::{Entry, Outcome as AuditOutcome, Replaced};
use super::caller::Caller;
use super::handlers;
use super::plane::AdminPlane;
use super::refusal::Refusal;
use super::request::{Handling, Outcome, Request, discard_body, read_body};
use super::response::Response;
use crate::api::admin::{Body, ROUTES, Route};
use crate::api::method::Method;
use crate::api::refusal::ErrorCode;

/// The most bytes of a body that is not a route config: a code value and an openId fit, however
/// they are escaped.
const MAX_BODY_BYTES: usize = 128 << 10;

/// Returns the response to a request.
pub(super) async fn respond(
    plane: &Arc<AdminPlane>,
    caller: Caller,
    mut request: HttpRequest<Incoming>,
) -> Response {
    let Some((route, parameter)) = find(request.method(), request.uri().path()) else {
        discard_body(&mut request).await;
        return without_route(request.uri().path());
    };
    if let Err(refusal) = require_access(route, &plane.hosts, &caller, request.headers()) {
        discard_body(&mut request).await;
        return refuse(plane, route, &caller, refusal).await;
    }
    let body = read_body(&mut request, max_body_bytes(route, plane)).await;
    let request = match body {
        Ok(body) => Request {
            plane: Arc::clone(plane),
            caller,
            parameter,
            headers: std::mem::take(request.headers_mut()),
            body,
        },
        Err(refusal) => return refuse(plane, route, &caller, refusal).await,
    };
    // In a task of its own: a client that hangs up must not stop a change halfway, nor its record.
    let handled = tokio::spawn(handle(route, request));
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

async fn handle(route: &'static Route, request: Request) -> Response {
    let Some(action) = route.action else {
        let handling = handlers::handle(route.endpoint, request);
        return handling.await.unwrap_or_else(Refusal::into_response);
    };
    let plane = Arc::clone(&request.plane);
    if let Err(error) = plane.audit.require_writable().await {
        tracing::error!(%error, "the audit log cannot be written, so nothing is changed");
        let detail = format!("The audit log cannot be written, so nothing was changed: {error}.");
        return Refusal::new(ErrorCode::NotAudited, detail).into_response();
    }
    let (caller, before) = (request.caller.clone(), plane.operator.live_digest());
    let outcome = or_fault(handlers::handle(route.endpoint, request)).await;
    let recorded = match &outcome {
        Ok(_) => AuditOutcome::Done,
        Err(refusal) => AuditOutcome::Refused(refusal.code()),
    };
    let response = outcome.unwrap_or_else(Refusal::into_response);
    let replaced = response.extensions().get::<Replaced>().copied();
    let replaced = replaced.unwrap_or_else(|| Replaced::nothing(before));
    match record(&plane, action, &caller, replaced, recorded).await {
        Ok(()) => response,
        Err(refusal) => refusal.into_response(),
    }
}

/// Turns a panic of a handler into a refusal, so that the attempt is recorded all the same.
async fn or_fault(handling: Handling) -> Outcome {
    tokio::spawn(handling)
        .await
        .unwrap_or_else(|_| Err(Refusal::fault()))
}

/// Returns the response that refuses a request, and records the refusal of a change.
async fn refuse(plane: &AdminPlane, route: &Route, caller: &Caller, refusal: Refusal) -> Response {
    if let Some(action) = route.action {
        let replaced = Replaced::nothing(plane.operator.live_digest());
        let outcome = AuditOutcome::Refused(refusal.code());
        if let Err(not_audited) = record(plane, action, caller, replaced, outcome).await {
            return not_audited.into_response();
        }
    }
    refusal.into_response()
}

/// Writes a change, or an attempt, to the audit log.
async fn record(
    plane: &AdminPlane,
    action: &'static str,
    caller: &Caller,
    replaced: Replaced,
    outcome: AuditOutcome,
) -> Result<(), Refusal> {
    tracing::info!(action, by = %caller, %outcome, "admin command");
    let entry = Entry {
        who: caller.to_string(),
        action,
        from: replaced.from,
        to: replaced.to,
        outcome,
    };
    plane.audit.write(entry).await.map_err(|error| {
        tracing::error!(action, by = %caller, %outcome, %error, "the audit log was not written");
        let detail =
            format!("The outcome, {outcome}, could not be written to the audit log: {error}.");
        Refusal::after_a_change(ErrorCode::NotAudited, detail)
    })
}
