//! A server on a free port of the loopback interface. It answers the one request of each connection
//! with bytes that the test chooses.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The server's reaction to a request.
pub(super) enum Reply {
    /// Sends the bytes and closes.
    Send(Vec<u8>),
    /// Sends the bytes, then waits until the client closes.
    Stall(Vec<u8>),
    /// Sends the bytes and closes the TCP connection, without the end of TLS.
    Abort(Vec<u8>),
}

/// A request as received.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) target: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    scheme: &'static str,
    script: Arc<Script>,
    task: JoinHandle<()>,
}

/// The state that all connections of a server share.
struct Script {
    answer: Box<dyn Fn(&Request) -> Reply + Send + Sync>,
    requests: Mutex<Vec<Request>>,
    stalling: Notify,
    abandoned: Notify,
}

/// An authority that signs certificates. A client may trust it or not.
pub(super) struct Authority {
    pub(super) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Reply {
    /// Returns a response of this status, with a body of declared length.
    pub(super) fn new(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut response = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            response.push_str(&format!("{name}: {value}\r\n"));
        }
        response.push_str("\r\n");
        Self::Send([response.as_bytes(), body].concat())
    }

    /// Returns a 200 response with this JSON.
    pub(super) fn json(body: &str) -> Self {
        Self::new("200 OK", &[("Content-Type", "application/json")], body)
    }
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Server {
    /// Serves HTTP over TCP.
    pub(super) async fn http(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(None, answer).await
    }

    /// Serves HTTP over TLS, with a certificate for `name` by `authority`.
    pub(super) async fn https(
        authority: &Authority,
        name: &str,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(Some(authority.acceptor_for(name)), answer).await
    }

    pub(super) fn url(&self, target: &str) -> String {
        format!("{}://{}{target}", self.scheme, self.address)
    }

    /// Returns all requests so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.script.requests.lock().unwrap().clone()
    }

    /// Completes once the server stalls on a connection.
    pub(super) async fn stalling(&self) {
        self.script.stalling.notified().await;
    }

    /// Completes once a client has closed a connection on which the server stalls.
    pub(super) async fn abandoned(&self) {
        self.script.abandoned.notified().await;
    }

    async fn start(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let script = Arc::new(Script {
            answer: Box::new(answer),
            requests: Mutex::new(Vec::new()),
            stalling: Notify::new(),
            abandoned: Notify::new(),
        });
        let shared = script.clone();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, script) = (tls.clone(), shared.clone());
                tokio::spawn(async move {
                    match tls {
                        None => script.serve(stream).await,
                        Some(tls) => {
                            // A client that does not trust the certificate ends the handshake.
                            if let Ok(stream) = tls.accept(stream).await {
                                script.serve(stream).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            address,
            scheme,
            script,
            task,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Script {
    /// Answers one request. A client may close at any time, so errors here are left to show there.
    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let Some(request) = read_request(&mut stream).await else {
            return;
        };
        let reply = (self.answer)(&request);
        self.requests.lock().unwrap().push(request);
        let (Reply::Send(bytes) | Reply::Stall(bytes) | Reply::Abort(bytes)) = &reply;
        let written = stream.write_all(bytes).await;
        let _ = stream.flush().await;
        match reply {
            Reply::Send(_) => {
                let _ = stream.shutdown().await;
                // Waits until the client has closed too: a reset could discard the response.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
            Reply::Stall(_) => {
                self.stalling.notify_one();
                if written.is_ok() {
                    let _ = stream.read(&mut [0]).await;
                }
                self.abandoned.notify_one();
            }
            Reply::Abort(_) => {}
        }
    }
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    fn acceptor_for(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_length = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_length].to_vec()).unwrap();
    let mut lines = head.trim_end().lines();
    let mut request_line = lines.next().unwrap().split(' ');
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut request = Request {
        method: request_line.next().unwrap().to_owned(),
        target: request_line.next().unwrap().to_owned(),
        headers,
        body: String::new(),
    };
    let length: usize = request
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head_length + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    request.body = String::from_utf8(bytes.split_off(head_length)).unwrap();
    Some(request)
}
