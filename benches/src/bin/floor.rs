//! Servers that do no work, each the floor of a protocol that codeid serves:
//!
//! ```sh
//! floor http 127.0.0.1:8081            # hyper on TCP: reads a request and sends a fixed response
//! floor http run/floor.sock            # hyper on a Unix socket
//! floor echo run/echo.sock             # tokio: writes the bytes that it reads
//! ```
//!
//! As in codeid, each core has its own runtime, and a connection stays on the core that accepted it.

use std::future::poll_fn;
use std::io;
use std::num::NonZero;
use std::pin::Pin;
use std::thread;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime;
use tokio::task::LocalSet;

/// The body of a typical response of codeid.
const BODY: &[u8] = br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"Success"},"isSupported":true,"postCodeMatchActionType":"DECODE","codeValue":"https://qr.acquirer17.example/m/0123456789abcdef0123"}"#;

/// The protocol of a listener.
#[derive(Clone, Copy)]
enum Protocol {
    Http,
    Echo,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (protocol, address) = match arguments[..] {
        ["http", address] => (Protocol::Http, address),
        ["echo", address] => (Protocol::Echo, address),
        _ => {
            let message = "usage: floor http|echo HOST:PORT|PATH";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    };
    if address.contains('/') {
        let listener = std::os::unix::net::UnixListener::bind(address)?;
        listener.set_nonblocking(true)?;
        on_every_core(|| {
            let listener = listener.try_clone()?;
            Ok(async move {
                let listener = UnixListener::from_std(listener)?;
                loop {
                    let (stream, _) = listener.accept().await?;
                    tokio::task::spawn_local(serve(protocol, stream));
                }
            })
        })
    } else {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        on_every_core(|| {
            let listener = listener.try_clone()?;
            Ok(async move {
                let listener = TcpListener::from_std(listener)?;
                loop {
                    let (stream, _) = listener.accept().await?;
                    stream.set_nodelay(true)?;
                    tokio::task::spawn_local(serve(protocol, stream));
                }
            })
        })
    }
}

/// Runs the future that `task` returns once for each core, in a thread and a runtime of its own.
fn on_every_core<T>(task: impl Fn() -> io::Result<T> + Sync) -> io::Result<()>
where
    T: Future<Output = io::Result<()>>,
{
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let run = || {
            let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
            let ended: io::Result<()> = LocalSet::new().block_on(&runtime, task()?);
            ended
        };
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(run)).collect();
        for thread in threads {
            thread.join().expect("no task panics")?;
        }
        Ok(())
    })
}

/// Serves a connection to its end. A failure is not reported: it is an end like any other.
async fn serve(protocol: Protocol, stream: impl AsyncRead + AsyncWrite + Unpin + 'static) {
    match protocol {
        Protocol::Http => {
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(respond))
                .await;
        }
        Protocol::Echo => {
            let _ = echo(stream).await;
        }
    }
}

async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..length]).await?;
    }
}

async fn respond(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    while let Some(frame) = poll_fn(|cx| Pin::new(request.body_mut()).poll_frame(cx)).await {
        frame?;
    }
    let mut response = Response::new(Full::new(Bytes::from_static(BODY)));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}
