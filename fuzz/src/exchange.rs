//! One HTTP exchange of hyper's client with a server whose response is given in bytes.

use std::error::Error;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::{Request, Response};

/// The most bytes of a response's status line and headers, as in the daemon's clients.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// More polls than an exchange needs whose response is complete.
const MAX_POLLS: usize = 10_000;

/// Sends `request`, to which `response` is the response, arriving in pieces of at most `piece` bytes.
/// Returns what `read` makes of it, or `None` if it has no valid head.
pub(crate) fn exchange<T>(
    request: Request<impl Body<Data: Send, Error: Error + Send + Sync> + 'static>,
    response: &[u8],
    piece: usize,
    read: impl AsyncFnOnce(Response<Incoming>) -> T,
) -> Option<T> {
    let server = Server {
        rest: response.to_vec(),
        piece,
        is_asked: false,
    };
    let mut cx = Context::from_waker(Waker::noop());
    let mut client = http1::Builder::new();
    let handshake = pin!(client.max_buf_size(MAX_HEAD_BYTES).handshake(server));
    let Poll::Ready(Ok((mut sender, connection))) = handshake.poll(&mut cx) else {
        panic!("a handshake needs no I/O");
    };
    let mut connection = pin!(connection);
    let mut exchange = pin!(async {
        let response = sender.send_request(request).await.ok()?;
        Some(read(response).await)
    });
    let mut is_over = false;
    for _ in 0..MAX_POLLS {
        if let Poll::Ready(outcome) = exchange.as_mut().poll(&mut cx) {
            return outcome;
        }
        is_over = is_over || connection.as_mut().poll(&mut cx).is_ready();
    }
    panic!("the exchange does not finish");
}

/// A server that sends its response once it is asked, and then closes.
struct Server {
    rest: Vec<u8>,
    piece: usize,
    is_asked: bool,
}

impl Read for Server {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_asked {
            return Poll::Pending;
        }
        let length = self.rest.len().min(self.piece).min(buffer.remaining());
        buffer.put_slice(&self.rest[..length]);
        self.rest.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl Write for Server {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_asked = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
