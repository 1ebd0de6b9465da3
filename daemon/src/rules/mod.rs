//! Route configs from their sources: the first at the start, and the next while serving.
//!
//! ```text
//! init ──────────────────────────────┐          ┌─▶ the same, or refused before: nothing to compile
//! schedule, announcements, SIGHUP, ──┼─▶ look ─▶ offer ─▶ compile ─▶ keep ─▶ publish
//!   the preset's file                │                   (its thread)         (compile thread)
//! one look at a time ────────────────┘
//! ```
//!
//! All of it runs on the control thread but for compiling and publishing. `DESIGN.md` tells why.
//!
//! Source: SPEC.md, section 3.

mod compiler;
mod control;
pub(crate) mod history;
pub(crate) mod hold;
mod init;
mod journal;
mod loader;
mod offer;
pub(crate) mod operator;
pub mod preset;
pub(crate) mod reloading;
mod schedule;
pub mod source;
mod sources;
mod staleness;
pub(crate) mod status;
mod supervisor;
#[cfg(test)]
mod tests;

pub(crate) use self::control::Control;
pub use self::init::InitError;
