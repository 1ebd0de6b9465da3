//! The steps that change something on a disk, apart from what they are for: so each of them can be
//! made to fail.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// What a disk is asked to do.
pub(super) trait Disk {
    /// Makes a directory for the owner alone. That it is there already is no error.
    fn make_directory(&self, path: &Path) -> io::Result<()>;

    /// Makes a file for the owner alone, and marks it as being written for as long as it is open.
    /// [`ErrorKind::AlreadyExists`] asks for another name.
    fn create(&self, path: &Path) -> io::Result<File>;

    /// Writes all of `bytes`.
    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()>;

    /// Has what was written survive a loss of power.
    fn flush(&self, file: &File) -> io::Result<()>;

    /// Replaces what is at `to`, in the same directory.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Has the names in a directory survive a loss of power.
    fn flush_directory(&self, path: &Path) -> io::Result<()>;

    /// Removes a file of [`Self::create`], unless somebody has it open.
    fn remove_abandoned(&self, path: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The disks of this machine.
pub(super) struct System;

impl Disk for System {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        match DirBuilder::new().mode(DIRECTORY_MODE).create(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            outcome => outcome,
        }
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(path)?;
        match file.try_lock() {
            // Not every file system has locks: then nobody takes the file for abandoned either.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Err(ErrorKind::AlreadyExists.into()),
        }
        // Until it was locked, it looked abandoned to others.
        match file.metadata()?.nlink() {
            0 => Err(ErrorKind::AlreadyExists.into()),
            _ => Ok(file),
        }
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn flush(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn flush_directory(&self, path: &Path) -> io::Result<()> {
        match File::open(path)?.sync_all() {
            // Some file systems have no such thing for directories.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidInput | ErrorKind::Unsupported
                ) =>
            {
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn remove_abandoned(&self, path: &Path) -> io::Result<()> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
            .open(path)?;
        // Locked until it is removed: whoever has only just made it finds out either way.
        file.try_lock()?;
        fs::remove_file(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}
