//! A TLS server that sends the same response to every request.

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

use super::lower_priority;
use crate::cannot;

/// An upstream on the loopback. It runs on a thread of its own until the process ends.
#[derive(Debug)]
pub struct Upstream {
    port: u16,
    responses: Arc<AtomicU64>,
}

impl Upstream {
    /// Starts it with the certificate and the key in these files. It sends `response` to every
    /// request.
    ///
    /// # Errors
    ///
    /// If it cannot listen or a file is not usable.
    ///
    /// # Panics
    ///
    /// Its thread panics if the listener fails.
    pub fn start(certificate: &Path, key: &Path, response: Vec<u8>) -> io::Result<Self> {
        let read = |path: &Path| fs::read(path).map_err(cannot("read", path));
        let certificate = CertificateDer::from_pem_slice(&read(certificate)?);
        let certificate = certificate.map_err(io::Error::other)?;
        let key = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(io::Error::other)?;
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
        let responses = Arc::new(AtomicU64::new(0));
        let serve = serve(
            listener,
            Arc::new(config),
            response.into(),
            Arc::clone(&responses),
        );
        let runtime = Builder::new_current_thread().enable_io().build()?;
        thread::Builder::new()
            .name("upstream".to_owned())
            .spawn(move || {
                lower_priority();
                runtime.block_on(serve).expect("the loopback accepts");
            })?;
        Ok(Self { port, responses })
    }

    /// Returns its port on the loopback.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns the number of responses that it has sent.
    #[must_use]
    pub fn responses(&self) -> u64 {
        self.responses.load(Relaxed)
    }
}

async fn serve(
    listener: StdTcpListener,
    config: Arc<ServerConfig>,
    response: Arc<[u8]>,
    responses: Arc<AtomicU64>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let acceptor = TlsAcceptor::from(config);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (acceptor, response) = (acceptor.clone(), Arc::clone(&response));
        let responses = Arc::clone(&responses);
        // An error here is one of the client too, which reports it.
        tokio::spawn(
            async move { serve_connection(stream, acceptor, &response, &responses).await },
        );
    }
}

async fn serve_connection(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    response: &[u8],
    responses: &AtomicU64,
) -> io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut received = BytesMut::new();
    loop {
        while let Some(length) = request_length(&received) {
            received.advance(length);
            responses.fetch_add(1, Relaxed);
            stream.write_all(response).await?;
            stream.flush().await?;
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    }
}

/// Returns the length of the first request, or `None` if it is incomplete.
fn request_length(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&received[..head]).ok()?;
    let length: usize = text
        .split("\r\n")
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.parse().ok())?;
    let end = head + 4 + length;
    (received.len() >= end).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_a_length_once_it_is_complete() {
        let request = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab";
        for received in 0..request.len() {
            assert_eq!(request_length(&request[..received]), None);
        }
        let two = [&request[..], b"POST"].concat();
        assert_eq!(request_length(&two), Some(request.len()));
    }
}
