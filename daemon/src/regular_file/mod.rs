//! Reads and writes files without ever waiting for another process: anything but a regular file (a
//! directory, a FIFO, a device) is rejected before it is opened.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use nix::fcntl::OFlag;
use thiserror::Error;

use crate::timestamp::since_1970;

/// A file that was read whole.
#[derive(Debug)]
pub struct RegularFile {
    /// Its content.
    pub bytes: Vec<u8>,
    /// The time since the file was written, renamed or created; zero if the clocks of this machine
    /// and of the file system disagree.
    pub untouched_for: Duration,
    /// The file's type and permissions, as `st_mode` encodes them.
    pub mode: u32,
}

/// The reason why a file was not read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The path names nothing.
    #[error("there is no such file")]
    Absent,
    /// The path leads to something else than a file, such as `a directory`.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// The file has more bytes than this limit.
    #[error("it has more than {0} bytes")]
    TooLong(usize),
    /// The system failed to read the file.
    #[error("it cannot be read")]
    System(#[source] io::Error),
}

/// Reads the file at `path`, if it has at most `limit` bytes. Symbolic links are followed.
///
/// # Errors
///
/// [`ReadError`]; missing permissions are a [`ReadError::System`].
pub fn read(path: &Path, limit: usize) -> Result<RegularFile, ReadError> {
    let (file, metadata) = open(path)?;
    let mut bytes = Vec::new();
    read_into(&file, &metadata, limit, &mut bytes)?;
    Ok(RegularFile {
        bytes,
        untouched_for: untouched_for(&file)?,
        mode: metadata.mode(),
    })
}

/// Opens the file at `path` for reading. Symbolic links are followed.
///
/// # Errors
///
/// [`ReadError`]; missing permissions are a [`ReadError::System`].
pub fn open(path: &Path) -> Result<(File, Metadata), ReadError> {
    require_regular(&fs::metadata(path)?)?;
    // The path may lead to something else since; opening that must not wait either.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(path)?;
    let metadata = file.metadata()?;
    require_regular(&metadata)?;
    Ok((file, metadata))
}

/// Opens the file at `path` with `options`, which may create it and whose flags are replaced.
///
/// # Errors
///
/// [`ReadError::NotAFile`] or [`ReadError::System`].
pub(crate) fn open_with(options: &mut OpenOptions, path: &Path) -> Result<File, ReadError> {
    match fs::metadata(path) {
        Ok(metadata) => require_regular(&metadata)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(ReadError::System(error)),
    }
    let options = options.custom_flags(OFlag::O_NONBLOCK.bits());
    let file = options.open(path).map_err(ReadError::System)?;
    require_regular(&file.metadata()?)?;
    Ok(file)
}

/// Writes `bytes` to the file at `path`, in place of what it contains, or creates the file.
///
/// # Errors
///
/// An [`io::Error`], whose source is a [`ReadError`] if the path leads to something else than a file. A
/// file that cannot be written may have lost its content.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let options = &mut OpenOptions::new();
    options.write(true).create(true).truncate(true);
    open_with(options, path)?.write_all(bytes)
}

/// Checks that [`write()`] can write the file at `path`, which it leaves as it is.
///
/// # Errors
///
/// As for [`write()`].
pub fn require_writable(path: &Path) -> io::Result<()> {
    let is_new = matches!(fs::metadata(path), Err(error) if error.kind() == ErrorKind::NotFound);
    let options = &mut OpenOptions::new();
    open_with(options.write(true).create(true).truncate(false), path)?;
    if is_new {
        // Not a link that leads to the file.
        fs::remove_file(fs::canonicalize(path)?)?;
    }
    Ok(())
}

/// Checks that `path` leads to a regular file or to nothing, so that a file there can be replaced or
/// removed.
///
/// # Errors
///
/// An [`io::Error`], as [`write()`].
pub(crate) fn require_file_or_nothing(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Ok(()),
        Ok(metadata) => Ok(require_regular(&metadata)?),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Reads the whole of `file`, which has this metadata, into `bytes`, if it has at most `limit` bytes. The
/// buffer is not moved in memory unless the file grows meanwhile.
///
/// # Errors
///
/// [`ReadError::TooLong`] or [`ReadError::System`].
pub(crate) fn read_into(
    file: &File,
    metadata: &Metadata,
    limit: usize,
    bytes: &mut Vec<u8>,
) -> Result<(), ReadError> {
    let expected = usize::try_from(metadata.len()).map_or(limit, |length| length.min(limit));
    bytes.reserve_exact(expected.saturating_add(1));
    // One byte more than the limit shows that there is more.
    file.take((limit as u64).saturating_add(1))
        .read_to_end(bytes)?;
    match bytes.len() > limit {
        true => Err(ReadError::TooLong(limit)),
        false => Ok(()),
    }
}

/// Checks that `metadata` is of a regular file.
///
/// # Errors
///
/// [`ReadError::NotAFile`] if it is not.
pub(crate) fn require_regular(metadata: &Metadata) -> Result<(), ReadError> {
    let kind = metadata.file_type();
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(ReadError::NotAFile(what))
}

/// Returns the time since the inode last changed: every write changes it, and no program can set
/// the time back.
fn untouched_for(file: &File) -> io::Result<Duration> {
    let metadata = file.metadata()?;
    let changed = u64::try_from(metadata.ctime())
        .ok()
        .zip(u32::try_from(metadata.ctime_nsec()).ok())
        .map(|(seconds, nanoseconds)| Duration::new(seconds, nanoseconds));
    // The kernel dates changes by the clock of the system.
    let now = since_1970(SystemTime::now());
    Ok(changed
        .and_then(|changed| now.checked_sub(changed))
        .unwrap_or_default())
}

/// Returns the error of the system itself, if there is one.
impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::System(error) => error,
            ReadError::Absent => Self::new(ErrorKind::NotFound, error),
            error => Self::other(error),
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Absent,
            _ => Self::System(error),
        }
    }
}

#[cfg(test)]
mod tests;
