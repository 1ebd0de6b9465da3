//! The file of the log: appended to, and renamed when it has become too long.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions, rename};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::regular_file;

/// The file that lines are appended to. It is opened for each write, so that another program may rename it at
/// any time, without a signal.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    /// The length from which on the file is renamed.
    max_bytes: u64,
}

impl LogFile {
    /// Creates the file at `path`, and its directory, if they are missing.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be opened for another reason than a full disk.
    pub(super) fn open(path: &Path, max_bytes: u64) -> io::Result<Self> {
        let this = Self {
            path: path.to_owned(),
            max_bytes,
        };
        let opened = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent(path))
            .and_then(|()| this.open_to_append());
        match opened {
            Err(error) if is_full(&error) => {
                tracing::warn!(%error, "the decision log cannot be written yet");
                Ok(this)
            }
            opened => opened.map(|_| this),
        }
    }

    /// Appends whole lines.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if not all of them could be written; then none is in the file.
    pub(super) fn append(&self, lines: &[u8]) -> io::Result<()> {
        let mut file = self.open_to_append()?;
        let mut length = file.metadata()?.len();
        if length > 0 && length.saturating_add(lines.len() as u64) > self.max_bytes {
            rename(&self.path, self.renamed())?;
            file = self.open_to_append()?;
            length = file.metadata()?.len();
        }
        // A process that was killed, or a write that failed, may have left a part of a line.
        let separator: &[u8] = match ends_in_line(&file, length)? {
            true => b"",
            false => b"\n",
        };
        let written = file
            .write_all(separator)
            .and_then(|()| file.write_all(lines));
        if written.is_err() {
            // If this fails, too, the next lines begin on a line of their own.
            let _ = file.set_len(length);
        }
        written
    }

    /// Returns the name of the file that was renamed last.
    fn renamed(&self) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(".1");
        name.into()
    }

    fn open_to_append(&self) -> io::Result<File> {
        let options = &mut OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        Ok(regular_file::open_with(options, &self.path)?)
    }
}

/// Returns `true` if the file, which has this length, is empty or ends in a line feed.
fn ends_in_line(file: &File, length: u64) -> io::Result<bool> {
    let mut last = *b"\n";
    if let Some(at) = length.checked_sub(1) {
        file.read_at(&mut last, at)?;
    }
    Ok(last == *b"\n")
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_that_would_become_too_long_is_renamed_in_place_of_the_one_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("made/decisions.jsonl");
        let file = LogFile::open(&path, 10).unwrap();
        let read = |name: &str| fs::read_to_string(path.with_file_name(name)).unwrap_or_default();
        for (line, now, before) in [
            ("one\n", "one\n", ""),
            ("two\n", "one\ntwo\n", ""),
            ("three\n", "three\n", "one\ntwo\n"),
            ("longer than ten\n", "longer than ten\n", "three\n"),
            ("five\n", "five\n", "longer than ten\n"),
        ] {
            file.append(line.as_bytes()).unwrap();
            assert_eq!(read("decisions.jsonl"), now);
            assert_eq!(read("decisions.jsonl.1"), before);
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }

    #[test]
    fn a_file_that_was_renamed_or_cut_is_continued_in_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("decisions.jsonl");
        let file = LogFile::open(&path, 1000).unwrap();
        file.append(b"one\n").unwrap();
        rename(&path, directory.path().join("moved")).unwrap();
        file.append(b"two\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two\n");
        fs::write(&path, "").unwrap();
        file.append(b"three\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three\n");
    }

    #[test]
    fn lines_behind_a_part_of_one_begin_on_a_line_of_their_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("decisions.jsonl");
        fs::write(&path, "one\ntw").unwrap();
        let file = LogFile::open(&path, 1000).unwrap();
        file.append(b"three\n").unwrap();
        file.append(b"four\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one\ntw\nthree\nfour\n");
    }

    #[test]
    fn what_is_not_a_file_is_refused_and_nothing_waits_for_it() {
        let directory = tempfile::tempdir().unwrap();
        let error = LogFile::open(directory.path(), 1000).unwrap_err();
        assert!(error.to_string().contains("a directory"), "{error}");
        let error = LogFile::open(Path::new("/dev/full"), 1000).unwrap_err();
        assert!(error.to_string().contains("a device"), "{error}");
    }
}
