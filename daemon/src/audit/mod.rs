//! The audit log: a line of JSON for every change that a caller makes, or attempts.
//!
//! ```text
//! action ─▶ line "intended" ─▶ disk ─▶ the action ─▶ line with its outcome ─▶ disk ─▶ response
//! refusal ─▶ one line a minute for each peer and kind, with their number
//! ```
//!
//! An action that cannot be recorded is not carried out. Each line carries the SHA-256 of the line
//! before, so that [`verify`] finds a line that was changed, removed or added. A second sink, syslog,
//! can take the lines, too; one of the two suffices.
//!
//! Source: SPEC.md, section 6.

mod file;
pub(crate) mod line;
mod log;
mod refusals;
mod retention;
mod sinks;
mod syslog;
pub mod verify;

pub(crate) use self::line::Outcome;
pub(crate) use self::log::{Action, AuditError, AuditLog, Intent};
