//! The sources of the three levels, asked one way: within a time, and whatever happens in them.

use std::future::Future;
use std::time::Duration;

use codeid_engine::InitLevel;
use tokio::time::timeout;

use super::supervisor::catching;
use crate::error_chain::ErrorChain;
use crate::files::watch::FileWatch;
use crate::rules::preset;
use crate::rules::source::{RemoteConfig, RemoteSource, Revision, RouteStore, SourceError};

/// Where route configs are read, and where they are kept.
pub(super) struct LevelSources {
    pub(super) remote: Option<Remote>,
    pub(super) store: Box<dyn RouteStore>,
    /// How the store is called where it may be seen.
    pub(super) store_shown: String,
    pub(super) preset: Preset,
    /// How long a call may take.
    pub(super) cut_off: Duration,
}

/// The remote source, and what it is asked for.
pub(super) struct Remote {
    pub(super) source: Box<dyn RemoteSource>,
    pub(super) uri: String,
    /// The URI as it may be seen.
    pub(super) shown: String,
}

/// Where the preset is.
pub(super) enum Preset {
    /// In the program.
    BuiltIn,
    /// In a file, called so where it may be seen.
    File {
        watch: Box<FileWatch>,
        shown: String,
    },
}

/// Why a source gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// It failed.
    Failed(String),
    /// It panicked.
    Panicked,
}

impl LevelSources {
    /// How the source of `level` is called where it may be seen.
    pub(super) fn shown(&self, level: InitLevel) -> String {
        match level {
            InitLevel::Remote => self
                .remote
                .as_ref()
                .map_or_else(|| "none".to_owned(), |remote| remote.shown.clone()),
            InitLevel::Local => self.store_shown.clone(),
            InitLevel::Preset => self.preset.shown(),
        }
    }

    pub(super) async fn read_remote(
        &self,
        remote: &Remote,
        known: Option<&Revision>,
    ) -> Result<RemoteConfig, NoAnswer> {
        let read = async {
            let source = &remote.source;
            let read = source.read_route_config_from_remote(&remote.uri, known);
            read.await
        };
        self.ask(read).await
    }

    /// `None`: nothing was kept yet.
    pub(super) async fn read_local(&self) -> Result<Option<Vec<u8>>, NoAnswer> {
        let read = async { self.store.read_route_config_from_local().await };
        self.ask(read).await
    }

    pub(super) async fn save(&self, route_config_data: &str) -> Result<(), NoAnswer> {
        let save = async {
            self.store
                .save_route_config_to_local(route_config_data)
                .await
        };
        self.ask(save).await
    }

    pub(super) async fn read_preset(&self) -> Result<Vec<u8>, NoAnswer> {
        match &self.preset {
            Preset::BuiltIn => Ok(preset::ROUTE_CONFIG.to_vec()),
            Preset::File { watch, .. } => {
                let read = async {
                    let read = watch.read_settled().await;
                    read.map_err(SourceError::new)
                };
                self.ask(read).await
            }
        }
    }

    async fn ask<T>(
        &self,
        answer: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, NoAnswer> {
        match catching(timeout(self.cut_off, answer)).await {
            Some(Ok(Ok(answer))) => Ok(answer),
            Some(Ok(Err(error))) => Err(NoAnswer::Failed(ErrorChain(&error).to_string())),
            Some(Err(_)) => {
                let most = self.cut_off.as_millis();
                let why = format!("it was cut off, since it took more than {most} ms");
                Err(NoAnswer::Failed(why))
            }
            None => Err(NoAnswer::Panicked),
        }
    }
}

impl Preset {
    fn shown(&self) -> String {
        match self {
            Self::BuiltIn => "built in".to_owned(),
            Self::File { shown, .. } => shown.clone(),
        }
    }
}
