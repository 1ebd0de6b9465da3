//! The status of the route config sources and of the live table, as the admin API reports it.
//!
//! Every step of a reload writes to it, and it depends on none of them. All of its content may be
//! shown: URIs without secrets, and no openId.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};

use codeid_engine::{ConfigDigest, Generation, InitLevel, LiveTable, RouteTable};

use super::freeze::FrozenConfig;
use super::history::History;
use super::staleness::Staleness;
use crate::api::identify::ResultObject;
use crate::api::status::{
    Counters, HiddenPreset, RulesStatus, SaveStatus, SourceCheck, SourceStatus, Sources,
    StalenessStatus, TableStatus,
};
use crate::clock::Clock;
use crate::metrics::Task;
use crate::result::ApiResult;
use crate::sync::Mutex;
use crate::timestamp::{milliseconds, unix_ms};

/// The shared status of reloading.
#[derive(Debug)]
pub(crate) struct StatusRegistry {
    /// The live table.
    pub(super) live: Arc<LiveTable>,
    /// The time after which a table without a good pull is stale.
    pub(super) staleness: Staleness,
    /// The tables that were live.
    pub(crate) history: History,
    /// `true` if [`StatusState::frozen`] is set; `/readyz` reads it without the lock.
    is_frozen: AtomicBool,
    /// `true` if no source gives the live config: an operator applied it, or its saved copy was forgotten.
    is_orphan: AtomicBool,
    state: Mutex<StatusState>,
    clock: Clock,
}

/// The part of the status that changes under a lock.
#[derive(Debug)]
pub(super) struct StatusState {
    /// The checks of the start, in their order.
    pub(super) init: Vec<SourceCheck>,
    /// The result of the start; `None` until it is over.
    pub(super) init_result: Option<&'static ApiResult>,
    /// The last checks of each source.
    pub(super) sources: Sources,
    /// The time of the next pull, in milliseconds since the beginning of 1970, UTC; `None` without a
    /// remote.
    pub(super) next_pull_at: Option<u64>,
    /// The time at which a config last became live, in the same unit.
    pub(super) last_activation_at: Option<u64>,
    /// The state of saving to the local storage.
    pub(super) save: SaveStatus,
    /// The file of the preset that the saved config hides, if there is one.
    pub(super) hidden_preset: Option<HiddenPreset>,
    frozen: Option<Arc<FrozenConfig>>,
    /// The counts since the start, for the metrics.
    pub(super) counters: Counters,
}

impl StatusRegistry {
    /// Returns the status before any source was checked. `sources` have the names of the sources.
    /// `clock` dates what is recorded.
    pub(super) fn new(
        live: Arc<LiveTable>,
        staleness: Staleness,
        sources: Sources,
        clock: Clock,
    ) -> Self {
        Self {
            live,
            staleness,
            history: History::default(),
            is_frozen: AtomicBool::new(false),
            is_orphan: AtomicBool::new(false),
            state: Mutex::new(StatusState {
                init: Vec::new(),
                init_result: None,
                sources,
                next_pull_at: None,
                last_activation_at: None,
                save: SaveStatus::default(),
                hidden_preset: None,
                frozen: None,
                counters: Counters::default(),
            }),
            clock,
        }
    }

    /// Returns the wall-clock time, in milliseconds since the beginning of 1970, UTC.
    pub(super) fn now_ms(&self) -> u64 {
        unix_ms(self.clock.now())
    }

