//! The replacement of a running daemon by its successor, which takes over its listening sockets.
//!
//! ```text
//! successor                                predecessor
//!    │ POST /v1/take-over on admin.unix ──────▶ │ audit: intended
//!    │ ◀───────────────────────────────── 101   │
//!    │ hello ─────────────────────────────────▶ │
//!    │ ◀───── offer, with the listening sockets │
//!    │ loads a route config, opens the rest     │ serves on
//!    │ ready, with what it would serve ───────▶ │ closes its audit log and decides about no config
//!    │ ◀─────────────────── accepted or refused │ audit: done or takeOverFailed
//!    │ serving ───────────────────────────────▶ │ drains
//!    ▼ accepts connections                      ▼
//! ```
//!
//! Until `serving`, the end of the conversation leaves the predecessor as it was. A socket belongs to one
//! process at a time, as far as its file is concerned: to the predecessor until it has accepted, to the successor
//! from then on. This module has the protocol and both ends of it that are not the admin plane's.
//!
//! Source: SPEC.md, section 7.

mod channel;
mod desk;
mod message;
mod predecessor;
mod rule;

pub(crate) use self::channel::{Channel, ChannelError};
pub(crate) use self::desk::{Desk, HandedSockets, Left, Orders, SocketCopy, desk};
pub(crate) use self::message::{Live, Message, Offer, OfferedSocket, PROTOCOL, Ready};
pub(crate) use self::predecessor::Predecessor;
pub use self::predecessor::TakeOverError;
pub(crate) use self::rule::{Before, judge};
