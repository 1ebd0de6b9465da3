//! One client's session: from the bytes that it sent to the bytes of the replies.

use codeid_engine::{LiveTable, Scratch};

use super::command_table;
use super::context::{Client, CloseReason, Context, Flow};
use super::decode::{Decoder, ProtocolError};
use super::encode::Encoder;
use crate::metrics::RequestCounts;

/// Replies of this many bytes are written before more commands are answered.
pub const WRITE_FIRST_BYTES: usize = 256 << 10;

/// The session of one client: its decoder, and what it has chosen.
#[derive(Debug)]
pub struct Session {
    decoder: Decoder,
    client: Client,
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
        Self {
            decoder: Decoder::default(),
            client: Client::new(id),
        }
    }

    /// Answers the commands at the beginning of `bytes`, all from the same table: appends their
    /// replies to `out`, in order.
    ///
    /// `bytes` begin after the last byte that was consumed. The session stops at a command that is
    /// not complete, and when `out` has [`WRITE_FIRST_BYTES`]; after [`Next::Close`] it must not be called
    /// again.
    ///
    /// Allocates nothing once `scratch` and `out` have grown.
    pub fn answer(
        &mut self,
        live: &LiveTable,
        scratch: &mut Scratch,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Progress {
        live.with(|table| {
            let (mut consumed, mut counts) = (0, RequestCounts::default());
            // PERF: `bytes` are checked for UTF-8 once, when a command is complete, and not for each
            // argument: 154 ns instead of 193 for an `IDENTIFY` in a pipeline, of which the lookup
            // takes 87 (benches/benches/resp.rs, `text` and `not-utf8-at-its-end`).
            let mut text = None;
            let next = loop {
                if out.len() >= WRITE_FIRST_BYTES {
                    break Next::Answer;
                }
                let command = match self.decoder.decode(&bytes[consumed..]) {
                    Ok(Some(command)) => {
                        let text = text.get_or_insert_with(|| str::from_utf8(bytes).unwrap_or(""));
                        command.with_text(text.get(consumed..).unwrap_or(""))
                    }
                    Ok(None) => break Next::Read,
                    Err(error) => break Next::Close(refuse_protocol(&self.client, error, out)),
                };
                consumed += command.length();
                let mut context = Context {
                    table,
                    scratch,
                    replies: Encoder::new(out, self.client.protocol),
                    client: &mut self.client,
                    counts: &mut counts,
                };
                if let Flow::Close(reason) = command_table::run(&mut context, &command) {
                    break Next::Close(reason);
                }
            };
            Progress {
                consumed,
                next,
                counts,
            }
        })
    }

    /// Frees memory that only unusual commands need, for a connection that waits.
    pub fn shrink(&mut self) {
        self.decoder.shrink();
    }
}

/// Appends the error for bytes that are not a command.
fn refuse_protocol(client: &Client, error: ProtocolError, out: &mut Vec<u8>) -> CloseReason {
    let mut replies = Encoder::new(out, client.protocol);
    replies.error(format_args!("ERR Protocol error: {error}"));
    CloseReason::Protocol(error)
}
