//! The Redis protocol for the loop of [`connection`](super::connection): the commands of Redis
//! clients, and their replies.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::LocalKey;
use std::time::Duration;

use codeid_engine::Scratch;
use tokio::net::UnixStream;
use tokio::time::Instant;

use super::admission::{Place, Refusal};
use super::connection::{
    self, AtStop, Batch, ClientWait, End, InputLimits, Phase, Progress, Protocol, ThreadBuffers,
    Transport, Wait,
};
use super::shared::Shared;
use crate::budget::SMALL_BYTES;
use crate::decisions;
use crate::metrics::{self, Listener, Overflow, Stopwatch};
use crate::resp::{CloseReason, MAX_COMMAND_BYTES, Next, OpenTransaction, Session};

/// The most bytes that are read at once.
const READ_BYTES: usize = 64 << 10;

/// The most bytes of an incomplete command that are moved before what is read next.
const MAX_PREFIX_BYTES: usize = READ_BYTES / 2;

/// The least bytes of a transaction's commands that a client sends in a second, on average, beyond
/// `resp.command-timeout-ms`.
const LEAST_TRANSACTION_RATE: usize = 256 << 10;

/// Redis's error for a connection that is one more than are served.
const TOO_MANY: &[u8] = b"-ERR max number of clients reached\r\n";
/// The error for a connection that the budget has no room for.
const NO_ROOM_TO_CONNECT: &[u8] = b"-OOM memory.max-bytes has no room for another connection\r\n";
/// The error for a command that the budget has no room for.
const NO_ROOM: &[u8] = b"-UNKNOWN_EXCEPTION Too much is being read at once.\r\n";
/// The error for a transaction that is open for too long.
const TRANSACTION_TOO_LONG: &[u8] =
    b"-ERR a transaction of more than 4096 bytes is open for longer than \
    resp.command-timeout-ms and a second for each 262144 bytes\r\n";

thread_local! {
    static THREAD: RefCell<ThreadBuffers<Scratch>> =
        RefCell::new(ThreadBuffers::new(metrics::thread_scratch()));
}

/// Serves commands until either side closes the connection, or the client makes no progress.
///
/// A connection whose `place` is refused, because it is one more than are served, is refused unread.
pub(super) async fn serve(shared: Arc<Shared>, stream: UnixStream, place: &Place) {
    if let Some(refusal) = place.refusal() {
        let error = match refusal {
            Refusal::TooMany => TOO_MANY,
            Refusal::NoMemory => NO_ROOM_TO_CONNECT,
        };
        return connection::refuse(stream, error).await;
    }
    let session = RespSession::new(&shared);
    let (budget, shutdown) = (shared.budget(Listener::Resp), &*shared.shutdown);
    connection::serve(session, stream, Instant::now(), budget, shutdown, place).await;
}

/// The session of one client.
struct RespSession<'a> {
    session: Session,
    shared: &'a Shared,
    /// The open transaction, and the time since which it is a large one, if it is.
    transaction: Option<(OpenTransaction, Instant)>,
    /// Set once the session is over.
    over: Option<Over>,
}

/// The reason why a session is over.
#[derive(Clone, Copy, Debug)]
enum Over {
    /// The client sends nothing more, or is idle.
    Ended,
    /// The daemon closes the connection, once its replies are written.
    Closed(CloseReason),
    /// The budget has no room for a command.
    NoRoom,
    /// A large transaction is open for too long.
    TransactionTooLong,
}

impl<'a> RespSession<'a> {
    fn new(shared: &'a Shared) -> Self {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        Self {
            session: Session::within(
                shared.budget(Listener::Resp),
                LAST_ID.fetch_add(1, Relaxed) + 1,
            ),
            shared,
            transaction: None,
            over: None,
        }
    }

    /// Notes the time since which the open transaction is a large one.
    fn note_transaction(&mut self, now: Instant) {
        let open = self.session.open_transaction();
        let noted = self.transaction;
        self.transaction = open.filter(|open| open.bytes > SMALL_BYTES).map(|open| {
            let same = noted.filter(|(noted, _)| noted.number == open.number);
            (open, same.map_or(now, |(_, since)| since))
        });
    }
}

