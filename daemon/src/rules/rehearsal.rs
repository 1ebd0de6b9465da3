//! The route configs that a start would use, read and compiled by the steps of the start, without a live
//! table: nothing is saved, published or recorded.

use std::io;
use std::sync::Arc;

use codeid_engine::{ConfigDigest, InitLevel, LiveTable, Problem};

use super::check::{Checker, ConfigRefused, parse_warnings};
use super::compiler::Compiler;
use super::control;
use super::freeze::FrozenConfig;
use super::journal::Journal;
use super::level_sources::{LEVELS, LevelSources, noun};
use super::outcome::LoadError;
use super::source::{RemoteConfig, RouteSources};
use super::status::StatusRegistry;
use crate::clock::Clock;
use crate::count::counted;
use crate::error_chain::ErrorChain;
use crate::settings::Settings;
use crate::uri;

/// The state of one source of the first route table.
pub(crate) struct RehearsedSource {
    /// The source, such as `the preset built in`.
    pub(crate) source: String,
    /// The outcome of reading and compiling its config.
    pub(crate) outcome: Rehearsed,
}

/// The outcome of reading a source, and of compiling its config.
pub(crate) enum Rehearsed {
    /// The config can become live. The text describes it.
    Good(String),
    /// The source has no config, and need not have one; the text says why.
    Absent(String),
    /// The source is on the network, and was not asked.
    NotAsked,
    /// The source gave no config; the text says why.
    Failed(String),
    /// The config is refused.
    Refused(RefusedText),
}

/// A route config that is refused.
pub(crate) struct RefusedText {
    /// The reason in one line.
    pub(crate) why: String,
    /// The bytes that the source gave.
    pub(crate) document: Vec<u8>,
    /// The problems of the config; none if it was not compiled.
    pub(crate) problems: Vec<Problem>,
}

/// Reads the frozen config and the sources from the top down to the lowest level that a start may use, and
/// compiles each config. Sources on the network are not asked.
///
/// # Errors
///
/// The error of the system if it cannot start the thread that compiles.
pub(crate) async fn rehearse(
    settings: &Settings,
    sources: RouteSources,
    clock: &Clock,
) -> io::Result<Vec<RehearsedSource>> {
    let sources = Arc::new(control::level_sources(settings, sources));
    let checker = checker(settings, &sources, clock)?;
    let mut rehearsed = Vec::new();
    if let Some(outcome) = frozen(settings, &checker).await {
        rehearsed.push(RehearsedSource {
            source: "the file of reload.freeze-path".to_owned(),
            outcome,
        });
    }
    let lowest = settings.route.init_level;
    for level in LEVELS.into_iter().filter(|level| *level >= lowest) {
        let outcome = if is_remote(settings, level) {
            Rehearsed::NotAsked
        } else {
            match read(&sources, level).await {
                Ok(bytes) => compile(&checker, bytes).await,
                Err(error @ (LoadError::NoRemote | LoadError::NothingSaved)) => {
                    Rehearsed::Absent(error.to_string())
                }
                Err(error) => Rehearsed::Failed(ErrorChain(&error).to_string()),
            }
        };
        rehearsed.push(RehearsedSource {
            source: format!("{} {}", noun(level), sources.shown(level)),
            outcome,
        });
    }
    Ok(rehearsed)
}

/// Returns the part that compiles, with a journal that knows the deaths of earlier processes and records
/// nothing: a daemon that runs may be using the file.
fn checker(settings: &Settings, sources: &LevelSources, clock: &Clock) -> io::Result<Checker> {
    let staleness = control::staleness(settings, false);
    let live = Arc::new(LiveTable::new());
    let status = StatusRegistry::new(live, staleness, sources.unchecked(), clock.clone());
    let status = Arc::new(status);
    let journal = Journal::open(&settings.reload.journal_path);
    journal.close();
    let compiler = Arc::new(Compiler::start(Arc::clone(&status))?);
    Ok(Checker::new(
        status,
        compiler,
        Arc::new(journal),
        settings.compile,
    ))
}

/// Returns what a start would make of the freeze; `None` if no config is frozen.
async fn frozen(settings: &Settings, checker: &Checker) -> Option<Rehearsed> {
    match control::freeze_file(settings).read() {
        Ok(frozen) => {
            let FrozenConfig { text, .. } = frozen?;
            Some(compile(checker, text.as_bytes().to_vec()).await)
        }
        Err(error) => Some(Rehearsed::Failed(ErrorChain(&error).to_string())),
    }
}

/// Returns `true` if the source of this level is reached over the network.
fn is_remote(settings: &Settings, level: InitLevel) -> bool {
    let route = &settings.route;
    match level {
        InitLevel::Remote => {
            let url = route.pull_url.as_ref();
            url.is_some_and(|url| uri::scheme(url.as_str()).as_deref() != Some("file"))
        }
        InitLevel::Local => uri::scheme(route.save_path.as_str()).is_some(),
        InitLevel::Preset => false,
    }
}

/// Reads the config of a level, as the start does.
async fn read(sources: &LevelSources, level: InitLevel) -> Result<Vec<u8>, LoadError> {
    match level {
        InitLevel::Remote => {
            let remote = sources.remote.as_ref().ok_or(LoadError::NoRemote)?;
            match sources.read_remote(remote, None).await? {
                RemoteConfig::Config {
                    route_config_data, ..
                } => Ok(route_config_data),
                RemoteConfig::Unchanged => Err(LoadError::NotConditional),
            }
        }
        InitLevel::Local => sources.read_local().await?.ok_or(LoadError::NothingSaved),
        InitLevel::Preset => Ok(sources.read_preset().await?),
    }
}

async fn compile(checker: &Checker, bytes: Vec<u8>) -> Rehearsed {
    let document = bytes.clone();
    let checked = checker.check(ConfigDigest::new(&bytes), bytes, parse_warnings);
    match checked.await {
        Ok(config) => Rehearsed::Good(format!(
            "version {}, {}, {}",
            config.table.version(),
            counted(config.table.rule_count(), "rule"),
            counted(config.warnings.len(), "warning"),
        )),
        Err(refused) => Rehearsed::Refused(RefusedText {
            why: match &refused {
                ConfigRefused::Invalid(_) => counted(refused.problems().len(), "problem"),
                other => ErrorChain(other).to_string(),
            },
            problems: refused.problems().to_vec(),
            document,
        }),
    }
}
