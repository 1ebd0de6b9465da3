//! A body that is being read, within its bound.

use std::sync::Arc;

use super::request::{Plan, Request};
use crate::budget::{Budget, Share};
use crate::http::{Body, Framing};
use crate::serve::failure::Failure;

/// A request whose body has not come to its end.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) request: Request,
    pub(super) plan: Plan,
    /// What was read of the body, if somebody looks at it.
    pub(super) body: Vec<u8>,
    /// What that holds of the budget.
    pub(super) share: Share,
    framed: Body,
    /// How many bytes were read, kept or not.
    length: usize,
}

impl Reading {
    pub(super) fn new(request: Request, plan: Plan, framing: Framing) -> Self {
        Self {
            request,
            plan,
            body: Vec::new(),
            share: Share::NONE,
            framed: Body::new(framing),
            length: 0,
        }
    }

    /// How many bytes are still to come; `None` if that is not known.
    pub(super) const fn left(&self) -> Option<u64> {
        self.framed.left()
    }

    /// Takes what `bytes` have of the body; tells whether that was the rest of it.
    ///
    /// # Errors
    ///
    /// Why the body is not read on.
    pub(super) fn read(
        &mut self,
        bytes: &mut &[u8],
        budget: &Arc<Budget>,
    ) -> Result<bool, Failure> {
        while let Some(piece) = self.framed.next(bytes)? {
            self.length += piece.len();
            if self.length > self.request.max_body_bytes(&self.plan) {
                return Err(Failure::TooLong);
            }
            if self.plan.wants_body() {
                if !self.share.grow_to(self.length, budget) {
                    return Err(Failure::Overload("Too much is being read at once."));
                }
                self.body.extend_from_slice(piece);
            }
        }
        Ok(self.framed.is_over())
    }
}
