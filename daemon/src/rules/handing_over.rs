//! The state that a successor must have found, and the end of all writing before it serves.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::loader::Loader;
use super::status::StatusRegistry;
use crate::api::freeze::Freeze;
use crate::hand_over::{Before, Live};

/// The decision about route configs, held: while the value lives, no config becomes live, is saved or frozen,
/// and no compile is recorded.
pub(crate) struct Held {
    loader: Arc<Loader>,
    _decision: OwnedMutexGuard<()>,
}

impl Held {
    /// Waits until no config is being decided about, and holds the decision.
    pub(super) async fn new(loader: Arc<Loader>) -> Self {
        let decision = loader.pipeline.decide_owned().await;
        loader.pipeline.checker.record(false);
        Self {
            loader,
            _decision: decision,
        }
    }

    /// Returns what is live; `None` without a table.
    pub(crate) fn before(&self) -> Option<Before> {
        let status = &self.loader.status;
        Some(Before {
            live: live(status)?,
            freeze: freeze(status),
            is_orphan: status.is_orphan(),
        })
    }

    /// Keeps the decision until the end of the process.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.loader.pipeline.checker.record(true);
    }
}

/// Returns the identity of the live route config; `None` without a table.
pub(crate) fn live(status: &StatusRegistry) -> Option<Live> {
    status.with_table(|table| {
        let table = table?;
        let provenance = table.provenance()?;
        Some(Live {
            sha256: provenance.digest,
            level: provenance.level,
            version: table.version().to_owned(),
            loaded_at: provenance.loaded_at_ms,
        })
    })
}

/// Returns the freeze in force.
pub(crate) fn freeze(status: &StatusRegistry) -> Option<Freeze> {
    status.frozen().map(|frozen| frozen.freeze.clone())
}
