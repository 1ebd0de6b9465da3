//! The audit log: a line of JSON for every change that a caller makes, or attempts.
//!
//! A line is written and flushed to disk before the caller gets the response. The file is opened for
//! each line and only appended to, so that it can be rotated at any time.

use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use codeid_engine::ConfigDigest;
use serde::{Serialize, Serializer};
use tokio::task::spawn_blocking;

use crate::api::refusal::ErrorCode;
use crate::clock::Clock;
use crate::regular_file;
use crate::sync::Mutex;
use crate::timestamp::iso_8601;

/// The file to which changes are recorded.
#[derive(Clone, Debug)]
pub(super) struct AuditLog {
    path: PathBuf,
    /// Held while a line is written.
    writing: Arc<Mutex<()>>,
    clock: Clock,
}

/// A change that a caller made or attempted.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    /// The caller, as it displays.
    pub(super) who: String,
    pub(super) action: &'static str,
    /// The digest of the live route config before the change.
    pub(super) from: Option<ConfigDigest>,
    /// The digest of the live route config after the change.
    pub(super) to: Option<ConfigDigest>,
    pub(super) outcome: Outcome,
}

/// The outcome of a change.
///
/// Displays and serializes as `done`, or as the code of the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    Refused(ErrorCode),
}

/// The digests of the live route configs before and after a change. A handler adds the value to the
/// extensions of its response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replaced {
    pub(super) from: Option<ConfigDigest>,
    pub(super) to: Option<ConfigDigest>,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    entry: &'a Entry,
}

impl Replaced {
    /// Returns the digests where the live route config, which has `digest`, stayed.
    pub(super) const fn nothing(digest: Option<ConfigDigest>) -> Self {
        Self {
            from: digest,
            to: digest,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Refused(code) => code.fmt(f),
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl AuditLog {
    /// Opens the log at `path`, and creates the file and its directory if they are missing. `clock`
    /// dates the lines.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be written.
    pub(super) fn open(path: &Path, clock: Clock) -> io::Result<Self> {
        let log = Self {
            path: path.to_owned(),
            writing: Arc::default(),
            clock,
        };
        if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)?;
        }
        log.open_to_append()?;
        Ok(log)
    }

    /// Checks that a line could be written now: a change that cannot be recorded must not be made.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be written.
    pub(super) async fn require_writable(&self) -> io::Result<()> {
        let log = self.clone();
        spawn_blocking(move || log.open_to_append().map(drop))
            .await
            .unwrap_or_else(|_| Err(fault()))
    }

    /// Writes a line and flushes it to disk.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if writing or flushing failed.
    pub(super) async fn write(&self, entry: Entry) -> io::Result<()> {
        let log = self.clone();
        spawn_blocking(move || log.append(&entry))
            .await
            .unwrap_or_else(|_| Err(fault()))
    }

    fn append(&self, entry: &Entry) -> io::Result<()> {
        let line = Line {
            time: iso_8601(self.clock.now()),
            entry,
        };
        let mut line = serde_json::to_vec(&line)?;
        line.push(b'\n');
        let _writing = self.writing.lock();
        let mut file = self.open_to_append()?;
        file.write_all(&line)?;
        file.sync_data()
    }

    fn open_to_append(&self) -> io::Result<File> {
        let options = &mut OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        Ok(regular_file::open_with(options, &self.path)?)
    }
}

fn fault() -> io::Error {
    io::Error::other("the task that writes it panicked")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::SystemTime;

    use super::*;

    #[tokio::test]
    async fn lines_are_appended_and_a_rotated_file_is_created_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data/audit.jsonl");
        let log = AuditLog::open(&path, Clock::from_fn(|| SystemTime::UNIX_EPOCH)).unwrap();
        let entry = |who: &str| Entry {
            who: who.to_owned(),
            action: "apply",
            from: None,
            to: Some(ConfigDigest::new(b"x")),
            outcome: Outcome::Refused(ErrorCode::IfMatchStale),
        };
        log.write(entry("uid 1\n\"")).await.unwrap();
        log.write(entry("uid 2")).await.unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["who"], "uid 1\n\"");
        assert_eq!(lines[0]["outcome"], "ifMatchStale");
        assert_eq!(lines[0]["to"], ConfigDigest::new(b"x").to_string());
        assert_eq!(lines[0]["time"], "1970-01-01T00:00:00+00:00");

        fs::remove_file(&path).unwrap();
        log.write(entry("uid 3")).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(log.require_writable().await.is_err());
        assert!(log.write(entry("uid 4")).await.is_err());
    }
}
