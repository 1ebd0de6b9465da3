//! Calls to other servers: connections with deadlines, TLS, proxies, and bounded HTTP exchanges.

pub(crate) mod bearer_token;
pub(crate) mod connector;
mod dialer;
pub(crate) mod http_client;
pub(crate) mod proxy;
pub(crate) mod tls;
mod tunnel;
