//! The Redis protocol, so that every Redis client is a client of codeid.
//!
//! ```text
//! bytes ──Decoder──▶ Command ──commands──▶ Encoder ──▶ bytes
//!        └──────────── Session, one for each connection ─┘
//! ```
//!
//! This module does no I/O: `serve::resp` reads and writes. The table in `commands` names the
//! functions that run each command; they know the `context` that they run in, and not the table.
//!
//! Source: SPEC.md, section 6; the protocol is that of <https://redis.io/docs/reference/protocol-spec>.

mod clients;
mod command_queue;
mod command_spec;
mod command_table;
mod context;
mod decode;
mod encode;
mod identify;
mod introspection;
mod session;
mod transactions;

pub use self::context::{CloseReason, WRITE_FIRST_BYTES};
pub use self::decode::{
    Command, Decoder, MAX_ARGUMENTS, MAX_BULK_BYTES, MAX_COMMAND_BYTES, MAX_INLINE_BYTES,
    ProtocolError,
};
pub(crate) use self::session::OpenTransaction;
pub use self::session::{Next, Progress, Session};
