//! Serving: connections are accepted and given to workers, and their protocol answers them.

pub(crate) mod accept;
mod connection;
mod http;
pub(crate) mod listeners;
mod resp;
pub(crate) mod shared;
pub(crate) mod tls;
pub(crate) mod worker;
