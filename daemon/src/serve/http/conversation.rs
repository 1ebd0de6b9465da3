//! What one client asks and is answered, whatever carries the bytes.

use std::borrow::Cow;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::StatusCode;
use tokio::time::Instant;

use super::reading::Reading;
use super::request::{Plan, Request, count_failure, forward};
use crate::budget::Share;
use crate::http::{Answer, Connection as After, DateLine, Framing, Head};
use crate::identify::Identifier;
use crate::metrics::{self, Listener, Stopwatch};
use crate::sdk_proxy;
use crate::serve::failure::Failure;
use crate::serve::shared::Shared;
use crate::shutdown::Stage;

/// Answers of this many bytes are written before more requests are answered.
const WRITE_FIRST_BYTES: usize = 32 << 10;

/// What a client is told that waits for leave to send a body.
const LEAVE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// One client's requests, and how far they are.
pub(super) struct Conversation<'a> {
    shared: &'a Shared,
    listener: Listener,
    /// The connection is one more than are served, and is told so.
    is_overloaded: bool,
    state: State<'a>,
    /// How many heads were read.
    heads: u64,
    /// What the answers hold of the budget.
    share: Share,
    /// An answer of the upstream, which holds its own share in place of that.
    forwarded: Bytes,
}

/// What the next byte is part of, or what keeps it from being read.
enum State<'a> {
    /// A request's head.
    Head,
    /// A request's body.
    Body(Box<Reading>),
    /// The request is being forwarded.
    Forwarding(Request, Forwarding<'a>),
    /// Nothing: the connection is to be closed.
    Over,
}

type Forwarding<'a> = Pin<Box<dyn Future<Output = Result<sdk_proxy::Answer, Failure>> + Send + 'a>>;

/// What a conversation goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A head, or the rest of one.
    Head,
    /// The rest of a body.
    Body,
    /// The upstream's answer.
    Upstream,
    /// The end.
    End,
}

/// What became of bytes that a client sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    /// How many of them are done with.
    pub(super) consumed: usize,
    /// Whether the others are to be looked at again before more is read: there are too many answers
    /// to be sent first, or one to be waited for.
    pub(super) is_unfinished: bool,
}

/// What is worked with for a while.
pub(super) struct Turn<'t> {
    identifier: &'t mut Identifier,
    date: &'t [u8],
    answers: &'t mut Vec<u8>,
    /// When what is done now began.
    began: Instant,
}

impl<'t> Turn<'t> {
    /// One that begins now, with no answer.
    pub(super) fn new(
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

    /// When the last request was answered, or else the turn began.
    pub(super) const fn now(&self) -> Instant {
        self.began
    }
}

impl<'a> Conversation<'a> {
    pub(super) const fn new(shared: &'a Shared, listener: Listener, is_overloaded: bool) -> Self {
        Self {
            shared,
            listener,
            is_overloaded,
            state: State::Head,
            heads: 0,
            share: Share::NONE,
            forwarded: Bytes::new(),
        }
    }

    pub(super) const fn next(&self) -> Next {
        match self.state {
            State::Head => Next::Head,
            State::Body(_) => Next::Body,
            State::Forwarding(..) => Next::Upstream,
            State::Over => Next::End,
        }
    }

    /// How many bytes of a body are still to come, if that is known, and it is one that comes next.
    pub(super) fn body_left(&self) -> Option<u64> {
        match &self.state {
            State::Body(reading) => reading.left(),
            _ => None,
        }
    }

    /// How many heads were read: whether what comes next is part of another request than before.
    pub(super) const fn heads(&self) -> u64 {
        self.heads
    }

    /// Ends it where it is.
    pub(super) fn end(&mut self) {
        self.state = State::Over;
    }

    /// Gives back what the answers held, once the client has taken them.
    pub(super) fn all_is_taken(&mut self) {
        self.share = Share::NONE;
        self.forwarded = Bytes::new();
    }

    /// Answers the requests in `bytes`, as far as they are there.
    pub(super) fn answer(&mut self, turn: &mut Turn<'_>, bytes: &[u8]) -> Answered {
        let mut rest = bytes;
        let mut is_unfinished = false;
        while !rest.is_empty() && !is_unfinished {
            if turn.answers.len() >= WRITE_FIRST_BYTES {
                is_unfinished = true;
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
                State::Forwarding(..) => is_unfinished = true,
                State::Over => rest = &[],
            }
        }
        Answered {
            consumed: bytes.len() - rest.len(),
            is_unfinished,
        }
    }

