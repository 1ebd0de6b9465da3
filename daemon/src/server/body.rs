//! Bodies: read within bounds, and sent.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use http_body_util::Full;
use hyper::body::{Body, Incoming};

use super::progress::{Phase, Progress};
use crate::budget::{Budget, Share};

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

/// Reads a body of at most `most` bytes, which hold their share of the budget.
///
/// # Errors
///
/// [`BodyError`]; bytes of the body may be left unread.
pub(super) async fn read(
    body: &mut Incoming,
    most: usize,
    budget: &Arc<Budget>,
    progress: &Progress,
) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > most as u64 {
        return Err(BodyError::TooLong);
    }
    let mut share = Share::default();
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(piece) = next_piece(body, progress).await? {
        let length = first.len() + all.len() + piece.len();
        if length > most {
            return Err(BodyError::TooLong);
        }
        if !share.grow_to(length, budget) {
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
    Ok(share.hold(bytes))
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

/// These bytes as the body of an answer, which hold their share of the budget; `None` if there is
/// no room for them.
pub(super) fn of_answer(bytes: Bytes, budget: &Arc<Budget>) -> Option<Full<Bytes>> {
    let mut share = Share::default();
    share
        .grow_to(bytes.len(), budget)
        .then(|| Full::new(share.hold(bytes)))
}
