//! Replaces a file so that a crash at any instant, of the program or of the machine, leaves the old
//! content or the new, whole.
//!
//! 1. A temporary file with a unique name in the same directory is written and flushed.
//! 2. The temporary file is renamed over the old one: a reader sees the one or the other.
//! 3. The directory is flushed, so that the new name survives a loss of power.
//!
//! Missing directories are made, and each is flushed into its parent. A temporary file whose writer
//! died before the rename is removed by the next writer.
//!
//! Removes a file in the same way: once that is done, no loss of power brings it back.

mod disk;
#[cfg(test)]
mod tests;

use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use self::disk::{Disk, System};
use super::directory::{self, DirectoryError};
use crate::regular_file::{ReadError, require_regular};
use crate::uri::shown_path;

/// The number of symbolic links that the kernel follows in one path.
const MAX_LINKS: usize = 40;

/// The most entries of a directory that are searched for abandoned temporary files.
const MAX_ENTRIES: usize = 4096;

/// The most names that are tried for a temporary file.
const MAX_NAMES: usize = 16;

/// The end of the name of a temporary file.
const TEMPORARY: &str = ".tmp";

/// The step at which replacing or removing a file failed.
#[derive(Debug, Error)]
#[error("cannot {step} {}", shown_path(path))]
pub(crate) struct ReplaceError {
    step: &'static str,
    path: PathBuf,
    source: Cause,
    is_replaced: bool,
}

#[derive(Debug, Error)]
enum Cause {
    /// The system refused the step.
    #[error(transparent)]
    System(#[from] io::Error),
    /// Something other than a file is there, and is left as it is.
    #[error(transparent)]
    NotAFile(ReadError),
    /// A chain of symbolic links is longer than the kernel would follow, or has no end.
    #[error("it leads over more than {MAX_LINKS} symbolic links")]
    TooManyLinks,
    /// No file can be made in the directory.
    #[error(transparent)]
    Directory(DirectoryError),
    /// The path ends in `..` or is the root.
    #[error("it does not name a file")]
    NoName,
}

impl ReplaceError {
    /// Returns `true` if the new file is there all the same, and only a loss of power may bring the old
    /// one back.
    pub(crate) const fn is_replaced(&self) -> bool {
        self.is_replaced
    }
}

/// Replaces the content of the file at `path` by `bytes`, or creates the file. Its mode is then
/// 0600, and the mode of directories that had to be made is 0700. Blocks until the disk has the
/// content.
///
/// If `path` is a symbolic link, the file that it leads to is replaced and the link stays.
///
/// # Errors
///
/// [`ReplaceError`]. The old file is still there, unless [`ReplaceError::is_replaced`].
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), ReplaceError> {
    replace_on(&System, path, bytes)
}

fn replace_on<D: Disk>(disk: &D, path: &Path, bytes: &[u8]) -> Result<(), ReplaceError> {
    let target = follow_links("replace", path)?;
    let name = name_of_replaceable(&target)?;
    let directory = parent(&target);
    make_directories(disk, directory)?;
    remove_leftovers(disk, directory, name);

    let (mut file, temporary) = create_temporary(disk, directory, name)?;
    let renamed = disk
        .write(&mut file, bytes)
        .map_err(at("write", &temporary))
        .and_then(|()| disk.flush(&file).map_err(at("flush", &temporary)))
        .and_then(|()| {
            disk.rename(&temporary, &target)
                .map_err(at("replace", &target))
        });
    if renamed.is_err() {
        // If this fails, the next writer removes the file.
        let _ = disk.remove(&temporary);
    }
    renamed?;
    disk.flush_directory(directory)
        .map_err(|error| ReplaceError {
            is_replaced: true,
            ..at("flush", directory)(error)
        })
}

/// Checks that [`replace`] can replace the file at `path`, or create it. Nothing is changed.
///
/// # Errors
///
/// [`ReplaceError`], of which [`ReplaceError::is_replaced`] is `false`.
pub(crate) fn require_replaceable(path: &Path) -> Result<(), ReplaceError> {
    let target = follow_links("replace", path)?;
    name_of_replaceable(&target)?;
    directory::require_writable(parent(&target))
        .map_err(|error| cannot("replace", &target, Cause::Directory(error)))
}

