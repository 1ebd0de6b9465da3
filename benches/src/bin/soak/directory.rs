//! The daemon's directory, with small disks that can be filled.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The directories that are disks of their own, if mounting is allowed, and their sizes.
const DISKS: [(&str, &str); 3] = [("saved", "4m"), ("audit", "64m"), ("log", "64m")];

/// The name of the file that fills a disk.
const FILLER: &str = "filler";

/// The directory in which all daemons of a campaign run, one after the other.
#[derive(Debug)]
pub(crate) struct Directory {
    directory: TempDir,
    /// `true` if the disks could be mounted, and so can be filled.
    pub(crate) has_disks: bool,
}

/// A disk that is full until the value is dropped.
#[derive(Debug)]
pub(crate) struct FullDisk(PathBuf);

impl Directory {
    /// Makes the directory and mounts its disks. `./scripts/campaign` runs this program in a
    /// mount namespace of its own, with which they disappear.
    ///
    /// # Errors
    ///
    /// If a directory cannot be made.
    pub(crate) fn new() -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        fs::create_dir(directory.path().join("state"))?;
        let mut has_disks = true;
        for (name, size) in DISKS {
            let path = directory.path().join(name);
            fs::create_dir(&path)?;
            let mounted = Command::new("mount")
                .args([
                    "-t",
                    "tmpfs",
                    "-o",
                    &format!("size={size},mode=755"),
                    "soak",
                ])
                .arg(&path)
                .status();
            has_disks &= mounted.is_ok_and(|status| status.success());
        }
        Ok(Self {
            directory,
            has_disks,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Fills one of the disks.
    ///
    /// # Errors
    ///
    /// If it cannot be written to for another reason than that it is full.
    pub(crate) fn fill(&self, disk: &str) -> io::Result<FullDisk> {
        let path = self.path().join(disk).join(FILLER);
        let full = FullDisk(path.clone());
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        // The last pieces are small, so that nothing else fits.
        for size in [64 * 1024, 512, 1] {
            loop {
                match file.write_all(&vec![0; size]) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(full)
    }

    /// Writes a file that the daemon reads, by renaming.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub(crate) fn replace(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let temporary = self.path().join(format!("{name}.new"));
        fs::write(&temporary, content)?;
        fs::rename(temporary, self.path().join(name))
    }

    /// Copies the daemon's log and its audit log to `output`.
    ///
    /// # Errors
    ///
    /// If they cannot be copied.
    pub(crate) fn copy_log(&self, output: &Path) -> io::Result<()> {
        for name in ["log/daemon.log", "audit/audit.jsonl"] {
            let from = self.path().join(name);
            if let (true, Some(name)) = (from.exists(), from.file_name()) {
                io::copy(
                    &mut File::open(&from)?,
                    &mut File::create(output.join(name))?,
                )?;
            }
        }
        Ok(())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.has_disks {
            for (name, _) in DISKS {
                let _ = Command::new("umount").arg(self.path().join(name)).status();
            }
        }
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
