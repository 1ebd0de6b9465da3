//! Which handler answers which method and path, who may ask for it, and that it is written down.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Request, StatusCode};

use super::answer::{Answer, Refusal};
use super::audit::Action;
use super::call::{Call, Handling, Outcome, discard_body, read_body, require_json};
use super::caller::Caller;
use super::role::Role;
use super::steer::Replaced;
use super::{AdminPlane, console, log_level, look, origin, probe, steer};

/// The bytes of a body that is no route config: a code value and an openId fit, however escaped.
const MAX_BODY_BYTES: usize = 128 << 10;

/// Everything that is answered. A path stands once for each of its methods. The document that
/// describes it is `openapi.json`.
pub(super) const ROUTES: &[Route] = &[
    Route::open("/livez", |call| Box::pin(probe::live(call))),
    Route::open("/readyz", |call| Box::pin(probe::ready(call))),
    Route::open("/openapi.json", |call| Box::pin(probe::description(call))),
    Route::open("/", |call| Box::pin(console::page(call))),
    Route::open("/console.css", |call| Box::pin(console::style(call))),
    Route::open("/console.js", |call| Box::pin(console::script(call))),
    Route::open("/modules/{module}", |call| Box::pin(console::module(call))),
    Route::get("/metrics", |call| Box::pin(look::metrics(call))),
    Route::get("/v1/metrics", |call| Box::pin(look::figures(call))),
    Route::get("/v1/status", |call| Box::pin(look::show_status(call))),
    Route::get("/v1/config", |call| Box::pin(look::config(call))),
    Route::get("/v1/rules", |call| Box::pin(look::rules(call))),
    Route::get("/v1/history", |call| Box::pin(look::history(call))),
    Route::get("/v1/history/{generation}", |call| {
        Box::pin(look::history_config(call))
    }),
    Route::post("/v1/explain", |call| Box::pin(look::explain(call))),
    Route::post("/v1/check", |call| Box::pin(look::check(call))).of_route_config(),
    Route::post("/v1/apply", |call| Box::pin(steer::apply(call)))
        .of_route_config()
        .noted("apply"),
    Route::post("/v1/reload", |call| Box::pin(steer::reload(call))).noted("reload"),
    Route::post("/v1/rollback", |call| Box::pin(steer::rollback(call))).noted("rollback"),
    Route::post("/v1/freeze", |call| Box::pin(steer::freeze(call))).noted("freeze"),
    Route::post("/v1/thaw", |call| Box::pin(steer::thaw(call))).noted("thaw"),
    Route::post("/v1/log-level", |call| Box::pin(log_level::set(call))).noted("logLevel"),
    Route::post("/v1/drain", |call| Box::pin(steer::drain(call))).noted("drain"),
];

/// One method of one path.
pub(super) struct Route {
    method: Method,
    path: &'static str,
    /// What somebody must be allowed.
    role: Role,
    /// Its body is a route config.
    takes_route_config: bool,
    /// Under which name the audit log tells it; `None`: it changes nothing.
    action: Option<&'static str>,
    handler: fn(Call) -> Handling,
}

impl Route {
    const fn open(path: &'static str, handler: fn(Call) -> Handling) -> Self {
        Self::new(Method::GET, path, Role::Nobody, handler)
    }

    const fn get(path: &'static str, handler: fn(Call) -> Handling) -> Self {
        Self::new(Method::GET, path, Role::Read, handler)
    }

    const fn post(path: &'static str, handler: fn(Call) -> Handling) -> Self {
        Self::new(Method::POST, path, Role::Read, handler)
    }

    const fn new(
        method: Method,
        path: &'static str,
        role: Role,
        handler: fn(Call) -> Handling,
    ) -> Self {
        Self {
            method,
            path,
            role,
            takes_route_config: false,
            action: None,
            handler,
        }
    }

    const fn of_route_config(mut self) -> Self {
        self.takes_route_config = true;
        self
    }

    /// It changes something, which is told.
    const fn noted(mut self, action: &'static str) -> Self {
        self.role = Role::Operate;
        self.action = Some(action);
        self
    }

    /// What stands in the place of the parameter, if `path` is one of its paths.
    fn parameter<'a>(&self, path: &'a str) -> Option<&'a str> {
        match self.path.split_once('{') {
            None => (self.path == path).then_some(""),
            Some((before, _)) => {
                let parameter = path.strip_prefix(before)?;
                (!parameter.is_empty() && !parameter.contains('/')).then_some(parameter)
            }
        }
    }

    /// Whether it answers `method`: a GET answers HEAD too, of which only the head is sent.
    fn takes(&self, method: &Method) -> bool {
        self.method == *method || (self.method == Method::GET && *method == Method::HEAD)
    }

    /// What it takes, as the header `Allow` lists it.
    fn allowed(&self) -> &str {
        match self.method {
            Method::GET => "GET, HEAD",
            _ => self.method.as_str(),
        }
    }

    fn max_body_bytes(&self, plane: &AdminPlane) -> usize {
        match (&self.method, self.takes_route_config) {
            (&Method::POST, true) => plane.operator.max_bytes(),
            (&Method::POST, false) => MAX_BODY_BYTES,
            _ => 0,
        }
    }
}

