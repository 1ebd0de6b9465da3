//! An operator's hold: what serves stays, whatever the sources give, until the hold is lifted.
//!
//! It is kept in a file together with the route config it holds, so that a restart serves that
//! config again instead of asking the sources. The file is there before the config serves, and is
//! gone before the sources are asked again: a crash in between leaves the hold, never a half of it.
//!
//! Source: SPEC.md, section 3.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use codeid_engine::{ConfigDigest, InitLevel};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use crate::api::freeze::{Freeze, FreezeAction};
use crate::error_chain::ErrorChain;
use crate::files::durable_file;
use crate::files::regular_file::{self, ReadError};

/// The bytes of the file beside the route config.
const MAX_FRAME_BYTES: usize = 8192;

/// The bytes that one character of the route config can take in the file: `\u0000`.
const MAX_ESCAPED_BYTES: usize = 6;

/// A hold, and the route config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) hold: Freeze,
    /// Where the config came from.
    pub(super) level: InitLevel,
    pub(super) uri: String,
    pub(super) text: Arc<str>,
}

/// The file of the hold.
#[derive(Clone, Debug)]
pub(super) struct HoldFile {
    path: PathBuf,
    max_bytes: usize,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Content {
    since: u64,
    by: String,
    action: FreezeAction,
    reason: Option<String>,
    level: String,
    uri: String,
    route_config_data: String,
}

impl HoldFile {
    /// The file at `path`, for route configs of up to `max_characters`. Nothing is read yet.
    pub(super) fn new(path: &Path, max_characters: usize) -> Self {
        Self {
            path: path.to_owned(),
            max_bytes: max_characters
                .saturating_mul(MAX_ESCAPED_BYTES)
                .saturating_add(MAX_FRAME_BYTES),
        }
    }

    /// The hold that is kept there; `None`: there is none.
    ///
    /// # Errors
    ///
    /// Why the file cannot be understood, for people.
    pub(super) fn read(&self) -> Result<Option<Held>, String> {
        let told = |why: &dyn std::fmt::Display| format!("{}: {why}", self.path.display());
        let file = match regular_file::read(&self.path, self.max_bytes) {
            Ok(file) => file,
            Err(ReadError::Absent) => return Ok(None),
            Err(error) => return Err(told(&ErrorChain(&error))),
        };
        let content: Content = serde_json::from_slice(&file.bytes).map_err(|e| told(&e))?;
        Ok(Some(Held {
            level: content.level.parse().map_err(|e| told(&e))?,
            uri: content.uri,
            hold: Freeze {
                since: content.since,
                by: content.by,
                action: content.action,
                sha256: ConfigDigest::new(content.route_config_data.as_bytes()),
                reason: content.reason,
            },
            text: content.route_config_data.into(),
        }))
    }

    /// Keeps a hold, in the place of any before.
    ///
    /// # Errors
    ///
    /// Why that failed, for people; then what was kept before still is, unless only the last
    /// flushing failed.
    pub(super) async fn write(&self, held: &Held) -> Result<(), String> {
        let hold = &held.hold;
        let content = Content {
            since: hold.since,
            by: hold.by.clone(),
            action: hold.action,
            reason: hold.reason.clone(),
            level: held.level.name().to_owned(),
            uri: held.uri.clone(),
            route_config_data: held.text.as_ref().to_owned(),
        };
        let path = self.path.clone();
        on_disk(move || {
            let bytes = serde_json::to_vec(&content).map_err(|error| error.to_string())?;
            durable_file::replace(&path, &bytes).map_err(|error| ErrorChain(&error).to_string())
        })
        .await
    }

    /// Forgets the hold.
    ///
    /// # Errors
    ///
    /// Why that failed, for people; then the hold may come back with the next start.
    pub(super) async fn remove(&self) -> Result<(), String> {
        let path = self.path.clone();
        on_disk(move || {
            let told = |error| format!("{}: {error}", path.display());
            match fs::remove_file(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                outcome => outcome.map_err(told)?,
            }
            let directory = path.parent().filter(|d| !d.as_os_str().is_empty());
            File::open(directory.unwrap_or_else(|| Path::new(".")))
                .and_then(|directory| directory.sync_all())
                .map_err(told)
        })
        .await
    }
}

async fn on_disk(work: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    let fault = |_| Err("writing it met an internal fault".to_owned());
    spawn_blocking(work).await.unwrap_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(text: &str) -> Held {
        Held {
            hold: Freeze {
                since: 1,
                by: "uid 1000".to_owned(),
                action: FreezeAction::Rollback,
                sha256: ConfigDigest::new(text.as_bytes()),
                reason: Some("INC-7".to_owned()),
            },
            level: InitLevel::Remote,
            uri: "https://routes.example/".to_owned(),
            text: text.into(),
        }
    }

    #[tokio::test]
    async fn a_hold_comes_back_as_it_was_and_can_be_lifted() {
        let directory = tempfile::tempdir().unwrap();
        let file = HoldFile::new(&directory.path().join("data/hold.json"), 10);
        assert_eq!(file.read(), Ok(None));
        file.remove().await.unwrap();
        for text in ["\u{0}\"ü😀\\\n", "{}"] {
            file.write(&held(text)).await.unwrap();
            assert_eq!(file.read(), Ok(Some(held(text))));
        }
        file.remove().await.unwrap();
        assert_eq!(file.read(), Ok(None));
    }

    #[tokio::test]
    async fn what_is_no_hold_is_told_with_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("hold.json");
        let file = HoldFile::new(&path, 10);
        for text in ["", "{}", r#"{"since":1,"by":"x","action":"nap"}"#, "[1]"] {
            fs::write(&path, text).unwrap();
            assert!(
                file.read().unwrap_err().starts_with(path.to_str().unwrap()),
                "{text}"
            );
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(file.read().unwrap_err().contains("it is a directory"));
        assert!(
            file.write(&held("{}"))
                .await
                .unwrap_err()
                .contains("it is a directory")
        );
        assert!(file.remove().await.is_err());
    }
}
