//! What becomes of a route config that a source gave. This is the one place that decides.
//!
//! In this order: one that has more bytes than any may have is not looked at. One that is what serves, byte
//! for byte, clears what was wrong with its source before, raises the level of what serves if it
//! comes from a higher one, and is neither compiled nor kept again. One that was refused is refused
//! again, and one that is set aside, too. Anything else is compiled; then it is kept, if it came
//! from the remote; then it serves.
//!
//! Source: SPEC.md, section 3.

use std::sync::Arc;
use std::time::{Duration, Instant};

use codeid_engine::{
    ConfigDigest, ConfigError, InitLevel, Problem, Provenance, RouteConfig, RouteTable,
};

use super::journal::MAX_DEATHS;
use super::loader::{Found, Loader, Miss, Unkept};
use super::sources::NoAnswer;
use super::status::{Refusal, unix_ms};

/// How many problems of a config are logged; the rest is counted.
const MAX_LOGGED_PROBLEMS: usize = 1000;

/// How many problems of a config the status shows.
const MAX_SHOWN_PROBLEMS: usize = 20;

/// What compiling a config led to.
struct Compiled {
    table: Result<RouteTable, ConfigError>,
    warnings: usize,
    time: Duration,
    bytes: Vec<u8>,
}

impl Loader {
    /// Considers what the source of `level` gave.
    pub(super) async fn offer(&self, level: InitLevel, bytes: Vec<u8>) -> Result<Found, Miss> {
        let most = self.limits.max_config_characters.saturating_mul(4);
        if bytes.len() > most {
            let given = bytes.len();
            return Err(Miss::Failed(format!(
                "it gave {given} bytes, a route config has {most} at most"
            )));
        }
        let digest = ConfigDigest::of(&bytes);
        if self.serving() == Some(digest) {
            self.confirm(level, digest, bytes).await;
            return Ok(Found::Unchanged);
        }
        if let Some(why) = self.refused_before(level, digest) {
            return Err(Miss::Refused(why));
        }
        if let Some(deaths) = self.journal.set_aside(digest) {
            let journal = self.journal.path().display();
            let why = format!(
                "it is set aside: the process died {deaths} times while compiling it, {MAX_DEATHS} \
                 are allowed; remove {journal} and start again to try it once more"
            );
            return Err(self.refuse(level, digest, why, &[]));
        }
        let Some(compiled) = self.compile(digest, bytes).await else {
            let why = "compiling it met an internal fault".to_owned();
            return Err(self.refuse(level, digest, why, &[]));
        };
        let table = match compiled.table {
            Ok(table) => table,
            Err(error) => {
                return Err(self.refuse(level, digest, error.to_string(), error.problems()));
            }
        };
        if level == InitLevel::Remote && self.memory().kept != Some(digest) {
            self.keep(digest, compiled.bytes).await;
        }
        let mut provenance = Provenance::new(level, self.sources.shown(level), digest);
        provenance.loaded_at_ms = unix_ms();
        provenance.compile_time = compiled.time;
        table.set_provenance(provenance);
        let (version, rules) = (table.version().to_owned(), table.rule_count());
        let memory_bytes = table.memory_usage();
        let Ok(generation) = self.compiler.publish(table).await else {
            return Err(Miss::Failed(
                "publishing it met an internal fault".to_owned(),
            ));
        };
        tracing::info!(
            %generation,
            version,
            rules,
            warnings = compiled.warnings,
            %level,
            source = self.sources.shown(level),
            sha256 = %digest,
            compile_us = u64::try_from(compiled.time.as_micros()).unwrap_or(u64::MAX),
            memory_bytes,
            "route config activated"
        );
        self.forgive(level);
        self.has_risen(level);
        if level == InitLevel::Remote {
            self.board.staleness.confirm();
        }
        Ok(Found::Activated)
    }

    /// What the source of `level` gives is good, whatever it gave before.
    pub(super) fn forgive(&self, level: InitLevel) {
        self.memory().refused.remove(&level);
        if let Some(source) = self.board.note().source(level) {
            source.refusal = None;
        }
    }

    /// Tries once more to keep what could not be kept before this pull, if it still serves.
    pub(super) async fn keep_again(&self, before: Option<Arc<Unkept>>) {
        let Some(before) = before else { return };
        let still = self.memory().unkept.clone();
        // It was tried in this pull already if it is another.
        if still.is_some_and(|still| Arc::ptr_eq(&still, &before)) {
            self.save(before).await;
        }
    }

    fn has_risen(&self, level: InitLevel) {
        if level > InitLevel::Preset {
            self.outranks_preset.notify_one();
        }
    }

    fn serving(&self) -> Option<ConfigDigest> {
        let provenance = self.board.live.with(|table| table?.provenance())?;
        Some(provenance.digest)
    }

