//! The control thread: everything that is slow or rare, with a runtime of its own.
//!
//! It makes the first route table, then keeps it up to date until the daemon is told to stop. Tasks
//! that others give it, such as the admin plane's listener, run there until the end.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use codeid_engine::LiveTable;
use thiserror::Error;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;

use super::compiler::Compiler;
use super::hold::HoldFile;
use super::init::{InitError, init};
use super::journal::Journal;
use super::loader::Loader;
use super::operator::Operator;
use super::reloading::{self, Requests};
use super::schedule::Schedule;
use super::sources::{LevelSources, Preset, Remote};
use super::staleness::Staleness;
use super::status::{Board, unchecked};
use super::supervisor::supervise;
use crate::files::watch::FileWatch;
use crate::rules::source::{RouteSources, uri};
use crate::settings::Settings;
use crate::shutdown::{Shutdown, Stage};

/// What a call may take beyond the time that the sources themselves are given.
const GRACE: Duration = Duration::from_secs(1);

/// The least that a call may take: a file that is being written is waited for that long.
const SETTLING: Duration = Duration::from_secs(5);

/// The control thread.
pub(crate) struct Control {
    board: Arc<Board>,
    journal: Arc<Journal>,
    shutdown: Arc<Shutdown>,
    operator: Operator,
    runtime: Handle,
    first: Option<oneshot::Receiver<Result<(), InitError>>>,
    /// Closed when the thread has ended.
    alive: oneshot::Receiver<()>,
}

/// The control thread has ended before it was told to.
#[derive(Debug, Error)]
#[error("the control thread has ended")]
pub(crate) struct ControlGone;

impl Control {
    /// Starts the thread, which begins to make the first table.
    ///
    /// # Errors
    ///
    /// Whatever the system has against another thread or runtime.
    pub(crate) fn start(
        settings: &Settings,
        sources: RouteSources,
        live: Arc<LiveTable>,
        shutdown: Arc<Shutdown>,
    ) -> io::Result<Self> {
        let sources = level_sources(settings, sources);
        let has_remote = sources.remote.is_some();
        let staleness = Staleness::new(
            settings.reload.stale_policy,
            settings.reload.stale_after.filter(|_| has_remote),
        );
        let board = Arc::new(Board::new(live, staleness, unchecked(&sources)));
        let journal = Arc::new(Journal::open(&settings.reload.journal_path));
        let loader = Loader::new(
            Arc::clone(&board),
            sources,
            Compiler::start(Arc::clone(&board))?,
            Arc::clone(&journal),
            HoldFile::new(
                &settings.reload.hold_path,
                settings.compile.max_config_characters,
            ),
            settings.compile,
            Schedule::new(settings.route.pull_delay, settings.route.retry_delay),
        );
        let loader = Arc::new(loader);
        let requests = Arc::new(Requests::default());
        let operator = Operator::new(Arc::clone(&loader), Arc::clone(&requests));
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // Now, so that from here on the signal does not end the process.
        let hangups = {
            let _entered = runtime.enter();
            Arc::new(Mutex::new(signal(SignalKind::hangup())?))
        };
        let handle = runtime.handle().clone();
        let (tell, first) = oneshot::channel();
        let (lives, alive) = oneshot::channel();
        let lowest = settings.route.init_level;
        let told = Arc::clone(&shutdown);
        thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    let outcome = tokio::select! {
                        outcome = init(&loader, lowest) => outcome,
                        () = told.wait_for(Stage::Drain) => return,
                    };
                    let failed = outcome.is_err();
                    if tell.send(outcome).is_err() || failed {
                        return;
                    }
                    let mut tasks = JoinSet::new();
                    spawn_reloading(&mut tasks, &loader, &requests, &hangups);
                    told.wait_for(Stage::Drain).await;
                    tasks.shutdown().await;
                    told.wait_for(Stage::Cut).await;
                });
                // What hangs in a blocking thread is left there.
                runtime.shutdown_background();
                drop(lives);
            })?;
        Ok(Self {
            board,
            journal,
            shutdown,
            operator,
            runtime: handle,
            first: Some(first),
            alive,
        })
    }

    /// Waits for the first table to serve. To be called once.
    ///
    /// # Errors
    ///
    /// [`InitError`] if there is none, [`ControlGone`] if the thread has ended instead.
    pub(crate) async fn first_table(&mut self) -> Result<Result<(), InitError>, ControlGone> {
        match self.first.take() {
            Some(first) => first.await.map_err(|_| ControlGone),
            None => Err(ControlGone),
        }
    }

    /// Completes when the thread has ended.
    pub(crate) async fn gone(&mut self) {
        // Nothing is ever sent.
        let _ = (&mut self.alive).await;
    }

    /// What is known about it all.
    pub(crate) const fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// To steer it. What it is asked to do is done on the thread, so it is to be asked there.
    pub(crate) const fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Runs a task on the thread until the daemon stops, and starts it again whenever it panics.
    pub(crate) fn supervise<F>(&self, task: &'static str, begin: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.runtime
            .spawn(supervise(task, Arc::clone(&self.board), begin));
    }

    /// To be called as soon as the daemon is told to stop: a compile that goes on is not taken for
    /// one that the process died of.
    pub(crate) fn stop_compiling(&self) {
        self.journal.close();
    }
}

