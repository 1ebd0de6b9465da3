//! Serving: connections are accepted and given to workers, where the connection loop answers them by
//! their protocol.
//!
//! ```text
//! accept ──▶ admission ────────────▶ dispatch ──▶ worker ──▶ connection, with the protocol http or resp
//!                 └─▶ tls: handshake ──▶┘
//! ```

pub(crate) mod accept;
pub(crate) mod accepted;
pub(crate) mod admission;
mod connection;
mod http;
pub(crate) mod listeners;
mod resp;
pub(crate) mod shared;
pub(crate) mod tls;
pub(crate) mod worker;
mod worker_choice;
