//! Saves route configs to the local storage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use codeid_engine::ConfigDigest;

use super::level_sources::{CallError, LevelSources};
use super::status::StatusRegistry;
use crate::api::status::SaveStatus;
use crate::error_chain::ErrorChain;
use crate::sync::Mutex;

/// Saves route configs, and remembers which one the storage has.
pub(super) struct Saver {
    status: Arc<StatusRegistry>,
    sources: Arc<LevelSources>,
    state: Mutex<State>,
    /// `true` while another process saves, and alone may: configs stay pending.
    is_held: AtomicBool,
}

#[derive(Default)]
struct State {
    /// The config that the storage has; `None` if that is not known.
    saved: Option<ConfigDigest>,
    /// `true` if the storage is empty, because an operator had it forget its config.
    is_forgotten: bool,
    /// The live config, if saving it failed.
    pending: Option<Arc<PendingSave>>,
}

/// A live config that could not be saved yet.
pub(super) struct PendingSave {
    digest: ConfigDigest,
    route_config_data: Arc<str>,
}

impl Saver {
    /// Returns a saver to the local storage of `sources`, with nothing to save.
    pub(super) fn new(status: Arc<StatusRegistry>, sources: Arc<LevelSources>) -> Self {
        Self {
            status,
            sources,
            state: Mutex::default(),
            is_held: AtomicBool::new(false),
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

    /// Keeps configs pending until [`Self::release`].
    pub(super) fn hold(&self) {
        self.is_held.store(true, Ordering::Release);
    }

    /// Saves from now on, and at once the config that is pending.
    pub(super) async fn release(&self) {
        self.is_held.store(false, Ordering::Release);
        let pending = self.pending();
        self.retry(pending).await;
    }

    /// Returns `true` if the storage is known to have the config of this digest.
    pub(super) fn has_saved(&self, digest: ConfigDigest) -> bool {
        self.state.lock().saved == Some(digest)
    }

    /// Notes that the storage has the config of this digest.
    pub(super) fn note_saved(&self, digest: ConfigDigest) {
        let mut state = self.state.lock();
        state.saved = Some(digest);
        state.is_forgotten = false;
    }

    /// Returns `true` if the storage is empty, because an operator had it forget its config.
    pub(super) fn is_forgotten(&self) -> bool {
        self.state.lock().is_forgotten
    }

    /// Has the storage forget its config, and the pending one. Returns `false` if none was saved.
    ///
    /// # Errors
    ///
    /// [`CallError`] if it is not certain that the config was removed.
    pub(super) async fn forget(&self) -> Result<bool, CallError> {
        let removed = self.sources.remove_local().await;
        *self.state.lock() = State {
            // After an error, too, it may be gone.
            saved: None,
            is_forgotten: removed.is_ok(),
            pending: None,
        };
        if removed.is_ok() {
            self.status.lock().save = SaveStatus::default();
        }
        removed
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
        if self.is_held.load(Ordering::Acquire) {
            self.state.lock().pending = Some(config);
            return Ok(());
        }
        let saved = self.sources.save(&config.route_config_data).await;
        let Err(error) = saved else {
            let saved = Some(config.digest);
            *self.state.lock() = State {
                saved,
                is_forgotten: false,
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
            is_forgotten: false,
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
