//! From the bytes that came to the answers in them.

mod http;
mod resp;

use super::failure::FailureKind;
use super::target::Protocol;

pub(super) use resp::fields as resp_fields;

/// The most bytes of an answer.
pub(super) const MAX_ANSWER_BYTES: usize = 1 << 20;

/// One whole answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    /// How many bytes it took.
    pub(super) bytes: usize,
    pub(super) said: Said<'a>,
    /// Whether the server closes the connection after it.
    pub(super) closes: bool,
}

/// What an answer says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// The body of an HTTP answer 2xx, or a RESP reply as it came.
    Content(&'a [u8]),
    /// The server refused.
    Failed(FailureKind),
}

/// Reads answers of one protocol. Keeps nothing from one answer to the next but its memory.
#[derive(Clone, Debug)]
pub(super) enum AnswerReader {
    /// With room for bodies that come in chunks.
    Http(Vec<u8>),
    Resp,
}

impl AnswerReader {
    pub(super) const fn new(protocol: &Protocol) -> Self {
        if protocol.is_http() {
            Self::Http(Vec::new())
        } else {
            Self::Resp
        }
    }

    /// The answer with which `bytes` begin; nothing while it is not whole.
    pub(super) fn read<'a>(
        &'a mut self,
        bytes: &'a [u8],
    ) -> Result<Option<Answer<'a>>, FailureKind> {
        let answer = match self {
            Self::Http(chunks) => http::read(bytes, chunks)?,
            Self::Resp => resp::read(bytes)?,
        };
        if answer.is_none() && bytes.len() >= MAX_ANSWER_BYTES {
            return Err(FailureKind::Malformed("longer than 1 MiB"));
        }
        Ok(answer)
    }
}
