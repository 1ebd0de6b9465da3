//! The control thread, which does everything slow or rare on a runtime of its own.
//!
//! The thread makes the first route table live, then reloads until the daemon is asked to stop.
//! Other tasks, such as the admin plane's listeners, run on it as well.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use codeid_engine::{InitLevel, LiveTable};
use thiserror::Error;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;

use super::check::Checker;
use super::compiler::Compiler;
use super::freeze::FreezeFile;
use super::init::{InitError, init};
use super::journal::Journal;
use super::level_sources::{LevelSources, Remote};
use super::loader::Loader;
use super::operator::Operator;
use super::pipeline::Pipeline;
use super::preset::Preset;
use super::publish::Publisher;
use super::reload;
use super::requests::Requests;
use super::save::Saver;
use super::schedule::Schedule;
use super::source::RouteSources;
use super::staleness::Staleness;
use super::status::StatusRegistry;
use super::supervisor::supervise;
use crate::clock::Clock;
use crate::faults;
use crate::files::watch::FileWatch;
use crate::metrics::Task;
use crate::settings::Settings;
use crate::shutdown::{Shutdown, Stage};
use crate::uri;

/// The time that a call may take beyond the time-out of the source itself.
const GRACE: Duration = Duration::from_secs(1);

/// The least time-out of a call: reading a file waits up to five seconds until it has settled.
const MIN_CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// The control thread.
pub(crate) struct Control {
    status: Arc<StatusRegistry>,
    journal: Arc<Journal>,
    shutdown: Arc<Shutdown>,
    operator: Operator,
    runtime: Handle,
    first: Option<oneshot::Receiver<Result<(), InitError>>>,
    /// Closed when the thread has ended.
    alive: Option<oneshot::Receiver<()>>,
}

/// The control thread has ended before the daemon was asked to stop.
#[derive(Debug, Error)]
#[error("the control thread has ended")]
pub(crate) struct ControlGone;

impl Control {
    /// Starts the thread, which begins to make the first table live. `clock` dates what the status
    /// records. If `is_beside` is `true`, another process serves, and nothing is written until
    /// [`Self::begin_to_write`].
    ///
    /// # Errors
    ///
    /// The error of the system if it cannot start a thread or runtime.
    pub(crate) fn start(
        settings: &Settings,
        sources: RouteSources,
        live: Arc<LiveTable>,
        shutdown: Arc<Shutdown>,
        clock: &Clock,
        is_beside: bool,
    ) -> io::Result<Self> {
        let sources = Arc::new(level_sources(settings, sources));
        let has_remote = sources.remote.is_some();
        let staleness = staleness(settings, has_remote);
        let status = StatusRegistry::new(live, staleness, sources.unchecked(), clock.clone());
        let status = Arc::new(status);
        let journal_path = &settings.reload.journal_path;
        let journal = Arc::new(match is_beside {
            true => Journal::open_beside(journal_path),
            false => Journal::open(journal_path),
        });
        let compiler = Arc::new(Compiler::start(Arc::clone(&status))?);
        let pipeline = Pipeline::new(
            Arc::clone(&status),
            Arc::clone(&sources),
            Checker::new(
                Arc::clone(&status),
                Arc::clone(&compiler),
                Arc::clone(&journal),
                settings.compile,
            ),
            Saver::new(Arc::clone(&status), Arc::clone(&sources)),
            Publisher::new(Arc::clone(&status), compiler),
        );
        if is_beside {
            pipeline.saver.hold();
        }
        let schedule = Schedule::new(settings.route.pull_delay, settings.route.retry_delay);
        let loader = Arc::new(Loader::new(sources, pipeline, schedule));
        let freeze_file = freeze_file(settings);
        let requests = Arc::new(Requests::default());
        let operator = Operator::new(
            Arc::clone(&loader),
            freeze_file.clone(),
            Arc::clone(&requests),
        );
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // Before anything slow: until there is a handler, the signal ends the process.
        let hangups = {
            let _entered = runtime.enter();
            Arc::new(Mutex::new(signal(SignalKind::hangup())?))
        };
        let handle = runtime.handle().clone();
        let (outcome_sender, first) = oneshot::channel();
        let (alive_sender, alive) = oneshot::channel();
        let lowest = settings.route.init_level;
        let stages = Arc::clone(&shutdown);
        thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    let outcome = tokio::select! {
                        outcome = init(&loader, &freeze_file, lowest) => outcome,
                        () = stages.wait_for(Stage::Drain) => return,
                    };
                    let failed = outcome.is_err();
                    if outcome_sender.send(outcome).is_err() || failed {
                        return;
                    }
                    let mut tasks = JoinSet::new();
                    spawn_reloading(&mut tasks, &loader, &requests, &hangups, lowest);
                    faults::start("control");
                    stages.wait_for(Stage::Drain).await;
                    tasks.shutdown().await;
                    stages.wait_for(Stage::Cut).await;
                });
                // Without waiting for calls that hang in blocking threads.
                runtime.shutdown_background();
                drop(alive_sender);
            })?;
        Ok(Self {
            status,
            journal,
            shutdown,
            operator,
            runtime: handle,
            first: Some(first),
            alive: Some(alive),
        })
    }

    /// Waits until the first table is live. May be called once.
    ///
    /// # Errors
    ///
    /// [`InitError`] if no source gave a table, [`ControlGone`] if the thread has ended.
    pub(crate) async fn first_table(&mut self) -> Result<Result<(), InitError>, ControlGone> {
        match self.first.take() {
            Some(first) => first.await.map_err(|_| ControlGone),
            None => Err(ControlGone),
        }
    }

    /// Completes when the thread has ended.
    ///
    /// # Cancel safety
    ///
    /// May be called again, whether it has completed or was dropped.
    pub(crate) async fn gone(&mut self) {
        if let Some(alive) = &mut self.alive {
            // Nothing is ever sent.
            let _ = alive.await;
            // A receiver that has completed panics when it is awaited again.
            self.alive = None;
        }
    }

    /// Returns the status of reloading.
    pub(crate) const fn status(&self) -> &Arc<StatusRegistry> {
        &self.status
    }

    /// Returns the operator. Its commands must be awaited on this thread, by a task of
    /// [`Self::supervise`].
    pub(crate) const fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Returns the runtime that the thread runs.
    pub(crate) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Runs a task on the thread until the daemon stops, and starts it again whenever it panics.
    pub(crate) fn supervise<F>(&self, task: Task, begin: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.runtime
            .spawn(supervise(task, Arc::clone(&self.status), begin));
    }

    /// Writes the files of the daemon from now on, since the process that wrote them has ceased to.
    pub(crate) fn begin_to_write(&self) {
        self.journal.begin_to_record();
        let operator = self.operator.clone();
        self.runtime
            .spawn(async move { operator.begin_to_save().await });
    }

    /// Records a clean shutdown, so that a compile still running is not counted as a crash. The
    /// caller does this as soon as the daemon is asked to stop.
    pub(crate) fn stop_compiling(&self) {
        self.journal.close();
    }
}

