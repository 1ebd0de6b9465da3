//! The freeze of an operator: the live config stays live, whatever the sources give, until it is
//! thawed.
//!
//! A file holds the freeze together with the frozen route config, so that a restart makes that
//! config live again instead of asking the sources. The file is written before the config becomes
//! live, and removed before the sources are asked again: a crash in between leaves a whole freeze
//! or none.
//!
//! Source: SPEC.md, section 3.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use codeid_engine::{ConfigDigest, InitLevel, ParseLevelError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::task::spawn_blocking;

use crate::api::freeze::{Freeze, FreezeAction};
use crate::files::durable_file::{self, ReplaceError};
use crate::regular_file::{self, ReadError};
use crate::uri::shown_path;

/// The most bytes of the file beside the route config: the URI of the source has at most 4096
/// characters, the reason 200, and the rest are names.
const MAX_FRAME_BYTES: usize = 8192;

/// The most bytes that one character of the route config takes in the file, as in `\u0000`.
const MAX_ESCAPED_BYTES: usize = 6;

/// The most characters of an unknown level that an error shows: anyone may have edited the file.
const MAX_SHOWN_CHARACTERS: usize = 32;

/// A frozen route config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FrozenConfig {
    /// The operator who froze the config, with the time and the reason.
    pub(super) freeze: Freeze,
    /// The level of the source that the config came from.
    pub(super) level: InitLevel,
    /// The name of its source, as it may be shown.
    pub(super) uri: String,
    /// `true` if no source gives the config.
    pub(super) is_orphan: bool,
    /// The route config.
    pub(super) text: Arc<str>,
}

/// The file of the freeze.
#[derive(Clone, Debug)]
pub(super) struct FreezeFile {
    path: PathBuf,
    max_bytes: usize,
}

/// The reason why the file cannot be read, written or removed.
#[derive(Debug, Error)]
pub(crate) enum FreezeFileError {
    /// The file is there and cannot be read, or is longer than a freeze can be.
    #[error("cannot read {}", shown_path(path))]
    Unreadable { path: PathBuf, source: ReadError },
    /// The file is not JSON, or not of the form that this version writes.
    #[error("{} is not the file of a freeze", shown_path(path))]
    Malformed {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// The route config in the file was edited by hand, or the file was damaged.
    #[error(
        "{} was changed: its route config does not have the SHA-256 beside it",
        shown_path(path)
    )]
    WrongDigest { path: PathBuf },
    /// The file names a level that this version does not have.
    #[error("the level {level:?} in {} is unknown", shown_path(path))]
    UnknownLevel {
        /// The beginning of the level.
        level: String,
        path: PathBuf,
        source: ParseLevelError,
    },
    /// The freeze cannot be written as JSON.
    #[error("cannot write the freeze as JSON")]
    NotSerialized(#[source] serde_json::Error),
    /// The file was not written or removed.
    #[error(transparent)]
    NotReplaced(#[from] ReplaceError),
    /// The thread that wrote or removed the file met an internal fault.
    #[error("writing or removing the file of the freeze met an internal fault")]
    Panicked,
}

/// The content of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Content {
    since: u64,
    by: String,
    action: FreezeAction,
    reason: Option<String>,
    level: String,
    uri: String,
    /// Files of earlier versions call it `isOperators`.
    #[serde(default, alias = "isOperators")]
    is_orphan: bool,
    /// The digest of the route config; absent from a file of an earlier version.
    #[serde(default)]
    sha256: Option<ConfigDigest>,
    route_config_data: String,
}

impl FreezeFileError {
    /// Returns `true` if the file was changed all the same, and only a loss of power may undo that.
    pub(super) const fn has_changed(&self) -> bool {
        match self {
            Self::NotReplaced(error) => error.is_replaced(),
            _ => false,
        }
    }
}

impl FreezeFile {
    /// Returns the file at `path`, for route configs of up to `max_characters`. Nothing is read
    /// yet.
    pub(super) fn new(path: &Path, max_characters: usize) -> Self {
        Self {
            path: path.to_owned(),
            max_bytes: max_characters
                .saturating_mul(MAX_ESCAPED_BYTES)
                .saturating_add(MAX_FRAME_BYTES),
        }
    }

    /// Reads the file; `None` if it does not exist. Blocks.
    ///
    /// # Errors
    ///
    /// [`FreezeFileError`] if the file cannot be read, is longer than a freeze can be, does not have the
    /// form of a freeze, or was changed.
    pub(super) fn read(&self) -> Result<Option<FrozenConfig>, FreezeFileError> {
        let path = || self.path.clone();
        let file = match regular_file::read(&self.path, self.max_bytes) {
            Ok(file) => file,
            Err(ReadError::Absent) => return Ok(None),
            Err(source) => {
                let path = path();
                return Err(FreezeFileError::Unreadable { path, source });
            }
        };
        let content: Content =
            serde_json::from_slice(&file.bytes).map_err(|source| FreezeFileError::Malformed {
                path: path(),
                source,
            })?;
        let sha256 = ConfigDigest::new(content.route_config_data.as_bytes());
        if content.sha256.is_some_and(|written| written != sha256) {
            return Err(FreezeFileError::WrongDigest { path: path() });
        }
        let level = content.level.parse();
        Ok(Some(FrozenConfig {
            level: level.map_err(|source| FreezeFileError::UnknownLevel {
                level: content.level.chars().take(MAX_SHOWN_CHARACTERS).collect(),
                path: path(),
                source,
            })?,
            uri: content.uri,
            is_orphan: content.is_orphan,
            freeze: Freeze {
                since: content.since,
                by: content.by,
                action: content.action,
                sha256,
                reason: content.reason,
            },
            text: content.route_config_data.into(),
        }))
    }

