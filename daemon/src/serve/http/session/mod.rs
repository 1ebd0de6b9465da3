//! The session of one HTTP client, whatever carries the bytes.

mod respond;

use std::cell::RefCell;
use std::future::Future;
use std::mem;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread::LocalKey;
use std::time::Duration;

use memchr::memchr;

use super::body::{Arrived, BodyReader};
use super::failure::Failure;
use super::long_response::{BatchResponse, ForwardedBody};
use super::request::{Plan, Request};
use crate::http::{DateLine, Framing, Head, Response};
use crate::identify::Identifier;
use crate::metrics::{Listener, Overflow};
use crate::sdk_proxy;
use crate::serve::admission::{Place, Refusal};
use crate::serve::connection::{
    self, AtStop, ClientWait, End, InputLimits, Phase, Progress, Protocol, ThreadBuffers, Transport,
};
use crate::serve::shared::Shared;

/// The most bytes of requests that are read at once, which is also the most that a connection keeps
/// for a client that takes no responses.
const READ_BYTES: usize = 16 << 10;

/// The most bytes that are read beside them of a body whose length is known.
const READ_BODY_BYTES: usize = 48 << 10;

/// Responses of this many bytes are written before more requests are answered.
const WRITE_FIRST_BYTES: usize = 32 << 10;

/// The longest time that a client that is refused has for the head of a request.
const REFUSED_TIMEOUT: Duration = Duration::from_secs(1);

/// The response to a client that waits for it before it sends a body.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

thread_local! {
    static THREAD: RefCell<ThreadBuffers<Memory>> = RefCell::new(ThreadBuffers::new(Memory {
        identifier: Identifier::new(),
        date: DateLine::new(),
    }));
}

/// Memory that a thread reuses for each batch.
pub(super) struct Memory {
    identifier: Identifier,
    date: DateLine,
}

type Batch<'b> = connection::Batch<'b, Memory>;

/// The session of one client.
pub(super) struct Http1Session<'a> {
    shared: &'a Shared,
    listener: Listener,
    /// A connection whose place is refused, because it is one more than are served, has its requests
    /// refused.
    place: &'a Place,
    state: State<'a>,
    /// The number of heads that were read.
    heads: u64,
}

/// The part of a request that a session is at.
enum State<'a> {
    /// The next byte belongs to the head of a request.
    Head,
    /// The next byte belongs to the body of a request.
    Body(Box<BodyReader>),
    /// The request is a batch, and no byte is read before its response is written.
    Batch(Box<BatchResponse>),
    /// The request is forwarded, and no byte is read before its response is written.
    Forwarding(Request, Forwarding<'a>),
    /// The head of a forwarded response is written.
    Forwarded(ForwardedBody),
    /// No byte is read any more, see [`Phase::Close`].
    Closing { lingers: bool },
}

type Forwarding<'a> =
    Pin<Box<dyn Future<Output = Result<sdk_proxy::Response, Failure>> + Send + 'a>>;

impl<'a> Http1Session<'a> {
    /// Creates the session of a connection that `listener` has accepted.
    pub(super) const fn new(shared: &'a Shared, listener: Listener, place: &'a Place) -> Self {
        Self {
            shared,
            listener,
            place,
            state: State::Head,
            heads: 0,
        }
    }

    /// Returns `true` if `bytes` may be complete, of which the first `seen` were not. A head needs
    /// another line for that, so one that arrives byte by byte is not read from its beginning for each
    /// of them.
    fn may_be_complete(&self, bytes: &[u8], seen: usize) -> bool {
        seen == 0
            || bytes.len() > self.shared.limits.max_header_bytes
            || memchr(b'\n', bytes.get(seen..).unwrap_or_default()).is_some()
    }

    /// Reads the head that `bytes` begin with, and answers the request if its body is complete, too.
    /// Returns the number of bytes that were consumed, 0 if the head is not complete.
    fn read_head(&mut self, batch: &mut Batch<'_>, bytes: &[u8]) -> usize {
        let most = self.shared.limits.max_header_bytes;
        let refused = match Head::read(bytes) {
            Ok(Some(head)) if head.length <= most => {
                self.heads += 1;
                return head.length + self.begin(batch, &head, bytes);
            }
            Ok(None) if bytes.len() <= most => return 0,
            Ok(_) => too_long(bytes, most),
            Err(error) => Failure::Head(error),
        };
        self.refuse_unread(batch, Request::UNREADABLE, Plan::Refuse(refused));
        bytes.len()
    }

