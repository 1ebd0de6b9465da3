//! A remote source for tests: a real server over TCP or TLS that follows a script.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::RecvFlags;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::serve::daemon::PATIENCE;

/// A server that replies to every request as its script says. Dropping it stops the server.
pub(crate) struct Remote {
    address: SocketAddr,
    scheme: &'static str,
    /// The certificate of the server, in PEM; empty without TLS.
    pub(crate) certificate: String,
    shared: Arc<Shared>,
}

/// A request, as far as tests inspect it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Method and target.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The time when all of the request had come.
    pub(crate) at: Instant,
    is_answered: bool,
}

/// The reply to a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A response of this status, with these headers and this body.
    Response(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// No response, until the client gives up.
    Hang,
    /// The first half of a response, then nothing until the client gives up.
    HangInside(Vec<u8>),
    /// The first half of a response, then the end of the connection.
    Truncate(Vec<u8>),
    /// A body without an end, in chunks.
    Endless,
}

type Script = Box<dyn FnMut(&Request) -> Reply + Send>;

struct Shared {
    script: Mutex<Script>,
    seen: Mutex<Seen>,
    changed: Condvar,
    stopped: AtomicBool,
}

#[derive(Default)]
struct Seen {
    requests: Vec<Request>,
    /// The requests that are being answered, by their index.
    open: Vec<(usize, TcpStream)>,
    /// The most requests that were ever answered concurrently.
    most_open: usize,
}

impl Reply {
    /// Returns a route config, as a good server sends it.
    pub(crate) fn config(config: impl Into<Vec<u8>>) -> Self {
        Self::of_type("application/json", config)
    }

    pub(crate) fn of_type(media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type", media_type.to_owned())];
        Self::Response(200, headers, body.into())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Response(status, Vec::new(), Vec::new())
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Response(_, headers, _) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Remote {
    /// Starts a server without TLS.
    pub(crate) fn http(reply: Reply) -> Self {
        Self::start(None, reply)
    }

    /// Starts a server with TLS and a self-signed certificate for `name`.
    pub(crate) fn https(name: &str, reply: Reply) -> Self {
        let certified = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certified.cert.der().clone()],
                PrivateKeyDer::Pkcs8(key),
            )
            .unwrap();
        Self::start(Some((Arc::new(config), certified.cert.pem())), reply)
    }

