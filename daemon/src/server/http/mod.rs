//! One connection of a HTTP client, from its first byte to its last.
//!
//! ```text
//! read ──▶ answer all requests that are there ──▶ write ──▶ read …
//!             │                                    └ what the client does not take: wait, read nothing
//!             └ sdkProxy: wait for its answer, read nothing
//! ```
//!
//! Bytes are read into, and answers written from, buffers of the thread. A connection keeps only the
//! beginning of a head, a body that is not whole, and answers that were not taken yet.

mod reading;
mod request;
mod transport;

use std::borrow::Cow;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use memchr::memchr;
use tokio::io::ReadBuf;
use tokio::task::yield_now;
use tokio::time::Instant;

use self::reading::Reading;
use self::request::{Plan, Request, count_failure, forward};
use self::transport::Transport;
use super::deadline::Deadline;
use super::failure::Failure;
use super::shared::Shared;
use crate::budget::Share;
use crate::http::{Answer, Connection as After, DateLine, Framing, Head};
use crate::identify::Identifier;
use crate::metrics::{self, Listener, Stopwatch};
use crate::sdk_proxy;
use crate::shutdown::Stage;

/// How many bytes are read at once.
const READ_BYTES: usize = 64 << 10;

/// Answers of this many bytes are written before more requests are answered.
const WRITE_FIRST_BYTES: usize = 64 << 10;

/// A thread's buffer for answers that grew beyond this is not kept.
const MAX_KEPT_ANSWER_BYTES: usize = 1 << 20;

/// A connection's own buffer that grew beyond this is not kept once it is empty.
const MAX_KEPT_BYTES: usize = 4 << 10;

/// How long a connection that is closed with unread bytes goes on to read them, so that the client
/// sees the answer and not a reset.
const LINGER: Duration = Duration::from_secs(1);

/// Longer than any connection lasts.
const FOREVER: Duration = Duration::from_secs(365 * 86_400);

const LEAVE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a thread keeps from one connection's turn to the next's.
struct Memory {
    input: Vec<u8>,
    answers: Vec<u8>,
    identifier: Identifier,
    date: DateLine,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::new(Memory {
        input: Vec::new(),
        answers: Vec::new(),
        identifier: Identifier::new(),
        date: DateLine::new(),
    });
}

/// Serves requests until either side closes, or the client makes no progress.
///
/// `connected`: since when the client may send. `overloaded`: the connection is one more than are
/// served, and is told so.
pub(super) async fn serve<S: Transport>(
    shared: Arc<Shared>,
    stream: S,
    listener: Listener,
    connected: Instant,
    overloaded: bool,
) {
    let mut connection = Connection::new(&shared, stream, listener, connected, overloaded);
    let mut stopping = pin!(shared.shutdown.entered(Stage::CloseIdle));
    let mut is_watched = false;
    loop {
        let step = poll_fn(|cx| {
            if !is_watched {
                // Once is enough to set the waker, and takes a lock.
                is_watched = true;
                let _ = stopping.as_mut().poll(cx);
            }
            loop {
                if let Poll::Ready(step) = connection.poll_step(cx) {
                    return Poll::Ready(step);
                }
                if connection.is_idle() && shared.shutdown.reached(Stage::CloseIdle) {
                    connection.state = State::Closing { is_unread: false };
                    continue;
                }
                ready!(connection.deadline.poll(cx));
                if !connection.answer_overdue(cx) {
                    return Poll::Ready(Step::End);
                }
            }
        });
        match step.await {
            // Other connections have their turn before this one's next.
            Step::Answered => yield_now().await,
            Step::End => return,
        }
    }
}

struct Connection<'a, S> {
    shared: &'a Shared,
    stream: S,
    listener: Listener,
    overloaded: bool,
    state: State<'a>,
    /// How many heads were read.
    heads: u64,
    /// What was received and is not answered yet.
    received: Vec<u8>,
    /// Whether `received` is to be answered before more is read.
    is_unanswered: bool,
    /// Answers, of which the client has taken the first `taken` bytes.
    owed: Vec<u8>,
    taken: usize,
    /// Whether the stream keeps bytes of what was written.
    is_unflushed: bool,
    /// What the answers that are not taken hold of the budget.
    share: Share,
    /// An answer of the upstream, which holds its own.
    forwarded: Bytes,
    /// What the system had taken when that was looked at last.
    sent: u64,
    wait: Wait,
    /// When the client has made no progress for too long.
    deadline: Deadline,
}

