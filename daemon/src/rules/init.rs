//! The first route table, from a freeze or from the highest source that gives one.

use std::sync::Arc;

use codeid_engine::InitLevel;
use thiserror::Error;

use super::check::{ConfigRefused, parse_warnings};
use super::compiler::CompilerError;
use super::freeze::{FreezeFile, FreezeFileError, FrozenConfig};
use super::hidden_preset::note_hidden_preset;
use super::level_sources::{LEVELS, noun};
use super::loader::Loader;
use super::outcome::{CheckResult, LoadError};
use super::publish::Origin;
use crate::error_chain::ErrorChain;
use crate::result::{ApiResult, init as results};
use crate::timestamp::milliseconds;

/// The error of a start at which no permitted source gave a valid route config. It names the last
/// of these sources, and its own source is the reason why that gave none.
#[derive(Debug, Error)]
#[error("{} {shown} gave no valid route config", noun(*.level))]
pub struct InitError {
    /// The lowest permitted level.
    level: InitLevel,
    /// The name of its source, as it may be shown.
    shown: String,
    source: LoadError,
}

/// The reason why a freeze was not restored.
#[derive(Debug, Error)]
enum NotRestored {
    /// The file of the freeze cannot be used.
    #[error(transparent)]
    File(#[from] FreezeFileError),
    /// The frozen config is not a valid route config any longer, as after a change of limits.
    #[error(transparent)]
    Refused(#[from] ConfigRefused),
    /// The frozen config was compiled, and the compile thread did not publish its table.
    #[error("the frozen route config was not published")]
    NotPublished(#[from] CompilerError),
}

impl InitError {
    /// Returns the published result for a failure of this level.
    #[must_use]
    pub const fn result(&self) -> &'static ApiResult {
        match self.level {
            InitLevel::Remote => &results::REMOTE_CONFIG_UPDATE_FAILED,
            InitLevel::Local => &results::STORAGE_CONFIG_LOAD_FAILED,
            InitLevel::Preset => &results::INIT_CONFIG_IS_INVALID,
        }
    }
}

/// Makes the first table live: that of a freeze, or else that of the first source, from the top
/// down to the level `lowest`, that gives a valid config. Logs the result.
///
/// # Errors
///
/// [`InitError`] if none does. A freeze that cannot be restored is logged, and then ignored.
pub(super) async fn init(
    loader: &Loader,
    freeze_file: &FreezeFile,
    lowest: InitLevel,
) -> Result<(), InitError> {
    let outcome = try_init(loader, freeze_file, lowest).await;
    let result = match &outcome {
        Ok(()) => &results::SUCCESS,
        Err(error) => error.result(),
    };
    let ApiResult {
        code,
        status,
        message: text,
    } = result;
    match &outcome {
        Ok(()) => tracing::info!(code, status, text, "init succeeded"),
        Err(_) => tracing::warn!(code, status, text, "init failed"),
    }
    loader.status.lock().init_result = Some(result);
    outcome
}

async fn try_init(
    loader: &Loader,
    freeze_file: &FreezeFile,
    lowest: InitLevel,
) -> Result<(), InitError> {
    match restore(loader, freeze_file).await {
        Ok(true) => {
            note_hidden_preset(&loader.pipeline, lowest).await;
            return Ok(());
        }
        Ok(false) => {}
        Err(error) => tracing::error!(
            why = %ErrorChain(&error),
            "cannot restore the freeze of an operator; the sources are asked instead"
        ),
    }
    for level in LEVELS {
        let result = loader.check_source(level).await;
        loader.status.lock().init.push(result.document());
        let shown = loader.sources.shown(level);
        log(shown, &result);
        match result.outcome {
            Ok(_) => {
                note_hidden_preset(&loader.pipeline, lowest).await;
                return Ok(());
            }
            Err(source) if level == lowest => {
                return Err(InitError {
                    level,
                    shown: shown.to_owned(),
                    source,
                });
            }
            Err(_) => {}
        }
    }
    unreachable!("the lowest level is one of all levels")
}

/// Makes the config live that was frozen when the daemon stopped. Returns `false` if no config was.
async fn restore(loader: &Loader, freeze_file: &FreezeFile) -> Result<bool, NotRestored> {
    let Some(frozen) = freeze_file.read()? else {
        return Ok(false);
    };
    let FrozenConfig { freeze, text, .. } = &frozen;
    let origin = Origin {
        level: frozen.level,
        shown: frozen.uri.clone(),
        by: Some(freeze.by.clone()),
        is_orphan: frozen.is_orphan,
    };
    let text = text.as_bytes().to_vec();
    let checker = &loader.pipeline.checker;
    let config = checker.check(freeze.sha256, text, parse_warnings).await?;
    loader.pipeline.publisher.publish(config, origin).await?;
    tracing::warn!(
        by = freeze.by,
        since_ms = freeze.since,
        sha256 = %freeze.sha256,
        "the live route config is frozen; no source is asked until an operator thaws it"
    );
    loader.status.set_frozen(Some(Arc::new(frozen)));
    Ok(true)
}

fn log(source: &str, result: &CheckResult) {
    let (level, took_ms) = (result.level, milliseconds(result.took));
    let (outcome, why) = (result.word(), result.why());
    match &result.outcome {
        // A config that is live already came from a source above, and counts as activated.
        Ok(_) => {
            tracing::info!(%level, source, outcome = "activated", took_ms, "first route config");
        }
        Err(LoadError::NoRemote | LoadError::NothingSaved) => {
            tracing::info!(%level, source, %outcome, took_ms, why, "first route config");
        }
        Err(_) => tracing::warn!(%level, source, %outcome, took_ms, why, "first route config"),
    }
}
