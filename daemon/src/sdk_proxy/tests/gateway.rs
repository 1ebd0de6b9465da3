//! A stand-in for the upstream: a TLS server on a free loopback port that records its requests, byte
//! by byte if need be, and replies as the test prescribes. It shares no code with the daemon but the
//! signatures, which are tested against OpenSSL.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256, date_time_ymd,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::signature::{KeyVersion, SignedContent, SigningKey, VerifyingKeys};

pub(crate) const PATH: &str = "/aps/api/v1/mobile/sdkProxy";
pub(crate) const CLIENT_ID: &str = "TEST_5X00000000000000";

/// The private and the public key of one side, in PEM.
pub(crate) struct Pair {
    pub(crate) private: String,
    pub(crate) public: String,
}

pub(crate) static OURS: LazyLock<Pair> = LazyLock::new(Pair::new);
pub(crate) static THEIRS: LazyLock<Pair> = LazyLock::new(Pair::new);

/// The reply to a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Sends the bytes, and awaits the next request.
    Send(Vec<u8>),
    /// Sends the bytes, and ends the connection in this way.
    SendAndEnd(Vec<u8>, End),
    /// Sends the bytes after this time.
    #[allow(
        dead_code,
        reason = "this file is compiled twice, and only the tests from outside wait in real time"
    )]
    SendAfter(Duration, Vec<u8>),
    /// Sends the bytes, and then nothing.
    Stall(Vec<u8>),
    /// Awaits the gate, and then sends the bytes.
    Await(Arc<Notify>, Vec<u8>),
}

/// The end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The end of TLS, then the end of TCP.
    Orderly,
    /// The end of TCP alone.
    Fin,
    /// A reset of TCP.
    Reset,
}

/// A request as it was received.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The request line.
    pub(crate) line: String,
    /// In the order and the spelling in which they were sent.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// An authority that signs certificates.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
    roots: RootCertStore,
}

/// The properties of a server beside its replies.
pub(crate) struct Behavior {
    /// The name in its certificate.
    pub(crate) name: &'static str,
    pub(crate) expired: bool,
    /// `true` if a client must show a certificate of the same authority.
    pub(crate) wants_certificate: bool,
    /// Given the number of a connection, from 0: the bytes of a request after which it ends, unless the
    /// request is complete before, and how.
    pub(crate) cut: Option<fn(usize) -> (usize, End)>,
}

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    script: Arc<Script>,
    task: JoinHandle<()>,
}

struct Script {
    reply: Box<dyn Fn(&Request) -> Reply + Send + Sync>,
    behavior: Behavior,
    requests: Mutex<Vec<Request>>,
    /// The number of connections accepted.
    accepted: AtomicUsize,
    /// The number of connections on which a byte of a request was received.
    begun: AtomicUsize,
    arrived: Notify,
    /// The number of connections that have ended.
    ended: watch::Sender<usize>,
}

impl Pair {
    fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        Self {
            private: key.serialize_pem(),
            public: key.public_key_pem(),
        }
    }
}

impl Default for Behavior {
    fn default() -> Self {
        Self {
            name: "127.0.0.1",
            expired: false,
            wants_certificate: false,
            cut: None,
        }
    }
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(header, _)| header == name);
        let value = found.next().unwrap_or_else(|| panic!("no {name}"));
        assert!(found.next().is_none(), "{name} twice");
        &value.1
    }

    /// Returns `true` if the daemon's signature is valid.
    pub(crate) fn is_signed(&self) -> bool {
        let mut keys = VerifyingKeys::new();
        let version = KeyVersion::new(7).unwrap();
        keys.add_pem(version, OURS.public.as_bytes()).unwrap();
        let content = SignedContent {
            path: PATH,
            client_id: CLIENT_ID,
            time: self.header("Request-Time"),
            body: &self.body,
        };
        keys.verify(self.header("Signature").as_bytes(), &content)
            .is_ok()
    }
}

