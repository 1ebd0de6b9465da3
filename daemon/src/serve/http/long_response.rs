//! Responses that are written in pieces, each made once the client has taken the last.

use bytes::Bytes;
use codeid_engine::LiveTable;
use hyper::Version;

use super::request::Request;
use crate::http::{BodyEnd, Response, write_chunk, write_last_chunk};
use crate::identify::{Batch, Piece, RequestError};
use crate::slice::Slice;

/// The most bytes of a forwarded body that are appended at once.
const PIECE_BYTES: usize = 32 << 10;

/// The response to a batch.
#[derive(Debug)]
pub(super) struct BatchResponse {
    /// The request that is answered.
    pub(super) request: Request,
    /// The elements, and the place at which the next slice goes on.
    pub(super) batch: Batch,
    is_read: bool,
    /// `None` until the head is written.
    body_end: Option<BodyEnd>,
}

/// A body that is forwarded, whose head is written.
#[derive(Debug)]
pub(super) struct ForwardedBody {
    /// The request that is answered.
    pub(super) request: Request,
    /// The bytes that were not appended. They have a share of the budget.
    rest: Bytes,
}

impl BatchResponse {
    /// The response to a batch of which no byte was read.
    pub(super) const fn new(request: Request, body: Bytes) -> Self {
        Self {
            request,
            batch: Batch::new(body),
            is_read: false,
            body_end: None,
        }
    }

    /// Reads the batch until `slice` is over. Returns `true` once it can be answered, from the table
    /// that was live then.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the body is not a batch.
    pub(super) fn read(
        &mut self,
        slice: &mut Slice,
        live: &LiveTable,
    ) -> Result<bool, RequestError> {
        if !self.is_read && self.batch.read(slice)? {
            self.is_read = true;
            self.batch.begin(live);
        }
        Ok(self.is_read)
    }

    /// Returns `true` if the head is written.
    pub(super) const fn has_begun(&self) -> bool {
        self.body_end.is_some()
    }

    /// Appends a piece of the body, after `head` if it is the first.
    pub(super) fn write_piece(
        &mut self,
        piece: &Piece<'_>,
        head: Response<'_>,
        date: &[u8],
        out: &mut Vec<u8>,
    ) {
        let body_end = *self.body_end.get_or_insert_with(|| {
            // HTTP/1.0 has no chunks.
            let body_end = match self.request.version {
                Version::HTTP_10 => BodyEnd::Close,
                _ => BodyEnd::LastChunk,
            };
            self.request.keep_alive &= body_end != BodyEnd::Close;
            let head = Response {
                connection: self.request.connection_option(),
                body_end,
                ..head
            };
            head.write_head(date, out);
            body_end
        });
        if body_end == BodyEnd::Close {
            return out.extend_from_slice(piece.bytes);
        }
        write_chunk(piece.bytes, out);
        if piece.is_last {
            write_last_chunk(out);
        }
    }
}

impl ForwardedBody {
    /// The body of the response to `request`.
    pub(super) const fn new(request: Request, body: Bytes) -> Self {
        Self {
            request,
            rest: body,
        }
    }

    /// Appends the next piece. Returns `true` if it is the last.
    pub(super) fn write_piece(&mut self, out: &mut Vec<u8>) -> bool {
        let length = self.rest.len().min(PIECE_BYTES);
        out.extend_from_slice(&self.rest.split_to(length));
        self.rest.is_empty()
    }
}
