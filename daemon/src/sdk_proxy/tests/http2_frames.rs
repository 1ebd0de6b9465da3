//! An upstream that writes HTTP/2 frames by hand, so that it can break off anywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::server::TlsStream;

use super::Fixture;
use super::gateway::{Behavior, End, end_connection};

/// The bytes that precede the frames of a client.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const GOAWAY: u8 = 7;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The behavior of a server on one connection.
pub(super) struct Script {
    /// The number of bytes from the client after which the connection ends, unless its request is
    /// complete before.
    pub(super) read_at_most: usize,
    /// The bytes that are sent once a request is complete.
    pub(super) response: Vec<u8>,
    pub(super) end: End,
}

pub(super) struct Server {
    pub(super) url: String,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    accepted: AtomicUsize,
    /// The number of requests whose headers arrived.
    requests: AtomicUsize,
}

impl Server {
    /// Starts a server; `script` returns the behavior on each connection, by its number from 0.
    pub(super) async fn start(
        fixture: &Fixture,
        script: impl Fn(usize) -> Script + Send + 'static,
    ) -> Self {
        let tls = fixture.authority.acceptor(&Behavior::default(), &[b"h2"]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let counts = Arc::new(Counts::default());
        let counted = Arc::clone(&counts);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let script = script(counted.accepted.fetch_add(1, Ordering::SeqCst));
                let (tls, counted) = (tls.clone(), Arc::clone(&counted));
                tokio::spawn(async move {
                    let stream = tls.accept(stream).await.unwrap();
                    serve(stream, script, &counted).await;
                });
            }
        });
        Self { url, counts, task }
    }

    pub(super) fn accepted(&self) -> usize {
        self.counts.accepted.load(Ordering::SeqCst)
    }

    pub(super) fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TlsStream<TcpStream>, script: Script, counts: &Counts) {
    let hello = [frame(SETTINGS, 0, 0, &[]), frame(SETTINGS, ACK, 0, &[])].concat();
    if stream.write_all(&hello).await.is_err() {
        return;
    }
    let mut bytes = Vec::new();
    let mut seen = 0;
    let mut responded = false;
    while bytes.len() < script.read_at_most && !responded {
        let mut byte = [0];
        match stream.read(&mut byte).await {
            Ok(1..) => bytes.push(byte[0]),
            _ => return,
        }
        let frames = frames_of(&bytes);
        let requests = frames.iter().filter(|(kind, _)| *kind == HEADERS).count();
        counts.requests.fetch_add(requests - seen, Ordering::SeqCst);
        seen = requests;
        responded = frames
            .iter()
            .any(|(kind, flags)| *kind == DATA && flags & END_STREAM != 0);
    }
    if responded {
        let _ = stream.write_all(&script.response).await;
        let _ = stream.flush().await;
    }
    end_connection(stream, script.end).await;
}

/// Returns the kind and flags of each complete frame that a client sent.
fn frames_of(bytes: &[u8]) -> Vec<(u8, u8)> {
    let mut rest = bytes.get(PREFACE.len()..).unwrap_or_default();
    let mut frames = Vec::new();
    while let Some(head) = rest.get(..9) {
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let Some(after) = rest.get(9 + length..) else {
            break;
        };
        frames.push((head[3], head[4]));
        rest = after;
    }
    frames
}

/// Returns a response of status 200 on the first stream.
pub(super) fn response(headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    // `:status: 200` is the eighth entry of the static table.
    let mut block = vec![0x88];
    for (name, value) in headers {
        // A literal that is not to be indexed.
        block.push(0);
        for text in [name, value] {
            push_length(&mut block, text.len());
            block.extend_from_slice(text.as_bytes());
        }
    }
    [
        frame(HEADERS, END_HEADERS, 1, &block),
        frame(DATA, END_STREAM, 1, body),
    ]
    .concat()
}

/// Appends an integer of HPACK with a prefix of seven bits.
fn push_length(block: &mut Vec<u8>, length: usize) {
    if length < 127 {
        return block.push(u8::try_from(length).unwrap());
    }
    block.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        block.push(u8::try_from(rest % 128 + 128).unwrap());
        rest /= 128;
    }
    block.push(u8::try_from(rest).unwrap());
}

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}
