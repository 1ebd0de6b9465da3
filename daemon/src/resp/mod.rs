//! The Redis protocol, so that every Redis client is a client of codeid.
//!
//! ```text
//! bytes ──Decoder──▶ Command ──commands──▶ Encoder ──▶ bytes
//!        └──────────── Session, one for each connection ─┘
//! ```
//!
//! Pure: bytes in, bytes out. Who reads and writes them is `server::resp`.
//!
//! Source: SPEC.md, section 6; the protocol is that of <https://redis.io/docs/reference/protocol-spec>.

mod clients;
mod commands;
mod decode;
mod encode;
mod identify;
mod introspection;
mod session;

pub use self::decode::{
    Command, Decoder, MAX_ARGUMENTS, MAX_BULK_BYTES, MAX_COMMAND_BYTES, MAX_INLINE_BYTES,
    ProtocolError,
};
pub use self::session::{Answered, Closing, Next, Session, WRITE_FIRST_BYTES};
