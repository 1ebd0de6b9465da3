//! Route configs on their way from a source into the live table: the first at the start, further
//! ones while the daemon serves.
//!
//! ```text
//! init, reload ─▶ loader ─▶ pipeline ─▶ check ─▶ save ─▶ publish
//!                    │          ▲
//!                    ▼          │
//!                 sources    operator
//! ```
//!
//! `init` and `reload` decide when a source is checked, `loader` checks one at a time, and `pipeline`
//! decides what becomes of its config. Each step imports only steps to its right; all of them write
//! to `status`, which imports none. Everything runs on the control thread, except compiling and
//! publishing, which have a thread of their own (`compiler`).
//!
//! Source: SPEC.md, section 3.

pub(crate) mod candidate;
pub(crate) mod check;
mod compiler;
pub(crate) mod config_text;
mod control;
mod freeze;
pub(crate) mod handing_over;
mod hidden_preset;
pub(crate) mod history;
mod init;
mod journal;
mod level_sources;
mod loader;
pub(crate) mod operator;
mod outcome;
mod pipeline;
pub mod preset;
mod publish;
pub(crate) mod rehearsal;
mod reload;
mod requests;
mod save;
mod schedule;
pub mod source;
mod staleness;
pub(crate) mod status;
mod supervisor;
#[cfg(test)]
mod tests;

pub(crate) use self::control::Control;
pub use self::init::InitError;
