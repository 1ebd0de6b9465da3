//! Loading and reloading, with sources and a store in memory, and time that the tests advance.

mod doubles;
mod faults;
mod first_table;
mod freezes;
mod pulls;
mod saves;
mod triggers;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use codeid_engine::{CompileLimits, InitLevel, LiveTable};
use tempfile::TempDir;

use self::doubles::{Memory, Script};
use super::check::Checker;
use super::compiler::Compiler;
use super::freeze::FreezeFile;
use super::init::{InitError, init};
use super::journal::Journal;
use super::level_sources::{LevelSources, Remote};
use super::loader::Loader;
use super::outcome::CheckResult;
use super::pipeline::Pipeline;
use super::preset::Preset;
use super::publish::Publisher;
use super::save::Saver;
use super::schedule::Schedule;
use super::staleness::Staleness;
use super::status::StatusRegistry;
use crate::api::status::StalePolicy;
use crate::api::status::{CheckOutcome, RulesStatus, SourceStatus};
use crate::clock::Clock;
use crate::files::watch::FileWatch;
use crate::settings::{Watch, WatchMode};

const PULL_DELAY: Duration = Duration::from_mins(10);
const RETRY_DELAY: Duration = Duration::from_mins(1);
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const STALE_AFTER: Duration = Duration::from_mins(30);

/// Returns a valid route config.
fn config(version: &str) -> String {
    format!(r#"{{"format": "codeid/1", "version": "{version}", "rules": []}}"#)
}

/// Returns a route config with two problems.
fn bad_config(version: &str) -> String {
    format!(r#"{{"format": "codeid/2", "version": "{version}"}}"#)
}

/// A loader and its sources.
struct Fixture {
    loader: Arc<Loader>,
    compiler: Arc<Compiler>,
    freeze_file: FreezeFile,
    live: Arc<LiveTable>,
    remote: Arc<Script>,
    store: Arc<Memory>,
    directory: TempDir,
}

impl Fixture {
    fn new() -> Self {
        Self::with(true, false)
    }

    fn without_remote() -> Self {
        Self::with(false, false)
    }

    /// Returns a fixture whose preset is the file [`Self::preset_path`], which does not exist yet.
    fn with_preset_file() -> Self {
        Self::with(true, true)
    }

    fn with(has_remote: bool, has_preset_file: bool) -> Self {
        Self::in_directory(tempfile::tempdir().unwrap(), has_remote, has_preset_file)
    }

    /// Returns a fixture with the journal `compiling.json` and the freeze file `freeze.json` in
    /// `directory`.
    fn in_directory(directory: TempDir, has_remote: bool, has_preset_file: bool) -> Self {
        let live = Arc::new(LiveTable::new());
        let remote = Arc::new(Script::new());
        let store = Arc::new(Memory::new(Arc::clone(&live)));
        let watch = Watch {
            mode: WatchMode::Events,
            debounce: Duration::from_millis(10),
            poll_interval: Duration::from_secs(5),
        };
        let preset_path = directory.path().join("preset.json");
        let sources = Arc::new(LevelSources {
            remote: has_remote.then(|| Remote {
                source: Box::new(doubles::ScriptedSource(Arc::clone(&remote))),
                uri: "test://user:secret@remote/routes?key=secret".to_owned(),
                shown: "test://remote/routes".to_owned(),
            }),
            store: Box::new(doubles::MemoryStore(Arc::clone(&store))),
            store_shown: "memory".to_owned(),
            preset: match has_preset_file {
                false => Preset::BuiltIn,
                true => Preset::File {
                    watch: Box::new(FileWatch::new(&preset_path, 1 << 20, &watch)),
                    shown: "preset.json".to_owned(),
                },
            },
            call_timeout: CALL_TIMEOUT,
        });
        let staleness = Staleness::new(StalePolicy::Unready, has_remote.then_some(STALE_AFTER));
        let status = StatusRegistry::new(
            Arc::clone(&live),
            staleness,
            sources.unchecked(),
            Clock::system(),
        );
        let status = Arc::new(status);
        let compiler = Arc::new(Compiler::start(Arc::clone(&status)).unwrap());
        let journal = Journal::open(&directory.path().join("compiling.json"));
        let checker = Checker::new(
            Arc::clone(&status),
            Arc::clone(&compiler),
            Arc::new(journal),
            CompileLimits::default(),
        );
        let saver = Saver::new(Arc::clone(&status), Arc::clone(&sources));
        let publisher = Publisher::new(Arc::clone(&status), Arc::clone(&compiler));
        let pipeline = Pipeline::new(status, Arc::clone(&sources), checker, saver, publisher);
        let schedule = Schedule::new(PULL_DELAY, RETRY_DELAY);
        Self {
            loader: Arc::new(Loader::new(sources, pipeline, schedule)),
            compiler,
            freeze_file: FreezeFile::new(&directory.path().join("freeze.json"), 131_072),
            live,
            remote,
            store,
            directory,
        }
    }

    fn preset_path(&self) -> PathBuf {
        self.directory.path().join("preset.json")
    }

    fn write_preset(&self, text: &str) {
        fs::write(self.preset_path(), text).unwrap();
    }

    async fn init(&self, lowest: InitLevel) -> Result<(), InitError> {
        init(&self.loader, &self.freeze_file, lowest).await
    }

    async fn check_source(&self, level: InitLevel) -> CheckResult {
        self.loader.check_source(level).await
    }

    /// Checks the remote source once.
    async fn pull(&self) -> CheckOutcome {
        self.check_source(InitLevel::Remote).await.word()
    }

    fn status(&self) -> RulesStatus {
        self.loader.status.status()
    }

    fn remote_status(&self) -> SourceStatus {
        self.status().sources.remote.unwrap()
    }

    /// Returns the version of the live table.
    fn version(&self) -> Option<String> {
        self.live.with(|table| Some(table?.version().to_owned()))
    }

    /// Returns the number of tables that were published so far.
    fn generation(&self) -> u64 {
        self.live
            .with(|table| table.map_or(0, |table| table.generation().get()))
    }
}
