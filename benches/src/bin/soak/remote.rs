//! The remote source of route configs: an HTTP server that fails on demand.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;

use crate::oracle::Config;
use crate::record::locked;

/// The longest time for which a connection of the daemon may be idle.
const PATIENCE: Duration = Duration::from_secs(30);

/// The ways in which the remote answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Good,
    /// The status 500.
    Status500,
    /// No response, until the daemon gives up.
    Hang,
    /// Half of a response, then the end.
    Truncated,
    /// Half of the config, as if it were all of it.
    Half,
    /// Bytes that are not JSON.
    Garbage,
    /// A reset of the connection instead of a response.
    Reset,
    /// A body without an end.
    Endless,
    /// A byte at a time, too slowly.
    Drip,
}

/// Every mode but [`Mode::Good`].
pub(crate) const FAULTS: [Mode; 8] = [
    Mode::Status500,
    Mode::Hang,
    Mode::Truncated,
    Mode::Half,
    Mode::Garbage,
    Mode::Reset,
    Mode::Endless,
    Mode::Drip,
];

/// The server.
#[derive(Debug)]
pub(crate) struct Remote {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    given: Mutex<(Mode, Option<Arc<Config>>)>,
    responses: AtomicU64,
    not_modified: AtomicU64,
}

impl Remote {
    /// # Errors
    ///
    /// If no port can be opened.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            given: Mutex::new((Mode::Good, None)),
            responses: AtomicU64::new(0),
            not_modified: AtomicU64::new(0),
        });
        let of_server = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&of_server);
                thread::spawn(move || {
                    // An error is the end of a connection, whichever side caused it.
                    let _ = serve(&shared, stream);
                });
            }
        });
        Ok(Self { address, shared })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/routes.json", self.address)
    }

    pub(crate) fn set_mode(&self, mode: Mode) {
        locked(&self.shared.given).0 = mode;
    }

    pub(crate) fn give(&self, config: &Arc<Config>) {
        locked(&self.shared.given).1 = Some(Arc::clone(config));
    }

    /// Returns the number of responses so far, and how many of them said that nothing changed.
    pub(crate) fn responses(&self) -> (u64, u64) {
        let Shared {
            responses,
            not_modified,
            ..
        } = &*self.shared;
        (responses.load(Relaxed), not_modified.load(Relaxed))
    }
}

fn serve(shared: &Shared, stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut stream = BufReader::new(stream);
    while let Some(known) = read_request(&mut stream)? {
        let (mode, config) = locked(&shared.given).clone();
        shared.responses.fetch_add(1, Relaxed);
        let Some(config) = config else {
            out.write_all(b"HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n")?;
            continue;
        };
        let tag = format!("\"{}\"", config.sha256);
        let body = config.text.as_bytes();
        let whole = head(body.len(), &tag);
        match mode {
            Mode::Good if known.as_ref() == Some(&tag) => {
                shared.not_modified.fetch_add(1, Relaxed);
                let response = format!("HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n");
                out.write_all(response.as_bytes())?;
            }
            Mode::Good => out.write_all(&[whole.as_bytes(), body].concat())?,
            Mode::Status500 => {
                out.write_all(b"HTTP/1.1 500 Fault\r\nContent-Length: 0\r\n\r\n")?;
            }
            Mode::Garbage => {
                let garbage = [0x80_u8; 4096];
                let head = head(garbage.len(), "\"garbage\"");
                out.write_all(&[head.as_bytes(), &garbage].concat())?;
            }
            Mode::Half => {
                let half = &body[..body.len() / 2];
                let head = head(half.len(), "\"half\"");
                out.write_all(&[head.as_bytes(), half].concat())?;
            }
            Mode::Truncated => {
                out.write_all(whole.as_bytes())?;
                return out.write_all(&body[..body.len() / 2]);
            }
            Mode::Reset => {
                set_socket_linger(&out, Some(Duration::ZERO))?;
                return Ok(());
            }
            Mode::Hang => return wait_for_the_end(&mut stream),
            Mode::Drip => {
                out.write_all(whole.as_bytes())?;
                for byte in body {
                    out.write_all(&[*byte])?;
                    thread::sleep(Duration::from_millis(20));
                }
            }
            Mode::Endless => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                            Transfer-Encoding: chunked\r\n\r\n";
                out.write_all(head.as_bytes())?;
                let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
                // Ends with an error when the daemon closes.
                loop {
                    out.write_all(chunk.as_bytes())?;
                }
            }
        }
    }
    Ok(())
}

fn head(length: usize, tag: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nETag: {tag}\r\n\r\n"
    )
}

/// Reads a request without a body. Returns the value of `If-None-Match`, or `None` at the end of
/// the connection.
fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Option<String>>> {
    let mut known = None;
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 {
        if line == "\r\n" {
            return Ok(Some(known));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("if-none-match")
        {
            known = Some(value.trim().to_owned());
        }
        line.clear();
    }
    Ok(None)
}

fn wait_for_the_end(stream: &mut BufReader<TcpStream>) -> io::Result<()> {
    stream.read(&mut [0]).map(drop)
}
