//! The measurement of one target.

use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::address::Address;
use super::arguments::Bench;
use super::connection::{Endpoint, Socket};
use super::figures::{Run, Setup};
use super::progress::Progress;
use super::reader::ResponseReader;
use super::requests::{OpenIds, Requests};
use super::run_stats::RunStats;
use super::schedule::{Pace, Schedule, nanoseconds};
use super::target::Target;
use super::validator::Validator;
use super::worker::{self, LiveCounts, Plan};
use crate::output::Failure;

/// The interval at which the progress line is updated.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// The requests and the validator, prepared before the first connection.
#[derive(Debug)]
pub(super) struct Prepared {
    requests: Requests,
    validator: Validator,
}

/// The reason why a target is not measured, or not to the end.
#[derive(Debug, thiserror::Error)]
pub(super) enum MeasureError {
    /// The first connection to the target is not established.
    #[error("{name} cannot be reached at {address}")]
    Unreachable {
        /// The name of the target.
        name: String,
        address: Address,
        source: io::Error,
    },
    /// A further connection is not established.
    #[error("{name} refused connection {number} of {connections} at {address}")]
    Refused {
        /// The name of the target.
        name: String,
        /// The number of the connection, from 2.
        number: usize,
        /// The number of connections that the target is to have.
        connections: u32,
        address: Address,
        source: io::Error,
    },
    /// The kernel cannot be polled for the sockets.
    #[error("cannot poll the sockets")]
    Poll(#[source] io::Error),
}

/// Builds the requests to `target`, and reads the expected responses.
///
/// # Errors
///
/// [`Failure`] if a code value cannot be sent, or the expected responses cannot be read.
pub(super) fn prepare(
    bench: &Bench,
    target: &Target,
    codes: &[String],
) -> Result<Prepared, Failure> {
    let open_ids = OpenIds {
        base: &bench.open_id,
        count: bench.open_ids as usize,
    };
    let expect = bench
        .expect
        .as_deref()
        .filter(|_| target.protocol.is_identify());
    Ok(Prepared {
        requests: Requests::new(
            &target.protocol,
            target.batch,
            &bench.headers,
            codes,
            open_ids,
        )
        .map_err(Failure::other)?,
        validator: Validator::new(
            &target.protocol,
            target.batch.map(NonZero::get),
            expect,
            codes.len(),
        )
        .map_err(Failure::other)?,
    })
}

/// Measures `target` at this pace until its time is over, or `stop` is set.
///
/// # Errors
///
/// [`MeasureError`] if the target cannot be reached or refuses a connection, or if its sockets cannot
/// be polled. Later failures of connections are counted in the result.
pub(super) fn measure(
    bench: &Bench,
    target: &Target,
    pace: Pace,
    prepared: Prepared,
    stop: &AtomicBool,
) -> Result<(Run, RunStats), MeasureError> {
    let unreachable = |index: usize, source: io::Error| {
        let (name, address) = (target.name.clone(), target.address.clone());
        match index {
            0 => MeasureError::Unreachable {
                name,
                address,
                source,
            },
            _ => MeasureError::Refused {
                name,
                number: index + 1,
                connections: bench.connections,
                address,
                source,
            },
        }
    };
    let workers = bench.threads.min(bench.connections) as usize;
    let endpoint = Endpoint::resolve(&target.address).map_err(|error| unreachable(0, error))?;
    let mut sockets: Vec<Vec<Socket>> = (0..workers).map(|_| Vec::new()).collect();
    for index in 0..bench.connections as usize {
        let socket = Socket::connect(&endpoint).map_err(|error| unreachable(index, error))?;
        sockets[index % workers].push(socket);
    }
    let plan = Plan {
        endpoint,
        requests: prepared.requests,
        validator: prepared.validator,
        reader: ResponseReader::new(&target.protocol),
        schedule: Schedule::new(pace, bench.warm_up, bench.duration),
        depth: bench.depth as usize,
        workers,
    };
    let began = Instant::now();
    let stats = drive(&plan, sockets, &target.name, began, stop)?;
    let setup = Setup {
        connections: bench.connections,
        depth: bench.depth,
        threads: bench.threads,
        schedule: plan.schedule,
        interrupted_at: stop
            .load(Ordering::Relaxed)
            .then(|| nanoseconds(began.elapsed())),
    };
    Ok((Run::new(target, &setup, &stats), stats))
}

/// Runs the workers, each with its part of the sockets, and adds up their statistics. If one fails,
/// `stop` is set.
fn drive(
    plan: &Plan,
    sockets: Vec<Vec<Socket>>,
    name: &str,
    began: Instant,
    stop: &AtomicBool,
) -> Result<RunStats, MeasureError> {
    let live = LiveCounts::default();
    let mut progress = Progress::start(name, Duration::from_nanos(plan.schedule.end));
    let mut total = RunStats::new();
    let outcome = thread::scope(|scope| {
        let (done, finished) = channel();
        for (number, sockets) in sockets.into_iter().enumerate() {
            let (done, live) = (done.clone(), &live);
            scope.spawn(move || {
                // The receiver is gone if another worker has failed.
                let _ = done.send(worker::work(plan, sockets, number, began, live, stop));
            });
        }
        drop(done);
        loop {
            match finished.recv_timeout(PROGRESS_INTERVAL) {
                Ok(Ok(stats)) => total.add(&stats),
                Ok(Err(error)) => {
                    stop.store(true, Ordering::Relaxed);
                    return Err(MeasureError::Poll(error));
                }
                Err(RecvTimeoutError::Timeout) => progress.show(
                    began.elapsed(),
                    live.responses.load(Ordering::Relaxed),
                    live.failures.load(Ordering::Relaxed),
                ),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    });
    progress.finish();
    outcome.map(|()| total)
}
