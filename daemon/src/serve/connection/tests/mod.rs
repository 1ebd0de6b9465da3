//! The loop with a protocol of lines, each of which is answered with itself.

mod pending;
mod refusal;
mod stop;

use std::cell::RefCell;
use std::thread::LocalKey;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream as StdTcpStream};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::*;
use crate::budget::SMALL_BYTES;
use crate::listen::peer::Peer;
use crate::metrics::Listener;
use crate::serve::admission::{Admission, ConnectionLimits};
use crate::shutdown::Stage;

const IDLE: Duration = Duration::from_secs(30);
/// The time after which an idle connection may be displaced.
const DISPLACEABLE: Duration = Duration::from_secs(10);
const LINE: Duration = Duration::from_secs(2);
const WRITE: Duration = Duration::from_secs(5);
/// Less than any of these, and more than a timer is late.
const SOON: Duration = Duration::from_millis(20);

const LIMITS: InputLimits = InputLimits {
    buffer_bytes: 64,
    max_read_bytes: 48,
    max_prefix_bytes: 16,
    max_request_bytes: 1 << 20,
};

thread_local! {
    static THREAD: RefCell<ThreadBuffers<()>> = const { RefCell::new(ThreadBuffers::new(())) };
}

#[derive(Default)]
struct Lines {
    is_over: bool,
    max_pending_bytes: Option<usize>,
}

impl Protocol for Lines {
    type Memory = ();

    const AT_STOP: AtStop = AtStop::CloseWhenIdle;

    fn thread() -> &'static LocalKey<RefCell<ThreadBuffers<()>>> {
        &THREAD
    }

    fn input_limits(&self) -> InputLimits {
        LIMITS
    }

    fn phase(&self) -> Phase {
        match self.is_over {
            false => Phase::Read,
            true => Phase::Close { lingers: false },
        }
    }

    fn wait(&self, unread: &[u8]) -> ClientWait {
        match unread {
            [] => ClientWait::NextRequest,
            _ => ClientWait::Rest,
        }
    }

    fn timeout(&self, wait: ClientWait) -> Duration {
        match wait {
            ClientWait::NextRequest => IDLE,
            _ => LINE,
        }
    }

    fn max_pending_bytes(&self) -> Option<usize> {
        self.max_pending_bytes
    }

    fn write_timeout(&self) -> Duration {
        WRITE
    }

    fn answer(&mut self, batch: &mut Batch<'_, ()>, bytes: &[u8], seen: usize) -> Progress {
        let end = bytes[seen..].iter().rposition(|byte| *byte == b'\n');
        let consumed = end.map_or(0, |end| seen + end + 1);
        batch.out.extend_from_slice(&bytes[..consumed]);
        Progress {
            consumed,
            is_unfinished: false,
            is_another_request: consumed > 0,
        }
    }

    fn close(&mut self) {
        self.is_over = true;
    }

    fn refuse_input(&mut self, batch: &mut Batch<'_, ()>) {
        batch.out.extend_from_slice(b"too much\n");
        self.close();
    }
}

impl Transport for DuplexStream {
    fn has_input(&self) -> bool {
        false
    }
}

/// Serves a client whose stream has a buffer of `stream_bytes`, for as long as `client` runs.
async fn with_client<F: Future>(
    stream_bytes: usize,
    budget_bytes: usize,
    shutdown: &Shutdown,
    client: impl FnOnce(DuplexStream) -> F,
) -> F::Output {
    with_admitted(&one_place(), stream_bytes, budget_bytes, shutdown, client).await
}

/// Does the same with a connection of an admission.
async fn with_admitted<F: Future>(
    admission: &Arc<Admission>,
    stream_bytes: usize,
    budget_bytes: usize,
    shutdown: &Shutdown,
    client: impl FnOnce(DuplexStream) -> F,
) -> F::Output {
    let budget = Arc::new(Budget::new(budget_bytes));
    let lines = Lines::default();
    with_session(lines, admission, stream_bytes, &budget, shutdown, client).await
}

async fn with_session<F: Future>(
    session: Lines,
    admission: &Arc<Admission>,
    stream_bytes: usize,
    budget: &Arc<Budget>,
    shutdown: &Shutdown,
    client: impl FnOnce(DuplexStream) -> F,
) -> F::Output {
    let (ours, theirs) = duplex(stream_bytes);
    let place = place(admission);
    let serving = serve(session, ours, Instant::now(), budget, shutdown, &place);
    tokio::join!(serving, client(theirs)).1
}

