//! What is known about where route configs come from, and how that goes: the admin plane shows it.
//!
//! Everything in it may be shown: URIs without secrets, and no openId.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};

use codeid_engine::{Generation, InitLevel, LiveTable, RouteTable};

use super::history::History;
use super::hold::Held;
use super::sources::LevelSources;
use super::staleness::Staleness;
use crate::api::status::{
    Counters, RulesStatus, SaveStatus, SourceCheck, SourceStatus, Sources, StalePolicy,
    StalenessStatus, TableStatus,
};
use crate::settings;
use crate::sync::Mutex;
use crate::timestamp::milliseconds;

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
    pub(super) init: Vec<SourceCheck>,
    pub(super) sources: Sources,
    pub(super) next_pull_at: Option<u64>,
    pub(super) last_activation_at: Option<u64>,
    pub(super) save: SaveStatus,
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
                save: SaveStatus::default(),
                held: None,
                counters: Counters::default(),
            }),
        }
    }

    /// What is known now.
    pub(crate) fn status(&self) -> RulesStatus {
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
            policy: policy(self.staleness.policy()),
            stale_after_ms: self.staleness.after().map(milliseconds),
            age_ms: milliseconds(self.staleness.age()),
            stale: self.staleness.is_stale(),
        };
        let noted = self.note();
        RulesStatus {
            table,
            staleness,
            init: noted.init.clone(),
            sources: noted.sources.clone(),
            next_pull_at: noted.next_pull_at.filter(|_| noted.held.is_none()),
            last_activation_at: noted.last_activation_at,
            save: noted.save.clone(),
            freeze: noted.held.as_ref().map(|held| held.hold.clone()),
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
        *self
            .counters
            .restarts
            .entry(Cow::Borrowed(task))
            .or_default() += 1;
    }
}

/// Sources that nobody looked at yet.
pub(super) fn unchecked(sources: &LevelSources) -> Sources {
    let source = |level| SourceStatus {
        uri: sources.shown(level),
        last_check: None,
        last_good_check_at: None,
        last_download_at: None,
        refusal: None,
    };
    Sources {
        remote: sources.remote.as_ref().map(|_| source(InitLevel::Remote)),
        local: source(InitLevel::Local),
        preset: source(InitLevel::Preset),
    }
}

const fn policy(policy: settings::StalePolicy) -> StalePolicy {
    match policy {
        settings::StalePolicy::Ignore => StalePolicy::Ignore,
        settings::StalePolicy::Warn => StalePolicy::Warn,
        settings::StalePolicy::Unready => StalePolicy::Unready,
    }
}
