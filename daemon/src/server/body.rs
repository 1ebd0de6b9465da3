//! Bodies: read within bounds, and sent.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::progress::{Phase, Progress};

/// Bodies up to this are not counted: the bound on connections bounds them.
const UNCOUNTED_BYTES: usize = 64 << 10;

/// The bytes that all large bodies, of requests and answers, may take together.
#[derive(Debug)]
pub(super) struct Budget {
    left: AtomicUsize,
}

/// A part of the budget, given back on drop.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is longer than the bound.
    TooLong,
    /// It did not come in time.
    TooSlow,
    /// The budget is used up.
    NoRoom,
    /// It ended early, or was not framed as it should be.
    Broken,
}

/// A body that was read, with its share of the budget.
#[derive(Debug)]
pub(super) struct ReadBody {
    pub(super) bytes: Bytes,
    _share: Option<Share>,
}

/// The body of an answer.
#[derive(Debug)]
pub(super) struct AnswerBody(Option<Bytes>);

/// Bytes that hold their share of the budget until they are sent.
struct Counted {
    bytes: Bytes,
    _share: Share,
}

/// Reads a body of at most `most` bytes.
///
/// # Errors
///
/// [`BodyError`]; bytes of the body may be left unread.
pub(super) async fn read(
    body: &mut Incoming,
    most: usize,
    budget: &Arc<Budget>,
    progress: &Progress,
) -> Result<ReadBody, BodyError> {
    if body.size_hint().lower() > most as u64 {
        return Err(BodyError::TooLong);
    }
    let mut share = None;
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(piece) = next_piece(body, progress).await? {
        let length = first.len() + all.len() + piece.len();
        if length > most {
            return Err(BodyError::TooLong);
        }
        // Counted only now: the budget is shared by all threads, and small bodies spare it.
        if length > UNCOUNTED_BYTES
            && !share
                .get_or_insert_with(|| Share::empty(Arc::clone(budget)))
                .grow_to(length)
        {
            return Err(BodyError::NoRoom);
        }
        // Nearly every body is one piece, which is used as it is.
        if first.is_empty() && all.is_empty() {
            first = piece;
            continue;
        }
        if !first.is_empty() {
            all.extend_from_slice(&first);
            first = Bytes::new();
        }
        all.extend_from_slice(&piece);
    }
    let bytes = if all.is_empty() { first } else { all.freeze() };
    Ok(ReadBody {
        bytes,
        _share: share,
    })
}

/// Reads what nobody asked for, at most `most` bytes, so that the connection can go on; tells
/// whether that was all.
pub(super) async fn discard(body: &mut Incoming, most: usize, progress: &Progress) -> bool {
    if body.is_end_stream() {
        return true;
    }
    if body.size_hint().lower() > most as u64 {
        return false;
    }
    progress.enter(Phase::Body);
    let mut length = 0;
    loop {
        match next_piece(body, progress).await {
            Ok(Some(piece)) => length += piece.len(),
            Ok(None) => return true,
            Err(_) => return false,
        }
        if length > most {
            return false;
        }
    }
}

async fn next_piece(body: &mut Incoming, progress: &Progress) -> Result<Option<Bytes>, BodyError> {
    loop {
        let frame = poll_fn(|cx| match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Pending if progress.body_expired() => Poll::Ready(Err(BodyError::TooSlow)),
            Poll::Pending => Poll::Pending,
            Poll::Ready(frame) => Poll::Ready(Ok(frame)),
        });
        match frame.await? {
            None => return Ok(None),
            Some(Err(_)) => return Err(BodyError::Broken),
            Some(Ok(frame)) => {
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
        }
    }
}

impl Budget {
    pub(super) const fn new(bytes: usize) -> Self {
        Self {
            left: AtomicUsize::new(bytes),
        }
    }

    fn take(&self, bytes: usize) -> bool {
        let take = |left: usize| left.checked_sub(bytes);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

impl Share {
    const fn empty(budget: Arc<Budget>) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Makes the share large enough for a body of `length` bytes; tells whether there was room.
    fn grow_to(&mut self, length: usize) -> bool {
        let more = length.saturating_sub(self.bytes);
        let taken = self.budget.take(more);
        if taken {
            self.bytes += more;
        }
        taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.left.fetch_add(self.bytes, Ordering::Relaxed);
        }
    }
}

impl AnswerBody {
    /// A body of these bytes; `None` if they are many, and there is no room for them.
    pub(super) fn new(bytes: Bytes, budget: &Arc<Budget>) -> Option<Self> {
        if bytes.len() <= UNCOUNTED_BYTES {
            return Some(Self::small(bytes));
        }
        let mut share = Share::empty(Arc::clone(budget));
        share.grow_to(bytes.len()).then(|| {
            Self(Some(Bytes::from_owner(Counted {
                bytes,
                _share: share,
            })))
        })
    }

    /// A body of few bytes, or none.
    pub(super) fn small(bytes: Bytes) -> Self {
        Self(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_share_a_budget_that_they_give_back() {
        let budget = Arc::new(Budget::new(200 << 10));
        let small = AnswerBody::new(Bytes::from(vec![0; UNCOUNTED_BYTES]), &budget);
        let large = || AnswerBody::new(Bytes::from(vec![0; 120 << 10]), &budget);
        let first = large();
        assert!(small.is_some() && first.is_some());
        assert!(large().is_none());
        drop(first);
        assert!(large().is_some());
        assert_eq!(budget.left.load(Ordering::Relaxed), 200 << 10);
    }
}