    /// Waits for what the upstream says. To be called where that comes [`Next`]: elsewhere nobody is
    /// woken.
    pub(super) fn poll_upstream(&mut self, cx: &mut Context<'_>) -> Poll<Forwarded> {
        let State::Forwarding(request, forwarding) = &mut self.state else {
            return Poll::Pending;
        };
        let (request, outcome) = (*request, ready!(forwarding.as_mut().poll(cx)));
        self.state = State::Head;
        Poll::Ready(Forwarded { request, outcome })
    }

    /// Answers with what the upstream said, or why it said nothing.
    pub(super) fn hand_back(&mut self, turn: &mut Turn<'_>, forwarded: Forwarded) {
        let Forwarded { request, outcome } = forwarded;
        match outcome {
            Ok(forwarded) => {
                let answer = Answer {
                    headers: Some(&forwarded.headers),
                    ..Answer::new(StatusCode::OK, &forwarded.body, After::Open)
                };
                self.write(turn.date, turn.answers, request, answer);
                // What was copied is counted in its place, if there is room for both just now.
                let length = turn.answers.len();
                if !self.share.grow_to(length, &self.shared.budget) {
                    self.forwarded = forwarded.body;
                }
            }
            Err(failure) => self.fail(turn.date, turn.answers, request, &failure),
        }
    }

    /// Answers the request whose body is not to be read to its end, if there is one.
    pub(super) fn refuse_body(&mut self, turn: &mut Turn<'_>, failure: Failure) {
        if let State::Body(reading) = mem::replace(&mut self.state, State::Head) {
            let Reading { request, plan, .. } = *reading;
            self.refuse_unread(turn, request, plan.or_refuse(failure));
        }
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
        self.refuse_unread(turn, Request::UNREADABLE, Plan::Refuse(refused));
        bytes.len()
    }

    /// Begins a request; tells how many bytes behind its head were its body, if that is there.
    fn begin(&mut self, turn: &mut Turn<'_>, head: &Head<'_>, bytes: &[u8]) -> usize {
        let request = Request::new(head);
        if self.is_overloaded {
            let failure = Failure::Overload("There are too many connections.");
            self.refuse_unread(turn, request, Plan::Refuse(failure));
            return 0;
        }
        let plan = request.plan(self.shared, head, bytes);
        let rest = &bytes[head.length..];
        if let Framing::Length(length) = head.framing {
            if length > request.max_body_bytes(&plan) as u64 {
                self.refuse_unread(turn, request, plan.or_refuse(Failure::TooLong));
                return 0;
            }
            let body = usize::try_from(length).ok();
            if let Some(body) = body.and_then(|length| rest.get(..length)) {
                self.finish(turn, request, plan, Cow::Borrowed(body), Share::NONE);
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

    /// Answers a request, the body of which is left unread, and ends.
    fn refuse_unread(&mut self, turn: &mut Turn<'_>, request: Request, plan: Plan) {
        let request = Request {
            is_kept: false,
            ..request
        };
        self.finish(turn, request, plan, Cow::Borrowed(&[]), Share::NONE);
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
                self.write(turn.date, turn.answers, request, answer);
                turn.began = Instant::now();
                return;
            }
            Plan::Refuse(failure) => {
                self.fail(turn.date, turn.answers, request, &failure);
                turn.began = Instant::now();
                return;
            }
        };
        let began = Stopwatch::since(turn.began.into_std());
        let (date, answers) = (turn.date, &mut *turn.answers);
        let tally = match identified {
            Ok(identified) => {
                let length = answers.len() + identified.body.len();
                if self.share.grow_to(length, &self.shared.budget) {
                    let answer = Answer {
                        generation: identified.generation,
                        rule: identified.rule,
                        ..Answer::new(StatusCode::OK, identified.body, After::Open)
                    };
                    self.write(date, answers, request, answer);
                    Some(identified.tally)
                } else {
                    let failure = Failure::Overload("Too much is being answered at once.");
                    self.fail(date, answers, request, &failure);
                    None
                }
            }
            Err(error) => {
                self.fail(date, answers, request, &error.into());
                None
            }
        };
        // Read once: what comes next begins now.
        turn.began = Instant::now();
        if let Some(tally) = tally {
            let took = began.until(turn.began.into_std());
            metrics::record(self.listener, &tally, took);
        }
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

    /// Appends an answer, and ends if that was the last.
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
            self.state = State::Over;
        }
    }
}

/// What became of a request that was forwarded.
pub(super) struct Forwarded {
    request: Request,
    outcome: Result<sdk_proxy::Answer, Failure>,
}
