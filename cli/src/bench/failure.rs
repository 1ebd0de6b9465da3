//! What can be wrong with an answer, or keep one from coming; counted by kind.

use std::fmt;
use std::io;

/// Why a request was not answered well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FailureKind {
    /// A connection could not be made anew during the run.
    Connect(io::ErrorKind),
    /// The server reset the connection.
    Reset,
    /// The server closed the connection, and not one byte of the answer had come.
    Closed,
    /// The server closed the connection within the answer.
    Half,
    /// Reading or writing failed otherwise.
    Socket(io::ErrorKind),
    /// The answer breaks its protocol.
    Malformed(&'static str),
    /// An HTTP status that is not 2xx.
    Status(u16),
    /// A RESP error reply, by its first word.
    ErrorReply(Word),
    /// Redis has no such key.
    NoSuchKey,
    /// codeid answered, but not with `resultStatus` `S`.
    NotIdentified,
    /// The answer is not the one of the file of expected ones.
    Unexpected,
    /// No answer had come when the waiting ended.
    Unanswered,
    /// It was due, but no connection became free for it.
    NeverSent,
}

/// The first word of a RESP error reply, cut to what fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word([u8; 32]);

impl FailureKind {
    /// The kind of an error of a socket that is or was being connected.
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
            Self::Connect(kind) => write!(f, "connecting again failed: {kind}"),
            Self::Reset => f.write_str("connection reset by the server"),
            Self::Closed => f.write_str("connection closed by the server before the answer"),
            Self::Half => f.write_str("connection closed by the server within an answer"),
            Self::Socket(kind) => write!(f, "connection failed: {kind}"),
            Self::Malformed(what) => write!(f, "malformed response: {what}"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
            Self::ErrorReply(word) => write!(f, "error reply {word}"),
            Self::NoSuchKey => f.write_str("Redis has no such key"),
            Self::NotIdentified => f.write_str("answer without resultStatus S"),
            Self::Unexpected => f.write_str("answer other than expected"),
            Self::Unanswered => f.write_str("no answer within 5 s of the end"),
            Self::NeverSent => f.write_str("due, but no connection became free to send it"),
        }
    }
}

impl Word {
    /// The first word of `text`.
    pub(super) fn from_text(text: &[u8]) -> Self {
        let mut word = [0; 32];
        let given = text.split(u8::is_ascii_whitespace).next().unwrap_or(&[]);
        for (to, from) in word.iter_mut().zip(given) {
            *to = if from.is_ascii_graphic() { *from } else { b'?' };
        }
        Self(word)
    }

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
