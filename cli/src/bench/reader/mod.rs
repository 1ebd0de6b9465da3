//! Parsing of responses from the bytes received.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod http;
mod resp;

use super::connection::MAX_RESPONSE_BYTES;
use super::failure::FailureKind;
use super::response::Response;
use super::target::Protocol;

pub(super) use self::resp::{array_elements as resp_elements, fields as resp_fields};

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
    /// [`FailureKind::Malformed`] if it violates the protocol within its first
    /// [`MAX_RESPONSE_BYTES`], and [`FailureKind::TooLong`] if it has more bytes than that.
    pub(super) fn read<'a>(
        &'a mut self,
        bytes: &'a [u8],
    ) -> Result<Option<Response<'a>>, FailureKind> {
        // The parsers see no byte beyond the limit: how a longer response ends, and whether it has
        // arrived, makes no difference.
        let bytes = bytes.get(..MAX_RESPONSE_BYTES).unwrap_or(bytes);
        let response = match self {
            Self::Http(chunks) => http::read(bytes, chunks)?,
            Self::Resp => resp::read(bytes)?,
        };
        if response.is_none() && bytes.len() == MAX_RESPONSE_BYTES {
            return Err(FailureKind::TooLong);
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests;