/// Removes the file at `path`. Returns `false` if there was none. Blocks until the disk has forgotten the
/// file.
///
/// If `path` is a symbolic link, the file that it leads to is removed and the link stays.
///
/// # Errors
///
/// [`ReplaceError`]. The file is still there, unless [`ReplaceError::is_replaced`]: then a loss of power may
/// bring it back.
pub(crate) fn remove(path: &Path) -> Result<bool, ReplaceError> {
    remove_on(&System, path)
}

fn remove_on<D: Disk>(disk: &D, path: &Path) -> Result<bool, ReplaceError> {
    let target = follow_links("remove", path)?;
    let existed = match fs::symlink_metadata(&target) {
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) => return Err(at("remove", &target)(error)),
        Ok(metadata) => {
            require_regular(&metadata)
                .map_err(|error| cannot("remove", &target, Cause::NotAFile(error)))?;
            disk.remove(&target).map_err(at("remove", &target))?;
            true
        }
    };
    let directory = parent(&target);
    // Also if there was none: the flush of an earlier call may have failed.
    match disk.flush_directory(directory) {
        Err(error) if !existed && error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(ReplaceError {
            is_replaced: existed,
            ..at("flush", directory)(error)
        }),
        Ok(()) => Ok(existed),
    }
}

/// Returns the path that `path` leads to, whether or not a file exists there. An error names `step`.
fn follow_links(step: &'static str, path: &Path) -> Result<PathBuf, ReplaceError> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = parent(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(cannot(step, path, Cause::TooManyLinks))
}

/// Returns the file name of `target`, which must be a file or missing.
fn name_of_replaceable(target: &Path) -> Result<&OsStr, ReplaceError> {
    match fs::symlink_metadata(target) {
        Ok(metadata) => require_regular(&metadata)
            .map_err(|error| cannot("replace", target, Cause::NotAFile(error)))?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(at("replace", target)(error)),
    }
    target
        .file_name()
        .ok_or_else(|| cannot("replace", target, Cause::NoName))
}

fn make_directories<D: Disk>(disk: &D, directory: &Path) -> Result<(), ReplaceError> {
    let mut missing = Vec::new();
    let mut next = directory;
    loop {
        match fs::metadata(next) {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::NotFound => missing.push(next),
            Err(error) => return Err(at("inspect", next)(error)),
        }
        next = parent(next);
    }
    for directory in missing.into_iter().rev() {
        disk.make_directory(directory)
            .map_err(at("make the directory", directory))?;
        disk.flush_directory(parent(directory))
            .map_err(at("flush", parent(directory)))?;
    }
    Ok(())
}

fn create_temporary<D: Disk>(
    disk: &D,
    directory: &Path,
    name: &OsStr,
) -> Result<(File, PathBuf), ReplaceError> {
    let mut attempt = 1;
    loop {
        let path = directory.join(temporary_name(name));
        match disk.create(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && attempt < MAX_NAMES => {
                attempt += 1;
            }
            Err(error) => return Err(at("create", &path)(error)),
        }
    }
}

/// Removes temporary files for `name` that no writer has open. One that cannot be removed costs
/// nothing but its space.
fn remove_leftovers<D: Disk>(disk: &D, directory: &Path, name: &OsStr) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.take(MAX_ENTRIES).flatten() {
        if is_temporary_name(&entry.file_name(), name) {
            let _ = disk.remove_abandoned(&entry.path());
        }
    }
}

/// Returns an unpredictable name.
fn temporary_name(name: &OsStr) -> OsString {
    let number = RandomState::new().build_hasher().finish();
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{number:016x}{TEMPORARY}"));
    temporary
}

/// Returns `true` if [`temporary_name`] may have made `candidate` for `name`.
fn is_temporary_name(candidate: &OsStr, name: &OsStr) -> bool {
    candidate
        .as_bytes()
        .strip_prefix(b".")
        .and_then(|rest| rest.strip_prefix(name.as_bytes()))
        .and_then(|rest| rest.strip_prefix(b"."))
        .and_then(|rest| rest.strip_suffix(TEMPORARY.as_bytes()))
        .is_some_and(|number| number.len() == 16 && number.iter().all(u8::is_ascii_hexdigit))
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

fn at(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ReplaceError {
    move |error| cannot(step, path, error.into())
}

fn cannot(step: &'static str, path: &Path, source: Cause) -> ReplaceError {
    ReplaceError {
        step,
        path: path.to_owned(),
        source,
        is_replaced: false,
    }
}
