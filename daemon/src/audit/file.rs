//! The file of the log: appended to, repaired, and rotated by size.

use std::fs::{DirBuilder, File, OpenOptions, remove_file, rename};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::line::{Line, LineDigest, MAX_BYTES, NO_LINE};
use super::retention;
use crate::files::directory;
use crate::regular_file::{self, ReadError};

/// The number of bytes at the end of a file that are searched for its last line.
const TAIL_BYTES: u64 = 4 * MAX_BYTES as u64;

/// The file that lines are appended to. It is opened for each write, so that another program may move
/// it away at any time.
#[derive(Debug)]
pub(super) struct AuditFile {
    path: PathBuf,
    /// The length from which on the file is rotated.
    max_bytes: u64,
    /// The inode and the length after the last write, by which a change by others is noticed.
    known: Option<Identity>,
    /// The file as it must become again before the next line, since the last write failed.
    uncut: Option<Uncut>,
}

/// The inode and the length of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    inode: u64,
    length: u64,
}

/// A file behind whose end a write that failed may have left something.
#[derive(Clone, Copy, Debug)]
struct Uncut {
    before: Identity,
    /// The most bytes that the write has left.
    added: u64,
}

/// The place in the chain at which the next line belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// The number of the next line.
    pub(super) next: u64,
    /// The digest of the line before, as the next line carries it.
    pub(super) prev: String,
}

/// The end of a file.
#[derive(Debug, Default)]
struct Tail {
    last_line: Option<Vec<u8>>,
    /// The number of bytes behind the last line feed: a line that was not written whole.
    torn: u64,
}

impl AuditFile {
    /// Opens the file at `path`, creates it and its directory if they are missing, and removes a last
    /// line that was not written whole, unless another process may be writing it (`is_beside`). Returns the place
    /// in the chain, and the number of bytes that were removed.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be read or written, or is not a regular file.
    pub(super) fn open(
        path: &Path,
        max_bytes: u64,
        is_beside: bool,
    ) -> io::Result<(Self, Chain, u64)> {
        let directory = directory::of(path);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
        let mut this = Self {
            path: path.to_owned(),
            max_bytes,
            known: None,
            uncut: None,
        };
        let file = this.open_to_append()?;
        let mut tail = read_tail(path)?;
        if is_beside {
            tail.torn = 0;
        }
        if tail.torn > 0 {
            file.set_len(file.metadata()?.len() - tail.torn)?;
            file.sync_all()?;
        }
        let chain = match tail.last_line {
            Some(line) => Chain::after(&line),
            // It was rotated, and nothing written since.
            None => match retention::rotated(path)?.last() {
                Some((_, last)) => read_tail(last)?
                    .last_line
                    .map_or_else(Chain::start, |line| Chain::after(&line)),
                None => Chain::start(),
            },
        };
        this.known = Some(Identity::of(&file)?);
        Ok((this, chain, tail.torn))
    }

    /// Checks that [`Self::open`] can open the file at `path`. Nothing is changed.
    ///
    /// # Errors
    ///
    /// An [`io::Error`], as for [`Self::open`].
    pub(super) fn rehearse(path: &Path) -> io::Result<()> {
        let options = &mut OpenOptions::new();
        match regular_file::open_with(options.append(true), path) {
            Err(ReadError::System(error)) if error.kind() == io::ErrorKind::NotFound => {
                directory::require_writable(directory::of(path)).map_err(io::Error::other)
            }
            opened => {
                opened?;
                read_tail(path).map(drop)
            }
        }
    }

