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
mod tests {
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::error_chain::ErrorChain;

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap().bytes, b"12345");
        assert_eq!(
            read(&path, 4).unwrap_err().to_string(),
            "it has more than 4 bytes"
        );
        fs::write(&path, "").unwrap();
        assert_eq!(read(&path, 0).unwrap().bytes, b"");
    }

    #[test]
    fn anything_but_a_file_is_rejected_without_waiting() {
        let directory = tempfile::tempdir().unwrap();
        let in_directory = |name: &str| directory.path().join(name);
        let fifo = in_directory("fifo");
        mkfifo(&fifo, Mode::S_IRUSR).unwrap();
        let socket = in_directory("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        let loop_link = in_directory("loop");
        std::os::unix::fs::symlink("loop", &loop_link).unwrap();
        fs::write(in_directory("file"), "").unwrap();
        let table = [
            (fifo, "it is a FIFO, not a file"),
            (socket, "it is a socket, not a file"),
            ("/dev/zero".into(), "it is a device, not a file"),
            (directory.path().to_owned(), "it is a directory, not a file"),
            (in_directory("missing"), "there is no such file"),
            (in_directory("missing/file"), "there is no such file"),
            (
                in_directory("file/below"),
                "it cannot be read: Not a directory",
            ),
            (loop_link, "it cannot be read: "),
        ];
        for (path, expected) in table {
            let error = read(&path, 100).unwrap_err();
            let error = ErrorChain(&error).to_string();
            assert!(error.starts_with(expected), "{}: {error}", path.display());
        }
    }

    #[test]
    fn nothing_but_a_file_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let in_directory = |name: &str| directory.path().join(name);
        let fifo = in_directory("fifo");
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        // With a reader, a FIFO could be opened without waiting.
        let _reader = File::from(
            nix::fcntl::open(&fifo, OFlag::O_RDONLY | OFlag::O_NONBLOCK, Mode::empty()).unwrap(),
        );
        for (path, expected) in [
            (fifo, "it is a FIFO, not a file"),
            (directory.path().to_owned(), "it is a directory, not a file"),
            ("/dev/full".into(), "it is a device, not a file"),
        ] {
            let error = write(&path, b"1").unwrap_err().to_string();
            assert_eq!(error, expected);
            let error = open_with(OpenOptions::new().append(true).create(true), &path);
            assert_eq!(error.unwrap_err().to_string(), expected);
            let error = require_file_or_nothing(&path).unwrap_err().to_string();
            assert_eq!(error, expected);
        }
        let file = in_directory("file");
        for content in ["12", "3"] {
            write(&file, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
        }
        let link = in_directory("link");
        std::os::unix::fs::symlink("missing", &link).unwrap();
        for path in [&file, &in_directory("missing"), &link] {
            require_writable(path).unwrap();
            require_file_or_nothing(path).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "3");
        assert!(!in_directory("missing").exists());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let error = write(&in_directory("missing/file"), b"1").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn setting_the_modification_time_back_does_not_make_a_file_look_untouched() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "1").unwrap();
        File::open(&path)
            .unwrap()
            .set_modified(SystemTime::UNIX_EPOCH)
            .unwrap();
        assert!(read(&path, 1).unwrap().untouched_for < Duration::from_secs(60));
    }
}
