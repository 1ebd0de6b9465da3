//! The audit log: a line of JSON for everything that operators change, or try to.
//!
//! A line is in the file, and the file flushed, before the operator is answered. The file is only
//! ever added to, and opened anew for each line, so that it can be rotated at any time.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use codeid_engine::ConfigDigest;
use serde::Serialize;
use tokio::task::spawn_blocking;

use crate::sync::Mutex;
use crate::timestamp::iso_8601;

/// The file.
#[derive(Clone, Debug)]
pub(super) struct AuditLog {
    path: PathBuf,
    /// One line at a time.
    turn: Arc<Mutex<()>>,
}

/// What somebody did, or tried to.
#[derive(Debug, Serialize)]
pub(super) struct Action {
    pub(super) who: String,
    pub(super) action: &'static str,
    /// What served before.
    pub(super) from: Option<ConfigDigest>,
    /// What serves after it.
    pub(super) to: Option<ConfigDigest>,
    /// `done`, or the word of the error that was answered.
    pub(super) outcome: &'static str,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    action: &'a Action,
}

impl AuditLog {
    /// The log at `path`; makes it, and its directory, if it is missing.
    ///
    /// # Errors
    ///
    /// Why it could not be written to.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let log = Self {
            path: path.to_owned(),
            turn: Arc::default(),
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

    /// Whether a line could be written now: nothing is to be done that cannot be told.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(super) async fn require_writable(&self) -> io::Result<()> {
        let log = self.clone();
        spawn_blocking(move || log.open_to_append().map(drop))
            .await
            .unwrap_or_else(|_| Err(fault()))
    }

    /// Writes a line, and has the disk keep it.
    ///
    /// # Errors
    ///
    /// Why that failed.
    pub(super) async fn write(&self, action: Action) -> io::Result<()> {
        let log = self.clone();
        spawn_blocking(move || log.append(&action))
            .await
            .unwrap_or_else(|_| Err(fault()))
    }

    fn append(&self, action: &Action) -> io::Result<()> {
        let line = Line {
            time: iso_8601(SystemTime::now()),
            action,
        };
        let mut line = serde_json::to_vec(&line)?;
        line.push(b'\n');
        let _turn = self.turn.lock();
        let mut file = self.open_to_append()?;
        file.write_all(&line)?;
        file.sync_data()
    }

    fn open_to_append(&self) -> io::Result<File> {
        // What is no regular file is not waited for.
        let not_waiting = nix::fcntl::OFlag::O_NONBLOCK.bits();
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(not_waiting)
            .open(&self.path)
    }
}

fn fault() -> io::Error {
    io::Error::other("writing it met an internal fault")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn lines_are_added_and_a_rotated_file_is_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data/audit.jsonl");
        let log = AuditLog::open(&path).unwrap();
        let action = |who: &str| Action {
            who: who.to_owned(),
            action: "apply",
            from: None,
            to: Some(ConfigDigest::new(b"x")),
            outcome: "done",
        };
        log.write(action("uid 1\n\"")).await.unwrap();
        log.write(action("uid 2")).await.unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["who"], "uid 1\n\"");
        assert_eq!(lines[0]["to"], ConfigDigest::new(b"x").to_string());
        assert!(lines[0]["time"].as_str().unwrap().ends_with("+00:00"));

        fs::remove_file(&path).unwrap();
        log.write(action("uid 3")).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(log.require_writable().await.is_err());
        assert!(log.write(action("uid 4")).await.is_err());
    }
}
