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
    ConfigDigest, ConfigError, Generation, InitLevel, Problem, Provenance, RouteConfig, RouteTable,
};

use super::compiler::Died;
use super::history::Entry;
use super::journal::MAX_DEATHS;
use super::loader::{Found, Loader, Miss, Unkept};
use super::sources::NoAnswer;
use crate::api::problem;
use crate::api::status::RefusedConfig;
use crate::timestamp::now_ms;

/// Why a source is not looked at, or what it gave is dropped.
pub(super) const HELD: &str = "an operator holds what serves";

/// How many problems of a config are logged; the rest is counted.
const MAX_LOGGED_PROBLEMS: usize = 1000;

/// How many problems of a config the status shows.
const MAX_SHOWN_PROBLEMS: usize = 20;

/// Tells what is questionable about a route config that was compiled.
pub(super) type Warn = fn(&RouteConfig, &RouteTable) -> Vec<Problem>;

/// What reading it found, which costs nothing more.
pub(super) fn warned(config: &RouteConfig, _: &RouteTable) -> Vec<Problem> {
    config.warnings().to_vec()
}

/// A route config that is fit to serve.
pub(super) struct Fit {
    pub(super) table: RouteTable,
    pub(super) warnings: Vec<Problem>,
    pub(super) digest: ConfigDigest,
    pub(super) text: Arc<str>,
    /// How long reading, checking and compiling took.
    pub(super) time: Duration,
}

/// Why a route config is not.
pub(super) struct Unfit {
    pub(super) why: String,
    pub(super) problems: Vec<Problem>,
}

/// Where a route config came from.
pub(super) struct Origin {
    pub(super) level: InitLevel,
    /// As it may be shown.
    pub(super) shown: String,
    /// The operator that put it there; `None`: it came by itself.
    pub(super) by: Option<String>,
}

impl Loader {
    /// Considers what the source of `level` gave, unless an operator holds what serves.
    pub(super) async fn offer(&self, level: InitLevel, bytes: Vec<u8>) -> Result<Found, Miss> {
        let _turn = self.turn.lock().await;
        if self.board.is_held() {
            return Err(Miss::Absent(HELD));
        }
        self.require_room(&bytes).map_err(Miss::Failed)?;
        let digest = ConfigDigest::new(&bytes);
        if self.serving() == Some(digest) {
            self.confirm(level, digest, bytes).await;
            return Ok(Found::Unchanged);
        }
        if let Some(why) = self.refused_before(level, digest) {
            return Err(Miss::Refused(why));
        }
        let fit = match self.make(digest, bytes, warned).await {
            Ok(fit) => fit,
            Err(unfit) => return Err(self.refuse(level, digest, unfit)),
        };
        if level == InitLevel::Remote && self.memory().kept != Some(digest) {
            self.keep(digest, Arc::clone(&fit.text)).await;
        }
        let origin = Origin {
            level,
            shown: self.sources.shown(level),
            by: None,
        };
        self.activate(fit, origin)
            .await
            .map_err(|Died| Miss::Failed("publishing it met an internal fault".to_owned()))?;
        self.forgive(level);
        if level == InitLevel::Remote {
            self.board.staleness.confirm();
        }
        Ok(Found::Activated)
    }

    /// Whether a route config of so many bytes can be looked at.
    ///
    /// # Errors
    ///
    /// Why not, for people.
    pub(super) fn require_room(&self, bytes: &[u8]) -> Result<(), String> {
        let most = self.limits.max_config_characters.saturating_mul(4);
        if bytes.len() <= most {
            return Ok(());
        }
        let given = bytes.len();
        Err(format!(
            "it gave {given} bytes, a route config has {most} at most"
        ))
    }