/// What the next byte is part of, or what keeps it from being read.
enum State<'a> {
    /// A request's head.
    Head,
    /// A request's body.
    Body(Box<Reading>),
    /// The request is being forwarded.
    Forwarding(Request, Forwarding<'a>),
    /// Nothing: the connection is closed once the answers are taken. Of what the client has sent,
    /// more may come.
    Closing { is_unread: bool },
    /// The sending side is closed; what still comes is read and dropped.
    Lingering,
}

type Forwarding<'a> = Pin<Box<dyn Future<Output = Result<sdk_proxy::Answer, Failure>> + Send + 'a>>;

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// Its first byte.
    First,
    /// The next request.
    Request,
    /// The rest of a head.
    Head,
    /// The rest of a body.
    Body,
    /// The upstream.
    Upstream,
    /// That the client takes its answers, or the end.
    Taking,
}

/// How far a connection got.
enum Step {
    /// As many requests as are answered at once were, and there may be more.
    Answered,
    End,
}

/// What one turn works with.
struct Turn<'t> {
    identifier: &'t mut Identifier,
    date: &'t [u8],
    answers: &'t mut Vec<u8>,
    /// When what is done now began.
    began: Instant,
}

impl<'t> Turn<'t> {
    fn new(
        identifier: &'t mut Identifier,
        date: &'t mut DateLine,
        answers: &'t mut Vec<u8>,
    ) -> Self {
        let began = Instant::now();
        answers.clear();
        Self {
            identifier,
            date: date.at(began.into_std()),
            answers,
            began,
        }
    }
}

impl<'a, S: Transport> Connection<'a, S> {
    fn new(
        shared: &'a Shared,
        stream: S,
        listener: Listener,
        connected: Instant,
        overloaded: bool,
    ) -> Self {
        Self {
            shared,
            stream,
            listener,
            overloaded,
            state: State::Head,
            heads: 0,
            received: Vec::new(),
            is_unanswered: false,
            owed: Vec::new(),
            taken: 0,
            is_unflushed: false,
            share: Share::default(),
            forwarded: Bytes::new(),
            sent: 0,
            wait: Wait::First,
            deadline: Deadline::new(connected + shared.limits.header_timeout),
        }
    }

    /// Whether the client has asked for nothing that it has not got.
    fn is_idle(&self) -> bool {
        matches!(self.state, State::Head) && self.received.is_empty() && !self.is_owing()
    }

