//! Serving: connections are accepted, given to workers, and answered by their protocol.

pub(crate) mod accept;
mod deadline;
mod endpoint;
mod failure;
mod http;
pub(crate) mod listeners;
mod outbox;
mod resp;
pub(crate) mod shared;
pub(crate) mod tls;
pub(crate) mod worker;
