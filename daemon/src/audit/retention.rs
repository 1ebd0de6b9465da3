//! Files of the log that were rotated, and their end.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::timestamp::iso_8601;
use crate::uri::shown_path;

const DAY: Duration = Duration::from_hours(24);

/// The time before a deletion in which the log warns of it.
const NOTICE: Duration = Duration::from_hours(7 * 24);

/// The rotated files, of which old ones are deleted.
#[derive(Debug)]
pub(super) struct Retention {
    path: PathBuf,
    keep: Duration,
    /// The time of the first warning of each file that this process has warned of.
    warned: HashMap<PathBuf, SystemTime>,
    checked: Option<SystemTime>,
}

impl Retention {
    /// Returns the retention of the files beside `path`, each for `keep` after its last line.
    pub(super) fn new(path: &Path, keep: Duration) -> Self {
        Self {
            path: path.to_owned(),
            keep,
            warned: HashMap::new(),
            checked: None,
        }
    }

    /// Once a day, deletes files that are too old, and warns of those that soon will be. A file is
    /// deleted a day after the first warning at the earliest. Returns the names of deleted files.
    pub(super) fn check(&mut self, now: SystemTime) -> Vec<String> {
        let is_due = self.checked.is_none_or(|at| now >= at + DAY || now < at);
        if !is_due {
            return Vec::new();
        }
        self.checked = Some(now);
        let mut deleted = Vec::new();
        for (_, path) in rotated(&self.path).unwrap_or_default() {
            let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
            let Ok(modified) = modified else { continue };
            let age = now.duration_since(modified).unwrap_or_default();
            if age + NOTICE < self.keep {
                continue;
            }
            let file = shown_path(&path).to_string();
            let warned = *self.warned.entry(path.clone()).or_insert(now);
            if age < self.keep || now < warned + DAY {
                let on = iso_8601((modified + self.keep).max(warned + DAY));
                tracing::warn!(
                    file,
                    on,
                    "a file of the audit log will be deleted; copy it to keep it"
                );
                continue;
            }
            match fs::remove_file(&path) {
                Ok(()) => {
                    tracing::warn!(file, "an old file of the audit log was deleted");
                    self.warned.remove(&path);
                    deleted.push(file);
                }
                Err(error) => {
                    tracing::warn!(file, %error, "an old file of the audit log cannot be deleted");
                }
            }
        }
        deleted
    }
}

/// Returns the path that the file at `path` gets when it is rotated, after line `last`.
pub(super) fn rotated_path(path: &Path, last: u64) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{last:012}"));
    name.into()
}

/// Returns the rotated files of the log at `path` with the numbers of their last lines, in order.
///
/// # Errors
///
/// An [`io::Error`] if the directory cannot be read.
pub(super) fn rotated(path: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let directory = match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Ok(Vec::new());
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(other) = entry.file_name().into_string() else {
            continue;
        };
        let number = other
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('.'))
            .filter(|digits| digits.len() >= 12 && digits.bytes().all(|b| b.is_ascii_digit()));
        if let Some(number) = number.and_then(|digits| digits.parse().ok()) {
            files.push((number, entry.path()));
        }
    }
    files.sort_unstable();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn a_file_is_warned_of_and_deleted_when_it_is_too_old() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let written = SystemTime::UNIX_EPOCH + 1000 * DAY;
        for last in [7, 20] {
            let file = File::create(rotated_path(&path, last)).unwrap();
            file.set_modified(written + DAY * u32::try_from(last).unwrap())
                .unwrap();
        }
        File::create(directory.path().join("audit.jsonl.bak")).unwrap();
        let mut retention = Retention::new(&path, 400 * DAY);
        let numbers = |path| rotated(path).unwrap().into_iter().map(|(last, _)| last);
        let mut check = |day: u32| retention.check(written + DAY * day);
        assert!(check(399).is_empty());
        assert!(check(406).is_empty());
        assert_eq!(numbers(&path).collect::<Vec<_>>(), [7, 20]);
        // Once a day.
        let deleted = check(407);
        assert_eq!(deleted.len(), 1);
        assert!(deleted[0].ends_with("audit.jsonl.000000000007"));
        assert!(check(407).is_empty());
        // A process that finds a file too old warns of it first.
        let mut retention = Retention::new(&path, 400 * DAY);
        assert!(retention.check(written + 500 * DAY).is_empty());
        assert_eq!(retention.check(written + 501 * DAY).len(), 1);
        assert_eq!(numbers(&path).count(), 0);
    }
}
