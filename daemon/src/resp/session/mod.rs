//! One client's session: from the bytes that it sent to the bytes of the replies.

use std::mem;
use std::sync::Arc;

use codeid_engine::{LiveTable, RouteTable, Scratch};

use super::command_table;
use super::context::{Client, CloseReason, Context, Flow, Position, WRITE_FIRST_BYTES};
use super::decode::{Decoder, ProtocolError};
use super::encode::Encoder;
use crate::budget::{Budget, Share};
use crate::metrics::RequestCounts;
use crate::slice::Slice;

#[cfg(test)]
mod tests;

/// The most bytes that are checked for UTF-8 at once; in more, each argument is checked by itself.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// The session of one client: its decoder, and what it has chosen.
#[derive(Debug)]
pub struct Session {
    decoder: Decoder,
    client: Client,
    unfinished: Option<Unfinished>,
    /// The share of the budget that the decoders have.
    share: Share,
}

/// A transaction that its client has begun and not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenTransaction {
    /// The number of the transaction among those of the client.
    pub(crate) number: u64,
    /// The bytes of its commands.
    pub(crate) bytes: usize,
}

/// A command that is answered in part. It is the last that was decoded, and is not consumed.
#[derive(Debug)]
struct Unfinished {
    /// The table that it began with.
    table: Option<Arc<RouteTable>>,
    position: Position,
}

/// The result of answering bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of bytes whose commands are answered.
    pub consumed: usize,
    /// The next step of the connection, once the replies are written.
    pub next: Next,
    /// The commands as they are counted.
    pub(crate) counts: RequestCounts,
}

/// The next step of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Read more.
    Read,
    /// Answer the bytes that were not consumed.
    Answer,
    /// Close.
    Close(CloseReason),
}

impl Session {
    /// Creates the session of a client that has just connected. `id` is the reply to `CLIENT ID`.
    #[must_use]
    pub fn new(id: u64) -> Self {
        Self::within(&Arc::new(Budget::new(usize::MAX)), id)
    }

    /// Creates the session of a client whose transactions have their memory from `budget`.
    pub(crate) fn within(budget: &Arc<Budget>, id: u64) -> Self {
        Self {
            decoder: Decoder::default(),
            client: Client::new(id, Arc::clone(budget)),
            unfinished: None,
            share: Share::NONE,
        }
    }

