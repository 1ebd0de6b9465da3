//! The thread of the TLS handshakes.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

use super::socket::{Socket, TlsConnection};
use crate::faults;
use crate::listen::LiveCertificate;
use crate::metrics::{ConnectionFigures, Listener, Task};
use crate::panic::{count_panic, restart_after_panics};
use crate::serve::accepted::{Accepted, Stream, count_not_taken};
use crate::serve::worker_choice::{Dispatcher, WorkerGone};
use crate::shutdown::{GRACE, MAX_GRACE, Shutdown, Stage};

/// The niceness of the thread above that of the other threads, which lowers its priority.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The thread of the TLS handshakes.
#[derive(Debug)]
pub(crate) struct Handshakes {
    /// Bounded by the places of connections.
    accepted: UnboundedSender<Accepted>,
    thread: JoinHandle<()>,
}

/// The parts that all handshakes use.
struct Shared {
    certificate: Arc<LiveCertificate>,
    /// The longest time for a handshake.
    timeout: Duration,
    workers: Dispatcher,
    shutdown: Arc<Shutdown>,
    figures: Arc<ConnectionFigures>,
}

impl Handshakes {
    /// Starts the thread, which gives to `workers` every connection whose handshake succeeds within
    /// `timeout`, and counts the others in `figures`.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system refuses a thread or a runtime.
    pub(crate) fn start(
        certificate: Arc<LiveCertificate>,
        timeout: Duration,
        workers: Dispatcher,
        shutdown: Arc<Shutdown>,
        figures: Arc<ConnectionFigures>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            certificate,
            timeout,
            workers,
            shutdown,
            figures,
        });
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (accepted, receiver) = unbounded_channel();
        let thread = thread::Builder::new()
            .name("handshakes".to_owned())
            .spawn(move || {
                lower_priority();
                let mut receiver = receiver;
                restart_after_panics(Task::Handshakes, || {
                    runtime.block_on(work(&mut receiver, &shared));
                });
            })?;
        Ok(Self { accepted, thread })
    }

    /// Takes a TCP connection.
    ///
    /// # Errors
    ///
    /// [`WorkerGone`] if the thread has ended.
    pub(crate) fn begin(&self, accepted: Accepted) -> Result<(), WorkerGone> {
        self.accepted.send(accepted).map_err(|_| WorkerGone)
    }

    /// Waits for the thread, which ends once it has no connection, or in [`Stage::Cut`].
    pub(crate) fn join(self) {
        drop(self.accepted);
        if self.thread.join().is_err() {
            tracing::error!("the handshake thread panicked");
        }
    }
}

fn lower_priority() {
    // On Linux this changes the current thread only, elsewhere the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "cannot lower the priority of the handshake thread");
    }
}

async fn work(accepted: &mut UnboundedReceiver<Accepted>, shared: &Arc<Shared>) {
    let mut running = JoinSet::new();
    let working = async {
        loop {
            tokio::select! {
                next = accepted.recv() => match next {
                    Some(next) => {
                        running.spawn(shake_hands(next, Arc::clone(shared)));
                        faults::turn(Task::Handshakes.name());
                    }
                    None => break,
                },
                Some(ended) = running.join_next() => count_panic(Task::Connection, &ended),
            }
        }
        while let Some(ended) = running.join_next().await {
            count_panic(Task::Connection, &ended);
        }
    };
    tokio::select! {
        () = working => {}
        () = shared.shutdown.wait_for(Stage::Cut) => {}
    }
}

async fn shake_hands(accepted: Accepted, shared: Arc<Shared>) {
    let connected = Instant::now();
    let Accepted {
        stream: Stream::Tcp(stream),
        place,
        share,
    } = accepted
    else {
        return;
    };
    let socket = match Socket::new(stream) {
        Ok(socket) => socket,
        Err(error) => return count_not_taken(&shared.figures, Listener::Http, &error),
    };
    let acceptor = TlsAcceptor::from(shared.certificate.config());
    // Any client can make a handshake fail, which must not fill the log.
    let handshake = until_stopped(acceptor.accept(socket), connected, &shared.shutdown);
    let stream = match timeout(shared.timeout, handshake).await {
        Ok(Some(Ok(stream))) => stream,
        Ok(Some(Err(error))) => {
            shared.figures.count_tls_handshake_failure(Listener::Http);
            return tracing::debug!(%error, listener = "http", "a TLS handshake failed");
        }
        Err(_) => {
            shared.figures.count_tls_handshake_failure(Listener::Http);
            return tracing::debug!(listener = "http", "a TLS handshake took too long");
        }
        // The client was idle, and its connection is closed as every idle one.
        Ok(None) => return tracing::debug!("a TLS handshake was ended by the stop"),
    };
    match TlsConnection::detach(stream, connected) {
        Ok(connection) => {
            // It fails only while the daemon ends, and closes the connection.
            let _ = shared.workers.dispatch(Accepted {
                stream: Stream::Tls(Box::new(connection)),
                place,
                share,
            });
        }
        Err(error) => count_not_taken(&shared.figures, Listener::Http, &error),
    }
}

/// Completes the handshake of a client that connected at `connected`. Returns `None` if the daemon
/// stops, and the client sends nothing for [`GRACE`] or is not done after [`MAX_GRACE`].
async fn until_stopped(
    mut handshake: Accept<Socket>,
    connected: Instant,
    shutdown: &Shutdown,
) -> Option<io::Result<TlsStream<Socket>>> {
    tokio::select! {
        done = &mut handshake => return Some(done),
        () = shutdown.wait_for(Stage::Drain) => {}
    }
    let stopping = Instant::now();
    let mut received = received_by(&handshake);
    // A client that has sent nothing is idle since it connected.
    let mut patience = match received {
        0 => GRACE.saturating_sub(connected.elapsed()),
        _ => GRACE,
    };
    loop {
        tokio::select! {
            done = &mut handshake => return Some(done),
            () = sleep(patience) => {}
        }
        let before = std::mem::replace(&mut received, received_by(&handshake));
        patience = GRACE.min(MAX_GRACE.saturating_sub(stopping.elapsed()));
        if received == before || patience.is_zero() {
            return None;
        }
    }
}

fn received_by(handshake: &Accept<Socket>) -> u64 {
    handshake.get_ref().map_or(0, Socket::received)
}
