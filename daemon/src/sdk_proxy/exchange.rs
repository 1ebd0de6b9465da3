//! Responses that are received whole, and the reasons why one is not.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::{HeaderMap, StatusCode};

use crate::budget::{Budget, Buffer};
use crate::count::counted;
use crate::outbound::proxy::Through;

/// A response that was received whole.
pub(super) struct WholeResponse {
    /// Any status, not only 200.
    pub(super) status: StatusCode,
    /// The headers, of at most 64 KiB.
    pub(super) headers: HeaderMap,
    /// A large body holds its share of the budget.
    pub(super) body: Bytes,
}

/// The reason why no whole response was received.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    /// There is no connection to the server.
    #[error("no connection")]
    NoConnection(#[source] Box<dyn Error + Send + Sync>),
    /// The connection ended before a response.
    #[error("no response{through}")]
    NoResponse {
        /// The way of the connection.
        through: Through,
        source: hyper::Error,
    },
    /// The connection ended in the middle of the body.
    #[error("the response broke off after {}{through}", counted(*.read, "byte"))]
    BrokenOff {
        /// The number of bytes of the body that were received.
        read: usize,
        /// The way of the connection.
        through: Through,
        source: hyper::Error,
    },
    /// The body has more than this number of bytes.
    #[error("the response has more than {}", counted(*.0, "byte"))]
    TooLong(usize),
    /// The budget has no room for the body.
    #[error("there is no room for the response within memory.max-bytes")]
    NoRoom,
}

impl ExchangeError {
    /// Returns `true` if a time-out of the connection is the cause.
    pub(super) fn is_timeout(&self) -> bool {
        let mut error: Option<&(dyn Error + 'static)> = Some(self);
        while let Some(cause) = error {
            let io = cause.downcast_ref::<io::Error>();
            let http = cause.downcast_ref::<hyper::Error>();
            if io.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
                || http.is_some_and(hyper::Error::is_timeout)
            {
                return true;
            }
            error = cause.source();
        }
        false
    }
}

/// Reads a response's body of at most `max_bytes`, over a connection `through` a proxy or not. A large body
/// needs its share of the budget.
///
/// # Errors
///
/// [`ExchangeError`] if the body is too long, breaks off, or has no room in the budget.
pub(crate) async fn read_body(
    mut body: Incoming,
    max_bytes: usize,
    budget: &Arc<Budget>,
    through: &Through,
) -> Result<Bytes, ExchangeError> {
    if body.size_hint().lower() > max_bytes as u64 {
        return Err(ExchangeError::TooLong(max_bytes));
    }
    let mut bytes = Buffer::EMPTY;
    let length = body.size_hint().exact();
    let most = length.and_then(|length| usize::try_from(length).ok());
    let most = most.unwrap_or(max_bytes);
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|source| ExchangeError::BrokenOff {
            read: bytes.len(),
            through: through.clone(),
            source,
        })?;
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        let length = bytes.len() + piece.len();
        if length > max_bytes {
            return Err(ExchangeError::TooLong(max_bytes));
        }
        if !bytes.append(&piece, most, budget) {
            return Err(ExchangeError::NoRoom);
        }
    }
    Ok(bytes.into_bytes())
}
