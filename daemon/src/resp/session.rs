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
                let command = match &unfinished {
                    Some(_) => self.decoder.last(&bytes[consumed..]),
                    None => match self.decoder.decode(&bytes[consumed..]) {
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

    /// Takes the share of the budget that the decoders need, whose memory has grown by at most 128 KiB since
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

#[cfg(test)]
mod tests {
    use codeid_engine::CompileLimits;

    use super::*;
    use crate::identify::Identifier;

    fn table(version: u32) -> RouteTable {
        let config = format!(
            r#"{{"format": "codeid/1", "version": "{version}", "rules": [
                {{"id": "r", "match": {{"prefix": "28"}},
                  "action": {{"type": "DECODE", "codeValue": "{version}"}}}}]}}"#
        );
        RouteTable::from_json(config.as_bytes(), &CompileLimits::default()).unwrap()
    }

    /// Answers `commands` in slices of one code value, before each of which another table becomes live.
    /// Returns the code values in the replies.
    fn answer(commands: &str) -> Vec<String> {
        let live = LiveTable::new();
        let (mut session, mut scratch) = (Session::new(1), Scratch::new());
        let (mut consumed, mut replies) = (0, Vec::new());
        for version in 1.. {
            live.publish(table(version));
            let (slice, bytes) = (&mut Slice::shortest(), &commands.as_bytes()[consumed..]);
            let progress = session.answer(&live, &mut scratch, slice, bytes, &mut replies);
            consumed += progress.consumed;
            if progress.next == Next::Read {
                break;
            }
        }
        assert_eq!(consumed, commands.len());
        let replies = String::from_utf8(replies).unwrap();
        let values = replies.split("codeValue\r\n$1\r\n").skip(1);
        values.map(|value| value[..1].to_owned()).collect()
    }

    #[test]
    fn a_pipeline_takes_the_live_table_for_each_slice() {
        let commands = "IDENTIFY 28 user-42\r\n".repeat(4);
        assert_eq!(answer(&commands), ["1", "2", "3", "4"]);
    }

    #[test]
    fn a_command_for_several_code_values_keeps_the_table_that_it_began_with() {
        let several = "MIDENTIFY 28 user-1 28 user-2 28 user-3\r\n";
        let commands = format!("{several}IDENTIFY 28 user-4\r\n{several}");
        assert_eq!(answer(&commands), ["1", "1", "1", "4", "5", "5", "5"]);
    }

    #[test]
    fn a_transaction_has_the_table_that_is_live_when_it_is_run() {
        let commands = "MULTI\r\nIDENTIFY 28 user-1\r\nMIDENTIFY 28 user-1 28 user-2\r\nEXEC\r\n\
            IDENTIFY 28 user-1\r\n";
        // Each of the first three commands takes a slice, and each code value.
        assert_eq!(answer(commands), ["4", "4", "4", "7"]);
    }

    /// Answers `commands` within a budget, up to where nothing more is consumed. Returns what is next then.
    fn next_within(budget_bytes: usize, commands: &[u8]) -> Next {
        let (live, budget) = (LiveTable::new(), Arc::new(Budget::new(budget_bytes)));
        let mut session = Session::within(&budget, 1);
        let (mut scratch, mut out, mut consumed) = (Scratch::new(), Vec::new(), 0);
        let next = loop {
            let (slice, bytes) = (&mut Slice::shortest(), &commands[consumed..]);
            let progress = session.answer(&live, &mut scratch, slice, bytes, &mut out);
            consumed += progress.consumed;
            if progress.next != Next::Answer || progress.consumed == 0 {
                break progress.next;
            }
        };
        drop(session);
        let mut share = Share::NONE;
        assert!(share.grow_to(budget_bytes, &budget));
        next
    }

    #[test]
    fn the_memory_of_the_decoders_is_counted() {
        let (pair, no_room) = ("$0\r\n\r\n".repeat(2), Next::Close(CloseReason::NoRoom));
        let begun = format!("*4000\r\n{}", pair.repeat(1500)).into_bytes();
        assert_eq!(next_within(31 << 10, &begun), no_room);
        assert_eq!(next_within(32 << 10, &begun), Next::Read);
        // A queued command that stops has a second decoder, beside its 12 KiB.
        let several = format!("*2049\r\n$9\r\nMIDENTIFY\r\n{}", pair.repeat(1024));
        let transaction = format!("MULTI\r\n{several}EXEC\r\n").into_bytes();
        assert_eq!(next_within(72 << 10, &transaction), no_room);
        assert_eq!(next_within(80 << 10, &transaction), Next::Answer);
    }

    #[test]
    fn a_transaction_is_dropped_in_slices() {
        let live = LiveTable::new();
        let long = format!("ECHO {}\r\n", "x".repeat(60_000)).repeat(200);
        for (last, reply) in [
            ("DISCARD", "+OK\r\n"),
            ("RESET", "+RESET\r\n"),
            (
                "NOPE\r\nEXEC",
                "-EXECABORT Transaction discarded because of previous errors.\r\n",
            ),
            (
                "EXEC x",
                "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command\r\n",
            ),
        ] {
            let commands = format!("MULTI\r\n{long}{last}\r\nPING\r\n");
            let (mut session, mut scratch) = (Session::new(1), Scratch::new());
            let (mut consumed, mut replies, mut slices) = (0, Vec::new(), 0);
            while consumed < commands.len() {
                let (slice, bytes) = (&mut Slice::shortest(), &commands.as_bytes()[consumed..]);
                let progress = session.answer(&live, &mut scratch, slice, bytes, &mut replies);
                consumed += progress.consumed;
                slices += usize::from(progress.consumed == 0);
            }
            // There are twelve megabytes.
            assert!(slices >= 10, "{slices} for {last}");
            let replies = String::from_utf8(replies).unwrap();
            assert!(replies.ends_with(&format!("{reply}+PONG\r\n")), "{last}");
        }
    }

    #[test]
    fn without_a_table_the_json_is_that_of_http() {
        let live = LiveTable::new();
        let (mut session, mut replies) = (Session::new(1), Vec::new());
        session.answer(
            &live,
            &mut Scratch::new(),
            &mut Slice::endless(),
            b"IDENTIFY 28 user-1 AS JSON\r\n",
            &mut replies,
        );
        let mut identifier = Identifier::new();
        let body = br#"{"codeValue":"28","openId":"user-1"}"#;
        let body = identifier.identify_code(&live, body).unwrap().body;
        let body = std::str::from_utf8(body).unwrap();
        assert!(body.contains("UNKNOWN_EXCEPTION"));
        let expected = format!("${}\r\n{body}\r\n", body.len());
        assert_eq!(String::from_utf8(replies).unwrap(), expected);
    }
}