    /// Writes a freeze in place of the one before.
    ///
    /// # Errors
    ///
    /// [`FreezeFileError`]. The freeze before is still there, unless [`FreezeFileError::has_changed`].
    pub(super) async fn write(&self, frozen: &FrozenConfig) -> Result<(), FreezeFileError> {
        let freeze = &frozen.freeze;
        let content = Content {
            since: freeze.since,
            by: freeze.by.clone(),
            action: freeze.action,
            reason: freeze.reason.clone(),
            level: frozen.level.name().to_owned(),
            uri: frozen.uri.clone(),
            is_orphan: frozen.is_orphan,
            sha256: Some(freeze.sha256),
            route_config_data: frozen.text.as_ref().to_owned(),
        };
        let path = self.path.clone();
        on_disk(move || {
            let bytes = serde_json::to_vec(&content).map_err(FreezeFileError::NotSerialized)?;
            Ok(durable_file::replace(&path, &bytes)?)
        })
        .await
    }

    /// Removes the file, if it exists.
    ///
    /// # Errors
    ///
    /// [`FreezeFileError`]. The freeze is still there, unless [`FreezeFileError::has_changed`].
    pub(super) async fn remove(&self) -> Result<(), FreezeFileError> {
        let path = self.path.clone();
        on_disk(move || {
            durable_file::remove(&path)?;
            Ok(())
        })
        .await
    }

    /// Writes a freeze again, or removes the file if there was none.
    ///
    /// # Errors
    ///
    /// [`FreezeFileError`] if the file is not as it was.
    pub(super) async fn put_back(
        &self,
        before: Option<&FrozenConfig>,
    ) -> Result<(), FreezeFileError> {
        let put_back = match before {
            Some(frozen) => self.write(frozen).await,
            None => self.remove().await,
        };
        match put_back {
            // The file is as before, and only a loss of power may undo that: this is not a failure.
            Err(error) if error.has_changed() => Ok(()),
            outcome => outcome,
        }
    }
}

async fn on_disk(
    work: impl FnOnce() -> Result<(), FreezeFileError> + Send + 'static,
) -> Result<(), FreezeFileError> {
    let done = spawn_blocking(work).await;
    done.unwrap_or(Err(FreezeFileError::Panicked))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::error_chain::ErrorChain;

    fn frozen(text: &str) -> FrozenConfig {
        FrozenConfig {
            freeze: Freeze {
                since: 1,
                by: "uid 1000".to_owned(),
                action: FreezeAction::Rollback,
                sha256: ConfigDigest::new(text.as_bytes()),
                reason: Some("INC-7".to_owned()),
            },
            level: InitLevel::Remote,
            uri: "https://routes.example/".to_owned(),
            is_orphan: false,
            text: text.into(),
        }
    }

    #[tokio::test]
    async fn a_freeze_is_read_as_it_was_written_until_it_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let file = FreezeFile::new(&directory.path().join("data/freeze.json"), 10);
        assert_eq!(file.read().unwrap(), None);
        file.remove().await.unwrap();
        for text in ["\u{0}\"ü😀\\\n", "{}"] {
            file.write(&frozen(text)).await.unwrap();
            assert_eq!(file.read().unwrap(), Some(frozen(text)));
        }
        file.remove().await.unwrap();
        assert_eq!(file.read().unwrap(), None);
    }

    #[tokio::test]
    async fn a_file_whose_config_was_changed_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("freeze.json");
        let file = FreezeFile::new(&path, 10);
        file.write(&frozen("{}")).await.unwrap();
        let written = fs::read_to_string(&path).unwrap();
        fs::write(&path, written.replace(r#""{}""#, r#""[]""#)).unwrap();
        let refused = file.read().unwrap_err();
        assert!(matches!(refused, FreezeFileError::WrongDigest { .. }));
        // A file of an earlier version has no digest.
        let digest = format!(r#""sha256":"{}","#, ConfigDigest::new(b"{}"));
        fs::write(&path, written.replace(&digest, "")).unwrap();
        assert_eq!(file.read().unwrap(), Some(frozen("{}")));
    }

    #[tokio::test]
    async fn an_error_names_the_path_and_the_cause() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("freeze.json");
        let file = FreezeFile::new(&path, 10);
        let frozen_at = r#"{"since":1,"by":"x","action":"freeze","reason":null,"level":"UP","uri":"",
            "routeConfigData":""}"#;
        let action = r#"{"since":1,"by":"x","action":"nap"}"#;
        for text in ["", "{}", "[1]", action, frozen_at] {
            fs::write(&path, text).unwrap();
            let error = file.read().unwrap_err().to_string();
            assert!(error.contains(path.to_str().unwrap()), "{text}: {error}");
        }
        let long = "UP".repeat(100);
        for (level, shown) in [("UP", "UP"), (&*long, &long[..32])] {
            let text = frozen_at.replace("UP", level);
            fs::write(&path, text).unwrap();
            let error = file.read().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("the level \"{shown}\" in ")),
                "{error}"
            );
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        for error in [
            file.read().unwrap_err(),
            file.write(&frozen("{}")).await.unwrap_err(),
        ] {
            let error = ErrorChain(&error).to_string();
            assert!(error.contains("it is a directory"), "{error}");
        }
        assert!(file.remove().await.is_err());
    }
}
