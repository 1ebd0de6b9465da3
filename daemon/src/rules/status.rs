//! What is known about where route configs come from, and how that goes: the admin plane shows it.
//!
//! Everything in it may be shown: URIs without secrets, and no openId.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};

use codeid_engine::{ConfigDigest, Generation, InitLevel, LiveTable, Problem, RouteTable};
use serde::Serialize;

use super::history::History;
use super::hold::{Held, Hold};
use super::reloading::LookReport;
use super::sources::LevelSources;
use super::staleness::Staleness;
use crate::sync::Mutex;
use crate::timestamp::milliseconds;

/// One moment of it. Times are milliseconds since the beginning of 1970, UTC; what is not there is
/// `null`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    /// What serves.
    pub(crate) table: Option<TableStatus>,
    /// How old that is, and what follows from it.
    pub(crate) staleness: StalenessStatus,
    /// How each source was at the start, in the order in which they were tried.
    pub(crate) init: Vec<LookReport>,
    /// Where configs come from.
    pub(crate) sources: Sources,
    /// When the remote is pulled next; `null` while it is, without one, and during a hold.
    pub(crate) next_pull_at: Option<u64>,
    /// When a table was activated last.
    pub(crate) last_activation_at: Option<u64>,
    /// Whether what the remote gave was kept.
    pub(crate) save: Save,
    /// Who holds what serves; `null`: nobody, and the sources decide.
    pub(crate) hold: Option<Hold>,
    /// What happened how often since the start.
    pub(crate) counters: Counters,
}

/// The table that serves, and where it came from.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TableStatus {
    pub(crate) generation: u64,
    pub(crate) version: String,
    pub(crate) rule_count: usize,
    pub(crate) level: InitLevel,
    pub(crate) uri: String,
    pub(crate) sha256: ConfigDigest,
    pub(crate) loaded_at: u64,
    /// How long parsing, checking and compiling took, in microseconds.
    pub(crate) compile_us: u64,
    /// About how many bytes it takes.
    pub(crate) memory_bytes: usize,
}

/// The age of the table: how long ago the remote source last confirmed it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StalenessStatus {
    pub(crate) policy: &'static str,
    /// `null`: a table is never stale.
    pub(crate) stale_after_ms: Option<u64>,
    pub(crate) age_ms: u64,
    pub(crate) stale: bool,
}

/// The sources of the three levels.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sources {
    /// `null`: there is none.
    pub(crate) remote: Option<SourceStatus>,
    pub(crate) local: SourceStatus,
    pub(crate) preset: SourceStatus,
}

/// How it goes with one source.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceStatus {
    pub(crate) uri: String,
    pub(crate) last_check: Option<Check>,
    /// When the source last gave, or confirmed, a config that serves.
    pub(crate) last_good_check_at: Option<u64>,
    /// When it last gave a config, good or not.
    pub(crate) last_download_at: Option<u64>,
    /// What it gives is refused.
    pub(crate) refusal: Option<Refusal>,
}

/// One look at a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Check {
    pub(crate) at: u64,
    pub(crate) good: bool,
    pub(crate) outcome: CheckOutcome,
    /// If it is not good: why.
    pub(crate) why: Option<String>,
    /// If it is not good: how many in a row were not.
    pub(crate) failures: u64,
}

/// How a look at a source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum CheckOutcome {
    /// A new table serves.
    Activated,
    /// It gives what serves already.
    Unchanged,
    /// What it gives is refused.
    Refused,
    /// It gave nothing.
    Failed,
    /// There is none, or nothing in it yet.
    Absent,
}

/// A config that is refused.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Refusal {
    pub(crate) sha256: ConfigDigest,
    /// When it was refused first.
    pub(crate) at: u64,
    pub(crate) problem_count: usize,
    /// The first of them.
    pub(crate) problems: Vec<Problem>,
}

/// Keeping what the remote gave.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Save {
    pub(crate) last_good_at: Option<u64>,
    /// Why what serves is not kept; it is tried again at each pull.
    pub(crate) failure: Option<String>,
}

/// What happened how often since the start.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counters {
    pub(crate) pulls: Pulls,
    pub(crate) reloads: Reloads,
    /// Configs that were compiled, to be accepted or refused.
    pub(crate) compiles: u64,
    pub(crate) saves: u64,
    pub(crate) saves_failed: u64,
    /// How often each task was started again after a fault.
    pub(crate) restarts: BTreeMap<&'static str, u64>,
}

/// Readings of the remote source.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pulls {
    /// It gave a config.
    pub(crate) downloaded: u64,
    /// It answered that there is no other.
    pub(crate) not_modified: u64,
    /// It gave nothing.
    pub(crate) failed: u64,
}

/// Configs that were looked at, from all levels.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reloads {
    pub(crate) activated: u64,
    /// What served already, by its bytes or as the remote said.
    pub(crate) unchanged: u64,
    pub(crate) refused: u64,
}