    /// Begins a request. Returns the number of bytes behind its head that were its body, if that is
    /// complete.
    fn begin(&mut self, batch: &mut Batch<'_>, head: &Head<'_>, bytes: &[u8]) -> usize {
        let request = Request::new(head, bytes);
        if let Some(refusal) = self.place.refusal() {
            let failure = match refusal {
                Refusal::TooMany => Failure::TooManyConnections,
                Refusal::NoMemory => Failure::NoMemoryToConnect,
            };
            self.refuse_unread(batch, request, Plan::Refuse(failure));
            return 0;
        }
        if let Some(error) = head.host_error {
            // It may be meant for another server, which reads what follows in another way.
            self.refuse_unread(batch, request, Plan::Refuse(Failure::Head(error)));
            return 0;
        }
        let plan = request.plan(self.shared, head, bytes);
        let rest = bytes.get(head.length..).unwrap_or_default();
        if let Framing::Length(length) = head.framing {
            if length > request.max_body_bytes(&plan) as u64 {
                self.refuse_unread(batch, request, plan.or_refuse(Failure::BodyTooLong));
                return 0;
            }
            let body = usize::try_from(length).ok();
            if let Some(body) = body.and_then(|length| rest.get(..length)) {
                self.finish(batch, request, plan, Arrived::Borrowed(body));
                return body.len();
            }
        }
        if head.expects_continue && rest.is_empty() {
            // A client must not get the permission to send a body that will not be read.
            if !plan.needs_body() {
                self.refuse_unread(batch, request, plan);
                return 0;
            }
            batch.out.extend_from_slice(CONTINUE);
        }
        self.state = State::Body(Box::new(BodyReader::new(request, plan, head.framing)));
        0
    }

    /// Answers the request whose body is complete.
    fn finish_body(&mut self, batch: &mut Batch<'_>) {
        if let State::Body(reader) = mem::replace(&mut self.state, State::Head) {
            let BodyReader {
                request,
                plan,
                body,
                ..
            } = *reader;
            self.finish(batch, request, plan, Arrived::Buffered(body));
        }
    }

    /// Answers the request whose body is not to be read to its end, if there is one.
    fn refuse_body(&mut self, batch: &mut Batch<'_>, failure: Failure) {
        if let State::Body(reader) = mem::replace(&mut self.state, State::Head) {
            let BodyReader { request, plan, .. } = *reader;
            self.refuse_unread(batch, request, plan.or_refuse(failure));
        }
    }

    /// Answers a request whose body is left unread, and ends the session.
    fn refuse_unread(&mut self, batch: &mut Batch<'_>, request: Request, plan: Plan) {
        let request = Request {
            keep_alive: false,
            ..request
        };
        self.finish(batch, request, plan, Arrived::Borrowed(&[]));
    }
}

/// Returns the failure of a head that `bytes` begin with, and that has more than `most` bytes.
fn too_long(bytes: &[u8], most: usize) -> Failure {
    let is_of_empty_line = |byte: &&u8| matches!(byte, b'\r' | b'\n');
    let empty_lines = bytes.iter().take_while(is_of_empty_line).count();
    let within = bytes.get(..most).unwrap_or(bytes);
    let within = within.get(empty_lines..).unwrap_or_default();
    match memchr(b'\n', within) {
        Some(_) => Failure::HeadTooLong(most),
        None => Failure::TargetTooLong(most),
    }
}

