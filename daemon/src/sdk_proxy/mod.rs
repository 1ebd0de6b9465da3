//! sdkProxy: requests of the client SDK on their way to Alipay+ and back.
//!
//! ```text
//! serving thread ──body, headers──▶ proxy threads: read ─▶ customer ─▶ sign ─▶ send, at most once
//!        ▲                                                                        │
//!        └──────────the answer, byte for byte, or a result of our own── verify ◀──┘
//! ```
//!
//! Reading, signing and forwarding have threads of their own, so that no lookup waits for them.
//!
//! Source: SPEC.md, section 4.

mod answer;
mod complaints;
pub(crate) mod connections;
mod customer;
mod customer_header;
pub(crate) mod login_check;
mod open;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod upstream;
mod verifier;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use hyper::HeaderMap;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use self::customer::CustomerFrom;
use self::upstream::Upstream;
use crate::json::BodyError;
use crate::metrics::SdkProxyFigures;

pub use self::answer::Outcome;
pub(crate) use self::open::OpenError;
pub use self::request::{Illegal, SdkRequest};
pub use self::response::PATH;
pub(crate) use self::response::Response;
pub use self::verifier::{Refused, Verifier};

use crate::result::sdk_proxy as results;

/// The most bytes of a request's body.
pub(crate) const MAX_BODY_BYTES: usize = 1 << 20;

/// The forwarder.
pub(crate) struct SdkProxy {
    forwarder: Arc<Forwarder>,
    in_flight: Arc<Semaphore>,
    figures: Arc<SdkProxyFigures>,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

/// What the proxy threads share.
struct Forwarder {
    customer_from: CustomerFrom,
    upstream: Upstream,
}

impl SdkProxy {
    /// What is counted of it.
    pub(crate) const fn figures(&self) -> &Arc<SdkProxyFigures> {
        &self.figures
    }

    /// Answers a request. Once the request is on its way, nobody has to wait for the answer: it is
    /// sent all the same.
    ///
    /// # Errors
    ///
    /// [`BodyError`] if the body is no JSON object, or a lax one.
    pub(crate) async fn answer(
        &self,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, BodyError> {
        let Ok(permit) = Arc::clone(&self.in_flight).try_acquire_owned() else {
            self.figures
                .count(results::REQUEST_TRAFFIC_EXCEED_LIMIT.code);
            return Ok(Response::from_result(
                &results::REQUEST_TRAFFIC_EXCEED_LIMIT,
            ));
        };
        let Some(runtime) = &self.runtime else {
            return Ok(Response::from_result(&results::UNKNOWN_EXCEPTION));
        };
        let forwarder = Arc::clone(&self.forwarder);
        let in_flight = self.figures.begin();
        let answering = runtime.spawn(async move {
            let _permit = permit;
            let answer = forwarder.answer(&headers, &body).await;
            // What is not understood is counted with whatever else is not.
            if let Ok(answer) = &answer {
                in_flight.end(answer.counted);
            }
            answer
        });
        // It ends early by a panic, or with the process.
        answering.await.unwrap_or_else(|_| {
            self.figures.count(results::UNKNOWN_EXCEPTION.code);
            Ok(Response::from_result(&results::UNKNOWN_EXCEPTION))
        })
    }
}

/// Tells nothing of what it was told.
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
    async fn answer(&self, headers: &HeaderMap, body: &[u8]) -> Result<Response, BodyError> {
        let request = SdkRequest::read(body)?;
        let forwarded = async {
            let illegal = |_| &results::PARAM_ILLEGAL;
            request.check().map_err(illegal)?;
            let customer_id = self.customer_from.find(headers, &request).await?;
            let body = request.for_upstream(&customer_id).map_err(illegal)?;
            self.upstream.forward(body).await
        };
        Ok(forwarded.await.unwrap_or_else(Response::from_result))
    }
}
