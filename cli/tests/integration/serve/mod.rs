//! `codeid serve` and `codeid settings`, run as processes.

pub(crate) mod client;
mod conformance;
pub(crate) mod daemon;
mod endpoints;
mod hostile;
mod limits;
mod protocol;
mod real_clients;
mod secrets;
mod settings;
mod shutdown;
mod smuggling;
mod unix_socket;
