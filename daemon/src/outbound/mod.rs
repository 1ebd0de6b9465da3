//! Calls to other servers: connections with deadlines, TLS, and bounded HTTP exchanges.

pub mod connector;
pub(crate) mod http_client;
pub(crate) mod tls;
