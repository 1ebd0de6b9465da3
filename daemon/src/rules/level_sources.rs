//! The sources of the three levels: each call is cut off in time, and a panic is an error.

use std::future::Future;
use std::time::Duration;

use codeid_engine::InitLevel;
use thiserror::Error;
use tokio::time::timeout;

use super::preset::Preset;
use super::source::{RemoteConfig, RemoteSource, Revision, RouteStore, SourceError};
use crate::api::status::{SourceStatus, Sources};
use crate::faults;
use crate::metrics::Task;
use crate::panic::{Panicked, catch_panic};

/// The levels, from the top.
pub(super) const LEVELS: [InitLevel; 3] = [InitLevel::Remote, InitLevel::Local, InitLevel::Preset];

/// The sources that route configs are read from, and the local storage where they are saved.
pub(super) struct LevelSources {
    /// `None` if no remote source is set.
    pub(super) remote: Option<Remote>,
    /// The local storage.
    pub(super) store: Box<dyn RouteStore>,
    /// The name of the store as it may be shown.
    pub(super) store_shown: String,
    /// The source of level PRESET.
    pub(super) preset: Preset,
    /// The longest time that a call may take.
    pub(super) call_timeout: Duration,
}

/// The remote source and the URI that it is asked for.
pub(super) struct Remote {
    /// The source of level REMOTE.
    pub(super) source: Box<dyn RemoteSource>,
    /// The URI that the source is asked for; it may contain a secret.
    pub(super) uri: String,
    /// The URI as it may be shown.
    pub(super) shown: String,
}

/// The reason why a call to a source or store failed.
#[derive(Debug, Error)]
pub(crate) enum CallError {
    /// The source or store reported a failure.
    #[error(transparent)]
    Failed(#[from] SourceError),
    /// The call took longer than this, and was dropped.
    #[error("the call was cut off after {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The call panicked; the task is the one whose faults are counted.
    #[error("the call met an internal fault")]
    Panicked(Task),
}

impl LevelSources {
    /// Returns the name of the source of `level` as it may be shown.
    pub(super) fn shown(&self, level: InitLevel) -> &str {
        match level {
            InitLevel::Remote => self.remote.as_ref().map_or("none", |remote| &remote.shown),
            InitLevel::Local => &self.store_shown,
            InitLevel::Preset => self.preset.shown(),
        }
    }

    /// Returns the status of the sources before any was checked.
    pub(super) fn unchecked(&self) -> Sources {
        let unchecked = |shown: &str| SourceStatus {
            uri: shown.to_owned(),
            last_check: None,
            last_good_check_at: None,
            last_download_at: None,
            refusal: None,
        };
        let remote = self.remote.as_ref();
        Sources {
            remote: remote.map(|remote| unchecked(&remote.shown)),
            local: unchecked(&self.store_shown),
            preset: unchecked(self.preset.shown()),
        }
    }

    /// Reads the remote source; `known` is the revision of its live config.
    ///
    /// # Errors
    ///
    /// A [`CallError`] if the source fails, panics, or takes longer than the limit of its call.
    pub(super) async fn read_remote(
        &self,
        remote: &Remote,
        known: Option<&Revision>,
    ) -> Result<RemoteConfig, CallError> {
        self.call(Task::Remote, async {
            let source = &remote.source;
            let read = source.read_route_config_from_remote(&remote.uri, known);
            read.await
        })
        .await
    }

    /// Reads the local storage; `None` if nothing was saved yet.
    ///
    /// # Errors
    ///
    /// A [`CallError`] if the source fails, panics, or takes longer than the limit of its call.
    pub(super) async fn read_local(&self) -> Result<Option<Vec<u8>>, CallError> {
        self.call(Task::Store, async {
            self.store.read_route_config_from_local().await
        })
        .await
    }

    /// Saves a config to the local storage.
    ///
    /// # Errors
    ///
    /// A [`CallError`] if the source fails, panics, or takes longer than the limit of its call.
    pub(super) async fn save(&self, route_config_data: &str) -> Result<(), CallError> {
        self.call(Task::Store, async {
            let save = self.store.save_route_config_to_local(route_config_data);
            save.await
        })
        .await
    }

    /// Removes the config from the local storage; `false` if none was saved.
    ///
    /// # Errors
    ///
    /// A [`CallError`] if the source fails, panics, or takes longer than the limit of its call.
    pub(super) async fn remove_local(&self) -> Result<bool, CallError> {
        self.call(Task::Store, async {
            self.store.remove_route_config_from_local().await
        })
        .await
    }

    /// Reads the preset.
    ///
    /// # Errors
    ///
    /// A [`CallError`] if the source fails, panics, or takes longer than the limit of its call.
    pub(super) async fn read_preset(&self) -> Result<Vec<u8>, CallError> {
        self.call(Task::Preset, async {
            self.preset.read().await.map_err(SourceError::new)
        })
        .await
    }

    async fn call<T>(
        &self,
        task: Task,
        call: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, CallError> {
        let call = async {
            faults::turn(task.name());
            call.await
        };
        match catch_panic(timeout(self.call_timeout, call)).await {
            Ok(Ok(outcome)) => Ok(outcome?),
            Ok(Err(_)) => Err(CallError::TimedOut(self.call_timeout)),
            Err(Panicked) => Err(CallError::Panicked(task)),
        }
    }
}

/// Returns the name of a level's source in messages.
pub(super) const fn noun(level: InitLevel) -> &'static str {
    match level {
        InitLevel::Remote => "the remote source",
        InitLevel::Local => "the local storage",
        InitLevel::Preset => "the preset",
    }
}
