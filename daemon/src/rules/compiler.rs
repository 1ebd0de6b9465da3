//! The compile thread, which has a lower priority than the threads that serve.
//!
//! Compiling may take long and occupies a core, which a task of an async runtime must not do. The
//! thread also publishes tables and frees those that they replace, so that no serving thread does.

use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{
    Receiver, RecvError, RecvTimeoutError, SyncSender, TrySendError, sync_channel,
};
use std::thread;
use std::time::Duration;

use codeid_engine::{Generation, ReplacedTable, RouteTable};
use thiserror::Error;
use tokio::sync::oneshot;

use super::status::StatusRegistry;
use crate::faults;
use crate::metrics::Task;

/// The value by which the thread is nicer than the thread that starts it.
const NICENESS: i32 = 10;

/// The most jobs that wait. The reload loop waits for each of its jobs, and so does each of the 32
/// connections of the admin plane, but a client that hangs up leaves its job behind and can connect
/// again.
const MAX_WAITING_JOBS: usize = 64;

/// The pause before another attempt to free tables that requests still hold.
const FREE_RETRY: Duration = Duration::from_millis(10);

/// The compile thread. It continues after a job that panics.
#[derive(Debug)]
pub(super) struct Compiler {
    status: Arc<StatusRegistry>,
    jobs: SyncSender<Job>,
}

/// The reason why a job was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum CompilerError {
    /// A compile panicked. The thread goes on with the next job.
    #[error("the compile thread met an internal fault")]
    Panicked,
    /// The queue of the compile thread is full. The job was not added to it.
    #[error("{MAX_WAITING_JOBS} jobs already wait for the compile thread")]
    Busy,
}

/// A job, which may leave a table to be freed.
type Job = Box<dyn FnOnce(&mut ReplacedTables) + Send>;

/// Tables that are no longer live, and that requests which began earlier may still hold. No request
/// can begin to hold one of them, so each is freed in the end.
type ReplacedTables = Vec<ReplacedTable>;

impl Compiler {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The error of the system if it cannot start a thread.
    pub(super) fn start(status: Arc<StatusRegistry>) -> io::Result<Self> {
        let jobs = start_thread(Arc::clone(&status))?;
        Ok(Self { status, jobs })
    }

    /// Runs `work` on the thread, after the jobs that wait already.
    ///
    /// # Errors
    ///
    /// [`CompilerError`] if too many jobs wait, or if `work` panicked, after which the thread continues.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the job is done all the same, and its result is dropped.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CompilerError> {
        let (done, result) = oneshot::channel();
        let status = Arc::clone(&self.status);
        self.enqueue(Box::new(move |_| {
            // The receiver is gone if the daemon stops meanwhile.
            let _ = done.send(catch(&status, work));
        }))?;
        self.receive(result).await
    }

    /// Publishes a table on the thread, which frees the one that it replaced once no request holds
    /// that. Other jobs do not wait for it.
    ///
    /// # Errors
    ///
    /// [`CompilerError`], as for [`Self::run`]. After a panic the table may be live.
    ///
    /// # Cancel safety
    ///
    /// As for [`Self::run`]: the table is published all the same.
    pub(super) async fn publish(&self, table: RouteTable) -> Result<Generation, CompilerError> {
        let (status, live) = (Arc::clone(&self.status), Arc::clone(&self.status.live));
        let (done, result) = oneshot::channel();
        self.enqueue(Box::new(move |replaced| {
            match catch(&status, || live.publish(table)) {
                Ok(published) => {
                    let _ = done.send(Ok(published.generation));
                    replaced.extend(published.replaced);
                }
                // The receiver is gone if the daemon stops meanwhile.
                Err(error) => drop(done.send(Err(error))),
            }
        }))?;
        self.receive(result).await
    }

    fn enqueue(&self, job: Job) -> Result<(), CompilerError> {
        match self.jobs.try_send(job) {
            Err(TrySendError::Full(_)) => Err(CompilerError::Busy),
            // Without a thread the job is dropped, which its receiver notices.
            Ok(()) | Err(TrySendError::Disconnected(_)) => Ok(()),
        }
    }

    async fn receive<T>(
        &self,
        result: oneshot::Receiver<Result<T, CompilerError>>,
    ) -> Result<T, CompilerError> {
        // The job is dropped if the thread failed around it.
        result.await.unwrap_or(Err(CompilerError::Panicked))
    }
}

/// Runs `work`. A panic is counted before anyone learns of it.
///
/// # Errors
///
/// [`CompilerError::Panicked`] if `work` panicked.
fn catch<T>(status: &StatusRegistry, work: impl FnOnce() -> T) -> Result<T, CompilerError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        status.count_restart(Task::Compile);
        tracing::error!("the compile thread met an internal fault and continues");
        CompilerError::Panicked
    })
}

/// Frees those tables that no request holds any more.
fn free(replaced: &mut ReplacedTables) {
    let tables = mem::take(replaced).into_iter();
    *replaced = tables.filter_map(|table| table.try_free().err()).collect();
}

fn start_thread(status: Arc<StatusRegistry>) -> io::Result<SyncSender<Job>> {
    let (sender, jobs) = sync_channel(MAX_WAITING_JOBS);
    thread::Builder::new()
        .name("compile".to_owned())
        .spawn(move || work(&jobs, &status))?;
    Ok(sender)
}

fn work(jobs: &Receiver<Job>, status: &StatusRegistry) {
    // Linux changes the priority of the calling thread, other systems that of the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "the compile thread keeps its priority");
    }
    let mut replaced = ReplacedTables::new();
    while let Ok(job) = next(jobs, &mut replaced) {
        // What a job catches itself does not arrive here.
        let _ = catch(status, || {
            faults::turn(Task::Compile.name());
            job(&mut replaced);
        });
    }
}

/// Waits for the next job, and meanwhile frees the replaced tables.
///
/// # Errors
///
/// [`RecvError`] if there will be no more jobs.
fn next(jobs: &Receiver<Job>, replaced: &mut ReplacedTables) -> Result<Job, RecvError> {
    loop {
        free(replaced);
        if replaced.is_empty() {
            return jobs.recv();
        }
        match jobs.recv_timeout(FREE_RETRY) {
            Ok(job) => return Ok(job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(RecvError),
        }
    }
}
