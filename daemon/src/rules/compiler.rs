//! The thread that compiles: its own, of a lower priority than those that serve.
//!
//! What it does may take long and takes its core whole, which a thread of an async runtime must
//! not. It also publishes what it compiled, and frees what that replaced: no serving thread does.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use codeid_engine::{Generation, ReplacedTable, RouteTable};
use tokio::sync::oneshot;

use super::status::Board;
use crate::sync::Mutex;

/// How much nicer it is to other threads than those are to it.
const NICENESS: i32 = 10;

/// How long to wait before asking again whether a table is still read.
const LOOKUP: Duration = Duration::from_millis(1);

/// The thread, which is started again if a job kills it.
#[derive(Debug)]
pub(super) struct Compiler {
    board: Arc<Board>,
    jobs: Mutex<Sender<Job>>,
}

/// The thread died of a job, or cannot be started.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Died;

type Job = Box<dyn FnOnce() + Send>;

impl Compiler {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// Whatever the system has against another thread.
    pub(super) fn start(board: Arc<Board>) -> io::Result<Self> {
        let jobs = Mutex::new(start_thread()?);
        Ok(Self { board, jobs })
    }

    /// Has `work` done there, after what it was given before.
    ///
    /// # Errors
    ///
    /// [`Died`], of which there is a new thread already.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Died> {
        let (done, result) = oneshot::channel();
        self.give(Box::new(move || {
            // Nobody waits any more if the daemon stops.
            let _ = done.send(work());
        }));
        self.outcome(result).await
    }

    /// Publishes a table, and frees what it replaced as soon as no lookup reads that any more.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub(super) async fn publish(&self, table: RouteTable) -> Result<Generation, Died> {
        let live = Arc::clone(&self.board.live);
        let (done, result) = oneshot::channel();
        self.give(Box::new(move || {
            let published = live.publish(table);
            let _ = done.send(published.generation);
            free(published.replaced);
        }));
        self.outcome(result).await
    }

    fn give(&self, job: Job) {
        let jobs = self.jobs.lock();
        // If there is no thread, the job is dropped, and its outcome tells.
        let _ = jobs.send(job);
    }

    async fn outcome<T>(&self, result: oneshot::Receiver<T>) -> Result<T, Died> {
        let Ok(outcome) = result.await else {
            self.board.note().count_restart("compile");
            tracing::error!("the compiling thread met an internal fault and is started again");
            match start_thread() {
                Ok(thread) => {
                    *self.jobs.lock() = thread;
                }
                Err(error) => tracing::error!(%error, "the compiling thread cannot be started"),
            }
            return Err(Died);
        };
        Ok(outcome)
    }
}

/// Lookups that still read the table end, and so does this.
fn free(mut replaced: Option<ReplacedTable>) {
    while let Some(table) = replaced {
        replaced = table.try_free().err();
        if replaced.is_some() {
            thread::sleep(LOOKUP);
        }
    }
}

fn start_thread() -> io::Result<Sender<Job>> {
    let (sender, jobs) = channel();
    thread::Builder::new()
        .name("compile".to_owned())
        .spawn(move || work(&jobs))?;
    Ok(sender)
}

fn work(jobs: &Receiver<Job>) {
    // Added to that of the thread that calls, on Linux; elsewhere to that of the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "the compiling thread keeps its priority");
    }
    while let Ok(job) = jobs.recv() {
        job();
    }
}