/// An admission that serves one connection.
fn one_place() -> Arc<Admission> {
    let limits = ConnectionLimits {
        served: 1,
        refused: 1,
    };
    Arc::new(Admission::new(limits, 1, Arc::default()))
}

fn place(admission: &Arc<Admission>) -> Place {
    admission
        .admit(Listener::Unix, Peer::Unknown, true)
        .unwrap()
}

async fn echo(client: &mut DuplexStream, line: &[u8]) {
    client.write_all(line).await.unwrap();
    let mut echoed = vec![0; line.len()];
    client.read_exact(&mut echoed).await.unwrap();
    assert_eq!(echoed, line);
}

async fn rest(client: &mut DuplexStream) -> Vec<u8> {
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    rest
}

#[tokio::test(start_paused = true)]
async fn requests_are_answered_in_whatever_pieces_they_arrive() {
    let lines = format!("a\n\n{}\n{}\nb\n", "x".repeat(30), "y".repeat(500));
    let lines = &lines;
    for size in [1, 2, 7, 16, 17, 48, 64, lines.len()] {
        with_client(32, 0, &Shutdown::default(), |client| async move {
            let (mut from, mut to) = tokio::io::split(client);
            let sending = async {
                for piece in lines.as_bytes().chunks(size) {
                    to.write_all(piece).await.unwrap();
                    // Otherwise the stream joins the pieces.
                    yield_now().await;
                }
                to.shutdown().await.unwrap();
            };
            let mut echoed = Vec::new();
            let (_, read) = tokio::join!(sending, from.read_to_end(&mut echoed));
            read.unwrap();
            assert_eq!(String::from_utf8(echoed).unwrap(), *lines, "{size}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_request_takes_its_room_from_the_budget() {
    let line = [vec![b'x'; 2 * SMALL_BYTES], b"\n".to_vec()].concat();
    for (budget_bytes, expected) in [(4 * SMALL_BYTES, &*line), (0, b"too much\n")] {
        with_client(1 << 20, budget_bytes, &Shutdown::default(), |mut client| {
            let line = &line;
            async move {
                client.write_all(line).await.unwrap();
                client.shutdown().await.unwrap();
                assert!(rest(&mut client).await == *expected, "{budget_bytes}");
            }
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_not_read_and_then_dropped() {
    with_client(32, 0, &Shutdown::default(), |mut client| async move {
        let began = Instant::now();
        let mut sent = 0;
        while client.write_all(b"0123456\n").await.is_ok() {
            sent += 8;
        }
        // What the stream buffers both ways, and one read.
        assert!(sent <= 32 + 32 + LIMITS.buffer_bytes, "{sent}");
        let waited = began.elapsed();
        assert!(waited >= WRITE && waited < WRITE + LINE, "{waited:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_a_byte_now_and_then_is_dropped_like_one_that_takes_nothing() {
    with_client(32, 0, &Shutdown::default(), |mut client| async move {
        let line = [[b'x'; 40].as_slice(), b"\n"].concat();
        client.write_all(&line).await.unwrap();
        let began = Instant::now();
        let mut taken = 0;
        let mut byte = [0];
        // The stream still has bytes when the connection is dropped.
        while client.write_all(b"x").await.is_ok() && taken < 8 {
            sleep(WRITE - LINE).await;
            taken += client.read(&mut byte).await.unwrap();
        }
        let waited = began.elapsed();
        assert!(waited >= WRITE && waited < 2 * WRITE, "{waited:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_time_for_a_request_does_not_depend_on_its_pieces() {
    with_client(32, 0, &Shutdown::default(), |mut client| async move {
        let began = Instant::now();
        while client.write_all(b"x").await.is_ok() {
            sleep(LINE / 4).await;
        }
        let waited = began.elapsed();
        assert!(waited >= LINE && waited < 2 * LINE, "{waited:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_dropped_after_its_time() {
    with_client(32, 0, &Shutdown::default(), |mut client| async move {
        for _ in 0..3 {
            sleep(IDLE - LINE).await;
            echo(&mut client, b"a\n").await;
        }
        let began = Instant::now();
        assert_eq!(rest(&mut client).await, b"");
        assert!(began.elapsed() >= IDLE);
    })
    .await;
}