impl Protocol for Http1Session<'_> {
    type Memory = Memory;

    const AT_STOP: AtStop = AtStop::CloseWhenIdle;

    fn thread() -> &'static LocalKey<RefCell<ThreadBuffers<Memory>>> {
        &THREAD
    }

    /// A head that is incomplete is never longer than the prefix: a longer one is refused.
    fn input_limits(&self) -> InputLimits {
        let body_bytes = match &self.state {
            State::Body(reader) => reader.left().unwrap_or(0),
            _ => 0,
        };
        let body_bytes = usize::try_from(body_bytes).unwrap_or(usize::MAX);
        let max_prefix_bytes = self.shared.limits.max_header_bytes;
        InputLimits {
            buffer_bytes: max_prefix_bytes + READ_BYTES + READ_BODY_BYTES,
            max_read_bytes: READ_BYTES + READ_BODY_BYTES.min(body_bytes),
            max_prefix_bytes,
            // A longer head is refused, and bodies have a buffer of their own.
            max_request_bytes: max_prefix_bytes,
        }
    }

    fn phase(&self) -> Phase {
        match self.state {
            State::Head | State::Body(_) | State::Batch(_) | State::Forwarded(_) => Phase::Read,
            State::Forwarding(..) => Phase::Upstream,
            State::Closing { lingers } => Phase::Close { lingers },
        }
    }

    fn wait(&self, unread: &[u8]) -> ClientWait {
        // Empty lines before a head do not begin a request.
        let is_of_empty_line = |byte: &u8| matches!(byte, b'\r' | b'\n');
        match self.state {
            State::Body(_) => ClientWait::Body,
            State::Batch(_) | State::Forwarding(..) | State::Forwarded(_) => ClientWait::Rest,
            _ if !unread.iter().all(is_of_empty_line) => ClientWait::Rest,
            _ if self.heads == 0 => ClientWait::FirstRequest,
            _ => ClientWait::NextRequest,
        }
    }

    fn timeout(&self, wait: ClientWait) -> Duration {
        let limits = &self.shared.limits;
        match wait {
            // The places for connections that are refused are few.
            _ if self.place.refusal().is_some() => limits.header_timeout.min(REFUSED_TIMEOUT),
            ClientWait::FirstRequest | ClientWait::Rest => limits.header_timeout,
            ClientWait::NextRequest => limits.idle_timeout,
            ClientWait::Body => limits.body_timeout,
        }
    }

    fn write_timeout(&self) -> Duration {
        self.shared.limits.write_timeout
    }

    fn answer(&mut self, batch: &mut Batch<'_>, bytes: &[u8], seen: usize) -> Progress {
        let heads = self.heads;
        let mut rest = bytes;
        let mut is_unfinished = false;
        if !self.may_be_complete(bytes, seen) {
            return Progress {
                consumed: 0,
                is_unfinished,
                is_another_request: false,
            };
        }
        loop {
            let has_work = match self.state {
                State::Head | State::Body(_) | State::Closing { .. } => !rest.is_empty(),
                State::Batch(_) | State::Forwarding(..) | State::Forwarded(_) => true,
            };
            if !has_work {
                break;
            }
            if batch.out.len() >= WRITE_FIRST_BYTES || batch.slice.is_over_at(batch.now.into_std())
            {
                is_unfinished = true;
                break;
            }
            match &mut self.state {
                State::Head => match self.read_head(batch, rest) {
                    0 => break,
                    length => rest = rest.get(length..).unwrap_or_default(),
                },
                State::Body(reader) => {
                    match reader.read(&mut rest, self.shared.budget(self.listener)) {
                        Ok(false) => {}
                        Ok(true) => self.finish_body(batch),
                        Err(failure) => self.refuse_body(batch, failure),
                    }
                }
                State::Batch(_) => self.continue_batch(batch),
                State::Forwarded(_) => self.continue_forwarded(batch),
                State::Forwarding(..) => {
                    is_unfinished = true;
                    break;
                }
                State::Closing { .. } => rest = &[],
            }
        }
        Progress {
            consumed: bytes.len() - rest.len(),
            is_unfinished,
            is_another_request: heads != self.heads,
        }
    }

    fn end_of_input(&mut self, batch: &mut Batch<'_>) {
        match &self.state {
            State::Body(body) => {
                let ended_early = body.ended_early();
                self.refuse_body(batch, ended_early.into());
            }
            _ => self.close(),
        }
    }

    fn poll_upstream(&mut self, batch: &mut Batch<'_>, cx: &mut Context<'_>) -> Poll<()> {
        let State::Forwarding(request, forwarding) = &mut self.state else {
            return Poll::Ready(());
        };
        let (request, forwarded) = (*request, ready!(forwarding.as_mut().poll(cx)));
        self.state = State::Head;
        match forwarded {
            Ok(forwarded) => {
                let request = self.until_stop(request);
                let response = Response {
                    headers: Some(&forwarded.headers),
                    connection: request.connection_option(),
                    ..Response::new(forwarded.status, &forwarded.body)
                };
                let date = batch
                    .memory
                    .date
                    .at(batch.now.into_std(), &self.shared.clock);
                response.write_head(date, batch.out);
                self.state = State::Forwarded(ForwardedBody::new(request, forwarded.body));
                self.continue_forwarded(batch);
            }
            Err(failure) => self.fail(batch, request, &failure),
        }
        Poll::Ready(())
    }

    /// A client that is idle sees the connection close, one that sends a body too slowly gets a
    /// response. Any other client is dropped.
    fn time_out(&mut self, batch: &mut Batch<'_>, wait: ClientWait) -> ControlFlow<()> {
        match wait {
            ClientWait::FirstRequest | ClientWait::NextRequest => self.close(),
            ClientWait::Body => self.refuse_body(batch, Failure::BodyTimedOut),
            ClientWait::Rest => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn close(&mut self) {
        self.state = State::Closing { lingers: false };
    }

    fn log_end(&self, end: End, _: &impl Transport) {
        if end == End::NoRoom {
            let figures = self.shared.metrics.connections();
            figures.count_overflowed(self.listener, Overflow::Memory);
            let listener = self.listener.word();
            tracing::warn!(listener, "dropped a client: memory.max-bytes is used up");
        }
    }
}
