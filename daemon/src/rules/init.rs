//! The first route table: from the highest source that gives one.

use std::sync::Arc;

use codeid_engine::InitLevel;
use thiserror::Error;

use super::loader::{Found, Loader, Miss};
use super::offer::{Origin, warned};
use super::reloading::source_check;
use crate::timestamp::milliseconds;

/// The levels, from the top.
pub(super) const CHAIN: [InitLevel; 3] = [InitLevel::Remote, InitLevel::Local, InitLevel::Preset];

/// No permitted source gave a route config. Tells of the last one that was permitted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}: {why}", name(*.level, .source_shown))]
pub struct InitError {
    level: InitLevel,
    source_shown: String,
    why: String,
}

impl InitError {
    /// The result code of the level.
    #[must_use]
    pub const fn result_code(&self) -> &'static str {
        match self.level {
            InitLevel::Remote => "REMOTE_CONFIG_UPDATE_FAILED",
            InitLevel::Local => "STORAGE_CONFIG_LOAD_FAILED",
            InitLevel::Preset => "INIT_CONFIG_IS_INVALID",
        }
    }
}

/// Has what an operator holds serve, if there is such a thing. Otherwise tries the sources from the
/// top, down to that of level `lowest`, until one gives a table.
///
/// # Errors
///
/// [`InitError`] if none does.
pub(super) async fn init(loader: &Loader, lowest: InitLevel) -> Result<(), InitError> {
    if serve_held(loader).await {
        return Ok(());
    }
    for level in CHAIN {
        let look = loader.look(level).await;
        let report = source_check(level, &look);
        loader.board.note().init.push(report);
        let source = loader.sources.shown(level);
        let took_ms = milliseconds(look.took);
        match look.outcome {
            Ok(Found::Activated | Found::Unchanged) => {
                tracing::info!(%level, source, outcome = "activated", took_ms, "first route config");
                return Ok(());
            }
            Err(miss) => {
                let (outcome, why) = (miss.outcome(), miss.why());
                match &miss {
                    Miss::Absent(_) => {
                        tracing::info!(%level, source, %outcome, took_ms, why, "first route config");
                    }
                    _ => {
                        tracing::warn!(%level, source, %outcome, took_ms, why, "first route config")
                    }
                }
                if level == lowest {
                    return Err(InitError {
                        level,
                        source_shown: source,
                        why: why.to_owned(),
                    });
                }
            }
        }
    }
    unreachable!("the lowest level is one of the chain")
}

/// Tells whether what an operator held when the daemon stopped serves again.
async fn serve_held(loader: &Loader) -> bool {
    let held = match loader.hold_file.read() {
        Ok(None) => return false,
        Ok(Some(held)) => held,
        Err(why) => {
            tracing::error!(
                why,
                "the hold of an operator cannot be read and is passed over"
            );
            return false;
        }
    };
    let digest = held.hold.sha256;
    let origin = Origin {
        level: held.level,
        shown: held.uri.clone(),
        by: Some(held.hold.by.clone()),
    };
    let text = held.text.as_bytes().to_vec();
    let served = match loader.make(digest, text, warned).await {
        Ok(fit) => match loader.activate(fit, origin).await {
            Ok(_) => Ok(()),
            Err(_) => Err("publishing it met an internal fault".to_owned()),
        },
        Err(unfit) => Err(unfit.why),
    };
    match served {
        Ok(()) => {
            tracing::warn!(
                by = held.hold.by,
                since_ms = held.hold.since,
                sha256 = %digest,
                "an operator holds what serves: no source is asked until it is thawed"
            );
            loader.board.set_held(Some(Arc::new(held)));
            true
        }
        Err(why) => {
            tracing::error!(
                why,
                sha256 = %digest,
                "what an operator held cannot serve; the hold is passed over"
            );
            false
        }
    }
}

fn name(level: InitLevel, source: &str) -> String {
    let name = match level {
        InitLevel::Remote => "the remote source",
        InitLevel::Local => "the local storage",
        InitLevel::Preset => "the preset",
    };
    format!("{name} {source}")
}
