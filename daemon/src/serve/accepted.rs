//! A connection that was accepted, on its way to a worker.

use std::io;
use std::net;
use std::os::unix;

use super::admission::Place;
use super::tls::TlsConnection;
use crate::budget::Share;
use crate::metrics::{ConnectionFigures, Listener};

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    /// The stream, and the listener that accepted it.
    pub(crate) stream: Stream,
    /// Given back when the connection is closed.
    pub(crate) place: Place,
    /// The share of the budget that the connection has.
    pub(crate) share: Share,
}

/// A stream that belongs to no runtime.
#[derive(Debug)]
pub(crate) enum Stream {
    /// A connection of `listen.http` without TLS.
    Tcp(net::TcpStream),
    /// A connection of `listen.http` after its handshake.
    Tls(Box<TlsConnection>),
    /// A connection of `listen.unix`.
    Unix(unix::net::UnixStream),
    /// The stream of a Redis client.
    Resp(unix::net::UnixStream),
}

impl Stream {
    /// Returns the listener that the stream came from.
    pub(crate) const fn listener(&self) -> Listener {
        match self {
            Self::Tcp(_) | Self::Tls(_) => Listener::Http,
            Self::Unix(_) => Listener::Unix,
            Self::Resp(_) => Listener::Resp,
        }
    }

    /// Makes reads and writes return instead of waiting.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system refuses.
    pub(super) fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(true),
            // The socket of a handshake never blocks.
            Self::Tls(_) => Ok(()),
            Self::Unix(stream) | Self::Resp(stream) => stream.set_nonblocking(true),
        }
    }
}

/// Counts a connection that is closed, since the system had no memory to wait for it on its thread.
pub(super) fn count_not_taken(figures: &ConnectionFigures, listener: Listener, error: &io::Error) {
    figures.count_accept_failure(listener);
    tracing::debug!(%error, listener = listener.word(), "a connection is closed: its thread cannot take it");
}
