//! The daemon and the command line around [`codeid_engine`].
//!
//! - [`cli`]: the subcommands of the binary `codeid`.
//! - [`http`]: HTTP/1.1, from the bytes of requests to the bytes of answers.
//! - [`identify`]: from the bytes of a request to the bytes of its answer.
//! - [`resp`]: the Redis protocol, from the bytes of commands to the bytes of their replies.
//! - [`settings`]: what can be set, from where, and which source wins.
//! - [`sdk_proxy`]: requests of the client SDK to Alipay+: what is sent for one, which answers count.
//! - [`server`]: the daemon, from its listeners to its stop.
//! - [`signature`]: signatures of requests to Alipay+ and of its answers.
//! - [`source`]: where route configs come from, and where the last good one is kept.
//!
//! Within: `reload` makes the first route table and the next ones, from the sources and from
//! `preset`, which is built in; `watch`, `regular_file` and `durable_file` are what it knows of
//! files. `admin` is the operator's plane, `metrics` what it shows in figures; `tls` and
//! `connector` are how other servers are reached; `budget` bounds what large bodies take; `start`
//! is what can go wrong at the start, and `shutdown`, `readiness`, `telemetry` and `unix_socket`
//! are what their names say.

mod admin;
mod budget;
pub mod cli;
mod connector;
mod durable_file;
pub mod http;
pub mod identify;
mod metrics;
mod preset;
mod readiness;
mod regular_file;
mod reload;
pub mod resp;
mod result;
pub mod sdk_proxy;
pub mod server;
pub mod settings;
mod shutdown;
pub mod signature;
pub mod source;
mod start;
mod telemetry;
mod tls;
mod unix_socket;
mod watch;

pub use reload::InitError;
pub use start::StartError;
