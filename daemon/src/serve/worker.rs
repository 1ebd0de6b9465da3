//! The threads that serve connections.
//!
//! Each thread has a runtime of its own, so a connection stays on its thread and its task is never
//! moved. One thread accepts for all and gives each connection to the worker that has the fewest.
//! This balances any number of connections, where `SO_REUSEPORT` would spread them by a hash, and it
//! does so for Unix sockets, too, which have no such option.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::accepted::{Accepted, Stream, count_not_taken};
use super::http;
use super::resp;
use super::shared::Shared;
use super::tls::Handshakes;
use super::worker_choice::{Dispatcher, Inbox, WorkerGone};
use crate::budget::{Budget, CONNECTION_BYTES, Share, TLS_BYTES};
use crate::decisions;
use crate::faults;
use crate::metrics::{self, ByListener, Task};
use crate::panic::{count_panic, restart_after_panics};
use crate::shutdown::Stage;

/// The threads that serve connections.
#[derive(Debug)]
pub(crate) struct Workers {
    dispatcher: Dispatcher,
    threads: Vec<JoinHandle<()>>,
    /// The runtimes that the threads run.
    runtimes: Vec<Handle>,
    /// The thread that TCP connections pass first, if they speak TLS.
    handshakes: Option<Handshakes>,
    /// By listener.
    budgets: ByListener<Arc<Budget>>,
}

impl Workers {
    /// Starts `count` threads.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system refuses a thread or a runtime.
    pub(crate) fn start(count: usize, shared: &Arc<Shared>) -> io::Result<Self> {
        let started = (0..count).map(|index| start_worker(index, Arc::clone(shared)));
        let (inboxes, threads, runtimes) = started.collect::<Result<_, _>>()?;
        Ok(Self {
            dispatcher: Dispatcher::new(inboxes),
            threads,
            runtimes,
            handshakes: None,
            budgets: shared.budgets.clone(),
        })
    }

    /// Makes connections over TCP speak TLS; `start` starts the thread of the handshakes.
    ///
    /// # Errors
    ///
    /// The error of `start`.
    pub(crate) fn behind_tls(
        mut self,
        start: impl FnOnce(Dispatcher) -> io::Result<Handshakes>,
    ) -> io::Result<Self> {
        self.handshakes = Some(start(self.dispatcher.clone())?);
        Ok(self)
    }

    /// Returns the runtimes that the threads run.
    pub(crate) fn runtimes(&self) -> &[Handle] {
        &self.runtimes
    }

    /// Returns the share of the budget that a connection needs, or `None` if there is no room.
    pub(crate) fn reserve(&self, stream: &Stream) -> Option<Share> {
        let bytes = match (&self.handshakes, stream) {
            (Some(_), Stream::Tcp(_)) => CONNECTION_BYTES + TLS_BYTES,
            _ => CONNECTION_BYTES,
        };
        Share::of_connection(bytes, self.budgets.of(stream.listener()))
    }

    /// Gives a connection to the thread of the handshakes, or else to a worker.
    ///
    /// # Errors
    ///
    /// [`WorkerGone`] if the thread that it needs has ended.
    pub(crate) fn serve(&self, accepted: Accepted) -> Result<(), WorkerGone> {
        match (&self.handshakes, &accepted.stream) {
            (Some(handshakes), Stream::Tcp(_)) => handshakes.begin(accepted),
            _ => self.dispatcher.dispatch(accepted),
        }
    }

    /// Waits for the threads, which end once they have no connection, or in [`Stage::Cut`].
    pub(crate) fn join(self) {
        drop(self.dispatcher);
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

fn start_worker(index: usize, shared: Arc<Shared>) -> io::Result<(Inbox, JoinHandle<()>, Handle)> {
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let handle = runtime.handle().clone();
    let (sender, receiver) = unbounded_channel();
    let open = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&open);
    let thread = thread::Builder::new()
        .name(format!("worker-{index}"))
        .spawn(move || {
            if let Some(figures) = shared.metrics.worker(index) {
                metrics::enter_worker(figures, index);
            }
            decisions::enter_worker(shared.decisions.recorder(index));
            let mut receiver = receiver;
            restart_after_panics(Task::Worker, || {
                runtime.block_on(work(&mut receiver, &shared, &counted));
            });
        })?;
    let inbox = Inbox {
        accepted: sender,
        open,
    };
    Ok((inbox, thread, handle))
}

async fn work(
    accepted: &mut UnboundedReceiver<Accepted>,
    shared: &Arc<Shared>,
    open: &Arc<AtomicUsize>,
) {
    let mut connections = JoinSet::new();
    let serving = async {
        loop {
            tokio::select! {
                next = accepted.recv() => match next {
                    Some(next) => {
                        connections.spawn(serve(Arc::clone(shared), next, Arc::clone(open)));
                        faults::turn(Task::Worker.name());
                    }
                    None => break,
                },
                Some(ended) = connections.join_next() => count_panic(Task::Connection, &ended),
            }
        }
        // A connection whose task panicked is closed; the others continue.
        while let Some(ended) = connections.join_next().await {
            count_panic(Task::Connection, &ended);
        }
    };
    tokio::select! {
        () = serving => {}
        () = shared.shutdown.wait_for(Stage::Cut) => {}
    }
}

async fn serve(shared: Arc<Shared>, accepted: Accepted, open: Arc<AtomicUsize>) {
    let Accepted {
        stream,
        place,
        share: _share,
    } = accepted;
    let _open = CountDown(open);
    faults::turn(Task::Connection.name());
    let listener = stream.listener();
    match stream {
        Stream::Tcp(stream) => match TcpStream::from_std(stream) {
            Ok(stream) => http::serve(shared, stream, listener, Instant::now(), &place).await,
            Err(error) => count_not_taken(shared.metrics.connections(), listener, &error),
        },
        Stream::Tls(connection) => match connection.attach() {
            // On the heap, so that the state of TLS is not a part of every connection's.
            Ok((stream, connected)) => {
                Box::pin(http::serve(shared, stream, listener, connected, &place)).await;
            }
            Err(error) => count_not_taken(shared.metrics.connections(), listener, &error),
        },
        Stream::Resp(stream) => match UnixStream::from_std(stream) {
            Ok(stream) => resp::serve(shared, stream, &place).await,
            Err(error) => count_not_taken(shared.metrics.connections(), listener, &error),
        },
        Stream::Unix(stream) => match UnixStream::from_std(stream) {
            Ok(stream) => http::serve(shared, stream, listener, Instant::now(), &place).await,
            Err(error) => count_not_taken(shared.metrics.connections(), listener, &error),
        },
    }
}

/// Removes a connection from its worker's count, however its task ends.
struct CountDown(Arc<AtomicUsize>);

impl Drop for CountDown {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
