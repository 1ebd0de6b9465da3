//! Checks the chain of a log.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::line::{Line, LineDigest, MAX_BYTES};
use super::retention;
use crate::regular_file;
use crate::uri::opened_path;

/// The most faults that a report lists.
const MAX_FAULTS: usize = 100;

/// The state of a log, with the files that were rotated.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The files, in order.
    #[serde(serialize_with = "serialize_paths")]
    pub files: Vec<PathBuf>,
    /// The number of lines that are part of the chain.
    pub lines: u64,
    /// The number of lines of a version that did not chain its lines. The first line of the chain vouches
    /// for the last of them.
    pub unchained: u64,
    /// The number of the first line of the chain, which is more than 1 if files were deleted.
    pub first: Option<u64>,
    /// The number of the last line of the chain.
    pub last: Option<u64>,
    /// The numbers of intents without an outcome: the daemon ended before it was known, or is at work.
    pub unfinished: Vec<u64>,
    /// Faults of the chain, at most 100.
    pub faults: Vec<Fault>,
    /// The number of faults.
    pub fault_count: u64,
}

/// A fault of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file.
    #[serde(serialize_with = "serialize_path")]
    pub file: PathBuf,
    /// The number of the line in the file, from 1.
    pub line: u64,
    /// The fault.
    pub kind: FaultKind,
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultKind {
    /// The line is not a line of an audit log.
    NotALine,
    /// The last line was not written whole. The next start of the daemon removes it.
    Torn,
    /// The line does not carry the digest of the line before: one of them was changed, or lines were
    /// removed or added.
    WrongDigest,
    /// The line does not have the number after that of the line before.
    WrongNumber,
}

/// Reads the log at `path` and the files beside it that were rotated, and checks that each line follows
/// from the one before. The end of a log can be cut off without a trace in it; a second sink shows that.
///
/// # Errors
///
/// An [`io::Error`] if a file cannot be read.
pub fn verify(path: &Path) -> io::Result<Report> {
    let mut report = Report::default();
    let mut chain = None;
    let mut open = BTreeSet::new();
    let rotated = retention::rotated(path)?.into_iter().map(|(_, path)| path);
    for file in rotated.chain([path.to_owned()]) {
        match check_file(&file, &mut report, &mut chain, &mut open) {
            // It was rotated, and nothing written since.
            Err(error) if error.kind() == io::ErrorKind::NotFound && chain.is_some() => {}
            checked => {
                checked?;
                report.files.push(file);
            }
        }
    }
    report.unfinished = open.into_iter().collect();
    Ok(report)
}

/// The line before.
struct Before {
    /// 0 for one that is not part of the chain.
    number: u64,
    digest: String,
}

fn check_file(
    path: &Path,
    report: &mut Report,
    before: &mut Option<Before>,
    open: &mut BTreeSet<u64>,
) -> io::Result<()> {
    let (file, _) = regular_file::open(path)?;
    let mut file = BufReader::new(file);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        // A longer line is not one, and is taken in pieces.
        let limit = MAX_BYTES as u64;
        if (&mut file).take(limit).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let Some(text) = bytes.strip_suffix(b"\n") else {
            let is_end = file.fill_buf()?.is_empty();
            let kind = if is_end {
                FaultKind::Torn
            } else {
                FaultKind::NotALine
            };
            report.add(path, number, kind);
            *before = None;
            continue;
        };
        let digest = LineDigest::new(text).to_string();
        let Ok(line) = serde_json::from_slice::<Line>(text) else {
            let is_object =
                serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(text);
            match is_object {
                // A line of an earlier version has no number.
                Ok(members) if !members.contains_key("seq") && report.lines == 0 => {
                    report.unchained += 1;
                }
                _ => report.add(path, number, FaultKind::NotALine),
            }
            *before = Some(Before { number: 0, digest });
            continue;
        };
        if let Some(before) = before {
            if line.prev != before.digest {
                report.add(path, number, FaultKind::WrongDigest);
            } else if line.seq != before.number + 1 {
                report.add(path, number, FaultKind::WrongNumber);
            }
        }
        if line.outcome == Line::INTENDED {
            open.insert(line.seq);
        }
        if let Some(intent) = line.intent {
            open.remove(&intent);
        }
        report.lines += 1;
        report.first.get_or_insert(line.seq);
        report.last = Some(line.seq);
        *before = Some(Before {
            number: line.seq,
            digest,
        });
    }
    Ok(())
}

impl Report {
    /// Returns `true` if every line follows from the one before.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.fault_count == 0
    }

    fn add(&mut self, file: &Path, line: u64, kind: FaultKind) {
        self.fault_count += 1;
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault {
                file: file.to_owned(),
                line,
                kind,
            });
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotALine => "it is not a line of an audit log",
            Self::Torn => "it was not written whole",
            Self::WrongDigest => {
                "it does not carry the digest of the line before: one of them was changed, or lines \
                 were removed or added"
            }
            Self::WrongNumber => "its number does not follow that of the line before",
        })
    }
}

/// Serializes the path of a file that was read.
fn serialize_path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&opened_path(path))
}

fn serialize_paths<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| opened_path(path).to_string()))
}
