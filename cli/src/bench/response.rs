//! The response to one request, whatever the protocol.

use super::failure::FailureKind;

/// One complete response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response<'a> {
    /// The number of bytes that the response took from the input.
    pub(super) bytes: usize,
    /// The content, or the failure.
    pub(super) outcome: Outcome<'a>,
    /// `true` if the server closes the connection after this response.
    pub(super) closes: bool,
}

/// The content of a response, or the failure that it reports.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    /// The body of a 2xx HTTP response, or a RESP reply as received.
    Content(&'a [u8]),
    /// The server refused the request, with this body or error text.
    Failed(FailureKind, &'a [u8]),
}
