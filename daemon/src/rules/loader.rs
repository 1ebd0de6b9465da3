//! One look at a source, whatever led to it: what it gives is considered ([`super::offer`]), and how
//! it went is written down.
//!
//! One look at a time: the start's until it has a table, then the reload loop's.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use codeid_engine::{CompileLimits, ConfigDigest, InitLevel};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::compiler::Compiler;
use super::hold::HoldFile;
use super::journal::Journal;
use super::offer::HELD;
use super::schedule::Schedule;
use super::sources::{LevelSources, NoAnswer, Remote};
use super::status::Board;
use crate::api::status::{Check, CheckOutcome};
use crate::rules::source::{RemoteConfig, Revision};
use crate::sync::Mutex;
use crate::timestamp::{milliseconds, now_ms};

/// Reads, considers, keeps and publishes route configs.
pub(super) struct Loader {
    pub(super) board: Arc<Board>,
    pub(super) sources: LevelSources,
    pub(super) compiler: Compiler,
    pub(super) journal: Arc<Journal>,
    pub(super) limits: CompileLimits,
    /// Held while it is decided what serves next: by what a source gave, or by an operator.
    pub(super) turn: tokio::sync::Mutex<()>,
    pub(super) hold_file: HoldFile,
    /// Told when the level of what serves rises above the preset's.
    pub(super) outranks_preset: Notify,
    memory: Mutex<Memory>,
}

/// What is remembered from one look to the next. It outlives a task that dies.
pub(super) struct Memory {
    /// The revision of the remote config that serves; `None`: there is none, or it is not known.
    pub(super) known: Option<Revision>,
    /// What each source gave last, if that was refused, and why.
    pub(super) refused: BTreeMap<InitLevel, (ConfigDigest, String)>,
    /// What the store holds, as far as is known.
    pub(super) kept: Option<ConfigDigest>,
    /// What serves, if it could not be kept.
    pub(super) unkept: Option<Arc<Unkept>>,
    schedule: Schedule,
    next_pull: Option<Instant>,
}

/// A remote config that serves and could not be kept yet.
pub(super) struct Unkept {
    pub(super) digest: ConfigDigest,
    pub(super) route_config_data: Arc<str>,
}

/// One look at a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) outcome: Result<Found, Miss>,
    /// It went another way than the look before.
    pub(super) news: bool,
    pub(super) took: Duration,
}

/// What a look led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A new table, which serves.
    Activated,
    /// What serves already.
    Unchanged,
}

/// Why a look led to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// There is nothing to look at, which is no fault.
    Absent(&'static str),
    /// The source failed.
    Failed(String),
    /// What it gave is refused.
    Refused(String),
}

impl Loader {
    pub(super) fn new(
        board: Arc<Board>,
        sources: LevelSources,
        compiler: Compiler,
        journal: Arc<Journal>,
        hold_file: HoldFile,
        limits: CompileLimits,
        schedule: Schedule,
    ) -> Self {
        let memory = Memory {
            known: None,
            refused: BTreeMap::new(),
            kept: None,
            unkept: None,
            schedule,
            next_pull: None,
        };
        Self {
            board,
            sources,
            compiler,
            journal,
            limits,
            turn: tokio::sync::Mutex::default(),
            hold_file,
            outranks_preset: Notify::new(),
            memory: Mutex::new(memory),
        }
    }

    /// Looks at the source of `level`, which must not be below what serves.
    pub(super) async fn look(&self, level: InitLevel) -> Look {
        let begun = Instant::now();
        let outcome = match level {
            InitLevel::Remote => self.look_at_remote().await,
            InitLevel::Local => self.look_at_local().await,
            InitLevel::Preset => self.look_at_preset().await,
        };
        Look {
            news: self.write_down(level, &outcome),
            outcome,
            took: begun.elapsed(),
        }
    }

    /// When the remote is pulled next; `None`: never, since there is none, or not while an operator
    /// holds what serves.
    pub(super) fn next_pull(&self) -> Option<Instant> {
        self.memory().next_pull.filter(|_| !self.board.is_held())
    }

    /// What serves is not the remote's any more: it is to give all of its config next time.
    pub(super) fn forget_remote(&self) {
        let mut memory = self.memory();
        (memory.known, memory.unkept) = (None, None);
    }

    /// An operator had a table serve.
    pub(super) fn count_activation(&self) {
        let mut noted = self.board.note();
        noted.counters.reloads.activated += 1;
        noted.last_activation_at = Some(now_ms());
    }