    /// Checks and compiles a route config. `warn` tells what is questionable about it.
    ///
    /// # Errors
    ///
    /// [`Unfit`] if it must not serve.
    pub(super) async fn make(
        &self,
        digest: ConfigDigest,
        bytes: Vec<u8>,
        warn: Warn,
    ) -> Result<Fit, Unfit> {
        if let Some(deaths) = self.journal.set_aside(digest) {
            let journal = self.journal.path().display();
            return Err(Unfit::because(format!(
                "it is set aside: the process died {deaths} times while compiling it, {MAX_DEATHS} \
                 are allowed; remove {journal} and start again to try it once more"
            )));
        }
        self.board.note().counters.compiles += 1;
        let (journal, limits) = (Arc::clone(&self.journal), self.limits);
        let compile = move || {
            let _compiling = journal.begin(digest);
            let begun = Instant::now();
            let config = RouteConfig::from_json(&bytes, &limits)?;
            let table = RouteTable::compile(&config, &limits)?;
            let time = begun.elapsed();
            Ok::<_, ConfigError>(Fit {
                warnings: warn(&config, &table),
                table,
                digest,
                text: String::from_utf8(bytes)
                    .expect("a route config that was accepted is UTF-8")
                    .into(),
                time,
            })
        };
        match self.compiler.run(compile).await {
            Ok(compiled) => Ok(compiled?),
            Err(Died) => Err(Unfit::because(
                "compiling it met an internal fault".to_owned(),
            )),
        }
    }

    /// Has a table serve, and remembers it.
    ///
    /// # Errors
    ///
    /// [`Died`] if the thread that publishes met a fault.
    pub(super) async fn activate(&self, fit: Fit, origin: Origin) -> Result<Generation, Died> {
        let Fit { table, digest, .. } = fit;
        let Origin { level, shown, by } = origin;
        let mut provenance = Provenance::new(level, shown, digest);
        provenance.loaded_at_ms = now_ms();
        provenance.compile_time = fit.time;
        table.set_provenance(provenance.clone());
        let (version, rule_count) = (table.version().to_owned(), table.rule_count());
        let memory_bytes = table.memory_usage();
        let generation = self.compiler.publish(table).await?;
        tracing::info!(
            %generation,
            version,
            rules = rule_count,
            warnings = fit.warnings.len(),
            %level,
            source = provenance.uri,
            sha256 = %digest,
            compile_us = u64::try_from(fit.time.as_micros()).unwrap_or(u64::MAX),
            memory_bytes,
            by,
            "route config activated"
        );
        self.board.history.add(Entry {
            generation,
            version,
            rule_count,
            memory_bytes,
            provenance,
            by,
            text: fit.text,
        });
        self.has_risen(level);
        Ok(generation)
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

    /// What serves.
    pub(super) fn serving(&self) -> Option<ConfigDigest> {
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
                let text = String::from_utf8(bytes).expect("what serves is UTF-8");
                self.keep(digest, text.into()).await;
            }
        }
    }

    fn refused_before(&self, level: InitLevel, digest: ConfigDigest) -> Option<String> {
        let mut memory = self.memory();
        let mut refused = memory.refused.values();
        let why = refused.find(|(refused, _)| *refused == digest)?.1.clone();
        memory.refused.insert(level, (digest, why.clone()));
        Some(why)
    }

    /// Remembers that a config is refused, and says why, once.
    fn refuse(&self, level: InitLevel, digest: ConfigDigest, unfit: Unfit) -> Miss {
        let Unfit { why, problems } = unfit;
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
            source.refusal = Some(RefusedConfig {
                sha256: digest,
                at: now_ms(),
                problem_count: problems.len(),
                problems: problems
                    .iter()
                    .take(MAX_SHOWN_PROBLEMS)
                    .map(problem::Problem::from)
                    .collect(),
            });
        }
        Miss::Refused(why)
    }

    /// Keeps a config in the local storage; gives why that failed.
    pub(super) async fn keep(&self, digest: ConfigDigest, text: Arc<str>) -> Option<String> {
        let config = Unkept {
            digest,
            route_config_data: text,
        };
        self.save(Arc::new(config)).await
    }

    async fn save(&self, config: Arc<Unkept>) -> Option<String> {
        let saved = self.sources.save(&config.route_config_data).await;
        let at = now_ms();
        let why = match saved {
            Ok(()) => {
                let mut memory = self.memory();
                (memory.kept, memory.unkept) = (Some(config.digest), None);
                drop(memory);
                let mut noted = self.board.note();
                noted.counters.saves += 1;
                noted.save.last_good_at = Some(at);
                noted.save.failure = None;
                return None;
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
        Some(why)
    }
}

impl Unfit {
    const fn because(why: String) -> Self {
        let problems = Vec::new();
        Self { why, problems }
    }
}

impl From<ConfigError> for Unfit {
    fn from(error: ConfigError) -> Self {
        Self {
            why: error.to_string(),
            problems: error.problems().to_vec(),
        }
    }
}

fn log(problem: &Problem) {
    let position = problem.position();
    tracing::warn!(
        code = problem.code().as_str(),
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
