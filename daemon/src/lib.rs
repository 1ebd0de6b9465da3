//! The daemon and the command line around [`codeid_engine`].
//!
//! - [`cli`]: the subcommands of the binary `codeid`.
//! - [`identify`]: from the bytes of a request to the bytes of its answer.
//! - [`settings`]: what can be set, from where, and which source wins.
//! - [`server`]: the daemon, from its listeners to its stop.
//! - [`source`]: where route configs come from, and where the last good one is kept.
//!
//! Within: `sdk_proxy` is the interface of that name, `start` makes the first route table, `preset`
//! is the one built in, `tls` and `connector` are how other servers are reached, `shutdown`,
//! `readiness`, `telemetry` and `unix_socket` are what their names say.

mod admin;
pub mod cli;
mod connector;
mod durable_file;
pub mod identify;
mod preset;
mod readiness;
mod regular_file;
mod reload;
mod result;
mod sdk_proxy;
pub mod server;
pub mod settings;
mod shutdown;
pub mod source;
mod start;
mod telemetry;
mod tls;
mod unix_socket;
mod watch;

pub use reload::InitError;
pub use start::StartError;