    /// Never held across an await.
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock()
    }

    async fn look_at_remote(&self) -> Result<Found, Miss> {
        let Some(remote) = &self.sources.remote else {
            return Err(Miss::Absent("ac.route.pull-route-config-url is not set"));
        };
        let (known, unkept) = {
            let mut memory = self.memory();
            // In case that this does not come to its end.
            let delay = memory.schedule.delay_after(false);
            memory.next_pull = Some(Instant::now() + delay);
            (memory.known.clone(), memory.unkept.clone())
        };
        self.board.note().next_pull_at = None;
        let pulled = match self.pull(remote, known.as_ref()).await {
            Ok(RemoteConfig::Unchanged) => self.confirm_unchanged(known.is_some()),
            Ok(RemoteConfig::Config {
                route_config_data,
                revision,
            }) => {
                let offered = self.offer(InitLevel::Remote, route_config_data).await;
                if offered.is_ok() {
                    // Not before: what was refused must come again once it may be accepted.
                    self.memory().known = revision;
                }
                offered
            }
            Err(miss) => Err(miss),
        };
        self.keep_again(unkept).await;
        self.set_next_pull(pulled.is_ok());
        pulled
    }

    async fn look_at_local(&self) -> Result<Found, Miss> {
        let read = self.sources.read_local().await;
        match read.map_err(|no| self.miss(no, "store"))? {
            None => Err(Miss::Absent("no route config was kept yet")),
            Some(bytes) => {
                self.memory().kept = Some(ConfigDigest::new(&bytes));
                self.offer(InitLevel::Local, bytes).await
            }
        }
    }

    async fn look_at_preset(&self) -> Result<Found, Miss> {
        let read = self.sources.read_preset().await;
        let bytes = read.map_err(|no| self.miss(no, "preset"))?;
        self.offer(InitLevel::Preset, bytes).await
    }

    async fn pull(&self, remote: &Remote, known: Option<&Revision>) -> Result<RemoteConfig, Miss> {
        let read = self.sources.read_remote(remote, known).await;
        let mut noted = self.board.note();
        match &read {
            Ok(RemoteConfig::Unchanged) => noted.counters.pulls.not_modified += 1,
            Ok(RemoteConfig::Config { .. }) => {
                noted.counters.pulls.downloaded += 1;
                if let Some(source) = noted.source(InitLevel::Remote) {
                    source.last_download_at = Some(now_ms());
                }
            }
            Err(_) => noted.counters.pulls.failed += 1,
        }
        drop(noted);
        read.map_err(|no| self.miss(no, "remote"))
    }

    fn confirm_unchanged(&self, asked: bool) -> Result<Found, Miss> {
        if self.board.is_held() {
            return Err(Miss::Absent(HELD));
        }
        if !asked || self.board.level() != Some(InitLevel::Remote) {
            let why = "it answered that nothing changed, but was not asked whether";
            return Err(Miss::Failed(why.to_owned()));
        }
        self.board.staleness.confirm();
        self.forgive(InitLevel::Remote);
        Ok(Found::Unchanged)
    }

    fn set_next_pull(&self, good: bool) {
        let mut memory = self.memory();
        let delay = memory.schedule.delay_after(good);
        memory.next_pull = Some(Instant::now() + delay);
        drop(memory);
        self.board.note().next_pull_at = Some(now_ms().saturating_add(milliseconds(delay)));
    }

    /// `party`: under which name a panic is counted.
    fn miss(&self, no: NoAnswer, party: &'static str) -> Miss {
        match no {
            NoAnswer::Failed(why) => Miss::Failed(why),
            NoAnswer::Panicked => {
                self.board.note().count_restart(party);
                Miss::Failed("it met an internal fault".to_owned())
            }
        }
    }

    /// Tells whether it went another way than the last time.
    fn write_down(&self, level: InitLevel, looked: &Result<Found, Miss>) -> bool {
        let at = now_ms();
        let mut noted = self.board.note();
        let reloads = &mut noted.counters.reloads;
        let (outcome, why) = match looked {
            Ok(Found::Activated) => {
                reloads.activated += 1;
                noted.last_activation_at = Some(at);
                (CheckOutcome::Activated, None)
            }
            Ok(Found::Unchanged) => {
                reloads.unchanged += 1;
                (CheckOutcome::Unchanged, None)
            }
            Err(Miss::Refused(why)) => {
                reloads.refused += 1;
                (CheckOutcome::Refused, Some(why.clone()))
            }
            Err(Miss::Failed(why)) => (CheckOutcome::Failed, Some(why.clone())),
            Err(Miss::Absent(why)) => (CheckOutcome::Absent, Some((*why).to_owned())),
        };
        let Some(source) = noted.source(level) else {
            return false;
        };
        let good = looked.is_ok();
        let before = source.last_check.take();
        let news = before
            .as_ref()
            .is_none_or(|before| (before.outcome, &before.why) != (outcome, &why));
        let failures = before.map_or(0, |before| before.failures) + 1;
        source.last_check = Some(Check {
            at,
            good,
            outcome,
            why,
            failures: if good { 0 } else { failures },
        });
        if good {
            source.last_good_check_at = Some(at);
        }
        news
    }
}

impl Miss {
    /// In one word.
    pub(super) const fn outcome(&self) -> CheckOutcome {
        match self {
            Self::Absent(_) => CheckOutcome::Absent,
            Self::Failed(_) => CheckOutcome::Failed,
            Self::Refused(_) => CheckOutcome::Refused,
        }
    }

    /// Why, in words.
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Absent(why) => why,
            Self::Failed(why) | Self::Refused(why) => why,
        }
    }
}