    fn is_owing(&self) -> bool {
        !self.owed.is_empty() || self.is_unflushed
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            if ready!(self.poll_owed(cx)).is_err() {
                return Poll::Ready(Step::End);
            }
            match &mut self.state {
                State::Head | State::Body(_) => {
                    let turn = MEMORY.with_borrow_mut(|memory| self.poll_turn(memory, cx));
                    match ready!(turn) {
                        Ok(true) => return Poll::Ready(Step::Answered),
                        Ok(false) => {}
                        Err(_) => return Poll::Ready(Step::End),
                    }
                }
                State::Forwarding(_, forwarding) => {
                    let answer = ready!(forwarding.as_mut().poll(cx));
                    if self.answer_forwarded(answer, cx).is_err() {
                        return Poll::Ready(Step::End);
                    }
                }
                State::Closing { is_unread } => {
                    let is_unread = *is_unread;
                    let closed = ready!(Pin::new(&mut self.stream).poll_shutdown(cx));
                    if closed.is_err() || !is_unread {
                        return Poll::Ready(Step::End);
                    }
                    self.state = State::Lingering;
                    self.deadline.set(Instant::now() + LINGER);
                }
                State::Lingering => {
                    ready!(self.poll_discard(cx));
                    return Poll::Ready(Step::End);
                }
            }
        }
    }

    /// Sends what is still owed.
    fn poll_owed(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_owing() {
            return Poll::Ready(Ok(()));
        }
        let sent = self.poll_send(cx);
        if sent.is_pending() {
            // The stream itself may have moved some of what it keeps.
            let sent = self.stream.sent();
            if sent != self.sent {
                self.sent = sent;
                self.wait_for(Wait::Taking, Instant::now());
            }
            return Poll::Pending;
        }
        ready!(sent)?;
        self.owed.clear();
        if self.owed.capacity() > MAX_KEPT_BYTES {
            self.owed = Vec::new();
        }
        self.taken = 0;
        self.all_is_taken();
        self.settle(Instant::now(), false);
        Poll::Ready(Ok(()))
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.taken < self.owed.len() {
            let rest = &self.owed[self.taken..];
            let taken = ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.taken += taken;
            self.wait_for(Wait::Taking, Instant::now());
        }
        self.is_unflushed = true;
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.is_unflushed = false;
        Poll::Ready(Ok(()))
    }

    /// Reads and drops what the client still sends, until it has seen the end.
    ///
    /// Closing a socket with bytes that nobody read makes the kernel send a reset, which can take
    /// the answer from a client that is still sending.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        MEMORY.with_borrow_mut(|memory| {
            memory.input.resize(READ_BYTES.max(memory.input.len()), 0);
            loop {
                let mut buffer = ReadBuf::new(&mut memory.input);
                let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
                if read.is_err() || buffer.filled().is_empty() {
                    return Poll::Ready(());
                }
            }
        })
    }

    /// Reads once, answers, and writes once. Tells whether there may be more to do at once.
    fn poll_turn(&mut self, memory: &mut Memory, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let Memory {
            input,
            answers,
            identifier,
            date,
        } = memory;
        // What is kept is the beginning of a head, or was read into such a buffer once.
        input.resize(READ_BYTES + self.shared.limits.max_header_bytes, 0);
        let kept = self.received.len();
        input[..kept].copy_from_slice(&self.received);
        let mut length = kept;
        let mut is_full = false;
        if !self.is_unanswered {
            let mut buffer = ReadBuf::new(&mut input[kept..]);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            is_full = buffer.remaining() == 0;
            length += buffer.filled().len();
        }
        let mut turn = Turn::new(identifier, date, answers);
        let heads = self.heads;
        let bytes = &input[..length];
        let consumed = if length == kept && !self.is_unanswered {
            if !matches!(self.state, State::Body(_)) {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            self.refuse_body(&mut turn, Failure::BrokenBody);
            length
        } else if self.may_be_whole(bytes, kept) {
            self.answer(&mut turn, bytes)
        } else {
            0
        };
        let now = turn.began;
        self.received.clear();
        self.received.extend_from_slice(&bytes[consumed..]);
        if self.received.is_empty() && self.received.capacity() > MAX_KEPT_BYTES {
            self.received = Vec::new();
        }
        self.send(answers, cx)?;
        if answers.capacity() > MAX_KEPT_ANSWER_BYTES {
            *answers = Vec::new();
        }
        self.settle(now, heads != self.heads);
        Poll::Ready(Ok(is_full || self.is_unanswered))
    }

    /// Whether `bytes`, of which the first `kept` were looked at before, may be more of a request
    /// than those were. A head is not, without another line: so one that arrives byte by byte is not
    /// read from its beginning for each of them.
    fn may_be_whole(&self, bytes: &[u8], kept: usize) -> bool {
        kept == 0
            || self.is_unanswered
            || bytes.len() > self.shared.limits.max_header_bytes
            || memchr(b'\n', &bytes[kept..]).is_some()
    }

    /// Answers the requests in `bytes`, as far as they are there; tells how many bytes that took.
    fn answer(&mut self, turn: &mut Turn<'_>, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        self.is_unanswered = false;
        while !rest.is_empty() {
            if turn.answers.len() >= WRITE_FIRST_BYTES {
                self.is_unanswered = true;
                break;
            }
            match &mut self.state {
                State::Head => match self.read_head(turn, rest) {
                    0 => break,
                    length => rest = &rest[length..],
                },
                State::Body(reading) => match reading.read(&mut rest, &self.shared.budget) {
                    Ok(false) => {}
                    Ok(true) => self.finish_body(turn),
                    Err(failure) => self.refuse_body(turn, failure),
                },
                State::Forwarding(..) => {
                    self.is_unanswered = true;
                    break;
                }
                State::Closing { is_unread } => {
                    *is_unread = true;
                    rest = &[];
                }
                State::Lingering => rest = &[],
            }
        }
        bytes.len() - rest.len()
    }

    /// Reads the head that `bytes` begin with, and answers if the body is there, too; tells how many
    /// bytes that took, 0 if the head is not whole.
    fn read_head(&mut self, turn: &mut Turn<'_>, bytes: &[u8]) -> usize {
        let most = self.shared.limits.max_header_bytes;
        let refused = match Head::read(bytes) {
            Ok(Some(head)) if head.length <= most => {
                self.heads += 1;
                return head.length + self.begin(turn, &head, bytes);
            }
            Ok(None) if bytes.len() <= most => return 0,
            Ok(_) => Failure::HeadTooLong(most),
            Err(error) => Failure::Head(error),
        };
        self.heads += 1;
        self.refuse_unread(turn, Request::UNREADABLE, Plan::Refuse(refused));
        bytes.len()
    }

    /// Begins a request; tells how many bytes behind its head were its body, if that is there.
    fn begin(&mut self, turn: &mut Turn<'_>, head: &Head<'_>, bytes: &[u8]) -> usize {
        let request = Request::new(head);
        if self.overloaded {
            let failure = Failure::Overload("There are too many connections.");
            self.refuse_unread(turn, request, Plan::Refuse(failure));
            return 0;
        }
        let plan = request.plan(self.shared, head, bytes);
        let rest = &bytes[head.length..];
        if let Framing::Length(length) = head.framing {
            if length > plan.max_body_bytes() as u64 {
                self.refuse_unread(turn, request, plan.or_refuse(Failure::TooLong));
                return 0;
            }
            let body = usize::try_from(length).ok();
            if let Some(body) = body.and_then(|length| rest.get(..length)) {
                let share = Share::default();
                self.finish(turn, request, plan, Cow::Borrowed(body), share);
                return body.len();
            }
        }
        if head.expects_leave && rest.is_empty() {
            // A client that waits for leave to send what nobody will read must not get it.
            if !plan.wants_body() {
                self.refuse_unread(turn, request, plan);
                return 0;
            }
            turn.answers.extend_from_slice(LEAVE);
        }
        self.state = State::Body(Box::new(Reading::new(request, plan, head.framing)));
        0
    }

    /// Answers the request whose body is whole.
    fn finish_body(&mut self, turn: &mut Turn<'_>) {
        if let State::Body(reading) = mem::replace(&mut self.state, State::Head) {
            let Reading {
                request,
                plan,
                body,
                share,
                ..
            } = *reading;
            self.finish(turn, request, plan, Cow::Owned(body), share);
        }
    }

    /// Answers the request whose body is not to be read to its end.
    fn refuse_body(&mut self, turn: &mut Turn<'_>, failure: Failure) {
        if let State::Body(reading) = mem::replace(&mut self.state, State::Head) {
            let Reading { request, plan, .. } = *reading;
            self.refuse_unread(turn, request, plan.or_refuse(failure));
        }
    }

    /// Answers a request of which bytes are left unread, and closes.
    fn refuse_unread(&mut self, turn: &mut Turn<'_>, request: Request, plan: Plan) {
        let request = Request {
            is_kept: false,
            ..request
        };
        self.finish(turn, request, plan, Cow::Borrowed(&[]), Share::default());
        self.state = State::Closing { is_unread: true };
    }

    /// Does what is planned about a request, whose body has its share of the budget.
    fn finish(
        &mut self,
        turn: &mut Turn<'_>,
        request: Request,
        plan: Plan,
        body: Cow<'_, [u8]>,
        share: Share,
    ) {
        self.state = State::Head;
        let live = &self.shared.live;
        let identified = match plan {
            Plan::IdentifyCode => turn.identifier.identify_code(live, &body),
            Plan::IdentifyCodes => turn.identifier.identify_codes(live, &body),
            Plan::Forward(headers) => {
                let body = share.hold(Bytes::from(body.into_owned()));
                let forwarding = Box::pin(forward(self.shared, *headers, body));
                self.state = State::Forwarding(request, forwarding);
                return;
            }
            Plan::Tell(status) => {
                let answer = Answer::new(status, b"", After::Open);
                return self.write(turn.date, turn.answers, request, answer);
            }
            Plan::Refuse(failure) => return self.fail(turn.date, turn.answers, request, &failure),
        };
        let (date, answers) = (turn.date, &mut *turn.answers);
        match identified {
            Ok(identified) => {
                let length = answers.len() + identified.body.len();
                if !self.share.grow_to(length, &self.shared.budget) {
                    let failure = Failure::Overload("Too much is being answered at once.");
                    return self.fail(date, answers, request, &failure);
                }
                let answer = Answer {
                    generation: identified.generation,
                    rule: identified.rule,
                    ..Answer::new(StatusCode::OK, identified.body, After::Open)
                };
                self.write(date, answers, request, answer);
                let began = Stopwatch::since(turn.began.into_std());
                // Read once for whatever comes next, too.
                turn.began = Instant::now();
                let took = began.until(turn.began.into_std());
                metrics::record(self.listener, &identified.tally, took);
            }
            Err(error) => self.fail(date, answers, request, &error.into()),
        }
    }

    /// Answers what was forwarded.
    fn answer_forwarded(
        &mut self,
        answer: Result<sdk_proxy::Answer, Failure>,
        cx: &mut Context<'_>,
    ) -> io::Result<()> {
        let State::Forwarding(request, _) = mem::replace(&mut self.state, State::Head) else {
            return Ok(());
        };
        self.with_turn(cx, |connection, turn| match answer {
            Ok(forwarded) => {
                let answer = Answer {
                    headers: Some(&forwarded.headers),
                    ..Answer::new(StatusCode::OK, &forwarded.body, After::Open)
                };
                connection.write(turn.date, turn.answers, request, answer);
                connection.forwarded = forwarded.body;
            }
            Err(failure) => connection.fail(turn.date, turn.answers, request, &failure),
        })
    }

    /// Answers that the body took too long; `false` if that is not what is overdue.
    fn answer_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let is_body = matches!(self.state, State::Body(_)) && !self.is_owing();
        is_body
            && self
                .with_turn(cx, |connection, turn| {
                    connection.refuse_body(turn, Failure::TooSlow);
                })
                .is_ok()
    }

    /// Does something outside of a turn that has bytes to read, and sends what it answers.
    fn with_turn(
        &mut self,
        cx: &mut Context<'_>,
        act: impl FnOnce(&mut Self, &mut Turn<'_>),
    ) -> io::Result<()> {
        MEMORY.with_borrow_mut(|memory| {
            let Memory {
                answers,
                identifier,
                date,
                ..
            } = memory;
            let mut turn = Turn::new(identifier, date, answers);
            act(self, &mut turn);
            let now = turn.began;
            self.send(answers, cx)?;
            self.settle(now, true);
            Ok(())
        })
    }

    fn fail(&mut self, date: &[u8], out: &mut Vec<u8>, request: Request, failure: &Failure) {
        count_failure(self.shared, self.listener, request.endpoint, failure);
        let mut body = Vec::new();
        failure.write(request.endpoint, &mut body);
        let answer = Answer {
            allow: failure.allow(request.endpoint),
            ..Answer::new(failure.status(), &body, After::Open)
        };
        self.write(date, out, request, answer);
    }

    /// Appends an answer, and closes if that was the last.
    fn write(&mut self, date: &[u8], out: &mut Vec<u8>, request: Request, answer: Answer<'_>) {
        let connection = match request.is_kept && !self.shared.shutdown.reached(Stage::Drain) {
            true if request.is_old => After::Kept,
            true => After::Open,
            false => After::Closed,
        };
        let answer = Answer {
            connection,
            ..answer
        };
        if request.is_head {
            answer.write_head(date, out);
        } else {
            answer.write(date, out);
        }
        if connection == After::Closed {
            self.state = State::Closing { is_unread: false };
        }
    }

    /// Sends as much as the client takes at once, and keeps the rest.
    fn send(&mut self, answers: &mut Vec<u8>, cx: &mut Context<'_>) -> io::Result<()> {
        if answers.is_empty() {
            return Ok(());
        }
        let taken = match Pin::new(&mut self.stream).poll_write(cx, answers) {
            Poll::Ready(taken) => taken?,
            Poll::Pending => 0,
        };
        let rest = &answers[taken..];
        if rest.len() > MAX_KEPT_ANSWER_BYTES {
            // As it is, rather than a copy of it.
            self.owed = mem::take(answers);
            self.taken = taken;
        } else {
            self.owed.extend_from_slice(rest);
        }
        self.is_unflushed = match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(flushed) => {
                flushed?;
                false
            }
            Poll::Pending => true,
        };
        if !self.is_owing() {
            self.all_is_taken();
        }
        Ok(())
    }

    /// Gives back what the answers held.
    fn all_is_taken(&mut self) {
        self.share = Share::default();
        self.forwarded = Bytes::new();
    }

    /// Sets the deadline anew if the connection waits for something else than before, or for the
    /// same of another request.
    fn settle(&mut self, now: Instant, is_another: bool) {
        let wait = match self.state {
            _ if self.is_owing() => Wait::Taking,
            State::Head if !self.received.is_empty() => Wait::Head,
            State::Head => Wait::Request,
            State::Body(_) => Wait::Body,
            State::Forwarding(..) => Wait::Upstream,
            State::Closing { .. } => Wait::Taking,
            // It has a deadline of its own.
            State::Lingering => return,
        };
        if wait != self.wait || is_another {
            self.wait_for(wait, now);
        }
    }

    fn wait_for(&mut self, wait: Wait, now: Instant) {
        let limits = &self.shared.limits;
        self.wait = wait;
        self.deadline.set(
            now + match wait {
                Wait::First | Wait::Head => limits.header_timeout,
                Wait::Request => limits.idle_timeout,
                Wait::Body => limits.body_timeout,
                Wait::Upstream => FOREVER,
                Wait::Taking => limits.write_timeout,
            },
        );
    }
}