    /// Returns the status as of now.
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
            policy: self.staleness.policy(),
            stale_after_ms: self.staleness.limit().map(milliseconds),
            age_ms: milliseconds(self.staleness.age()),
            stale: self.staleness.is_stale(),
        };
        let state = self.lock();
        let mut counters = state.counters.clone();
        for task in Task::ALL.iter().filter(|task| task.faults() > 0) {
            let name = Cow::Borrowed(task.name());
            *counters.restarts.entry(name).or_default() += task.faults();
        }
        RulesStatus {
            table,
            staleness,
            init: state.init.clone(),
            init_result: state.init_result.map(ResultObject::from),
            sources: state.sources.clone(),
            next_pull_at: state.next_pull_at.filter(|_| state.frozen.is_none()),
            last_activation_at: state.last_activation_at,
            save: state.save.clone(),
            hidden_preset: state.hidden_preset.clone(),
            freeze: state.frozen.as_ref().map(|frozen| frozen.freeze.clone()),
            counters,
        }
    }

    /// Lends the live table.
    pub(crate) fn with_table<T>(&self, read: impl FnOnce(Option<&RouteTable>) -> T) -> T {
        self.live.with(read)
    }

    /// Returns `true` if a table is live that is not too stale for the policy. A frozen table never
    /// is: its age is what the operator wants.
    pub(crate) fn has_usable_table(&self) -> bool {
        let is_too_stale = self.staleness.is_unready() && !self.is_frozen();
        self.live.with(|table| table.is_some()) && !is_too_stale
    }

    /// Returns `true` if an operator has frozen the live config.
    pub(crate) fn is_frozen(&self) -> bool {
        self.is_frozen.load(Ordering::Acquire)
    }

    /// Returns the frozen config; `None` without a freeze.
    pub(super) fn frozen(&self) -> Option<Arc<FrozenConfig>> {
        self.lock().frozen.clone()
    }

    /// Begins a freeze of this config; ends it with `None`.
    pub(super) fn set_frozen(&self, frozen: Option<Arc<FrozenConfig>>) {
        let mut state = self.lock();
        self.is_frozen.store(frozen.is_some(), Ordering::Release);
        state.frozen = frozen;
    }

    /// Locks the state for reading or writing. The guard must not be held across an await.
    pub(super) fn lock(&self) -> MutexGuard<'_, StatusState> {
        self.state.lock()
    }

    /// Returns the level of the live table.
    pub(super) fn live_level(&self) -> Option<InitLevel> {
        self.live.with(|table| Some(table?.provenance()?.level))
    }

    /// Returns `true` if no source gives the live config, so that any permitted level may replace it.
    pub(super) fn is_orphan(&self) -> bool {
        self.is_orphan.load(Ordering::Acquire)
    }

    /// Notes whether the live config is one that no source gives.
    pub(super) fn set_orphan(&self, is_orphan: bool) {
        self.is_orphan.store(is_orphan, Ordering::Release);
    }

    /// Returns the lowest level whose config may replace the live one; `None` for any, without a live
    /// table and if no source gives the live config.
    pub(super) fn lowest_replacing_level(&self) -> Option<InitLevel> {
        self.live_level().filter(|_| !self.is_orphan())
    }

    /// Returns the digest of the live config.
    pub(super) fn live_digest(&self) -> Option<ConfigDigest> {
        self.live.with(|table| Some(table?.provenance()?.digest))
    }

    /// Returns the number of restarts after faults, and of faults in calls, since the start.
    pub(crate) fn faults(&self) -> u64 {
        let of_tasks: u64 = Task::ALL.iter().map(|task| task.faults()).sum();
        self.lock().counters.restarts.values().sum::<u64>() + of_tasks
    }

    /// Counts a restart of `task` after a fault.
    pub(super) fn count_restart(&self, task: Task) {
        let mut state = self.lock();
        let name = Cow::Borrowed(task.name());
        *state.counters.restarts.entry(name).or_default() += 1;
    }
}

impl StatusState {
    /// Returns the source of `level`; `None` if no source is set.
    pub(super) const fn source(&mut self, level: InitLevel) -> Option<&mut SourceStatus> {
        match level {
            InitLevel::Remote => self.sources.remote.as_mut(),
            InitLevel::Local => Some(&mut self.sources.local),
            InitLevel::Preset => Some(&mut self.sources.preset),
        }
    }
}
