//! Replaces a file so that a crash at any instant, of the program or of the machine, leaves the old
//! content or the new, whole.
//!
//! 1. A temporary file in the same directory, under a name of its own, is written and flushed.
//! 2. It is renamed over the old file: for everyone who looks there is the one or the other.
//! 3. The directory is flushed, so that the new name survives a loss of power.
//!
//! Missing directories are made, each flushed into its parent. What a writer left that died before
//! the renaming is removed by the next.

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
use crate::files::regular_file::require_regular;

/// How many links the kernel follows in one path.
const MAX_LINKS: usize = 40;

/// How many entries of a directory are searched for what dead writers left.
const MAX_ENTRIES: usize = 4096;

/// How many names for a temporary file are tried.
const MAX_NAMES: usize = 16;

/// The end of the name of a temporary file.
const TEMPORARY: &str = ".tmp";

/// Why a file was not replaced.
#[derive(Debug, Error)]
#[error("cannot {step} {}: {why}", path.display())]
pub(crate) struct ReplaceError {
    step: &'static str,
    path: PathBuf,
    why: String,
}

/// Puts `bytes` in the place of the file at `path`, or makes it; its mode is then 0600, and that of
/// directories that had to be made 0700. Blocks until the disk has it.
///
/// If `path` is a link, the file it leads to is replaced and the link stays.
///
/// # Errors
///
/// [`ReplaceError`]. The old file is still there, unless the directory could not be flushed after
/// the renaming: then it is the new one, but may be the old one again after a loss of power.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), ReplaceError> {
    replace_on(&System, path, bytes)
}

fn replace_on<D: Disk>(disk: &D, path: &Path, bytes: &[u8]) -> Result<(), ReplaceError> {
    let target = follow_links(path)?;
    let name = require_replaceable(&target)?;
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
        // Should it stay, the next writer removes it.
        let _ = disk.remove(&temporary);
    }
    renamed?;
    disk.flush_directory(directory)
        .map_err(at("flush", directory))
}

/// The path of what `path` leads to, or would lead to if it existed.
fn follow_links(path: &Path) -> Result<PathBuf, ReplaceError> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = parent(&target).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(refuse(path, "it leads over too many links"))
}

/// The name of `target`, if it is a file, or is missing.
fn require_replaceable(target: &Path) -> Result<&OsStr, ReplaceError> {
    match fs::symlink_metadata(target) {
        Ok(metadata) => require_regular(&metadata).map_err(|why| refuse(target, why))?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(refuse(target, error)),
    }
    target
        .file_name()
        .ok_or_else(|| refuse(target, "it does not name a file"))
}

fn make_directories<D: Disk>(disk: &D, directory: &Path) -> Result<(), ReplaceError> {
    let mut missing = Vec::new();
    let mut next = directory;
    loop {
        match fs::metadata(next) {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::NotFound => missing.push(next),
            Err(error) => return Err(at("look at", next)(error)),
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

/// Removes temporary files for `name` that nobody writes any more. What cannot be removed does no
/// harm but for its space.
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

/// A name that nobody can foresee.
fn temporary_name(name: &OsStr) -> OsString {
    let number = RandomState::new().build_hasher().finish();
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{number:016x}{TEMPORARY}"));
    temporary
}

/// Whether [`temporary_name`] may have made `candidate` for `name`.
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
    move |error| ReplaceError {
        step,
        path: path.to_owned(),
        why: error.to_string(),
    }
}

fn refuse(path: &Path, why: impl ToString) -> ReplaceError {
    ReplaceError {
        step: "replace",
        path: path.to_owned(),
        why: why.to_string(),
    }
}
