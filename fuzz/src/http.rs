//! Any bytes, read as the requests of an HTTP client.

use std::cell::RefCell;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use codeid_daemon::http::{Body, Head, Method};
use hyper::body::{Body as _, Incoming};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};

/// The most positions at which the bytes are split, one after the other.
const MAX_SPLITS: usize = 256;

/// More polls than hyper needs for input that is complete.
const MAX_POLLS: usize = 10_000;

/// A complete request.
#[derive(Clone, Debug, PartialEq)]
struct Request {
    method: Method,
    path: String,
    body: Vec<u8>,
}

/// The requests on a connection.
#[derive(Debug, PartialEq)]
struct Transcript {
    requests: Vec<Request>,
    /// `true` if the bytes after the requests are refused.
    is_refused: bool,
}

/// Checks that the requests, and whether the bytes are refused, do not depend on how the bytes are
/// split into reads, and that hyper reads the same requests, up to one that it refuses.
///
/// # Panics
///
/// If the property does not hold.
pub fn http(bytes: &[u8]) {
    let transcript = read_in_pieces(bytes, &[]);
    let every: Vec<_> = (0..bytes.len()).collect();
    assert_eq!(read_in_pieces(bytes, &every), transcript);
    for at in every.iter().step_by(bytes.len() / MAX_SPLITS + 1) {
        assert_eq!(read_in_pieces(bytes, &[*at]), transcript);
    }
    let by_hyper = read_with_hyper(bytes);
    let requests = &transcript.requests;
    for (request, by_hyper) in requests.iter().zip(&by_hyper.requests) {
        assert_eq!(request, by_hyper);
    }
    assert!(requests.len() <= by_hyper.requests.len() || by_hyper.is_refused);
}

/// Reads bytes that arrive in pieces with these ends, as the server does.
fn read_in_pieces(bytes: &[u8], ends: &[usize]) -> Transcript {
    let mut requests = Vec::new();
    let is_refused = read(bytes, ends, &mut requests).is_err();
    Transcript {
        requests,
        is_refused,
    }
}

fn read(bytes: &[u8], ends: &[usize], requests: &mut Vec<Request>) -> Result<(), Box<dyn Error>> {
    let (mut at, mut reading) = (0, None);
    for end in ends.iter().copied().chain([bytes.len()]) {
        loop {
            let (mut request, mut body, keep_alive) = match reading.take() {
                Some(begun) => begun,
                None => {
                    let Some(head) = Head::read(&bytes[at..end])? else {
                        break;
                    };
                    if let Some(error) = head.host_error {
                        return Err(error.into());
                    }
                    at += head.length;
                    let request = Request::new(head.method, head.path);
                    (request, Body::new(head.framing), head.keep_alive)
                }
            };
            let mut rest = &bytes[at..end];
            while let Some(piece) = body.next(&mut rest)? {
                request.body.extend_from_slice(piece);
            }
            at = end - rest.len();
            if !body.is_complete() {
                reading = Some((request, body, keep_alive));
                break;
            }
            requests.push(request);
            if !keep_alive {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn read_with_hyper(bytes: &[u8]) -> Transcript {
    let requests = RefCell::new(Vec::new());
    let service = service_fn(|request: hyper::Request<Incoming>| async {
        let (head, mut incoming) = request.into_parts();
        let method = match head.method {
            hyper::Method::GET => Method::Get,
            hyper::Method::HEAD => Method::Head,
            hyper::Method::POST => Method::Post,
            _ => Method::Other,
        };
        let mut request = Request::new(method, head.uri.path());
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut incoming).poll_frame(cx)).await {
            let data = frame?.into_data().unwrap_or_default();
            request.body.extend_from_slice(&data);
        }
        requests.borrow_mut().push(request);
        let mut response = Response::new(String::new());
        *response.status_mut() = StatusCode::NOT_FOUND;
        Ok::<_, hyper::Error>(response)
    });
    let mut connection = Box::pin(
        http1::Builder::new()
            .header_read_timeout(None)
            .half_close(true)
            .serve_connection(Sent(bytes), service),
    );
    let mut cx = Context::from_waker(Waker::noop());
    let mut polls = (0..MAX_POLLS).map(|_| connection.as_mut().poll(&mut cx));
    let Some(Poll::Ready(end)) = polls.find(Poll::is_ready) else {
        panic!("hyper does not finish");
    };
    drop(connection);
    Transcript {
        requests: requests.into_inner(),
        is_refused: end.is_err(),
    }
}

impl Request {
    fn new(method: Method, path: &str) -> Self {
        // Only targets that are paths are compared: no others are served.
        let path = Some(path).filter(|path| path.starts_with('/'));
        Self {
            method,
            path: path.unwrap_or_default().to_owned(),
            body: Vec::new(),
        }
    }
}

/// A client that has sent everything and accepts every byte.
struct Sent<'a>(&'a [u8]);

impl Read for Sent<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let (taken, rest) = self.0.split_at(self.0.len().min(buffer.remaining()));
        buffer.put_slice(taken);
        self.0 = rest;
        Poll::Ready(Ok(()))
    }
}

impl Write for Sent<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
