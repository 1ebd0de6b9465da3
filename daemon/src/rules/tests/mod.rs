//! Loading and reloading, with sources and stores in memory and time that does not pass by itself.

mod doubles;
mod faults;
mod hold;
mod keeping;
mod levels;
mod pulls;
mod triggers;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use codeid_engine::{CompileLimits, InitLevel, LiveTable};
use tempfile::TempDir;

use self::doubles::{Memory, Script};
use super::compiler::Compiler;
use super::hold::HoldFile;
use super::journal::Journal;
use super::loader::{Loader, Look};
use super::schedule::Schedule;
use super::sources::{LevelSources, Preset, Remote};
use super::staleness::Staleness;
use super::status::{Board, unchecked};
use crate::api::status::RulesStatus;
use crate::files::watch::FileWatch;
use crate::settings::{StalePolicy, Watch};

const PULL_DELAY: Duration = Duration::from_mins(10);
const RETRY_DELAY: Duration = Duration::from_mins(1);
const CUT_OFF: Duration = Duration::from_secs(10);
const STALE_AFTER: Duration = Duration::from_mins(30);

/// A valid route config.
fn config(version: &str) -> String {
    format!(r#"{{"format": "codeid/1", "version": "{version}", "rules": []}}"#)
}

/// One that is refused, with two problems.
fn bad_config(version: &str) -> String {
    format!(r#"{{"format": "codeid/2", "version": "{version}"}}"#)
}

/// A loader, and what it loads from.
struct Fixture {
    loader: Arc<Loader>,
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

    /// Its preset is the file [`Self::preset_path`], which does not exist yet.
    fn with_preset_file() -> Self {
        Self::with(true, true)
    }

    fn with(has_remote: bool, has_preset_file: bool) -> Self {
        Self::in_directory(tempfile::tempdir().unwrap(), has_remote, has_preset_file)
    }

    /// The journal is `compiling.json` there.
    fn in_directory(directory: TempDir, has_remote: bool, has_preset_file: bool) -> Self {
        let live = Arc::new(LiveTable::new());
        let remote = Arc::new(Script::new());
        let store = Arc::new(Memory::new(Arc::clone(&live)));
        let watch = Watch {
            events: true,
            debounce: Duration::from_millis(10),
            poll_interval: Duration::from_secs(5),
        };
        let preset_path = directory.path().join("preset.json");
        let sources = LevelSources {
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
            cut_off: CUT_OFF,
        };
        let staleness = Staleness::new(StalePolicy::Unready, has_remote.then_some(STALE_AFTER));
        let board = Board::new(Arc::clone(&live), staleness, unchecked(&sources));
        let board = Arc::new(board);
        let journal = Journal::open(&directory.path().join("compiling.json"));
        let loader = Loader::new(
            Arc::clone(&board),
            sources,
            Compiler::start(board).unwrap(),
            Arc::new(journal),
            HoldFile::new(&directory.path().join("hold.json"), 131_072),
            CompileLimits::default(),
            Schedule::new(PULL_DELAY, RETRY_DELAY),
        );
        Self {
            loader: Arc::new(loader),
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

    async fn look(&self, level: InitLevel) -> Look {
        self.loader.look(level).await
    }

    /// One pull of what the remote is set to.
    async fn pull(&self) -> Look {
        self.look(InitLevel::Remote).await
    }

    fn status(&self) -> RulesStatus {
        self.loader.board.status()
    }

    /// The version that serves.
    fn version(&self) -> Option<String> {
        self.live.with(|table| Some(table?.version().to_owned()))
    }

    /// The number of tables that were published so far.
    fn generation(&self) -> u64 {
        self.live
            .with(|table| table.map_or(0, |table| table.generation().get()))
    }
}