impl Protocol for RespSession<'_> {
    type Memory = Scratch;

    const AT_STOP: AtStop = AtStop::RefuseInput;

    fn thread() -> &'static LocalKey<RefCell<ThreadBuffers<Scratch>>> {
        &THREAD
    }

    fn input_limits(&self) -> InputLimits {
        InputLimits {
            buffer_bytes: READ_BYTES,
            max_read_bytes: READ_BYTES,
            max_prefix_bytes: MAX_PREFIX_BYTES,
            max_request_bytes: MAX_COMMAND_BYTES + READ_BYTES,
        }
    }

    fn phase(&self) -> Phase {
        match self.over {
            None => Phase::Read,
            Some(_) => Phase::Close { lingers: false },
        }
    }

    fn wait(&self, unread: &[u8]) -> ClientWait {
        if unread.is_empty() {
            ClientWait::NextRequest
        } else {
            ClientWait::Rest
        }
    }

    fn timeout(&self, wait: ClientWait) -> Duration {
        let limits = &self.shared.resp;
        match wait {
            ClientWait::FirstRequest | ClientWait::NextRequest => limits.idle_timeout,
            ClientWait::Rest | ClientWait::Body => limits.command_timeout,
        }
    }

    fn write_timeout(&self) -> Duration {
        self.shared.resp.write_timeout
    }

    fn max_pending_bytes(&self) -> Option<usize> {
        Some(self.shared.resp.max_pending_reply_bytes)
    }

    fn expires_at(&self) -> Option<Instant> {
        let (open, since) = self.transaction.filter(|_| self.over.is_none())?;
        let needed = Duration::from_secs((open.bytes / LEAST_TRANSACTION_RATE) as u64);
        Some(since + self.shared.resp.command_timeout + needed)
    }

    fn has_own_work(&self) -> bool {
        self.session.has_dropped()
    }

    fn answer(&mut self, batch: &mut Batch<'_, Scratch>, bytes: &[u8], _seen: usize) -> Progress {
        let began = Stopwatch::since(batch.now.into_std());
        decisions::begin(Listener::Resp, batch.now.into_std());
        let live = &self.shared.live;
        let slice = &mut batch.slice;
        let progress = self
            .session
            .answer(live, batch.memory, slice, bytes, batch.out);
        batch.now = Instant::now();
        let took = began.until(batch.now.into_std());
        metrics::record(Listener::Resp, &progress.counts, took);
        if progress.consumed == bytes.len() {
            self.session.shrink();
        }
        self.note_transaction(batch.now);
        let refusals = self.session.take_memory_refusals();
        if refusals > 0 {
            let figures = self.shared.metrics.connections();
            figures.count_memory_refusals(Listener::Resp, refusals);
        }
        match progress.next {
            Next::Read | Next::Answer => {}
            Next::Close(CloseReason::NoRoom) => self.refuse_input(batch),
            Next::Close(reason) => self.over = Some(Over::Closed(reason)),
        }
        Progress {
            consumed: progress.consumed,
            is_unfinished: progress.next == Next::Answer,
            is_another_request: progress.consumed > 0,
        }
    }

    fn time_out(&mut self, batch: &mut Batch<'_, Scratch>, _: ClientWait) -> ControlFlow<()> {
        if self.expires_at().is_none_or(|at| at > batch.now) {
            return ControlFlow::Break(());
        }
        batch.out.extend_from_slice(TRANSACTION_TOO_LONG);
        self.over = Some(Over::TransactionTooLong);
        ControlFlow::Continue(())
    }

    fn close(&mut self) {
        self.over = Some(Over::Ended);
    }

    fn refuse_input(&mut self, batch: &mut Batch<'_, Scratch>) {
        batch.out.extend_from_slice(NO_ROOM);
        self.over = Some(Over::NoRoom);
    }

    fn release(&mut self) -> bool {
        self.session.release()
    }

    fn log_end(&self, end: End, stream: &impl Transport) {
        let overflow = match (end, self.over) {
            (End::Overflowed, _) => Some(Overflow::Pending),
            (End::Closed, Some(Over::NoRoom)) | (End::NoRoom, _) => Some(Overflow::Memory),
            (End::Closed, Some(Over::TransactionTooLong)) | (End::Expired, _) => {
                Some(Overflow::Transaction)
            }
            _ => None,
        };
        if let Some(overflow) = overflow {
            let figures = self.shared.metrics.connections();
            figures.count_overflowed(Listener::Resp, overflow);
        }
        let Some(peer) = stream.peer() else {
            return;
        };
        let (pid, uid) = (peer.pid(), peer.uid());
        match (end, self.over, overflow) {
            (_, _, Some(Overflow::Pending)) => {
                let bytes = self.shared.resp.max_pending_reply_bytes;
                tracing::warn!(
                    pid,
                    uid,
                    bytes,
                    "dropped a client: more replies wait for it than resp.max-pending-reply-bytes"
                );
            }
            (_, _, Some(Overflow::Memory)) => {
                tracing::warn!(pid, uid, "dropped a client: memory.max-bytes is used up");
            }
            (_, _, Some(Overflow::Transaction)) => {
                let bytes = self.transaction.map_or(0, |(open, _)| open.bytes);
                tracing::warn!(
                    pid,
                    uid,
                    bytes,
                    "dropped a client whose transaction was open for too long"
                );
            }
            (End::Closed, Some(Over::Closed(CloseReason::Http)), None) => {
                tracing::warn!(pid, uid, "dropped a client that speaks HTTP to listen.resp");
            }
            (End::Closed, Some(Over::Closed(CloseReason::Protocol(error))), None) => {
                tracing::debug!(pid, uid, %error, "dropped a client that does not speak RESP");
            }
            (End::TimedOut(Wait::Write), _, None) => {
                tracing::warn!(pid, uid, "dropped a client that does not take its replies");
            }
            _ => {}
        }
    }
}
