//! Calls to other servers: connections with deadlines, TLS, and bounded HTTP exchanges.

mod bearer_token;
pub(crate) mod connector;
pub(crate) mod http_client;
pub(crate) mod tls;
