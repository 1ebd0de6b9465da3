//! Responses to requests that are complete, or that are refused.

use hyper::StatusCode;
use tokio::time::Instant;

use super::{Batch, Http1Session, Memory, State, WRITE_FIRST_BYTES};
use crate::decisions;
use crate::http::Response;
use crate::identify::Batch as CodeBatch;
use crate::metrics::{self, RequestCounts, Stopwatch};
use crate::serve::http::body::Arrived;
use crate::serve::http::failure::Failure;
use crate::serve::http::long_response::BatchResponse;
use crate::serve::http::request::{Plan, Request, count_failure, forward};
use crate::shutdown::Stage;

/// The failure of a request that has arrived and cannot be answered.
const NO_ROOM: Failure = Failure::NoMemory("Too much is being answered at once.");

/// The memory of a connection to the upstream: the most bytes that it reads ahead, and TLS.
const UPSTREAM_BYTES: usize = 128 << 10;

impl Http1Session<'_> {
    /// Carries out the plan for a request, whose body has arrived if the plan needs it.
    pub(super) fn finish(
        &mut self,
        batch: &mut Batch<'_>,
        request: Request,
        plan: Plan,
        body: Arrived<'_>,
    ) {
        self.state = State::Head;
        let began = Stopwatch::since(batch.now.into_std());
        let mut counts = None;
        match plan {
            Plan::IdentifyCode => counts = self.identify(batch, request, &body),
            Plan::IdentifyCodes => {
                let budget = self.shared.budget(self.listener);
                match body.into_bytes(CodeBatch::MAX_ELEMENT_BYTES, budget) {
                    Some(body) => {
                        let response = BatchResponse::new(request, body);
                        self.state = State::Batch(Box::new(response));
                    }
                    None => self.fail(batch, request, &NO_ROOM),
                }
            }
            Plan::Forward(interface, headers) => {
                match body.into_bytes(UPSTREAM_BYTES, self.shared.budget(self.listener)) {
                    Some(body) => {
                        let forwarding = forward(self.shared, interface, *headers, body);
                        self.state = State::Forwarding(request, Box::pin(forwarding));
                    }
                    None => self.fail(batch, request, &NO_ROOM),
                }
            }
            Plan::Status(status) => self.respond(batch, request, Response::new(status, b"")),
            Plan::Refuse(failure) => self.fail(batch, request, &failure),
        }
        // Read once: the next request begins when this one ends.
        batch.now = Instant::now();
        if let Some(counts) = counts {
            let took = began.until(batch.now.into_std());
            metrics::record(self.listener, &counts, took);
        }
    }

    /// Answers a request for one code value. Returns its counts, unless it is refused.
    fn identify(
        &mut self,
        batch: &mut Batch<'_>,
        request: Request,
        body: &[u8],
    ) -> Option<RequestCounts> {
        let Memory { identifier, date } = batch.memory;
        decisions::begin(self.listener, batch.now.into_std());
        match identifier.identify_code(&self.shared.live, body) {
            Ok(identified) => {
                let response = Response {
                    generation: identified.generation,
                    rule: identified.rule,
                    ..Response::new(StatusCode::OK, identified.body)
                };
                let date = date.at(batch.now.into_std(), &self.shared.clock);
                self.write(date, batch.out, request, response);
                Some(identified.counts)
            }
            Err(error) => {
                self.fail(batch, request, &Failure::from(error));
                None
            }
        }
    }

    /// Continues with a batch, until it is answered, the slice is over, or a piece of the response is
    /// to be written.
    pub(super) fn continue_batch(&mut self, batch: &mut Batch<'_>) {
        let is_ending = self.is_ending();
        let State::Batch(response) = &mut self.state else {
            return;
        };
        let request = response.request;
        match response.read(&mut batch.slice, &self.shared.live) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                self.state = State::Head;
                return self.fail(batch, request, &Failure::from(error));
            }
        }
        let (began, now) = (Stopwatch::start(), batch.now.into_std());
        let Memory { identifier, date } = batch.memory;
        decisions::begin(self.listener, now);
        let codes = &mut response.batch;
        let piece = identifier.continue_batch(codes, &mut batch.slice, WRITE_FIRST_BYTES);
        let head = Response {
            generation: codes.generation(),
            ..Response::new(StatusCode::OK, b"")
        };
        let date = date.at(now, &self.shared.clock);
        if piece.is_last && !response.has_begun() {
            let response = Response {
                body: piece.bytes,
                ..head
            };
            self.write(date, batch.out, request, response);
        } else {
            response.request.keep_alive &= response.has_begun() || !is_ending;
            response.write_piece(&piece, head, date, batch.out);
            let request = response.request;
            if piece.is_last {
                self.end(request);
            }
        }
        batch.now = Instant::now();
        let took = began.until(batch.now.into_std());
        metrics::record(self.listener, &piece.counts, took);
    }

    /// Continues to write a forwarded response.
    pub(super) fn continue_forwarded(&mut self, batch: &mut Batch<'_>) {
        if let State::Forwarded(body) = &mut self.state
            && body.write_piece(batch.out)
        {
            let request = body.request;
            self.end(request);
        }
    }

    /// Counts `failure`, and writes its response to `request`.
    pub(super) fn fail(&mut self, batch: &mut Batch<'_>, request: Request, failure: &Failure) {
        count_failure(self.shared, self.listener, &request, failure);
        let mut body = Vec::new();
        failure.write(request.endpoint, &mut body);
        let response = Response {
            accepted: failure.accepted(request.endpoint),
            ..Response::new(failure.status(), &body)
        };
        self.respond(batch, request, response);
    }

    /// Writes `response` to `request`, without its body if the request was HEAD.
    pub(super) fn respond(
        &mut self,
        batch: &mut Batch<'_>,
        request: Request,
        response: Response<'_>,
    ) {
        let now = batch.now.into_std();
        let date = batch.memory.date.at(now, &self.shared.clock);
        self.write(date, batch.out, request, response);
    }

    /// Appends a response, and ends the session if it is the last.
    fn write(&mut self, date: &[u8], out: &mut Vec<u8>, request: Request, response: Response<'_>) {
        let request = self.until_stop(request);
        let response = Response {
            connection: request.connection_option(),
            ..response
        };
        if request.is_head {
            response.write_head(date, out);
        } else {
            response.write(date, out);
        }
        self.end(request);
    }

    /// Returns the request, whose connection does not stay open if the daemon stops or another connection
    /// has its place.
    pub(super) fn until_stop(&self, request: Request) -> Request {
        Request {
            keep_alive: request.keep_alive && !self.is_ending(),
            ..request
        }
    }

    fn is_ending(&self) -> bool {
        self.shared.shutdown.reached(Stage::Drain) || self.place.is_displaced()
    }

    /// Ends a request whose response is appended, and the session if it is the last.
    fn end(&mut self, request: Request) {
        self.state = if request.keep_alive {
            State::Head
        } else {
            State::Closing { lingers: true }
        };
    }
}