    /// Answers the commands at the beginning of `bytes`, all from the live table: appends their
    /// replies to `out`, in order.
    ///
    /// `bytes` begin after the last byte that was consumed. The session stops at a command that is
    /// not complete, when `out` has [`WRITE_FIRST_BYTES`], and when `slice` is over; a command that it
    /// stops in the middle of is continued by the next call, from the table that it began with. A transaction
    /// that is dropped is released before another command is run. After [`Next::Close`] it must not be called
    /// again.
    ///
    /// Allocates nothing once `scratch` and `out` have grown.
    pub fn answer(
        &mut self,
        live: &LiveTable,
        scratch: &mut Scratch,
        slice: &mut Slice,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Progress {
        if self.has_dropped() {
            self.release_dropped(slice);
            return Progress {
                consumed: 0,
                next: Next::Answer,
                counts: RequestCounts::default(),
            };
        }
        live.with_shared(|table| {
            let (mut consumed, mut counts) = (0, RequestCounts::default());
            // PERF: `bytes` are checked for UTF-8 once, when a command is complete, and not for each
            // argument: 154 ns instead of 193 for an `IDENTIFY` in a pipeline, of which the lookup
            // takes 87 (benches/benches/resp.rs, `text` and `not-utf8-at-its-end`).
            let mut text = None;
            let next = loop {
                if out.len() >= WRITE_FIRST_BYTES {
                    break Next::Answer;
                }
                let unfinished = self.unfinished.take();
                let rest = bytes.get(consumed..).unwrap_or_default();
                let command = match &unfinished {
                    Some(_) => self.decoder.last(rest),
                    None => match self.decoder.decode(rest) {
                        Ok(Some(command)) => {
                            let text = text.get_or_insert_with(|| text_of(bytes));
                            command.with_text(text.get(consumed..).unwrap_or(""))
                        }
                        Ok(None) => break Next::Read,
                        Err(error) => break Next::Close(refuse_protocol(&self.client, error, out)),
                    },
                };
                let table = unfinished
                    .as_ref()
                    .map_or(table, |begun| begun.table.as_ref());
                let mut context = Context {
                    table: table.map(Arc::as_ref),
                    scratch,
                    slice,
                    position: unfinished.as_ref().map(|begun| begun.position),
                    replies: Encoder::new(out, self.client.protocol),
                    client: &mut self.client,
                    counts: &mut counts,
                };
                match command_table::run(&mut context, &command) {
                    Flow::Continue => consumed += command.length(),
                    Flow::Unfinished(position) => {
                        let table = table.cloned();
                        self.unfinished = Some(Unfinished { table, position });
                        break Next::Answer;
                    }
                    Flow::Close(reason) => {
                        consumed += command.length();
                        break Next::Close(reason);
                    }
                }
                let is_over = slice.spend(command.length());
                self.release_dropped(slice);
                if (is_over && consumed < bytes.len()) || self.has_dropped() {
                    break Next::Answer;
                }
            };
            let next = match next {
                Next::Read | Next::Answer if !self.has_room() => Next::Close(CloseReason::NoRoom),
                next => next,
            };
            Progress {
                consumed,
                next,
                counts,
            }
        })
    }

    /// Returns the transaction that the client has begun and not ended; `None` while it is run.
    pub(crate) fn open_transaction(&self) -> Option<OpenTransaction> {
        let queue = self.client.queue.as_ref()?;
        self.unfinished.is_none().then(|| OpenTransaction {
            number: self.client.transactions,
            bytes: queue.len(),
        })
    }

    /// Returns `true` if the memory of a transaction that was dropped is to be released.
    pub(crate) const fn has_dropped(&self) -> bool {
        !self.client.dropped.is_empty()
    }

    /// Returns the number of commands that the budget had no room for since the last call.
    pub(crate) const fn take_memory_refusals(&mut self) -> u64 {
        mem::replace(&mut self.client.memory_refusals, 0)
    }

    /// Releases memory of transactions that were dropped, until the slice is over.
    fn release_dropped(&mut self, slice: &mut Slice) {
        let dropped = &mut self.client.dropped;
        while !dropped.is_empty() && !slice.spend(dropped.release_front()) {}
    }

    /// Releases a part of the memory of transactions that were not run, after the end of the session.
    /// Returns `true` if there is more.
    pub(crate) fn release(&mut self) -> bool {
        if !self.has_dropped() {
            self.client.drop_transaction();
        }
        self.client.dropped.release_front();
        self.has_dropped()
    }

    /// Takes the share of the budget that the decoders need, whose memory has grown by at most 192 KiB since
    /// the last call. Returns whether there is room.
    fn has_room(&mut self) -> bool {
        let queue = self.client.queue.as_ref();
        let queue_bytes = queue.map_or(0, |queue| queue.decoder_bytes());
        let bytes = self.decoder.memory_bytes() + queue_bytes;
        self.share.grow_to(bytes, &self.client.budget)
    }

    /// Frees memory that only unusual commands need, for a connection that waits.
    pub fn shrink(&mut self) {
        if self.unfinished.is_some() {
            return;
        }
        self.decoder.shrink();
        if let Some(queue) = &mut self.client.queue {
            queue.shrink();
        }
        self.share = Share::NONE;
    }
}

/// Returns `bytes` as text, or an empty text if they are not UTF-8 or too many to be checked at once.
fn text_of(bytes: &[u8]) -> &str {
    match bytes.len() {
        ..=MAX_TEXT_BYTES => str::from_utf8(bytes).unwrap_or(""),
        _ => "",
    }
}

/// Appends the error for bytes that are not a command.
fn refuse_protocol(client: &Client, error: ProtocolError, out: &mut Vec<u8>) -> CloseReason {
    let mut replies = Encoder::new(out, client.protocol);
    replies.error(format_args!("ERR Protocol error: {error}"));
    CloseReason::Protocol(error)
}
