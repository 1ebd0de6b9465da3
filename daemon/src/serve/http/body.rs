//! A request's body while it is read, within its bound.

use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;

use super::failure::Failure;
use super::request::{Plan, Request};
use crate::budget::{Budget, Buffer};
use crate::http::{Body, BrokenBody, Framing};

/// A request whose body is not complete.
#[derive(Debug)]
pub(super) struct BodyReader {
    /// The request, without its body.
    pub(super) request: Request,
    /// The use of the body.
    pub(super) plan: Plan,
    /// The bytes that were read, if the plan needs them.
    pub(super) body: Buffer,
    framed: Body,
    /// The most bytes of the body, if they are needed: its length, or the limit.
    max_bytes: usize,
    /// The number of bytes that were read, whether they are needed or not.
    length: usize,
}

/// A body that has arrived.
#[derive(Debug)]
pub(super) enum Arrived<'b> {
    /// It arrived in one read.
    Borrowed(&'b [u8]),
    /// It arrived in several reads, or in chunks.
    Buffered(Buffer),
}

impl Arrived<'_> {
    /// Returns the body in a buffer of its own, whose share of the budget has `more_bytes` more, or `None`
    /// if there is no room.
    pub(super) fn into_bytes(self, more_bytes: usize, budget: &Arc<Budget>) -> Option<Bytes> {
        let mut buffer = match self {
            Self::Buffered(buffer) => buffer,
            Self::Borrowed(bytes) => {
                let mut buffer = Buffer::EMPTY;
                let has_room = buffer.append(bytes, bytes.len(), budget);
                has_room.then_some(buffer)?
            }
        };
        let all = buffer.len() + more_bytes;
        buffer
            .share()
            .grow_to(all, budget)
            .then(|| buffer.into_bytes())
    }
}

impl Deref for Arrived<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Buffered(buffer) => buffer,
        }
    }
}

impl BodyReader {
    /// A reader for a body of which no byte was read.
    pub(super) fn new(request: Request, plan: Plan, framing: Framing) -> Self {
        let limit = request.max_body_bytes(&plan);
        let length = match framing {
            Framing::Length(length) => usize::try_from(length).unwrap_or(limit),
            Framing::Chunked => limit,
        };
        Self {
            request,
            plan,
            body: Buffer::EMPTY,
            framed: Body::new(framing),
            max_bytes: length.min(limit),
            length: 0,
        }
    }

    /// Returns the number of bytes still to come, or `None` if that is not known.
    pub(super) const fn left(&self) -> Option<u64> {
        self.framed.left()
    }

    /// Returns the error of a client that sends no more, although the body is not complete.
    pub(super) const fn ended_early(&self) -> BrokenBody {
        self.framed.ended_early()
    }

    /// Takes the bytes of the body from the beginning of `bytes`. Returns whether the body is
    /// complete.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the rest of the body is not to be read.
    pub(super) fn read(
        &mut self,
        bytes: &mut &[u8],
        budget: &Arc<Budget>,
    ) -> Result<bool, Failure> {
        while let Some(piece) = self.framed.next(bytes)? {
            self.length += piece.len();
            if self.length > self.request.max_body_bytes(&self.plan) {
                return Err(Failure::BodyTooLong);
            }
            if self.plan.needs_body() && !self.body.append(piece, self.max_bytes, budget) {
                return Err(Failure::NoMemory("Too much is being read at once."));
            }
        }
        Ok(self.framed.is_complete())
    }
}
