//! The daemon's life: open, serve, stop.
//!
//! ```text
//! accept (one thread) ──connection──▶ worker (one thread and runtime for each core)
//!                                       └ connection: hyper, watched by transport and progress
//!                                           └ handler: endpoint, body, identify, answer
//! ```
//!
//! `DESIGN.md` tells the limits and the order of stopping.

mod accept;
mod body;
mod connection;
mod descriptors;
mod endpoint;
mod failure;
mod framing;
mod handler;
mod listeners;
mod progress;
mod transport;
mod worker;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use codeid_engine::LiveTable;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use self::accept::{OVERLOADED_CONNECTIONS, accept_all};
use self::body::Budget;
use self::handler::Shared;
use self::listeners::Listeners;
use self::worker::{Accepted, Workers};
use crate::settings::Settings;
use crate::shutdown::{Shutdown, Stage};
use crate::start::{self, StartError};
use crate::telemetry;

pub use self::listeners::ListenError;

/// How long a connection without a request is kept open while the daemon stops: a client that is
/// about to send its next request still gets an answer, which tells it to close.
const IDLE_GRACE: Duration = Duration::from_secs(1);

/// Runs the daemon until it is told to stop, by SIGTERM or SIGINT.
///
/// # Errors
///
/// [`StartError`] if it could not start.
pub fn serve(settings: &Settings) -> Result<ExitCode, StartError> {
    telemetry::start(settings.log);
    let live = Arc::new(LiveTable::new());
    let table = start::first_table(settings)?;
    let (version, rules) = (table.version().to_owned(), table.rule_count());
    let generation = live.publish(table).generation;

    let system = |what| move |source| StartError::System { what, source };
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("cannot start the accepting thread"))?;
    runtime.block_on(async {
        let mut signals = Signals::listen().map_err(system("cannot listen for signals"))?;
        let listeners = Listeners::open(&settings.listen).await?;
        descriptors::raise_limit(settings.http.max_connections + OVERLOADED_CONNECTIONS);
        let shared = Arc::new(Shared {
            live,
            limits: settings.http.clone(),
            budget: Arc::new(Budget::new(settings.http.max_buffered_bytes)),
            shutdown: Shutdown::default(),
        });
        let workers = Workers::start(settings.worker_threads, &shared)
            .map_err(system("cannot start the serving threads"))?;
        tracing::info!(
            http = %listeners.http.map_or_else(|| "off".to_owned(), |address| address.to_string()),
            unix = %settings.listen.unix.as_deref().unwrap_or_else(|| Path::new("off")).display(),
            workers = settings.worker_threads,
            preset = start::preset_name(settings),
            version,
            rules,
            %generation,
            "serving"
        );
        tell_without_effect(settings);
        Ok(run(settings, listeners, workers, &shared.shutdown, &mut signals).await)
    })
}

/// Accepts and serves until told to stop, then drains.
async fn run(
    settings: &Settings,
    listeners: Listeners,
    workers: Workers,
    shutdown: &Shutdown,
    signals: &mut Signals,
) -> ExitCode {
    // Each listener holds one permit while it waits for a connection.
    let waiting = listeners.count() - 1;
    let all = settings.http.max_connections + OVERLOADED_CONNECTIONS + waiting;
    let permits = Arc::new(Semaphore::new(all));
    let signal = tokio::select! {
        () = accept_all(listeners.tcp.as_ref(), &permits, &workers) => None,
        () = accept_all(listeners.unix.as_ref(), &permits, &workers) => None,
        signal = signals.next() => Some(signal),
    };
    shutdown.enter(Stage::Drain);
    match signal {
        Some(signal) => tracing::info!(signal, "stopping"),
        // A daemon that serves with fewer threads than it was told to is better started anew.
        None => tracing::error!("stopping, since a serving thread has ended"),
    }
    for stream in listeners.close() {
        if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
            // Without the worker the connection is closed, as it will be in any case.
            let _ = workers.serve(Accepted {
                stream,
                overloaded: false,
                permit,
            });
        }
    }
    let cut = tokio::select! {
        cut = drain(settings.drain_deadline, &permits, all, shutdown) => cut,
        signal = signals.next() => {
            tracing::warn!(signal, open = all - permits.available_permits(), "stopped at once");
            return ExitCode::FAILURE;
        }
    };
    shutdown.enter(Stage::Cut);
    workers.join();
    if cut == 0 {
        tracing::info!("stopped");
    } else {
        tracing::warn!(cut, "stopped, and cut connections that had not finished");
    }
    match signal {
        Some(_) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}

/// Waits until all connections are closed, and tells how many are not by the deadline.
async fn drain(deadline: Duration, permits: &Semaphore, all: usize, shutdown: &Shutdown) -> usize {
    let everything = u32::try_from(all).unwrap_or(u32::MAX);
    let drained = async {
        if timeout(IDLE_GRACE, permits.acquire_many(everything))
            .await
            .is_err()
        {
            shutdown.enter(Stage::CloseIdle);
            // Only a closed semaphore refuses, and nobody closes it.
            let _ = permits.acquire_many(everything).await;
        }
    };
    match timeout(deadline, drained).await {
        Ok(()) => 0,
        Err(_) => all - permits.available_permits(),
    }
}

/// Says which settings somebody gave that have no effect yet.
fn tell_without_effect(settings: &Settings) {
    let given = settings
        .effective()
        .iter()
        .filter(|setting| !setting.is_effective() && setting.source().word() != "default");
    let names: Vec<_> = given.map(crate::settings::Effective::name).collect();
    if !names.is_empty() {
        tracing::warn!(
            settings = names.join(","),
            "settings without effect in this version"
        );
    }
}

/// The signals that stop the daemon.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The name of the next that arrives.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
