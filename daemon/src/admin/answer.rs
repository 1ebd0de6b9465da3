//! An answer of the admin plane: a status and JSON, whole.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// The body of an answer.
#[derive(Debug)]
pub(super) struct AnswerBody(Option<Bytes>);

/// An answer with a body of JSON.
pub(super) fn json(status: StatusCode, content: &impl Serialize) -> Response<AnswerBody> {
    let mut bytes = serde_json::to_vec(content).expect("what is answered has string keys only");
    bytes.push(b'\n');
    let mut response = Response::new(AnswerBody(Some(bytes.into())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer that nothing of the kind is done here, as a sentence says.
pub(super) fn refusal(status: StatusCode, detail: &str) -> Response<AnswerBody> {
    #[derive(Serialize)]
    struct Refusal<'a> {
        detail: &'a str,
    }
    json(status, &Refusal { detail })
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
