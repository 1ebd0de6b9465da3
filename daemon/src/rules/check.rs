//! Checks and compiles a route config, which changes nothing by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use codeid_engine::{CompileLimits, ConfigDigest, ConfigError, Problem, RouteConfig, RouteTable};
use thiserror::Error;

use super::compiler::{Compiler, CompilerError};
use super::journal::{Journal, MAX_DEATHS};
use super::status::StatusRegistry;
use crate::uri::shown_path;

/// Checks route configs.
pub(super) struct Checker {
    status: Arc<StatusRegistry>,
    compiler: Arc<Compiler>,
    journal: Arc<Journal>,
    limits: CompileLimits,
}

/// A route config that can become live.
pub(super) struct CompiledConfig {
    /// The compiled rules.
    pub(super) table: RouteTable,
    /// In document order; those that parsing found, and those of the lint, if one was asked for.
    pub(super) warnings: Vec<Problem>,
    /// The SHA-256 of `text`.
    pub(super) digest: ConfigDigest,
    /// The route config, as it was given.
    pub(super) text: Arc<str>,
    /// The time that parsing, checking and compiling took.
    pub(super) compile_time: Duration,
}

/// The reason why a route config cannot become live.
#[derive(Clone, Debug, Error)]
pub(crate) enum ConfigRefused {
    /// It is not a valid route config; its problems are those of the error.
    #[error(transparent)]
    Invalid(ConfigError),
    /// The process died while compiling it, too often.
    #[error(
        "the route config is set aside, since the process died {deaths} times while compiling it \
         and {MAX_DEATHS} are the limit; remove {} and start again to try it once more",
        shown_path(journal)
    )]
    SetAside {
        /// The number of times that the process died.
        deaths: u32,
        /// The file that counts them.
        journal: PathBuf,
    },
    /// The compile thread could not take it, or met a fault.
    #[error("the route config was not compiled")]
    NotCompiled(#[source] CompilerError),
}

/// A function that returns the warnings about a route config that was compiled.
pub(super) type Lint = fn(&RouteConfig, &RouteTable) -> Vec<Problem>;

/// Returns the warnings that parsing found, which costs nothing more.
pub(super) fn parse_warnings(config: &RouteConfig, _: &RouteTable) -> Vec<Problem> {
    config.warnings().to_vec()
}

impl Checker {
    /// Creates a checker that compiles on the thread of `compiler`, within `limits`, and records
    /// each compile in `journal`.
    pub(super) const fn new(
        status: Arc<StatusRegistry>,
        compiler: Arc<Compiler>,
        journal: Arc<Journal>,
        limits: CompileLimits,
    ) -> Self {
        Self {
            status,
            compiler,
            journal,
            limits,
        }
    }

    /// Returns the most bytes that a route config can have.
    pub(super) const fn max_bytes(&self) -> usize {
        self.limits.max_config_characters.saturating_mul(4)
    }

    /// Ends the recording of compiles, or begins it again.
    pub(super) fn record(&self, is_recording: bool) {
        match is_recording {
            true => self.journal.begin_to_record(),
            false => self.journal.hold(),
        }
    }

    /// Checks and compiles a route config, and collects its warnings by `lint`.
    ///
    /// # Errors
    ///
    /// [`ConfigRefused`] if the config must not become live.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, a compile that has begun still runs to its end, and its result is
    /// dropped.
    pub(super) async fn check(
        &self,
        digest: ConfigDigest,
        bytes: Vec<u8>,
        lint: Lint,
    ) -> Result<CompiledConfig, ConfigRefused> {
        if let Some(deaths) = self.journal.fatal_deaths(digest) {
            return Err(ConfigRefused::SetAside {
                deaths,
                journal: self.journal.path().to_owned(),
            });
        }
        self.status.lock().counters.compiles += 1;
        let (journal, limits) = (Arc::clone(&self.journal), self.limits);
        let compile = move || {
            let _compiling = journal.begin(digest);
            let begun = Instant::now();
            let config = RouteConfig::from_json(&bytes, &limits)?;
            let table = RouteTable::compile(&config, &limits)?;
            let compile_time = begun.elapsed();
            Ok::<_, ConfigError>(CompiledConfig {
                warnings: lint(&config, &table),
                table,
                digest,
                text: String::from_utf8(bytes)
                    .expect("a route config that was accepted is UTF-8")
                    .into(),
                compile_time,
            })
        };
        let compiled = self.compiler.run(compile).await;
        compiled
            .map_err(ConfigRefused::NotCompiled)?
            .map_err(ConfigRefused::Invalid)
    }
}

impl ConfigRefused {
    /// Returns the problems of the config with their positions, if it was parsed at all.
    pub(crate) fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid(error) => error.problems(),
            Self::SetAside { .. } | Self::NotCompiled(_) => &[],
        }
    }
}