/// Answers one request.
pub(super) async fn answer(
    plane: &Arc<AdminPlane>,
    caller: Caller,
    mut request: Request<Incoming>,
) -> Answer {
    let Some((route, parameter)) = find(&request) else {
        discard_body(&mut request).await;
        return nothing_there(&request);
    };
    let allowed = require_allowed(route, plane, &caller, &request);
    if let Err(refusal) = allowed {
        discard_body(&mut request).await;
        return refused(plane, route, &caller, refusal).await;
    }
    let body = read_body(&mut request, route.max_body_bytes(plane)).await;
    let call = match body {
        Ok(body) => Call {
            plane: Arc::clone(plane),
            caller,
            parameter,
            headers: std::mem::take(request.headers_mut()),
            body,
        },
        Err(refusal) => return refused(plane, route, &caller, refusal).await,
    };
    // A task of its own: a client that hangs up ends neither what it began nor that it is noted.
    let handled = tokio::spawn(handle(route, call));
    handled
        .await
        .unwrap_or_else(|_| Refusal::fault().into_answer())
}

/// Each method of the request's path, with what stands in the place of its parameter.
fn at_path(request: &Request<Incoming>) -> impl Iterator<Item = (&'static Route, String)> {
    let path = request.uri().path();
    let of = move |route: &'static Route| Some((route, route.parameter(path)?.to_owned()));
    ROUTES.iter().filter_map(of)
}

fn find(request: &Request<Incoming>) -> Option<(&'static Route, String)> {
    at_path(request).find(|(route, _)| route.takes(request.method()))
}

/// The answer to a path that there is not, or not with the method.
fn nothing_there(request: &Request<Incoming>) -> Answer {
    let methods: Vec<_> = at_path(request).map(|(route, _)| route.allowed()).collect();
    if methods.is_empty() {
        let detail = "There is nothing at this path.";
        return Refusal::new(StatusCode::NOT_FOUND, "notFound", detail).into_answer();
    }
    let methods = methods.join(", ");
    let detail = format!("This path allows {methods} only.");
    let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "methodNotAllowed", detail);
    let mut answer = refusal.into_answer();
    let methods = HeaderValue::from_maybe_shared(bytes::Bytes::from(methods));
    let methods = methods.expect("the names of methods are visible ASCII");
    answer.headers_mut().insert(ALLOW, methods);
    answer
}

fn require_allowed(
    route: &Route,
    plane: &AdminPlane,
    caller: &Caller,
    request: &Request<Incoming>,
) -> Result<(), Refusal> {
    origin::require_own(request.headers(), &plane.hosts)
        .map_err(|why| Refusal::new(StatusCode::FORBIDDEN, "foreignOrigin", why))?;
    if caller.role() < route.role {
        return Err(match caller {
            Caller::Unknown { gave_one } => {
                let detail = match gave_one {
                    true => "The token is not known.",
                    false => "A token is needed: Authorization: Bearer TOKEN.",
                };
                Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
            }
            _ => {
                let detail = "The role of this token is read; this needs operate.";
                Refusal::new(StatusCode::FORBIDDEN, "forbidden", detail)
            }
        });
    }
    match route.method {
        Method::POST => require_json(request.headers()),
        _ => Ok(()),
    }
}

async fn handle(route: &'static Route, call: Call) -> Answer {
    let Some(action) = route.action else {
        return (route.handler)(call)
            .await
            .unwrap_or_else(Refusal::into_answer);
    };
    let plane = Arc::clone(&call.plane);
    if let Err(error) = plane.audit.require_writable().await {
        return unwritable(&error).into_answer();
    }
    let (caller, from) = (call.caller.clone(), plane.operator.live_digest());
    let outcome = or_fault((route.handler)(call)).await;
    let word = outcome
        .as_ref()
        .map_or_else(|refusal| refusal.word, |_| "done");
    let answer = outcome.unwrap_or_else(Refusal::into_answer);
    let replaced = answer.extensions().get::<Replaced>().copied();
    let replaced = replaced.unwrap_or(Replaced { from, to: from });
    match note(&plane, action, &caller, replaced, word).await {
        Ok(()) => answer,
        Err(refusal) => refusal.into_answer(),
    }
}

/// A panic in a handler is its answer's fault, and is still noted.
async fn or_fault(handling: Handling) -> Outcome {
    tokio::spawn(handling)
        .await
        .unwrap_or_else(|_| Err(Refusal::fault()))
}

/// Answers a refusal; one of a change is noted.
async fn refused(plane: &AdminPlane, route: &Route, caller: &Caller, refusal: Refusal) -> Answer {
    if let Some(action) = route.action {
        let serving = plane.operator.live_digest();
        let replaced = Replaced {
            from: serving,
            to: serving,
        };
        if let Err(unwritten) = note(plane, action, caller, replaced, refusal.word).await {
            return unwritten.into_answer();
        }
    }
    refusal.into_answer()
}

async fn note(
    plane: &AdminPlane,
    action: &'static str,
    caller: &Caller,
    replaced: Replaced,
    outcome: &'static str,
) -> Result<(), Refusal> {
    tracing::info!(action, by = %caller, outcome, "admin");
    let line = Action {
        who: caller.to_string(),
        action,
        from: replaced.from,
        to: replaced.to,
        outcome,
    };
    plane.audit.write(line).await.map_err(|error| {
        tracing::error!(action, by = %caller, outcome, %error, "the audit log was not written");
        let detail = format!("This was {outcome}, but not written to the audit log: {error}.");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "notAudited", detail)
    })
}

fn unwritable(error: &std::io::Error) -> Refusal {
    tracing::error!(%error, "the audit log cannot be written, so nothing is changed");
    let detail = format!("The audit log cannot be written, so nothing was changed: {error}.");
    Refusal::new(StatusCode::INSUFFICIENT_STORAGE, "notAudited", detail)
}
