//! The documents of both APIs as types, shared by the daemon and the command line.
//!
//! Pure data: what the admin plane and the serving port read and write as JSON, and nothing that
//! produces it. A member that has no value is `null`, times are milliseconds since the beginning of
//! 1970, UTC, and a client ignores members that it does not know.
//!
//! Source: SPEC.md, section 6.

pub mod admin;
pub mod apply;
pub mod check;
pub mod decisions;
pub mod drain;
pub mod empty;
pub mod explain;
pub mod figures;
pub mod forget;
pub mod freeze;
mod headers;
pub mod health;
pub mod history;
pub mod identify;
pub mod log_level;
pub mod method;
pub mod metrics;
pub mod openapi;
pub mod problem;
pub mod readiness;
pub mod refusal;
pub mod reload;
pub mod role;
pub mod rules;
pub mod schema;
pub mod sdk_proxy;
pub mod serving;
pub mod settings;
pub mod status;
#[cfg(test)]
mod tests;
pub mod thaw;
