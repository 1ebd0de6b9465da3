//! The kinds of failures: failed requests are counted by them.

use std::fmt;
use std::io;

use super::connection::MAX_RESPONSE_BYTES;
use super::schedule::DRAIN;

/// The reason why a request failed. Its `Display` form is the key in the saved figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FailureKind {
    /// The client could not reconnect during the run.
    Connect(io::ErrorKind),
    /// The server reset the connection.
    Reset,
    /// The server closed the connection before the first byte of the response.
    Closed,
    /// The server closed the connection in the middle of the response.
    Half,
    /// Another read or write error.
    Socket(io::ErrorKind),
    /// The response violates its protocol, in the way that the text names.
    Malformed(&'static str),
    /// The response is longer than [`MAX_RESPONSE_BYTES`].
    TooLong,
    /// An HTTP status that is not 2xx.
    Status(u16),
    /// A RESP error reply, by its first word.
    ErrorReply(Word),
    /// Redis has no such key.
    NoSuchKey,
    /// A response of codeid whose `resultStatus` is not `S`.
    NotIdentified,
    /// The response differs from the expected one.
    Unexpected,
    /// No response had arrived when the wait for late responses ended.
    Unanswered,
    /// The request was due, but not sent: no connection was free.
    NeverSent,
}

/// The failure of a response to several code values that does not have one element for each of them.
pub(super) const NOT_A_BATCH: FailureKind =
    FailureKind::Malformed("not an array of one element for each code");

/// The first word of a RESP error reply: its first 32 bytes, filled up with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word([u8; 32]);

impl FailureKind {
    /// Classifies a socket error; the socket may still be connecting.
    pub(super) fn from_socket(error: &io::Error) -> Self {
        match error.kind() {
            kind @ (io::ErrorKind::ConnectionRefused | io::ErrorKind::TimedOut) => {
                Self::Connect(kind)
            }
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Self::Reset,
            kind => Self::Socket(kind),
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(kind) => write!(f, "reconnecting failed: {kind}"),
            Self::Reset => f.write_str("connection reset by the server"),
            Self::Closed => f.write_str("connection closed by the server before the response"),
            Self::Half => {
                f.write_str("connection closed by the server in the middle of the response")
            }
            Self::Socket(kind) => write!(f, "connection failed: {kind}"),
            Self::Malformed(what) => write!(f, "malformed response: {what}"),
            Self::TooLong => write!(f, "response longer than {MAX_RESPONSE_BYTES} bytes"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
            Self::ErrorReply(word) => write!(f, "error reply {word}"),
            Self::NoSuchKey => f.write_str("Redis has no such key"),
            Self::NotIdentified => f.write_str("response without resultStatus S"),
            Self::Unexpected => f.write_str("unexpected response"),
            Self::Unanswered => write!(
                f,
                "no response within {} s of the end",
                DRAIN / 1_000_000_000
            ),
            Self::NeverSent => f.write_str("not sent: no connection was free"),
        }
    }
}

impl Word {
    /// Returns the first word of `text`, with `?` for every byte that is not visible ASCII; empty if
    /// `text` is empty or begins with a space.
    pub(super) fn from_text(text: &[u8]) -> Self {
        let mut word = [0; 32];
        let given = text.split(u8::is_ascii_whitespace).next().unwrap_or(&[]);
        for (to, from) in word.iter_mut().zip(given) {
            *to = if from.is_ascii_graphic() { *from } else { b'?' };
        }
        Self(word)
    }

    /// Returns `true` if this is the first word of `text`.
    pub(super) fn is(self, text: &str) -> bool {
        self == Self::from_text(text.as_bytes())
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.iter().take_while(|byte| **byte != 0) {
            write!(f, "{}", char::from(*byte))?;
        }
        Ok(())
    }
}