/// Ends the thread.
impl Drop for Control {
    fn drop(&mut self) {
        self.journal.close();
        for stage in [Stage::Drain, Stage::Cut] {
            if !self.shutdown.reached(stage) {
                self.shutdown.enter(stage);
            }
        }
    }
}

/// Returns the age of a table that was never confirmed. Without a remote no table is ever stale.
pub(super) fn staleness(settings: &Settings, has_remote: bool) -> Staleness {
    Staleness::new(
        settings.reload.stale_policy,
        settings.reload.stale_after.filter(|_| has_remote),
    )
}

/// Returns the file of a freeze. Nothing is read yet.
pub(super) fn freeze_file(settings: &Settings) -> FreezeFile {
    FreezeFile::new(
        &settings.reload.freeze_path,
        settings.compile.max_config_characters,
    )
}

/// Returns the sources of the levels. Nothing is read yet.
pub(super) fn level_sources(settings: &Settings, sources: RouteSources) -> LevelSources {
    let route = &settings.route;
    let max_bytes = settings.compile.max_config_characters.saturating_mul(4);
    let remote = sources.remote.zip(route.pull_url.clone());
    LevelSources {
        remote: remote.map(|(source, uri)| Remote {
            source,
            shown: uri::shown(uri.as_str()).into_owned(),
            uri: uri.as_str().to_owned(),
        }),
        store: sources.store,
        store_shown: uri::shown(route.save_path.as_str()).into_owned(),
        preset: match &route.preset_path {
            None => Preset::BuiltIn,
            Some(path) => Preset::File {
                watch: Box::new(FileWatch::new(path, max_bytes, &settings.watch)),
                shown: uri::shown_path(path).to_string(),
            },
        },
        call_timeout: settings.remote.total_timeout.max(MIN_CALL_TIMEOUT) + GRACE,
    }
}

fn spawn_reloading(
    tasks: &mut JoinSet<()>,
    loader: &Arc<Loader>,
    requests: &Arc<Requests>,
    hangups: &Arc<Mutex<Signal>>,
    lowest: InitLevel,
) {
    let status = || Arc::clone(&loader.status);
    let shared = || (Arc::clone(loader), Arc::clone(requests));
    let for_hangups = (Arc::clone(hangups), Arc::clone(requests));
    tasks.spawn(supervise(Task::Hangups, status(), move || {
        let (hangups, requests) = &for_hangups;
        reload::listen_for_hangups(Arc::clone(hangups), Arc::clone(requests))
    }));
    let (for_reload, for_announcements, for_preset) = (shared(), shared(), shared());
    tasks.spawn(supervise(Task::Reload, status(), move || {
        reload::reload(Arc::clone(&for_reload.0), Arc::clone(&for_reload.1), lowest)
    }));
    tasks.spawn(supervise(Task::Announcements, status(), move || {
        let (loader, requests) = &for_announcements;
        reload::listen_for_announcements(Arc::clone(loader), Arc::clone(requests))
    }));
    tasks.spawn(supervise(Task::PresetWatch, status(), move || {
        let (loader, requests) = &for_preset;
        reload::watch_preset(Arc::clone(loader), Arc::clone(requests), lowest)
    }));
    let watched = status();
    tasks.spawn(supervise(Task::Staleness, status(), move || {
        let status = Arc::clone(&watched);
        async move { status.staleness.watch().await }
    }));
}
