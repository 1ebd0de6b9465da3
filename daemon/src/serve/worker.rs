//! The threads that serve connections.
//!
//! Each runs a runtime of its own, so that a connection stays on its thread and its task is never
//! moved. One thread accepts for all and hands each connection to the worker that has the fewest:
//! an even load for any number of connections, where `SO_REUSEPORT` would spread them by a hash,
//! and the same for Unix sockets, which have no such thing.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::Builder;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::http;
use super::resp;
use super::shared::Shared;
use super::tls::{Handshakes, TlsConnection};
use crate::metrics::{self, ConnectionFigures, Listener, OpenConnection};
use crate::shutdown::Stage;

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: Stream,
    /// It is one more than are served.
    pub(crate) overloaded: bool,
    /// Given back when it is closed.
    pub(crate) permit: OwnedSemaphorePermit,
    pub(crate) counted: OpenConnection,
}

/// A stream that belongs to no runtime.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(std::net::TcpStream),
    Tls(Box<TlsConnection>),
    Unix(std::os::unix::net::UnixStream),
    /// Of a Redis client.
    Resp(std::os::unix::net::UnixStream),
}

/// A thread that serves connections has ended.
#[derive(Debug)]
pub(crate) struct WorkerGone;

/// The threads.
#[derive(Debug)]
pub(crate) struct Workers {
    hand_over: HandOver,
    threads: Vec<JoinHandle<()>>,
    /// Those that come over TCP shake hands first.
    handshakes: Option<Handshakes>,
    figures: Arc<ConnectionFigures>,
}

/// Hands connections to the workers.
#[derive(Clone, Debug)]
pub(crate) struct HandOver(Vec<Worker>);

#[derive(Clone, Debug)]
struct Worker {
    /// Bounded by the permits.
    accepted: UnboundedSender<Accepted>,
    open: Arc<AtomicUsize>,
}

impl Workers {
    /// Starts `count` threads.
    ///
    /// # Errors
    ///
    /// Whatever the system has against another thread or runtime.
    pub(crate) fn start(count: usize, shared: &Arc<Shared>) -> io::Result<Self> {
        let started = (0..count).map(|index| Worker::start(index, Arc::clone(shared)));
        let (workers, threads) = started.collect::<Result<_, _>>()?;
        Ok(Self {
            hand_over: HandOver(workers),
            threads,
            handshakes: None,
            figures: Arc::clone(shared.metrics.connections()),
        })
    }

    /// From now on connections over TCP speak TLS; `start` makes the thread that begins with it.
    ///
    /// # Errors
    ///
    /// That of `start`.
    pub(crate) fn behind_tls(
        mut self,
        start: impl FnOnce(HandOver) -> io::Result<Handshakes>,
    ) -> io::Result<Self> {
        self.handshakes = Some(start(self.hand_over.clone())?);
        Ok(self)
    }

    /// What connections are counted in.
    pub(crate) const fn figures(&self) -> &Arc<ConnectionFigures> {
        &self.figures
    }

    /// Hands a connection on: to shake hands if it must, else to the worker that has the fewest.
    ///
    /// # Errors
    ///
    /// [`WorkerGone`] if its thread has ended, which it does only when told to, or by a fault.
    pub(crate) fn serve(&self, accepted: Accepted) -> Result<(), WorkerGone> {
        match (&self.handshakes, &accepted.stream) {
            (Some(handshakes), Stream::Tcp(_)) => handshakes.begin(accepted),
            _ => self.hand_over.serve(accepted),
        }
    }

    /// Waits for the threads, which end when nothing is left to serve or they are told to cut.
    pub(crate) fn join(self) {
        drop(self.hand_over);
        if let Some(handshakes) = self.handshakes {
            handshakes.join();
        }
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a worker thread panicked");
            }
        }
    }
}

impl Stream {
    pub(crate) const fn listener(&self) -> Listener {
        match self {
            Self::Tcp(_) | Self::Tls(_) => Listener::Http,
            Self::Unix(_) => Listener::Unix,
            Self::Resp(_) => Listener::Resp,
        }
    }
}

impl HandOver {
    /// Hands a connection to the worker that has the fewest.
    ///
    /// # Errors
    ///
    /// As for [`Workers::serve`].
    pub(crate) fn serve(&self, accepted: Accepted) -> Result<(), WorkerGone> {
        let fewest = self.0.iter().min_by_key(|worker| worker.open.load(Relaxed));
        let worker = fewest.ok_or(WorkerGone)?;
        worker.open.fetch_add(1, Relaxed);
        worker.accepted.send(accepted).map_err(|_| WorkerGone)
    }
}

impl Worker {
    fn start(index: usize, shared: Arc<Shared>) -> io::Result<(Self, JoinHandle<()>)> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (sender, receiver) = unbounded_channel();
        let open = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&open);
        let thread = thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(move || {
                metrics::enter_worker(&shared.metrics, index);
                runtime.block_on(work(receiver, shared, counted));
            })?;
        let worker = Self {
            accepted: sender,
            open,
        };
        Ok((worker, thread))
    }
}

async fn work(
    mut accepted: UnboundedReceiver<Accepted>,
    shared: Arc<Shared>,
    open: Arc<AtomicUsize>,
) {
    let mut connections = JoinSet::new();
    let serving = async {
        loop {
            tokio::select! {
                next = accepted.recv() => match next {
                    Some(next) => {
                        connections.spawn(serve(Arc::clone(&shared), next, Arc::clone(&open)));
                    }
                    None => break,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        // A connection whose task panicked is closed; the others go on.
        while connections.join_next().await.is_some() {}
    };
    tokio::select! {
        () = serving => {}
        () = shared.shutdown.wait_for(Stage::Cut) => {}
    }
}

async fn serve(shared: Arc<Shared>, accepted: Accepted, open: Arc<AtomicUsize>) {
    let Accepted {
        stream,
        overloaded,
        permit: _permit,
        counted: _counted,
    } = accepted;
    let _open = CountDown(open);
    let listener = stream.listener();
    match stream {
        Stream::Tcp(stream) => {
            if let Ok(stream) = TcpStream::from_std(stream) {
                http::serve(shared, stream, listener, Instant::now(), overloaded).await;
            }
        }
        Stream::Tls(connection) => {
            if let Ok((stream, connected)) = connection.attach() {
                http::serve(shared, stream, listener, connected, overloaded).await;
            }
        }
        Stream::Resp(stream) => {
            if let Ok(stream) = UnixStream::from_std(stream) {
                resp::serve(shared, stream, overloaded).await;
            }
        }
        Stream::Unix(stream) => {
            if let Ok(stream) = UnixStream::from_std(stream) {
                http::serve(shared, stream, listener, Instant::now(), overloaded).await;
            }
        }
    }
}

/// Counts a connection out, however its task ends.
struct CountDown(Arc<AtomicUsize>);

impl Drop for CountDown {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