    fn start(tls: Option<(Arc<ServerConfig>, String)>, reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Mutex::new(always(reply)),
            seen: Mutex::default(),
            changed: Condvar::new(),
            stopped: AtomicBool::new(false),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (tls, certificate) = tls.unzip();
        let remote = Self {
            address,
            scheme,
            certificate: certificate.unwrap_or_default(),
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, tls) = (Arc::clone(&shared), tls.clone());
                thread::spawn(move || {
                    // An error is the end of a connection, whichever side caused it.
                    let _ = serve(&shared, stream, tls);
                });
            }
        });
        remote
    }

    /// Returns the URL of the route config.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}/routes.json", self.scheme, self.address)
    }

    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Replies to every further request with `reply`.
    pub(crate) fn set(&self, reply: Reply) {
        self.script(always(reply));
    }

    /// Replies to every further request as `script` says.
    pub(crate) fn script(&self, script: impl FnMut(&Request) -> Reply + Send + 'static) {
        *self.shared.script.lock().unwrap() = Box::new(script);
    }

    /// Returns all requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.seen().requests.clone()
    }

    /// Returns the most requests that were ever answered concurrently.
    pub(crate) fn most_concurrent(&self) -> usize {
        self.shared.seen().most_open
    }

    /// Waits until `count` requests were answered or given up by the client, and returns all
    /// requests.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Request> {
        let answered = |seen: &Seen| {
            seen.requests
                .iter()
                .filter(|request| request.is_answered)
                .count()
        };
        let (seen, waited) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.seen(), PATIENCE, |seen| answered(seen) < count)
            .unwrap();
        assert!(
            !waited.timed_out(),
            "{} of {count} requests came",
            answered(&seen)
        );
        seen.requests.clone()
    }

    /// Waits for `more` further requests, and returns all requests.
    pub(crate) fn wait_for_more(&self, more: usize) -> Vec<Request> {
        let count = self.shared.seen().requests.len();
        self.wait_for(count + more)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

fn always(reply: Reply) -> Script {
    Box::new(move |_| reply.clone())
}

trait Duplex: Read + Write + Send {}

impl<T: Read + Write + Send> Duplex for T {}

fn serve(shared: &Shared, tcp: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<()> {
    tcp.set_read_timeout(Some(PATIENCE))?;
    tcp.set_nodelay(true)?;
    let socket = tcp.try_clone()?;
    let stream: Box<dyn Duplex> = match tls {
        None => Box::new(tcp),
        Some(config) => {
            let session = ServerConnection::new(config).map_err(io::Error::other)?;
            Box::new(StreamOwned::new(session, tcp))
        }
    };
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream)? {
        let reply = (shared.script.lock().unwrap())(&request);
        let index = {
            let mut seen = shared.seen();
            let index = seen.requests.len();
            // The thread of a client that gave up may not have noticed that yet.
            seen.open.retain(|(_, socket)| is_waiting(socket));
            seen.open.push((index, socket.try_clone()?));
            seen.most_open = seen.most_open.max(seen.open.len());
            seen.requests.push(request);
            index
        };
        let continues = write(&mut stream, reply);
        {
            let mut seen = shared.seen();
            seen.open.retain(|(open, _)| *open != index);
            seen.requests[index].is_answered = true;
        }
        shared.changed.notify_all();
        if !continues? {
            break;
        }
    }
    socket.shutdown(Shutdown::Both)
}

/// Returns `true` if the client of a request that is being answered still waits: it has sent
/// nothing more, not even its end.
fn is_waiting(socket: &TcpStream) -> bool {
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    let received = rustix::net::recv(socket, &mut [0_u8; 1], flags);
    matches!(received, Err(error) if error == Errno::WOULDBLOCK)
}

/// Reads the next request; `None` if the client sends no more.
fn read(stream: &mut BufReader<Box<dyn Duplex>>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut request = Request {
        line: line.trim_end().trim_end_matches(" HTTP/1.1").to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        at: Instant::now(),
        is_answered: false,
    };
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        request
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = request
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body)?;
    request.at = Instant::now();
    Ok(Some(request))
}

/// Writes a reply, and returns `true` if the connection continues.
fn write(stream: &mut BufReader<Box<dyn Duplex>>, reply: Reply) -> io::Result<bool> {
    let (status, headers, body) = match &reply {
        Reply::Response(status, headers, body) => (*status, headers.clone(), body.clone()),
        Reply::HangInside(body) | Reply::Truncate(body) => {
            let headers = vec![("Content-Type", "application/json".to_owned())];
            (200, headers, body.clone())
        }
        Reply::Hang => {
            wait_for_the_end(stream);
            return Ok(false);
        }
        Reply::Endless => {
            let out = stream.get_mut();
            out.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                  Transfer-Encoding: chunked\r\n\r\n",
            )?;
            // Ends with an error when the client closes.
            loop {
                out.write_all(format!("1000\r\n{}\r\n", " ".repeat(4096)).as_bytes())?;
            }
        }
    };
    let mut bytes = format!("HTTP/1.1 {status} Any\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if status != 304 {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    let sent = match reply {
        Reply::Response(..) => body.len(),
        _ => body.len() / 2,
    };
    bytes.extend_from_slice(&body[..sent]);
    stream.get_mut().write_all(&bytes)?;
    stream.get_mut().flush()?;
    if matches!(reply, Reply::HangInside(_)) {
        wait_for_the_end(stream);
    }
    Ok(matches!(reply, Reply::Response(..)))
}

fn wait_for_the_end(stream: &mut BufReader<Box<dyn Duplex>>) {
    let mut byte = [0];
    // The end and an error mean the same: the client does not wait any more.
    let _ = stream.read(&mut byte);
}

/// Returns an address on which no server listens.
pub(crate) fn closed_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

/// The interval at which a condition is polled that no event announces.
const POLL_EVERY: Duration = Duration::from_millis(5);

/// Waits until `condition` returns a value.
pub(crate) fn wait_until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{what}: not within the time allowed"
        );
        thread::sleep(POLL_EVERY);
    }
}
