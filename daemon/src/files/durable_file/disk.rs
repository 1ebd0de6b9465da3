//! The operations that change a disk, behind a trait, so that tests can make each of them fail.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// The operations of a disk.
pub(super) trait Disk {
    /// Makes a directory for the owner alone. An existing directory is not an error.
    fn make_directory(&self, path: &Path) -> io::Result<()>;

    /// Creates a file for the owner alone, and marks it as being written for as long as it is open.
    /// Fails with [`ErrorKind::AlreadyExists`] if another name must be tried.
    fn create(&self, path: &Path) -> io::Result<File>;

    /// Writes all of `bytes`.
    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()>;

    /// Makes the content of a file survive a loss of power.
    fn flush(&self, file: &File) -> io::Result<()>;

    /// Renames a file over `to`, in the same directory.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Makes the names in a directory survive a loss of power.
    fn flush_directory(&self, path: &Path) -> io::Result<()>;

    /// Removes a file that [`Self::create`] made, unless a writer has it open.
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
            // Where the file system has no locks, no writer takes the file for abandoned either.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Err(ErrorKind::AlreadyExists.into()),
        }
        // Before it was locked, another writer may have removed it as abandoned.
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
            // Some file systems cannot flush a directory.
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
        // Locked until it is removed: a writer that has just created it notices one or the other.
        file.try_lock()?;
        fs::remove_file(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}
