//! Errors of files and sockets, with their paths.

use std::io;
use std::path::{Path, PathBuf};

/// A file or socket that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {}", .path.display())]
struct FileError {
    what: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// Returns a function that adds to an error what was to be done, such as `read`, and the path.
pub fn cannot(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |source| {
        let path = path.to_owned();
        io::Error::new(source.kind(), FileError { what, path, source })
    }
}
