//! Saves route configs to the local storage.

use std::sync::Arc;

use codeid_engine::ConfigDigest;

use super::level_sources::{CallError, LevelSources};
use super::status::StatusRegistry;
use crate::error_chain::ErrorChain;
use crate::sync::Mutex;

/// Saves route configs, and remembers which one the storage has.
pub(super) struct Saver {
    status: Arc<StatusRegistry>,
    sources: Arc<LevelSources>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The config that the storage has; `None` if that is not known.
    saved: Option<ConfigDigest>,
    /// The live config, if saving it failed.
    pending: Option<Arc<PendingSave>>,
}

/// A live config that could not be saved yet.
pub(super) struct PendingSave {
    digest: ConfigDigest,
    route_config_data: Arc<str>,
}

impl Saver {
    pub(super) fn new(status: Arc<StatusRegistry>, sources: Arc<LevelSources>) -> Self {
        Self {
            status,
            sources,
            state: Mutex::default(),
        }
    }

    /// Saves a config. If that fails, the config is pending until it or a later one is saved.
    ///
    /// # Errors
    ///
    /// [`CallError`], which the status and the log have as well.
    pub(super) async fn save(&self, digest: ConfigDigest, text: Arc<str>) -> Result<(), CallError> {
        let config = PendingSave {
            digest,
            route_config_data: text,
        };
        self.try_save(Arc::new(config)).await
    }

    /// Returns `true` if the storage is known to have the config of this digest.
    pub(super) fn has_saved(&self, digest: ConfigDigest) -> bool {
        self.state.lock().saved == Some(digest)
    }

    /// Notes that the storage has the config of this digest.
    pub(super) fn note_saved(&self, digest: ConfigDigest) {
        self.state.lock().saved = Some(digest);
    }

    /// Returns the config whose saving failed.
    pub(super) fn pending(&self) -> Option<Arc<PendingSave>> {
        self.state.lock().pending.clone()
    }

    /// Forgets the pending config, which is not live any more.
    pub(super) fn forget_pending(&self) {
        self.state.lock().pending = None;
    }

    /// Saves `before`, the config that was pending before a pull, once more. If the pull has saved
    /// or tried another config meanwhile, this does nothing.
    pub(super) async fn retry(&self, before: Option<Arc<PendingSave>>) {
        let Some(before) = before else { return };
        if (self.pending()).is_some_and(|pending| Arc::ptr_eq(&pending, &before)) {
            // A failure is in the status already.
            let _ = self.try_save(before).await;
        }
    }

    async fn try_save(&self, config: Arc<PendingSave>) -> Result<(), CallError> {
        let saved = self.sources.save(&config.route_config_data).await;
        let Err(error) = saved else {
            let saved = Some(config.digest);
            *self.state.lock() = State {
                saved,
                pending: None,
            };
            let mut status = self.status.lock();
            status.counters.saves += 1;
            status.save.last_good_at = Some(self.status.now_ms());
            status.save.failure = None;
            return Ok(());
        };
        if let CallError::Panicked(task) = error {
            self.status.count_restart(task);
        }
        *self.state.lock() = State {
            saved: None,
            pending: Some(config),
        };
        let failure = ErrorChain(&error).to_string();
        let mut status = self.status.lock();
        status.counters.saves_failed += 1;
        let is_news = status.save.failure.as_ref() != Some(&failure);
        status.save.failure = Some(failure.clone());
        drop(status);
        if is_news {
            tracing::warn!(
                store = self.sources.store_shown,
                why = failure,
                "cannot save the route config; it becomes live, and the next pull tries again"
            );
        }
        Err(error)
    }
}
