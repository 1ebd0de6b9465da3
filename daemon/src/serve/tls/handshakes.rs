//! The thread that does the handshakes.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use super::socket::{Socket, TlsConnection};
use crate::listen::LiveCertificate;
use crate::serve::worker::{Accepted, HandOver, Stream, WorkerGone};
use crate::shutdown::{Shutdown, Stage};

/// How much nicer the thread is to others than those are to it.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The thread.
#[derive(Debug)]
pub(crate) struct Handshakes {
    /// Bounded by the permits of the connections.
    accepted: UnboundedSender<Accepted>,
    thread: JoinHandle<()>,
}

/// What all handshakes share.
struct Shared {
    certificate: Arc<LiveCertificate>,
    /// How long one may take.
    patience: Duration,
    workers: HandOver,
    shutdown: Arc<Shutdown>,
}

impl Handshakes {
    /// Starts the thread, which hands on to `workers` what has shaken hands within `patience`.
    ///
    /// # Errors
    ///
    /// Whatever the system has against another thread or runtime.
    pub(crate) fn start(
        certificate: Arc<LiveCertificate>,
        patience: Duration,
        workers: HandOver,
        shutdown: Arc<Shutdown>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            certificate,
            patience,
            workers,
            shutdown,
        });
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (accepted, receiver) = unbounded_channel();
        let thread = thread::Builder::new()
            .name("handshakes".to_owned())
            .spawn(move || {
                give_way();
                runtime.block_on(work(receiver, shared));
            })?;
        Ok(Self { accepted, thread })
    }

    /// Takes a TCP connection.
    ///
    /// # Errors
    ///
    /// [`WorkerGone`] if the thread has ended, which it does only when told to, or by a fault.
    pub(crate) fn begin(&self, accepted: Accepted) -> Result<(), WorkerGone> {
        self.accepted.send(accepted).map_err(|_| WorkerGone)
    }

    /// Waits for the thread, which ends when it has nothing left or is told to close what is idle.
    pub(crate) fn join(self) {
        drop(self.accepted);
        if self.thread.join().is_err() {
            tracing::error!("the thread of the handshakes panicked");
        }
    }
}

fn give_way() {
    // Added to that of the thread that calls, on Linux; elsewhere to that of the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "the thread of the handshakes keeps its priority");
    }
}

async fn work(mut accepted: UnboundedReceiver<Accepted>, shared: Arc<Shared>) {
    let mut running = JoinSet::new();
    let working = async {
        loop {
            tokio::select! {
                next = accepted.recv() => match next {
                    Some(next) => {
                        running.spawn(shake(next, Arc::clone(&shared)));
                    }
                    None => break,
                },
                Some(_) = running.join_next() => {}
            }
        }
        while running.join_next().await.is_some() {}
    };
    tokio::select! {
        () = working => {}
        // A connection that has not even begun a request is idle.
        () = shared.shutdown.wait_for(Stage::CloseIdle) => {}
        // The stage before is left out when nothing is open any more.
        () = shared.shutdown.wait_for(Stage::Cut) => {}
    }
}

async fn shake(accepted: Accepted, shared: Arc<Shared>) {
    let connected = Instant::now();
    let Accepted {
        stream: Stream::Tcp(stream),
        overloaded,
        permit,
        counted,
    } = accepted
    else {
        return;
    };
    let Ok(socket) = Socket::new(stream) else {
        return;
    };
    let acceptor = TlsAcceptor::from(shared.certificate.config());
    // Anybody can make one fail: that must not fill a log.
    let stream = match timeout(shared.patience, acceptor.accept(socket)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => return tracing::debug!("a TLS handshake took too long"),
    };
    if let Ok(connection) = TlsConnection::detach(stream, connected) {
        // Without the workers the daemon is ending, and the connection is closed.
        let _ = shared.workers.serve(Accepted {
            stream: Stream::Tls(Box::new(connection)),
            overloaded,
            permit,
            counted,
        });
    }
}
