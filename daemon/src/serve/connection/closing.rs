//! The end of a connection: its sending side is closed, then the connection, then its memory is released.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::Connection;
use super::protocol::{End, Protocol};
use super::transport::Transport;

/// The time for which a closing connection waits for bytes that the client still sends, so that the
/// client sees the responses and not a reset.
const LINGER: Duration = Duration::from_secs(1);

impl<P: Protocol, T: Transport> Connection<'_, P, T> {
    /// Closes the sending side; then, if the connection lingers, reads and drops what the client
    /// still sends, until it has seen the end.
    ///
    /// If a socket is closed with bytes that were not read, or gets more of them, the kernel sends a
    /// reset, which can take the responses from a client that is still sending.
    pub(super) fn poll_close(&mut self, cx: &mut Context<'_>, lingers: bool) -> Poll<End> {
        let shut = match self.shut {
            Some(shut) => shut,
            None => {
                if ready!(Pin::new(&mut self.stream).poll_shutdown(cx)).is_err() {
                    return Poll::Ready(End::Gone);
                }
                let now = Instant::now();
                self.deadline.set(now + LINGER);
                *self.shut.insert(now)
            }
        };
        if !lingers {
            return Poll::Ready(End::Closed);
        }
        P::thread().with_borrow_mut(|thread| {
            let input = &mut thread.input;
            input.resize(self.session.input_limits().buffer_bytes, 0);
            loop {
                let mut dropped = ReadBuf::new(input);
                if ready!(Pin::new(&mut self.stream).poll_read(cx, &mut dropped)).is_err() {
                    return Poll::Ready(End::Gone);
                }
                if dropped.filled().is_empty() {
                    return Poll::Ready(End::Closed);
                }
                // A client that still sends has not seen the end.
                let last = shut + self.session.write_timeout();
                self.deadline.set(last.min(Instant::now() + LINGER));
            }
        })
    }

    /// Closes the connection at once, and then releases its memory, other connections having their turns.
    pub(super) async fn close(self) {
        let Self {
            mut session,
            stream,
            mut write,
            ..
        } = self;
        drop(stream);
        while write.release() || session.release() {
            yield_now().await;
        }
    }
}
