//! A server over TLS that answers every request with the same bytes.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener as StdTcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use bytes::{Buf, BytesMut};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio_rustls::TlsAcceptor;

use super::yields;

/// Runs on one thread until the process ends.
#[derive(Debug)]
pub struct Upstream {
    port: u16,
    answered: Arc<AtomicU64>,
}

impl Upstream {
    /// Starts it, with the certificate and the key in these files.
    ///
    /// # Errors
    ///
    /// If it cannot listen, or a file cannot be used.
    ///
    /// # Panics
    ///
    /// Its own thread, if the loopback accepts no more.
    pub fn start(certificate: &Path, key: &Path, answer: Vec<u8>) -> io::Result<Self> {
        let certificate = fs::read(certificate)?;
        let certificate = CertificateDer::from_pem_slice(&certificate).map_err(io::Error::other)?;
        let key = PrivateKeyDer::from_pem_slice(&fs::read(key)?).map_err(io::Error::other)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .map_err(io::Error::other)?;
        let listener = StdTcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let answered = Arc::new(AtomicU64::new(0));
        let serve = serve(
            listener,
            Arc::new(config),
            answer.into(),
            Arc::clone(&answered),
        );
        let runtime = Builder::new_current_thread().enable_io().build()?;
        thread::Builder::new()
            .name("upstream".to_owned())
            .spawn(move || {
                yields();
                runtime.block_on(serve).expect("a loopback that accepts");
            })?;
        Ok(Self { port, answered })
    }

    /// Where it listens, on the loopback.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// How many requests it has answered.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.answered.load(Relaxed)
    }
}

async fn serve(
    listener: StdTcpListener,
    config: Arc<ServerConfig>,
    answer: Arc<[u8]>,
    answered: Arc<AtomicU64>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let acceptor = TlsAcceptor::from(config);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (acceptor, answer) = (acceptor.clone(), Arc::clone(&answer));
        let answered = Arc::clone(&answered);
        // A client that breaks off has failed, and says so itself.
        tokio::spawn(async move { answer_all(stream, acceptor, &answer, &answered).await });
    }
}

async fn answer_all(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    answer: &[u8],
    answered: &AtomicU64,
) -> io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut received = BytesMut::new();
    loop {
        while let Some(length) = length_of_request(&received) {
            received.advance(length);
            answered.fetch_add(1, Relaxed);
            stream.write_all(answer).await?;
            stream.flush().await?;
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    }
}

/// Of the request at the beginning, if it is whole.
fn length_of_request(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&received[..head]).ok()?;
    let length: usize = text
        .split("\r\n")
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.parse().ok())?;
    let whole = head + 4 + length;
    (received.len() >= whole).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_a_length_once_it_is_whole() {
        let request = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab";
        for received in 0..request.len() {
            assert_eq!(length_of_request(&request[..received]), None);
        }
        let two = [&request[..], b"POST"].concat();
        assert_eq!(length_of_request(&two), Some(request.len()));
    }
}