/// Returns a response with these headers and this body.
pub(crate) fn response(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

pub(crate) const RESPONSE_TIME: &str = "2026-11-21T09:30:00+08:00";

/// Returns the `Signature` header, by the upstream's key, of a response with this body.
pub(crate) fn signature_of(body: &[u8]) -> String {
    sign(&THEIRS, 1, CLIENT_ID, RESPONSE_TIME, PATH, body)
}

pub(crate) fn sign(
    pair: &Pair,
    version: u32,
    client_id: &str,
    time: &str,
    path: &str,
    body: &[u8],
) -> String {
    let version = KeyVersion::new(version).unwrap();
    let content = SignedContent {
        path,
        client_id,
        time,
        body,
    };
    let key = SigningKey::from_pem(pair.private.as_bytes(), version).unwrap();
    key.sign(&content).unwrap()
}

/// Returns a response with all headers of the upstream.
pub(crate) fn signed(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    response(
        "200 OK",
        &[
            ("Content-Type", "application/json; charset=UTF-8"),
            ("Client-Id", CLIENT_ID),
            ("Response-Time", RESPONSE_TIME),
            ("Tracer-Id", "tracer-1"),
            ("Signature", &signature_of(body)),
        ],
        body,
    )
}

pub(crate) const SUCCESS: &str = r#"{"result":{"resultCode":"SUCCESS","resultMessage":"Success","resultStatus":"S"},"sdkResponseData":"{\"a\":1}","sdkResponseHeader":"{}"}"#;

impl Gateway {
    pub(crate) async fn start(
        authority: &Authority,
        behavior: Behavior,
        reply: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = authority.acceptor(&behavior, &[]);
        let script = Arc::new(Script {
            reply: Box::new(reply),
            behavior,
            requests: Mutex::default(),
            accepted: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            arrived: Notify::new(),
            ended: watch::Sender::new(0),
        });
        let shared = Arc::clone(&script);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, script) = (tls.clone(), Arc::clone(&shared));
                let number = script.accepted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    // A client that does not trust us ends the handshake.
                    if let Ok(stream) = tls.accept(stream).await {
                        script.serve(stream, number).await;
                    }
                    script.ended.send_modify(|ended| *ended += 1);
                });
            }
        });
        Self {
            address,
            script,
            task,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Returns all complete requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.script.requests.lock().unwrap().clone()
    }

    /// Returns the only request so far.
    pub(crate) fn request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1);
        requests.into_iter().next().unwrap()
    }

    pub(crate) fn accepted(&self) -> usize {
        self.script.accepted.load(Ordering::SeqCst)
    }

    /// Returns the number of connections on which a byte of a request was received.
    pub(crate) fn begun(&self) -> usize {
        self.script.begun.load(Ordering::SeqCst)
    }

    /// Waits for `count` complete requests.
    pub(crate) async fn wait_for(&self, count: usize) {
        while self.requests().len() < count {
            self.script.arrived.notified().await;
        }
    }

    /// Waits until `count` connections have ended: closed by both sides, or reset by this one.
    pub(crate) async fn wait_for_ends(&self, count: usize) {
        let mut ended = self.script.ended.subscribe();
        ended.wait_for(|ended| *ended >= count).await.unwrap();
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Script {
    /// Replies to requests until the client closes the connection.
    async fn serve(&self, mut stream: TlsStream<TcpStream>, number: usize) {
        let mut bytes = Vec::new();
        if let Some(cut) = self.behavior.cut {
            let (most, end) = cut(number);
            while bytes.len() < most && !is_whole(&bytes) {
                let mut byte = [0];
                match stream.read(&mut byte).await {
                    Ok(1..) => bytes.push(byte[0]),
                    _ => return,
                }
                if bytes.len() == 1 {
                    self.begun.fetch_add(1, Ordering::SeqCst);
                }
            }
            return end_connection(stream, end).await;
        }
        let mut first = true;
        while let Some(request) = read_request(&mut stream, &mut bytes).await {
            if std::mem::take(&mut first) {
                self.begun.fetch_add(1, Ordering::SeqCst);
            }
            let reply = (self.reply)(&request);
            self.requests.lock().unwrap().push(request);
            self.arrived.notify_one();
            match reply {
                Reply::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                    let _ = stream.flush().await;
                }
                Reply::SendAndEnd(bytes, end) => {
                    let _ = stream.write_all(&bytes).await;
                    let _ = stream.flush().await;
                    return end_connection(stream, end).await;
                }
                Reply::SendAfter(time, bytes) => {
                    sleep(time).await;
                    let _ = stream.write_all(&bytes).await;
                    let _ = stream.flush().await;
                }
                Reply::Stall(bytes) => {
                    let _ = stream.write_all(&bytes).await;
                    let _ = stream.flush().await;
                    let _ = stream.read(&mut [0]).await;
                    return;
                }
                Reply::Await(gate, bytes) => {
                    gate.notified().await;
                    let _ = stream.write_all(&bytes).await;
                    let _ = stream.flush().await;
                }
            }
        }
    }
}

pub(crate) async fn end_connection(mut stream: TlsStream<TcpStream>, end: End) {
    match end {
        End::Orderly => {
            let _ = stream.shutdown().await;
            // Until the client has closed as well: a reset could discard the response.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
        End::Fin => {
            let (mut tcp, _) = stream.into_inner();
            let _ = tcp.shutdown().await;
            let _ = tcp.read_to_end(&mut Vec::new()).await;
        }
        End::Reset => {
            let (tcp, _) = stream.into_inner();
            tcp.set_zero_linger().unwrap();
        }
    }
}

async fn read_request(stream: &mut TlsStream<TcpStream>, bytes: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some((request, length)) = whole_request(bytes) {
            bytes.drain(..length);
            return Some(request);
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    whole_request(bytes).is_some()
}

/// Returns the request at the start of these bytes, and its length.
fn whole_request(bytes: &[u8]) -> Option<(Request, usize)> {
    let head_length = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..head_length].to_vec()).unwrap();
    let mut lines = head.trim_end().lines();
    let mut request = Request {
        line: lines.next().unwrap().to_owned(),
        headers: lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: Vec::new(),
    };
    let length: usize = request.header("Content-Length").parse().unwrap();
    request.body = bytes.get(head_length..head_length + length)?.to_vec();
    Some((request, head_length + length))
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        Self {
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
            roots,
        }
    }

    /// Issues a certificate for `name`, with its key.
    pub(crate) fn certify(&self, name: &str, expired: bool) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// Creates an acceptor of TLS that offers these protocols.
    pub(crate) fn acceptor(&self, behavior: &Behavior, protocols: &[&[u8]]) -> TlsAcceptor {
        let (certificate, key) = self.certify(behavior.name, behavior.expired);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = if behavior.wants_certificate {
            let roots = Arc::new(self.roots.clone());
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            config.with_no_client_auth()
        };
        let mut config = config
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}
