//! TLS on `listen.http`.
//!
//! ```text
//! accept ──TCP──▶ handshakes (one thread) ──TLS──▶ worker, like every connection
//!                   └ the live certificate ◀── its files, when they change
//! ```
//!
//! A handshake takes about a millisecond of arithmetic with an RSA key, during which a worker would
//! answer no client. On a thread of its own, with a lower priority than the workers, it delays no
//! lookup on an open connection, and all handshakes together take one core. The worker gets the
//! connection when it can carry requests; encrypting them costs microseconds.
//!
//! Source: SPEC.md, section 6.

mod handshakes;
mod socket;

pub(crate) use self::handshakes::Handshakes;
pub(crate) use self::socket::{Socket, TlsConnection};
