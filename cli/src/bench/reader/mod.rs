//! Parsing of responses from the bytes received.

mod http;
mod resp;

use super::failure::FailureKind;
use super::response::{MAX_RESPONSE_BYTES, Response};
use super::target::Protocol;

pub(super) use self::resp::fields as resp_fields;

/// Reads responses of one protocol. It keeps only its memory from one response to the next.
#[derive(Clone, Debug)]
pub(super) enum ResponseReader {
    /// HTTP/1.1, with a buffer for chunked bodies.
    Http(Vec<u8>),
    /// RESP2 or RESP3.
    Resp,
}

impl ResponseReader {
    /// Returns a reader for the responses of `protocol`.
    pub(super) const fn new(protocol: &Protocol) -> Self {
        if protocol.is_http() {
            Self::Http(Vec::new())
        } else {
            Self::Resp
        }
    }

    /// Reads the response at the start of `bytes`; returns `None` while it is incomplete.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Malformed`] if it violates the protocol, or is longer than
    /// [`MAX_RESPONSE_BYTES`].
    pub(super) fn read<'a>(
        &'a mut self,
        bytes: &'a [u8],
    ) -> Result<Option<Response<'a>>, FailureKind> {
        let response = match self {
            Self::Http(chunks) => http::read(bytes, chunks)?,
            Self::Resp => resp::read(bytes)?,
        };
        if response.is_none() && bytes.len() >= MAX_RESPONSE_BYTES {
            return Err(FailureKind::Malformed("longer than 1 MiB"));
        }
        Ok(response)
    }
}
