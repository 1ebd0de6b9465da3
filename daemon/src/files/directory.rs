//! The check that a file can be made in a directory, which may be missing as long as it can be made.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, eaccess};
use thiserror::Error;

use crate::uri::shown_path;

/// The reason why no file can be made in a directory.
#[derive(Debug, Error)]
pub(crate) enum DirectoryError {
    /// Something else than a directory is there.
    #[error("{} is not a directory", shown_path(.0))]
    NotADirectory(PathBuf),
    /// The system does not let this user make files in the directory.
    #[error("no file can be made in the directory {}", shown_path(.0))]
    Closed(PathBuf, #[source] io::Error),
    /// The directory is missing, and this user cannot make it in the one above it that exists.
    #[error("the directory {} is missing, and cannot be made in {}", shown_path(.missing), shown_path(.within))]
    NotMade {
        /// The missing directory.
        missing: PathBuf,
        /// The directory above it that exists.
        within: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Checks that files can be made in `directory`, or that it is missing and can be made. Nothing is changed:
/// the system is asked for the rights of this process.
///
/// # Errors
///
/// [`DirectoryError`] if a file cannot be made.
pub(crate) fn require_writable(directory: &Path) -> Result<(), DirectoryError> {
    let existing = first_existing(directory)?;
    let closed = match eaccess(existing, AccessFlags::W_OK | AccessFlags::X_OK) {
        Ok(()) => return Ok(()),
        Err(error) => io::Error::from(error),
    };
    Err(match existing == directory {
        true => DirectoryError::Closed(directory.to_owned(), closed),
        false => DirectoryError::NotMade {
            missing: directory.to_owned(),
            within: existing.to_owned(),
            source: closed,
        },
    })
}

/// Returns the directory in which the file at `path` is, or would be.
pub(crate) fn of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Returns `directory`, or the next one above it that exists.
fn first_existing(directory: &Path) -> Result<&Path, DirectoryError> {
    let mut next = directory;
    loop {
        match fs::metadata(next) {
            Ok(metadata) if metadata.is_dir() => return Ok(next),
            Ok(_) => return Err(DirectoryError::NotADirectory(next.to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound && next != of(next) => {
                next = of(next);
            }
            Err(error) => return Err(DirectoryError::Closed(next.to_owned(), error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_chain::ErrorChain;

    #[test]
    fn a_missing_directory_is_looked_for_above_and_not_made() {
        let root = tempfile::tempdir().unwrap();
        require_writable(root.path()).unwrap();
        require_writable(&root.path().join("a/b/c")).unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_error_names_what_is_in_the_way() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let error = require_writable(&file).unwrap_err();
        assert!(error.to_string().ends_with("file is not a directory"));
        // The file of a path within a file is not missing: the system reports that `file` is not a directory.
        let error = require_writable(&file.join("a")).unwrap_err();
        let error = ErrorChain(&error).to_string();
        assert!(error.contains("Not a directory"), "{error}");
    }
}
