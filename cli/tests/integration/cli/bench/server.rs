//! A scripted server, to test how the client reacts to it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// The action of the server on a request.
pub(super) enum Act {
    Answer(Vec<u8>),
    /// Blocks every connection for a time, then answers.
    StallAndAnswer(Duration, Vec<u8>),
    /// Writes these bytes, and closes the connection.
    AnswerAndClose(Vec<u8>),
    Nothing,
}

/// A server that listens until the test ends.
pub(super) struct Server {
    /// The address for the client: a host and a port, or a path.
    pub(super) address: String,
    /// The bytes of each request.
    pub(super) requests: Receiver<Vec<u8>>,
    _directory: Option<TempDir>,
}

struct Acting<F> {
    act: F,
    /// The number of requests received.
    count: AtomicU64,
    /// Locked during each action, so that actions do not overlap.
    busy: Mutex<Sender<Vec<u8>>>,
}

impl Server {
    /// Starts a server on TCP, whose action on request number n, from 0, is `act(n)`.
    pub(super) fn tcp(act: impl Fn(u64) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (acting, requests) = Acting::new(act);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, acting) = (stream.unwrap(), Arc::clone(&acting));
                stream.set_nodelay(true).unwrap();
                thread::spawn(move || acting.serve(stream));
            }
        });
        Self {
            address,
            requests,
            _directory: None,
        }
    }

    /// Starts a server on a Unix socket, whose action on request number n, from 0, is `act(n)`.
    pub(super) fn unix(act: impl Fn(u64) -> Act + Send + Sync + 'static) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("server.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let (acting, requests) = Acting::new(act);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, acting): (UnixStream, _) = (stream.unwrap(), Arc::clone(&acting));
                thread::spawn(move || acting.serve(stream));
            }
        });
        Self {
            address: path.to_str().unwrap().to_owned(),
            requests,
            _directory: Some(directory),
        }
    }

    /// Starts a server that resets each connection as soon as it receives a byte.
    pub(super) fn resetting() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // The kernel resets a connection that is closed with unread bytes.
                thread::spawn(move || stream.unwrap().read_exact(&mut [0]));
            }
        });
        Self {
            address,
            requests: channel().1,
            _directory: None,
        }
    }
}

/// Returns a stale Unix socket, and its directory.
pub(super) fn deserted() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deserted.sock");
    drop(UnixListener::bind(&path).unwrap());
    (directory, path)
}

/// Returns an HTTP response with this status and body.
pub(super) fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

impl<F: Fn(u64) -> Act> Acting<F> {
    fn new(act: F) -> (Arc<Self>, Receiver<Vec<u8>>) {
        let (sender, requests) = channel();
        let acting = Self {
            act,
            count: AtomicU64::new(0),
            busy: Mutex::new(sender),
        };
        (Arc::new(acting), requests)
    }

    fn serve(&self, mut stream: impl Read + Write) {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            while let Some(length) = request_length(&bytes) {
                let request = bytes.drain(..length).collect();
                if !self.answer(request, &mut stream) {
                    return;
                }
            }
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(length) => bytes.extend_from_slice(&buffer[..length]),
            }
        }
    }

    /// Returns `false` if the connection is to be closed.
    fn answer(&self, request: Vec<u8>, stream: &mut impl Write) -> bool {
        let busy = self.busy.lock().unwrap();
        // The receiver is gone if the test has dropped it.
        let _ = busy.send(request);
        match (self.act)(self.count.fetch_add(1, Ordering::Relaxed)) {
            Act::Answer(bytes) => stream.write_all(&bytes).is_ok(),
            Act::StallAndAnswer(time, bytes) => {
                thread::sleep(time);
                stream.write_all(&bytes).is_ok()
            }
            Act::AnswerAndClose(bytes) => {
                let _ = stream.write_all(&bytes);
                false
            }
            Act::Nothing => true,
        }
    }
}

/// Returns the length of the first request, in HTTP or RESP, once it is complete.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(bytes).unwrap();
    if !text.starts_with('*') {
        let head = text.find("\r\n\r\n")? + 4;
        let length = text[..head]
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .map_or(0, |length| length.parse().unwrap());
        return (bytes.len() >= head + length).then_some(head + length);
    }
    let mut at = text.find("\r\n")? + 2;
    let words: usize = text[1..at - 2].parse().unwrap();
    for _ in 0..words {
        let line = text.get(at..)?.find("\r\n")?;
        let length: usize = text[at + 1..at + line].parse().unwrap();
        at += line + 2 + length + 2;
    }
    (bytes.len() >= at).then_some(at)
}
