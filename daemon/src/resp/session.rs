//! One client's conversation: from the bytes it sent to the bytes it is sent.

use codeid_engine::{LiveTable, Scratch};

use super::commands::{self, After, Client, Run};
use super::decode::{Decoder, ProtocolError};
use super::encode::Encoder;
use crate::metrics::Tally;

/// Replies of this many bytes are written before more commands are answered.
pub const WRITE_FIRST_BYTES: usize = 256 << 10;

/// What is remembered of one client.
#[derive(Debug)]
pub struct Session {
    decoder: Decoder,
    client: Client,
}

/// What became of bytes that a client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// How many of them were commands that are answered.
    pub consumed: usize,
    /// What is to be done once the replies are written.
    pub next: Next,
    /// What is counted of the commands.
    pub(crate) tally: Tally,
}

/// What a connection goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Read more.
    Read,
    /// Answer the bytes that were not consumed.
    Answer,
    /// Close.
    Close(Closing),
}

/// Why a connection is closed from our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The client asked for it.
    Quit,
    /// What it sent is not the protocol.
    Protocol(ProtocolError),
    /// What it sent is HTTP.
    Http,
}

impl Session {
    /// A client that has just connected. `id` is what it may ask its connection's number to be.
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
    /// `bytes` begin where those that were consumed last ended. Stops at a command that is not
    /// complete, and when `out` has [`WRITE_FIRST_BYTES`].
    ///
    /// Cannot fail, and allocates nothing once `scratch` and `out` have grown.
    pub fn answer(
        &mut self,
        live: &LiveTable,
        scratch: &mut Scratch,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Answered {
        let Self { decoder, client } = self;
        live.with(|table| {
            let (mut consumed, mut tally) = (0, Tally::default());
            // Whether it is text is asked once for all of it, and not before a command is complete:
            // asked of each argument, an `IDENTIFY` in a pipeline takes 193 ns instead of 154, with a
            // lookup of 87 (`benches/benches/resp.rs`).
            let mut text = None;
            let answered = |consumed, next, tally| Answered {
                consumed,
                next,
                tally,
            };
            loop {
                if out.len() >= WRITE_FIRST_BYTES {
                    return answered(consumed, Next::Answer, tally);
                }
                let command = match decoder.decode(&bytes[consumed..]) {
                    Ok(Some(command)) => {
                        let text = text.get_or_insert_with(|| str::from_utf8(bytes).unwrap_or(""));
                        command.known_as(text.get(consumed..).unwrap_or(""))
                    }
                    Ok(None) => return answered(consumed, Next::Read, tally),
                    Err(error) => {
                        let mut replies = Encoder::new(out, client.protocol());
                        replies.error(format_args!("ERR Protocol error: {error}"));
                        let next = Next::Close(Closing::Protocol(error));
                        return answered(consumed, next, tally);
                    }
                };
                consumed += command.length();
                let mut run = Run {
                    table,
                    scratch,
                    replies: Encoder::new(out, client.protocol()),
                    client,
                    tally: &mut tally,
                };
                if let After::Close(closing) = commands::run(&mut run, &command) {
                    return answered(consumed, Next::Close(closing), tally);
                }
            }
        })
    }

    /// Gives memory back that only unusual commands need. For a connection that waits.
    pub fn shrink(&mut self) {
        self.decoder.shrink();
    }
}
