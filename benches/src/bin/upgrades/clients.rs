//! Clients of the three listeners, each of which keeps its connection and sends at a fixed rate.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{Scope, sleep};
use std::time::{Duration, Instant};

/// The clients of each listener.
const CLIENTS: u32 = 4;

/// The time after which a client that waits for a response gives up.
const PATIENCE: Duration = Duration::from_secs(30);

const BODY: &str = r#"{"codeValue":"28100104df2342342","openId":"user-42"}"#;

const COMMAND: &[u8] = b"*3\r\n$8\r\nIDENTIFY\r\n$17\r\n28100104df2342342\r\n$7\r\nuser-42\r\n";

/// The addresses of a daemon.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    pub(crate) port: u16,
    pub(crate) unix: PathBuf,
    pub(crate) resp: PathBuf,
}

/// The counts of all clients.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) answered: AtomicU64,
    /// Connects that failed.
    pub(crate) refused: AtomicU64,
    /// Requests that were sent and have no whole response.
    pub(crate) reset: AtomicU64,
    /// Responses that differ from the first of their kind.
    pub(crate) wrong: AtomicU64,
    /// Redis commands that could not be sent, and were sent on a new connection.
    pub(crate) again: AtomicU64,
}

/// Running clients.
#[derive(Debug)]
pub(crate) struct Clients(Arc<AtomicBool>);

/// A stream of either kind.
trait Stream: Read + Write {}

impl Stream for TcpStream {}
impl Stream for UnixStream {}

/// A connection, and whether it is to be used again.
struct Connection {
    stream: BufReader<Box<dyn Stream>>,
}

/// The kind of a client.
#[derive(Clone, Copy)]
enum Kind {
    Http,
    Unix,
    Resp,
}

impl Clients {
    /// Starts clients that send `rate` requests a second together.
    pub(crate) fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        addresses: Addresses,
        rate: u32,
        figures: &'scope Figures,
    ) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let period = Duration::from_secs(1) * CLIENTS * 3 / rate;
        for n in 0..CLIENTS * 3 {
            let kind = match n % 3 {
                0 => Kind::Http,
                1 => Kind::Unix,
                _ => Kind::Resp,
            };
            let (addresses, is_over) = (addresses.clone(), Arc::clone(&is_over));
            scope.spawn(move || send(kind, &addresses, period, &is_over, figures));
        }
        Self(is_over)
    }

    /// Ends the clients.
    pub(crate) fn end(&self) {
        self.0.store(true, Relaxed);
    }
}

/// Sends a request in every period, or as soon as possible if the one before took longer.
fn send(
    kind: Kind,
    addresses: &Addresses,
    period: Duration,
    is_over: &AtomicBool,
    figures: &Figures,
) {
    let mut connection = None;
    let mut expected = None;
    let mut due = Instant::now();
    while !is_over.load(Relaxed) {
        // The system wakes a thread late: a client that is behind catches up.
        sleep(due.saturating_duration_since(Instant::now()));
        due += period;
        let open = match connection.take() {
            Some(open) => open,
            None => match Connection::open(kind, addresses) {
                Ok(open) => open,
                Err(_) => {
                    figures.refused.fetch_add(1, Relaxed);
                    continue;
                }
            },
        };
        match exchange(kind, open) {
            Ok((response, kept)) => {
                figures.answered.fetch_add(1, Relaxed);
                let expected = expected.get_or_insert_with(|| response.clone());
                if *expected != response {
                    figures.wrong.fetch_add(1, Relaxed);
                }
                connection = kept;
            }
            // The system takes nothing of a command on a connection whose receiving side is shut down.
            Err(error) if matches!(kind, Kind::Resp) && error.kind() == ErrorKind::BrokenPipe => {
                figures.again.fetch_add(1, Relaxed);
                due -= period;
            }
            Err(_) => {
                figures.reset.fetch_add(1, Relaxed);
            }
        }
    }
}

impl Connection {
    fn open(kind: Kind, addresses: &Addresses) -> io::Result<Self> {
        let unix = |path| -> io::Result<Box<dyn Stream>> {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            Ok(Box::new(stream))
        };
        let stream: Box<dyn Stream> = match kind {
            Kind::Http => {
                let stream = TcpStream::connect(("127.0.0.1", addresses.port))?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Box::new(stream)
            }
            Kind::Unix => unix(&addresses.unix)?,
            Kind::Resp => unix(&addresses.resp)?,
        };
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }
}

/// Sends a request. Returns the bytes of its response that are the same each time, and the connection if it stays
/// open.
fn exchange(kind: Kind, mut connection: Connection) -> io::Result<(Vec<u8>, Option<Connection>)> {
    let stream = &mut connection.stream;
    if let Kind::Resp = kind {
        stream.get_mut().write_all(COMMAND)?;
        let reply = reply(stream)?;
        return Ok((reply, Some(connection)));
    }
    let request = format!(
        "POST /v1/identifyCode HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    stream.get_mut().write_all(request.as_bytes())?;
    let (mut length, mut closes, mut line) = (0, false, String::new());
    let mut response = Vec::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let header = line.trim_end().to_ascii_lowercase();
        if response.is_empty() {
            response.extend_from_slice(header.as_bytes());
        }
        match header.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().map_err(io::Error::other)?,
            Some(("connection", value)) => closes = value == "close",
            _ if header.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    response.extend(body);
    Ok((response, (!closes).then_some(connection)))
}

/// Reads a reply of bulks and integers in an array.
fn reply(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = 1;
    while rest > 0 {
        rest -= 1;
        let start = bytes.len();
        if stream.read_until(b'\n', &mut bytes)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&bytes[start..]).into_owned();
        let number = |text: &str| text.trim_end().parse::<usize>().map_err(io::Error::other);
        match line.split_at_checked(1) {
            Some(("*", count)) => rest += number(count)?,
            Some(("$", length)) => {
                let start = bytes.len();
                bytes.resize(start + number(length)? + 2, 0);
                stream.read_exact(&mut bytes[start..])?;
            }
            _ => {}
        }
    }
    Ok(bytes)
}
