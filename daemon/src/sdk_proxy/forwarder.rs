//! The forwarder, which responds to requests on threads of its own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::HeaderMap;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::checked_response::Counted;
use super::customer::CustomerFrom;
use super::failure::Failure;
use super::interface::Interface;
use super::request::SdkRequest;
use super::response::Response;
use super::upstream::Upstream;
use crate::budget::{Budget, Buffer};
use crate::faults;
use crate::json::BodyError;
use crate::metrics::{SdkProxyFigures, Task};
use crate::panic::{Panicked, catch_panic};
use crate::trace_context::{TraceContext, TraceParent};

/// The forwarder.
pub(crate) struct SdkProxy {
    forwarder: Arc<Forwarder>,
    /// A permit for each further request that may be in flight.
    in_flight: Arc<Semaphore>,
    max_in_flight: usize,
    figures: Arc<SdkProxyFigures>,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

/// The part of the forwarder that the proxy threads share.
pub(super) struct Forwarder {
    /// The place that names the customer of a request.
    pub(super) customer_from: CustomerFrom,
    /// The server that requests are forwarded to.
    pub(super) upstream: Upstream,
    /// The time that a request may take, the login check included.
    pub(super) total_timeout: Duration,
    /// `true` if the upstream gets the trace of a request.
    pub(super) forwards_trace: bool,
    /// The memory for the bodies that are forwarded.
    pub(super) budget: Arc<Budget>,
}

impl SdkProxy {
    /// Creates a forwarder that uses the threads of `runtime` for up to `max_in_flight` requests at
    /// once.
    pub(super) fn new(forwarder: Forwarder, max_in_flight: usize, runtime: Runtime) -> Self {
        Self {
            forwarder: Arc::new(forwarder),
            in_flight: Arc::new(Semaphore::new(max_in_flight)),
            max_in_flight,
            figures: Arc::default(),
            runtime: Some(runtime),
        }
    }

    /// Lowers the number of requests that may be in flight at once to `most`, unless it is lower. May be
    /// called once, before the first request.
    pub(crate) fn limit_in_flight(&self, most: usize) {
        let excess = self.max_in_flight.saturating_sub(most);
        self.in_flight.forget_permits(excess);
    }

    /// Returns the figures about requests.
    pub(crate) const fn figures(&self) -> &Arc<SdkProxyFigures> {
        &self.figures
    }

    /// Responds to a request through `interface`.
    ///
    /// # Errors
    ///
    /// [`BodyError`] if the body is not a JSON object, or not a strict one.
    ///
    /// # Cancel safety
    ///
    /// A request that has begun is forwarded even if the caller stops waiting for the response.
    pub(crate) async fn respond(
        &self,
        interface: Interface,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, BodyError> {
        let began = Instant::now();
        let span = TraceParent::log_span(TraceParent::of(&headers));
        let fail = |failure: &Failure| {
            let response = span.in_scope(|| Response::fail(failure, interface));
            self.figures.count(response.counted().code);
            Ok(response)
        };
        let Ok(permit) = Arc::clone(&self.in_flight).try_acquire_owned() else {
            return fail(&Failure::TooMany);
        };
        let Some(runtime) = &self.runtime else {
            return fail(&Failure::Internal);
        };
        let forwarder = Arc::clone(&self.forwarder);
        let in_flight = self.figures.begin(began.into_std());
        let responding = async move {
            let _permit = permit;
            let responded = async {
                faults::turn(Task::Proxy.name());
                forwarder.respond(interface, &headers, &body, began).await
            };
            let response = catch_panic(responded).await.unwrap_or_else(|Panicked| {
                Task::Proxy.count_fault();
                tracing::error!("a request of sdkProxy met an internal fault");
                Ok(Response::fail(&Failure::Internal, interface))
            });
            // The serving thread counts a body that is refused, together with all other failures.
            if let Ok(response) = &response {
                let Counted {
                    code,
                    is_unverified,
                } = response.counted();
                in_flight.end(code, is_unverified, Instant::now().into_std());
            }
            response
        };
        let responding = runtime.spawn(responding.instrument(span.clone()));
        // The task ends early only with the process.
        responding
            .await
            .unwrap_or_else(|_| fail(&Failure::Internal))
    }

    /// Returns the number of requests that could begin now.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.in_flight.available_permits()
    }
}

/// Shows nothing of the settings or requests.
impl fmt::Debug for SdkProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = self.in_flight.available_permits();
        f.debug_struct("SdkProxy")
            .field("free", &free)
            .finish_non_exhaustive()
    }
}

impl Drop for SdkProxy {
    /// A runtime that is dropped waits for its threads, which async code must not.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Forwarder {
    /// Responds to a request that began at `began`, on a proxy thread: forwards it, at most once, or
    /// refuses it.
    ///
    /// # Errors
    ///
    /// [`BodyError`] if the body is not a JSON object, or not a strict one.
    pub(super) async fn respond(
        &self,
        interface: Interface,
        headers: &HeaderMap,
        body: &[u8],
        began: Instant,
    ) -> Result<Response, BodyError> {
        let request = SdkRequest::parse(body)?;
        let forwarded = self.forward(interface, headers, &request, began).await;
        Ok(forwarded.unwrap_or_else(|failure| Response::fail(&failure, interface)))
    }

    async fn forward(
        &self,
        interface: Interface,
        headers: &HeaderMap,
        request: &SdkRequest<'_>,
        began: Instant,
    ) -> Result<Response, Failure> {
        let limit = self.total_timeout;
        let timed_out = |party| move |_: Elapsed| Failure::Timeout { party, limit };
        let legal = request.check(interface, self.customer_from.is_body_of(interface))?;
        let customer_id = self.customer_from.find(interface, headers, request);
        let customer_id = timeout_at(began + limit, customer_id)
            .await
            .map_err(timed_out("the login check"))??;
        let body = Buffer::concat(&legal.for_upstream(&customer_id), &self.budget);
        let body = body.ok_or(Failure::NoRoom)?.into_bytes();
        let trace = TraceContext::of(headers).filter(|_| self.forwards_trace);
        let forwarding = self.upstream.forward(body, trace.as_ref());
        let response = timeout_at(began + limit, forwarding)
            .await
            .map_err(timed_out("the upstream"))??;
        let checked = self.upstream.check(&response)?;
        match interface {
            Interface::Server => {
                let counted = checked.counted();
                Ok(Response::as_it_came(response, counted))
            }
            Interface::Client => {
                Response::for_client(&checked, &response.headers, legal.pair, &self.budget)
            }
        }
    }
}
