//! The admin plane: operators read the state of a running daemon, and change it.
//!
//! ```text
//! admin.unix ──peer's uid─────┐
//! admin.http ──TLS──token─────┴▶ router: host? role? ──▶ body ──▶ handler ──▶ response
//!     in the lobby                          │    as one of those served   │   ▲
//!                                           ▼             intent, outcome ▼   │ recorded
//!                                       a refusal                       audit log
//! ```
//!
//! The plane runs on the control thread, under limits of its own: nothing here slows the serving
//! threads down, and nothing of the serving ports can be reached here. The routes and their
//! documents are those of [`crate::api`].
//!
//! Source: SPEC.md, section 6.

mod access;
mod body;
mod caller;
mod connections;
mod console;
pub(crate) mod fuzzing;
mod handlers;
mod host_header;
mod json_body;
mod limits;
mod lingering;
mod listeners;
mod live_tokens;
mod lobby;
mod negotiation;
mod origin;
mod plane;
mod refusal;
mod request;
mod response;
mod router;
mod take_over;
mod take_overs;
pub(crate) mod tokens;

pub(crate) use self::limits::AdminLimits;
pub(crate) use self::listeners::{AdminListeners, AdminSocket, count_tokens, open, rehearse_unix};
pub(crate) use self::plane::AdminPlane;
pub(crate) use self::take_overs::TakeOvers;
