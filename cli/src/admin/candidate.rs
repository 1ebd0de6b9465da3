//! A route config that a command sends to the daemon to be checked or applied.

use std::error::Error;
use std::io::{self, Read, Write};
use std::path::Path;

use bytes::Bytes;
use codeid_daemon::api::check::Checked;
use codeid_daemon::api::problem::Problem;
use codeid_daemon::count::counted;
use codeid_daemon::regular_file;
use codeid_daemon::settings::MAX_CONFIG_CHARACTERS;
use codeid_daemon::uri::{opened_path, shown_path};
use codeid_engine::CompileLimits;

use super::client::ClientError;
use super::difference;
use crate::check::{Finding, Severity, show_findings};
use crate::output::{Failure, printable};

/// The limit on what is sent, in bytes: four for each character of the longest config that a daemon
/// can be set to accept.
const MAX_BYTES: u64 = 4 * MAX_CONFIG_CHARACTERS;

/// The reason why a config was not read.
#[derive(Debug, thiserror::Error)]
#[error("{name} cannot be {what}")]
struct Unread {
    name: String,
    what: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

/// A config that was not answered, which may be too long for the daemon.
#[derive(Debug, thiserror::Error)]
#[error(
    "{name} has {bytes} bytes, too many unless the daemon's ac.route.max-config-characters was raised"
)]
struct MaybeTooLong {
    name: String,
    bytes: usize,
    source: Box<dyn Error + Send + Sync>,
}

/// A route config that is not live.
pub(super) struct Candidate {
    /// The name of its file in messages.
    name: String,
    /// The bytes of the file, not necessarily UTF-8.
    pub(super) document: Bytes,
}

impl Candidate {
    /// Reads the file at `path`; `-` is standard input.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the file cannot be read, or is too long to be a route config.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let unread = |name: &str, what, source| {
            Failure::other(Unread {
                name: name.to_owned(),
                what,
                source,
            })
        };
        let mut document = Vec::new();
        let (name, read) = if path == Path::new("-") {
            let stdin = io::stdin().lock();
            let read = stdin.take(MAX_BYTES + 1).read_to_end(&mut document);
            ("<stdin>".to_owned(), read)
        } else {
            let (file, _) = regular_file::open(path)
                .map_err(|error| unread(&shown_path(path).to_string(), "opened", error.into()))?;
            let read = file.take(MAX_BYTES + 1).read_to_end(&mut document);
            (opened_path(path).to_string(), read)
        };
        read.map_err(|error| unread(&name, "read", error.into()))?;
        if document.len() as u64 > MAX_BYTES {
            return Err(Failure::other(format!(
                "{name} has more than {MAX_BYTES} bytes, too many for a route config"
            )));
        }
        Ok(Self {
            name,
            document: document.into(),
        })
    }

    /// Adds the length of the config to the failure to send it, if that is the likely reason: a daemon
    /// may hang up on a body that is too long.
    pub(super) fn explain_length(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Unanswered(source)
                if self.document.len() > usual_limit() && is_hang_up(&*source) =>
            {
                Failure::Unanswered(Box::new(MaybeTooLong {
                    name: self.name.clone(),
                    bytes: self.document.len(),
                    source,
                }))
            }
            failure => failure,
        }
    }

    /// Writes the problems of the config, its difference from the live one, and a summary.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if `output` cannot be written.
    pub(super) fn show(&self, output: &mut impl Write, checked: &Checked) -> io::Result<()> {
        self.show_problems(output, Severity::Error, &checked.problems)?;
        self.show_problems(output, Severity::Warning, &checked.warnings)?;
        if let Some(changes) = &checked.changes {
            difference::show(output, changes)?;
        }
        let found = format!(
            "{}, {}",
            counted(checked.problems.len(), "error"),
            counted(checked.warnings.len(), "warning")
        );
        let name = printable(&self.name);
        if !checked.ok {
            if let Some(why) = &checked.why
                && checked.problems.is_empty()
            {
                return writeln!(output, "{name}: refused: {}", printable(why));
            }
            return writeln!(output, "{name}: refused: {found}");
        }
        let version = checked.version.as_deref().unwrap_or("-");
        let rules = checked.rule_count.unwrap_or_default();
        let memory = checked.memory_bytes.unwrap_or_default().div_ceil(1024);
        writeln!(
            output,
            "{name}: good: version {}, {}, {found}; compiled in {} µs, about {memory} KiB, sha256 {}",
            printable(version),
            counted(rules, "rule"),
            checked.compile_us.unwrap_or_default(),
            checked.sha256
        )
    }

    /// Writes the problems, each with its line in the text if it has one.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if `output` cannot be written.
    pub(super) fn show_problems(
        &self,
        output: &mut impl Write,
        severity: Severity,
        problems: &[Problem],
    ) -> io::Result<()> {
        let findings: Vec<_> = problems
            .iter()
            .map(|problem| Finding {
                file: None,
                severity,
                code: &problem.code,
                rule: problem.rule.as_deref(),
                pointer: &problem.pointer,
                position: problem.position.map(Into::into),
                message: (&*problem.message).into(),
                hint: problem.hint.as_deref(),
                cost: None,
            })
            .collect();
        show_findings(output, &self.name, &self.document, &findings)
    }
}

/// Returns `true` for the failure of a connection that was made and then broke.
fn is_hang_up(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(ClientError::Interrupted { .. }))
}

/// Returns the limit of a daemon with default settings, in bytes: four for each character.
fn usual_limit() -> usize {
    4 * CompileLimits::default().max_config_characters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_is_read_that_only_a_daemon_with_other_settings_accepts() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(65 << 20).unwrap();
        let candidate = Candidate::read(file.path()).unwrap();
        assert_eq!(candidate.document.len(), 65 << 20);
        assert_eq!(MAX_BYTES, 256 << 20);
    }
}
