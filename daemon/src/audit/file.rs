//! The file of the log: appended to, repaired, and rotated by size.

use std::fs::{DirBuilder, File, OpenOptions, rename};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::line::{Line, LineDigest, MAX_BYTES, NO_LINE};
use super::retention;
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
    known: Option<(u64, u64)>,
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
    /// line that was not written whole. Returns the place in the chain, and the number of bytes that
    /// were removed.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be read or written, or is not a regular file.
    pub(super) fn open(path: &Path, max_bytes: u64) -> io::Result<(Self, Chain, u64)> {
        let directory = parent(path);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
        let mut this = Self {
            path: path.to_owned(),
            max_bytes,
            known: None,
        };
        let file = this.open_to_append()?;
        let tail = read_tail(path)?;
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
        this.known = Some(identity(&file)?);
        Ok((this, chain, tail.torn))
    }

    /// Returns the place in the chain if others have changed the file since the last write.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be read.
    pub(super) fn changed_chain(&self) -> io::Result<Option<Chain>> {
        match regular_file::open(&self.path) {
            Ok((file, _)) if Some(identity(&file)?) == self.known => return Ok(None),
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
    /// An [`io::Error`] if writing or flushing failed; the file is then as long as it was, if the
    /// system allows it.
    pub(super) fn append(&mut self, lines: &[u8], last: u64) -> io::Result<()> {
        let mut file = self.open_to_append()?;
        let mut length = file.metadata()?.len();
        if length > 0 && length + lines.len() as u64 > self.max_bytes {
            match rename(&self.path, retention::rotated_path(&self.path, last)) {
                Ok(()) => {
                    file = self.open_to_append()?;
                    length = file.metadata()?.len();
                }
                Err(error) => tracing::warn!(%error, "the audit log cannot be rotated, and grows"),
            }
        }
        let written = file.write_all(lines).and_then(|()| file.sync_data());
        if let Err(error) = written {
            // Without a torn line, the next one is sound.
            let _ = file.set_len(length).and_then(|()| file.sync_data());
            self.known = identity(&file).ok();
            return Err(error);
        }
        self.known = Some(identity(&file)?);
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
                File::open(parent(&self.path))?.sync_all()?;
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

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

fn identity(file: &File) -> io::Result<(u64, u64)> {
    let metadata = file.metadata()?;
    Ok((metadata.ino(), metadata.len()))
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
    let whole = &bytes[..end];
    let start = whole.iter().rposition(|byte| *byte == b'\n');
    let last_line = &whole[start.map_or(0, |at| at + 1)..];
    Ok(Tail {
        last_line: Some(last_line.to_vec()),
        torn,
    })
}