/// Where it is all written down, and from where it is read.
#[derive(Debug)]
pub(crate) struct Board {
    pub(super) live: Arc<LiveTable>,
    pub(super) staleness: Staleness,
    /// The tables that served.
    pub(crate) history: History,
    /// Whether [`Noted::held`] is something, for those who must not wait.
    is_held: AtomicBool,
    noted: Mutex<Noted>,
}

/// What is written down.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) init: Vec<LookReport>,
    pub(super) sources: Sources,
    pub(super) next_pull_at: Option<u64>,
    pub(super) last_activation_at: Option<u64>,
    pub(super) save: Save,
    held: Option<Arc<Held>>,
    pub(super) counters: Counters,
}

impl Board {
    pub(super) fn new(live: Arc<LiveTable>, staleness: Staleness, sources: Sources) -> Self {
        Self {
            live,
            staleness,
            history: History::default(),
            is_held: AtomicBool::new(false),
            noted: Mutex::new(Noted {
                init: Vec::new(),
                sources,
                next_pull_at: None,
                last_activation_at: None,
                save: Save::default(),
                held: None,
                counters: Counters::default(),
            }),
        }
    }

    /// What is known now.
    pub(crate) fn status(&self) -> Status {
        let table = self.live.with(|table| {
            let table = table?;
            let provenance = table.provenance()?;
            Some(TableStatus {
                generation: Generation::get(table.generation()),
                version: table.version().to_owned(),
                rule_count: table.rule_count(),
                level: provenance.level,
                uri: provenance.uri.clone(),
                sha256: provenance.digest,
                loaded_at: provenance.loaded_at_ms,
                compile_us: u64::try_from(provenance.compile_time.as_micros()).unwrap_or(u64::MAX),
                memory_bytes: table.memory_usage(),
            })
        });
        let staleness = StalenessStatus {
            policy: self.staleness.policy().word(),
            stale_after_ms: self.staleness.after().map(milliseconds),
            age_ms: milliseconds(self.staleness.age()),
            stale: self.staleness.is_stale(),
        };
        let noted = self.note();
        Status {
            table,
            staleness,
            init: noted.init.clone(),
            sources: noted.sources.clone(),
            next_pull_at: noted.next_pull_at.filter(|_| noted.held.is_none()),
            last_activation_at: noted.last_activation_at,
            save: noted.save.clone(),
            hold: noted.held.as_ref().map(|held| held.hold.clone()),
            counters: noted.counters.clone(),
        }
    }

    /// Lends the table that serves.
    pub(crate) fn with_table<T>(&self, look: impl FnOnce(Option<&RouteTable>) -> T) -> T {
        self.live.with(look)
    }

    /// Whether there is a table, and none that is too old. One that an operator holds is as old as
    /// they want it.
    pub(crate) fn is_fit_to_serve(&self) -> bool {
        let is_too_old = self.staleness.is_unready() && !self.is_held();
        self.live.with(|table| table.is_some()) && !is_too_old
    }

    /// Whether an operator holds what serves.
    pub(crate) fn is_held(&self) -> bool {
        self.is_held.load(Ordering::Acquire)
    }

    pub(super) fn held(&self) -> Option<Arc<Held>> {
        self.note().held.clone()
    }

    pub(super) fn set_held(&self, held: Option<Arc<Held>>) {
        let mut noted = self.note();
        self.is_held.store(held.is_some(), Ordering::Release);
        noted.held = held;
    }

    /// To write something down. Never held across an await.
    pub(super) fn note(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock()
    }

    /// The level of what serves.
    pub(super) fn level(&self) -> Option<InitLevel> {
        self.live.with(|table| Some(table?.provenance()?.level))
    }
}

impl Noted {
    /// The source of `level`; `None` if there is none.
    pub(super) const fn source(&mut self, level: InitLevel) -> Option<&mut SourceStatus> {
        match level {
            InitLevel::Remote => self.sources.remote.as_mut(),
            InitLevel::Local => Some(&mut self.sources.local),
            InitLevel::Preset => Some(&mut self.sources.preset),
        }
    }

    pub(super) fn count_restart(&mut self, task: &'static str) {
        *self.counters.restarts.entry(task).or_default() += 1;
    }
}

impl Sources {
    /// Sources that nobody looked at yet.
    pub(super) fn of(sources: &LevelSources) -> Self {
        let new = |level| SourceStatus::new(sources.shown(level));
        Self {
            remote: sources.remote.as_ref().map(|_| new(InitLevel::Remote)),
            local: new(InitLevel::Local),
            preset: new(InitLevel::Preset),
        }
    }
}

impl SourceStatus {
    const fn new(uri: String) -> Self {
        Self {
            uri,
            last_check: None,
            last_good_check_at: None,
            last_download_at: None,
            refusal: None,
        }
    }
}