    /// Removes what a failed write has left. Returns the place in the chain if others have changed the file
    /// since the last write.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be read or cut; no line may be appended then.
    pub(super) fn prepare(&mut self) -> io::Result<Option<Chain>> {
        if let Some(uncut) = self.uncut {
            self.cut(uncut)?;
            self.uncut = None;
        }
        match regular_file::open(&self.path) {
            Ok((file, _)) if Some(Identity::of(&file)?) == self.known => return Ok(None),
            Ok(_) => {}
            Err(ReadError::Absent) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let last_line = read_tail(&self.path)?.last_line;
        Ok(last_line.map(|line| Chain::after(&line)))
    }

    /// Appends whole lines and flushes them to the disk. `last` is the number of the line before
    /// them, by which a file that has become too long is renamed.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if writing or flushing failed; the lines are then not in the file, or
    /// [`Self::prepare`] removes what is left of them.
    pub(super) fn append(&mut self, lines: &[u8], last: u64) -> io::Result<()> {
        let mut file = self.open_to_append()?;
        let mut before = Identity::of(&file)?;
        let added = lines.len() as u64;
        if before.length > 0 && before.length + added > self.max_bytes {
            match rename(&self.path, retention::rotated_path(&self.path, last)) {
                Ok(()) => {
                    file = self.open_to_append()?;
                    before = Identity::of(&file)?;
                }
                Err(error) => tracing::warn!(%error, "the audit log cannot be rotated, and grows"),
            }
        }
        let written = file.write_all(lines).and_then(|()| file.sync_data());
        self.known = Some(before);
        if let Err(error) = written {
            // Without a torn line, the next one is sound.
            let cut = file.set_len(before.length).and_then(|()| file.sync_data());
            self.uncut = cut.is_err().then_some(Uncut { before, added });
            return Err(error);
        }
        self.known = Some(Identity {
            length: before.length + added,
            ..before
        });
        Ok(())
    }

    /// Cuts the file to its length before a write that failed, unless others have changed it since.
    fn cut(&self, uncut: Uncut) -> io::Result<()> {
        let options = &mut OpenOptions::new();
        let file = match regular_file::open_with(options.append(true), &self.path) {
            Err(ReadError::System(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(());
            }
            opened => opened?,
        };
        let Uncut { before, added } = uncut;
        let now = Identity::of(&file)?;
        if now.inode == before.inode && now.length <= before.length + added {
            file.set_len(before.length)?;
            file.sync_data()?;
        }
        Ok(())
    }

    fn open_to_append(&self) -> io::Result<File> {
        let open = |create_new| {
            let options = &mut OpenOptions::new();
            options.append(true).create_new(create_new).mode(0o600);
            regular_file::open_with(options, &self.path)
        };
        match open(false) {
            Err(ReadError::System(error)) if error.kind() == io::ErrorKind::NotFound => {
                let file = open(true)?;
                // The name must survive a loss of power, as the lines do.
                let directory = File::open(directory::of(&self.path));
                if let Err(error) = directory.and_then(|directory| directory.sync_all()) {
                    // The next opening flushes again only if it creates the file.
                    let _ = remove_file(&self.path);
                    return Err(error);
                }
                Ok(file)
            }
            opened => Ok(opened?),
        }
    }
}

impl Chain {
    /// Returns the place of the first line of all.
    pub(super) fn start() -> Self {
        Self {
            next: 1,
            prev: String::from_utf8_lossy(&NO_LINE).into_owned(),
        }
    }

    /// Returns the place behind `line`, which has no line feed. A line of a version that did not number
    /// its lines counts as line 0.
    pub(super) fn after(line: &[u8]) -> Self {
        let last = serde_json::from_slice::<Line>(line).map_or(0, |line| line.seq);
        Self {
            next: last + 1,
            prev: LineDigest::new(line).to_string(),
        }
    }
}

impl Identity {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            inode: metadata.ino(),
            length: metadata.len(),
        })
    }
}

fn read_tail(path: &Path) -> io::Result<Tail> {
    let (mut file, metadata) = regular_file::open(path)?;
    let length = metadata.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
        // Without a line feed in all of them, it is not a log.
        return match length > TAIL_BYTES {
            true => Err(io::Error::other(
                "its last line is too long for an audit log",
            )),
            false => Ok(Tail {
                last_line: None,
                torn: length,
            }),
        };
    };
    let torn = (bytes.len() - end - 1) as u64;
    let whole = bytes.get(..end).unwrap_or_default();
    let last_line = whole.rsplit(|byte| *byte == b'\n').next();
    let last_line = last_line.unwrap_or_default();
    Ok(Tail {
        last_line: Some(last_line.to_vec()),
        torn,
    })
}
