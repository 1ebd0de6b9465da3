//! Which handler answers which method and path.

use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::AdminPlane;
use super::answer::{AnswerBody, json, refusal};
use super::status::{Alive, Document, Readiness};

/// Everything that is answered. A path stands once for each of its methods.
const ROUTES: &[Route] = &[
    Route::get("/v1/status", |plane| {
        json(StatusCode::OK, &Document::of(plane))
    }),
    Route::get("/livez", |_| json(StatusCode::OK, &Alive { live: true })),
    Route::get("/readyz", |plane| {
        let readiness = Readiness::now(plane);
        let status = match readiness.ready {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        json(status, &readiness)
    }),
];

struct Route {
    method: Method,
    path: &'static str,
    handler: fn(&AdminPlane) -> Response<AnswerBody>,
}

impl Route {
    const fn get(path: &'static str, handler: fn(&AdminPlane) -> Response<AnswerBody>) -> Self {
        Self {
            method: Method::GET,
            path,
            handler,
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
}

/// Answers one request.
pub(super) fn answer(plane: &AdminPlane, request: &Request<Incoming>) -> Response<AnswerBody> {
    let path = request.uri().path();
    let here = || ROUTES.iter().filter(|route| route.path == path);
    if let Some(route) = here().find(|route| route.takes(request.method())) {
        return (route.handler)(plane);
    }
    let methods: Vec<_> = here().map(Route::allowed).collect();
    if methods.is_empty() {
        return refusal(StatusCode::NOT_FOUND, "There is nothing at this path.");
    }
    let methods = methods.join(", ");
    let detail = format!("This path allows {methods} only.");
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, &detail);
    let methods = HeaderValue::from_maybe_shared(bytes::Bytes::from(methods));
    let methods = methods.expect("the names of methods are visible ASCII");
    response.headers_mut().insert(ALLOW, methods);
    response
}