    /// What serves came again, from the source of `level`.
    async fn confirm(&self, level: InitLevel, digest: ConfigDigest, bytes: Vec<u8>) {
        self.forgive(level);
        let source = self.sources.shown(level);
        let raised = self.board.live.with(|table| {
            let table = table?;
            let provenance = table.provenance()?;
            (provenance.level < level).then(|| {
                let mut raised = (*provenance).clone();
                (raised.level, raised.uri) = (level, source.clone());
                table.set_provenance(raised);
            })
        });
        if raised.is_some() {
            self.has_risen(level);
            tracing::info!(%level, source, sha256 = %digest, "what serves came from a higher level");
        }
        if level == InitLevel::Remote {
            self.board.staleness.confirm();
            if self.memory().kept != Some(digest) {
                self.keep(digest, bytes).await;
            }
        }
    }

    /// `None`: the compiling thread died of it.
    async fn compile(&self, digest: ConfigDigest, bytes: Vec<u8>) -> Option<Compiled> {
        self.board.note().counters.compiles += 1;
        let (journal, limits) = (Arc::clone(&self.journal), self.limits);
        let compile = move || {
            let _compiling = journal.begin(digest);
            let begun = Instant::now();
            let config = RouteConfig::from_json(&bytes, &limits);
            let warnings = config.as_ref().map_or(0, |config| config.warnings().len());
            let table = config.and_then(|config| RouteTable::compile(&config, &limits));
            Compiled {
                table,
                warnings,
                time: begun.elapsed(),
                bytes,
            }
        };
        self.compiler.run(compile).await.ok()
    }

    fn refused_before(&self, level: InitLevel, digest: ConfigDigest) -> Option<String> {
        let mut memory = self.memory();
        let mut refused = memory.refused.values();
        let why = refused.find(|(refused, _)| *refused == digest)?.1.clone();
        memory.refused.insert(level, (digest, why.clone()));
        Some(why)
    }

    /// Remembers that a config is refused, and says why, once.
    fn refuse(
        &self,
        level: InitLevel,
        digest: ConfigDigest,
        why: String,
        problems: &[Problem],
    ) -> Miss {
        let so = match self.board.level() {
            Some(_) => "; what serves stays",
            None => "",
        };
        tracing::warn!(
            %level,
            source = self.sources.shown(level),
            sha256 = %digest,
            problems = problems.len(),
            why,
            "route config refused{so}"
        );
        for problem in problems.iter().take(MAX_LOGGED_PROBLEMS) {
            log(problem);
        }
        if problems.len() > MAX_LOGGED_PROBLEMS {
            let more = problems.len() - MAX_LOGGED_PROBLEMS;
            tracing::warn!(more, "further problems; `codeid check` shows all of them");
        }
        self.memory().refused.insert(level, (digest, why.clone()));
        if let Some(source) = self.board.note().source(level) {
            source.refusal = Some(Refusal {
                sha256: digest,
                at: unix_ms(),
                problem_count: problems.len(),
                problems: problems.iter().take(MAX_SHOWN_PROBLEMS).cloned().collect(),
            });
        }
        Miss::Refused(why)
    }

    async fn keep(&self, digest: ConfigDigest, bytes: Vec<u8>) {
        let text = String::from_utf8(bytes).expect("a route config that was accepted is UTF-8");
        self.save(Arc::new(Unkept {
            digest,
            route_config_data: text,
        }))
        .await;
    }

    async fn save(&self, config: Arc<Unkept>) {
        let saved = self.sources.save(&config.route_config_data).await;
        let at = unix_ms();
        let why = match saved {
            Ok(()) => {
                let mut memory = self.memory();
                (memory.kept, memory.unkept) = (Some(config.digest), None);
                drop(memory);
                let mut noted = self.board.note();
                noted.counters.saves += 1;
                noted.save.last_good_at = Some(at);
                noted.save.failure = None;
                return;
            }
            Err(NoAnswer::Failed(why)) => why,
            Err(NoAnswer::Panicked) => {
                self.board.note().count_restart("store");
                "it met an internal fault".to_owned()
            }
        };
        let mut memory = self.memory();
        (memory.kept, memory.unkept) = (None, Some(config));
        drop(memory);
        let mut noted = self.board.note();
        noted.counters.saves_failed += 1;
        let news = noted.save.failure.as_ref() != Some(&why);
        noted.save.failure = Some(why.clone());
        drop(noted);
        if news {
            let store = &self.sources.store_shown;
            tracing::warn!(
                store,
                why,
                "the route config was not kept; it serves all the same"
            );
        }
    }
}

fn log(problem: &Problem) {
    let position = problem.position();
    tracing::warn!(
        rule = problem.rule(),
        pointer = problem.pointer(),
        line = position.map(|position| position.line),
        column = position.map(|position| position.column),
        in_pattern = position.and_then(|position| position.in_pattern),
        hint = problem.hint(),
        "{}",
        problem.message()
    );
}
