//! The context of a command, and the errors that several commands share.

use std::fmt::Display;
use std::sync::Arc;

use codeid_engine::{RouteTable, Scratch};

use super::command_queue::CommandQueue;
use super::decode::ProtocolError;
use super::encode::{Encoder, Protocol};
use crate::budget::{Budget, BufferQueue};
use crate::metrics::RequestCounts;
use crate::slice::Slice;

/// The most bytes of a client's input that an error repeats, as in Redis.
pub(super) const MAX_EXCERPT_BYTES: usize = 128;

/// Replies of this many bytes are written before more commands are answered.
pub const WRITE_FIRST_BYTES: usize = 256 << 10;

/// The context of a command: everything that it may read and change.
pub(super) struct Context<'a> {
    /// The live table; `None` before one is loaded.
    pub(super) table: Option<&'a RouteTable>,
    /// The memory of the thread for lookups.
    pub(super) scratch: &'a mut Scratch,
    /// The time after which a command that can be continued stops.
    pub(super) slice: &'a mut Slice,
    /// The place at which the command stopped; `None` for one that begins.
    pub(super) position: Option<Position>,
    /// The replies, to which the command appends exactly one.
    pub(super) replies: Encoder<'a>,
    /// The state of the client that sent the command.
    pub(super) client: &'a mut Client,
    /// The requests and code values that are counted once the bytes are answered.
    pub(super) counts: &'a mut RequestCounts,
}

/// The state of a client, as far as its commands have set it.
#[derive(Debug)]
pub(super) struct Client {
    /// The reply to `CLIENT ID`.
    pub(super) id: u64,
    /// The version of RESP in which the client is answered.
    pub(super) protocol: Protocol,
    /// The client's name for itself, empty if it has none.
    pub(super) name: Vec<u8>,
    /// The commands since `MULTI`; `None` outside a transaction, and while `EXEC` runs a command.
    pub(super) queue: Option<Box<CommandQueue>>,
    /// The number of times that `MULTI` has begun a transaction.
    pub(super) transactions: u64,
    /// The commands of a transaction that is not run. They are released, in slices, before another command
    /// is run.
    pub(super) dropped: BufferQueue,
    /// The number of commands that the budget had no room for.
    pub(super) memory_refusals: u64,
    /// The budget of the queue, and of the decoders.
    pub(super) budget: Arc<Budget>,
}

/// The place at which a command stopped. For `EXEC`, it is that of the queued command that stopped, or
/// empty between two of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The number of code values that are answered, or of names.
    pub(super) answered: usize,
    /// The number of bytes of the replies for code values.
    pub(super) reply_bytes: usize,
}

/// The effect of a command on its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// The connection stays open.
    Continue,
    /// The command stopped here, and is to be continued.
    Unfinished(Position),
    /// The connection closes once the replies are written.
    Close(CloseReason),
}

/// The reason why the daemon closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The client sent `QUIT`.
    Quit,
    /// The client does not speak the protocol.
    Protocol(ProtocolError),
    /// The client speaks HTTP.
    Http,
    /// The budget has no room for the positions of the arguments of a command.
    NoRoom,
}

impl Context<'_> {
    /// Refuses a command, or `container|subcommand`, for its number of arguments.
    pub(super) fn refuse_count(&mut self, name: impl Display) -> Flow {
        self.replies.error(format_args!(
            "ERR wrong number of arguments for '{name}' command"
        ));
        Flow::Continue
    }
}

impl Client {
    /// Returns the state of a client that has just connected: RESP2, no name and no transaction.
    pub(super) const fn new(id: u64, budget: Arc<Budget>) -> Self {
        Self {
            id,
            protocol: Protocol::Resp2,
            name: Vec::new(),
            queue: None,
            transactions: 0,
            dropped: BufferQueue::EMPTY,
            memory_refusals: 0,
            budget,
        }
    }

    /// Marks the client's transaction, if it has one, as one that is not to be run, and drops its commands.
    pub(super) fn abort_transaction(&mut self) {
        if let Some(queue) = &mut self.queue
            && !queue.is_aborted()
        {
            self.dropped = queue.abort();
        }
    }

    /// Ends the client's transaction, if it has one, and drops its commands.
    pub(super) fn drop_transaction(&mut self) {
        self.abort_transaction();
        self.queue = None;
    }
}