/// Without it, the thread has nothing to do any more.
impl Drop for Control {
    fn drop(&mut self) {
        self.journal.close();
        for stage in [Stage::Drain, Stage::CloseIdle, Stage::Cut] {
            if !self.shutdown.reached(stage) {
                self.shutdown.enter(stage);
            }
        }
    }
}

fn level_sources(settings: &Settings, sources: RouteSources) -> LevelSources {
    let route = &settings.route;
    let most_bytes = settings.compile.max_config_characters.saturating_mul(4);
    let remote = sources.remote.zip(route.pull_url.clone());
    LevelSources {
        remote: remote.map(|(source, uri)| Remote {
            source,
            shown: uri::shown(&uri).into_owned(),
            uri,
        }),
        store: sources.store,
        store_shown: uri::shown(&route.save_path).into_owned(),
        preset: match &route.preset_path {
            None => Preset::BuiltIn,
            Some(path) => Preset::File {
                watch: Box::new(FileWatch::new(path, most_bytes, &settings.watch)),
                shown: path.display().to_string(),
            },
        },
        cut_off: settings.remote.total_timeout.max(SETTLING) + GRACE,
    }
}

fn spawn_reloading(
    tasks: &mut JoinSet<()>,
    loader: &Arc<Loader>,
    requests: &Arc<Requests>,
    hangups: &Arc<Mutex<Signal>>,
) {
    let board = &loader.board;
    let shared = || (Arc::clone(loader), Arc::clone(requests));
    let of_hangups = (Arc::clone(hangups), Arc::clone(requests));
    tasks.spawn(supervise("hangups", Arc::clone(board), move || {
        let (hangups, requests) = &of_hangups;
        reloading::listen_for_hangups(Arc::clone(hangups), Arc::clone(requests))
    }));
    let (of_reload, of_announcements, of_preset) = (shared(), shared(), shared());
    tasks.spawn(supervise("reload", Arc::clone(board), move || {
        reloading::reload(Arc::clone(&of_reload.0), Arc::clone(&of_reload.1))
    }));
    tasks.spawn(supervise("announcements", Arc::clone(board), move || {
        let (loader, requests) = &of_announcements;
        reloading::listen_for_announcements(Arc::clone(loader), Arc::clone(requests))
    }));
    tasks.spawn(supervise("presetWatch", Arc::clone(board), move || {
        let (loader, requests) = &of_preset;
        reloading::watch_preset(Arc::clone(loader), Arc::clone(requests))
    }));
    let watched = Arc::clone(board);
    tasks.spawn(supervise("staleness", Arc::clone(board), move || {
        let board = Arc::clone(&watched);
        async move { board.staleness.watch().await }
    }));
}
