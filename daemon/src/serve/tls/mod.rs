//! TLS on `listen.http`.
//!
//! ```text
//! accept ──TCP──▶ handshakes (one thread) ──TLS──▶ worker: as every connection
//!                   └ the live certificate ◀── the files, whenever they change
//! ```
//!
//! A handshake is arithmetic: about a millisecond of it with an RSA key, during which a worker would
//! answer nobody. On a thread of its own, which gives way to the workers, it delays no lookup on a
//! connection that is open already, and however many clients begin one, they take one core. The
//! worker gets the connection when it can carry requests; what is left of TLS costs microseconds.
//!
//! Source: SPEC.md, section 6.

mod handshakes;
mod socket;

pub(crate) use self::handshakes::Handshakes;
pub(crate) use self::socket::{Socket, TlsConnection};
