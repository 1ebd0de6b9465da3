//! `codeid admin check` and `apply`: a route config against what serves, and in its place.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytes::Bytes;
use clap::builder::styling::{AnsiColor, Style};
use codeid_daemon::api::apply::Applied;
use codeid_daemon::api::check::Checked;
use codeid_daemon::api::problem::Problem;

use super::client::IfMatch;
use super::desk::Desk;
use super::difference;
use super::{hold, refusal};
use crate::check::{Finding, Severity, show_findings};
use crate::output::{Failure, printable};

/// The most bytes that are sent. The daemon's own bound is its business, and less.
const MAX_BYTES: u64 = 64 << 20;

/// What a daemon takes whose settings are the defaults: four bytes for each character.
const USUAL_BYTES: usize = 4 * 131_072;

/// The command line of `codeid admin check`.
#[derive(Debug, clap::Args)]
pub(super) struct CheckCandidate {
    /// The route config; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Exit with status 1 if there are warnings
    #[arg(long)]
    deny_warnings: bool,
}

/// The command line of `codeid admin apply`.
///
#[derive(Debug, clap::Args)]
pub(super) struct Apply {
    /// The route config; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace only the config with this digest, instead of the one that serves now
    #[arg(long, value_name = "SHA256", conflicts_with = "force")]
    if_match: Option<IfMatch>,
    /// Replace whatever serves
    #[arg(long)]
    force: bool,
    /// Apply nothing and exit with status 1 if there are warnings
    #[arg(long)]
    deny_warnings: bool,
}

/// A route config that does not serve yet.
struct Candidate {
    /// How messages name its file.
    name: String,
    document: Bytes,
}

impl CheckCandidate {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let candidate = Candidate::read(&self.file)?;
        let answer = desk.send("/v1/check", candidate.document.clone(), None);
        let answer = answer.map_err(|failure| candidate.unsent(failure))?;
        let checked: Checked = desk.understand(&answer)?;
        if !desk.is_json() {
            candidate.show(desk.stdout, &checked)?;
        }
        let denied = self.deny_warnings && !checked.warnings.is_empty();
        Ok(match checked.ok && !denied {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

impl Apply {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let candidate = Candidate::read(&self.file)?;
        let answer = desk.ask("/v1/check", candidate.document.clone());
        let answer = answer.map_err(|failure| candidate.unsent(failure))?;
        let checked: Checked = desk.understand(&answer)?;
        if !desk.is_json() {
            candidate.show(desk.stdout, &checked)?;
        }
        let denied = self.deny_warnings && !checked.warnings.is_empty();
        if !checked.ok || denied {
            desk.hand_on(&answer)?;
            if !desk.is_json() {
                writeln!(desk.stdout, "nothing is applied")?;
            }
            return Ok(ExitCode::FAILURE);
        }
        let if_match = match (self.force, &self.if_match, &checked.replaces) {
            (true, ..) => IfMatch::Anything,
            (false, Some(digest), _) => *digest,
            (false, None, Some(compared)) => IfMatch::Sha256(*compared),
            // Nothing serves that could be replaced.
            (false, None, None) => IfMatch::Anything,
        };
        let answer = desk.send("/v1/apply", candidate.document.clone(), Some(if_match))?;
        if !desk.is_json()
            && let Some(refusal) = refusal::read(&answer.body)
        {
            candidate.show_problems(desk.stdout, Severity::Error, &refusal.problems)?;
        }
        let applied: Applied = desk.understand(&answer)?;
        if !desk.is_json() {
            tell(desk.stdout, &applied)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Candidate {
    fn read(path: &Path) -> Result<Self, Failure> {
        let cannot = |what: &str, error: io::Error| {
            Failure::Message(format!("{} cannot be {what}: {error}", path.display()))
        };
        let mut document = Vec::new();
        let name = if path == Path::new("-") {
            let stdin = io::stdin().lock();
            stdin
                .take(MAX_BYTES + 1)
                .read_to_end(&mut document)
                .map_err(|error| cannot("read", error))?;
            "<stdin>".to_owned()
        } else {
            let file = File::open(path).map_err(|error| cannot("opened", error))?;
            file.take(MAX_BYTES + 1)
                .read_to_end(&mut document)
                .map_err(|error| cannot("read", error))?;
            path.display().to_string()
        };
        if document.len() as u64 > MAX_BYTES {
            return Err(Failure::Message(format!(
                "{name} has more than {MAX_BYTES} bytes, which no route config has"
            )));
        }
        Ok(Self {
            name,
            document: document.into(),
        })
    }

    /// A daemon that is sent too much may hang up before its answer was read.
    fn unsent(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Unanswered(why) if self.document.len() > USUAL_BYTES => {
                let (name, bytes) = (&self.name, self.document.len());
                Failure::Unanswered(format!(
                    "{why}; {name} has {bytes} bytes, which is too much unless the daemon's \
                     ac.route.max-config-characters was raised"
                ))
            }
            failure => failure,
        }
    }

    /// Shows what is wrong or questionable, what it changes, and what it comes to.
    fn show(&self, output: &mut impl Write, checked: &Checked) -> io::Result<()> {
        self.show_problems(output, Severity::Error, &checked.problems)?;
        self.show_problems(output, Severity::Warning, &checked.warnings)?;
        if let Some(changes) = &checked.changes {
            difference::show(output, changes)?;
        }
        let count = |n: usize, noun| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        let found = format!(
            "{}, {}",
            count(checked.problems.len(), "error"),
            count(checked.warnings.len(), "warning")
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
            count(rules, "rule"),
            checked.compile_us.unwrap_or_default(),
            checked.sha256
        )
    }

    /// Shows problems that have a place in the text, in that place.
    fn show_problems(
        &self,
        output: &mut impl Write,
        severity: Severity,
        problems: &[Problem],
    ) -> io::Result<()> {
        let findings: Vec<_> = problems
            .iter()
            .filter(|problem| !is_about_what_is_gone(severity, problem))
            .map(|problem| Finding {
                file: None,
                severity,
                code: &problem.code,
                rule: problem.rule.as_deref(),
                pointer: &problem.pointer,
                position: problem.position.map(Into::into),
                message: &problem.message,
                hint: problem.hint.as_deref(),
            })
            .collect();
        show_findings(output, &self.name, &self.document, &findings)?;
        show_what_is_gone(output, severity, problems)
    }
}

/// Whether a warning is of something that is not in the text.
const fn is_about_what_is_gone(severity: Severity, problem: &Problem) -> bool {
    matches!(severity, Severity::Warning) && problem.position.is_none()
}

/// Shows what is not in the text: a line for each, the way out once.
fn show_what_is_gone(
    output: &mut impl Write,
    severity: Severity,
    problems: &[Problem],
) -> io::Result<()> {
    let gone = || {
        problems
            .iter()
            .filter(|problem| is_about_what_is_gone(severity, problem))
    };
    let style = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
    let mut hints: Vec<&str> = Vec::new();
    for problem in gone() {
        writeln!(
            output,
            "{style}warning{style:#}: {}",
            printable(&problem.message)
        )?;
        hints.extend(problem.hint.as_deref().filter(|hint| !hints.contains(hint)));
    }
    for hint in hints {
        writeln!(output, "  = help: {}", printable(hint))?;
    }
    match gone().next() {
        Some(_) => writeln!(output),
        None => Ok(()),
    }
}

/// Says what serves now, and what that means for later.
pub(super) fn tell(output: &mut impl Write, applied: &Applied) -> io::Result<()> {
    let plural = if applied.rule_count == 1 { "" } else { "s" };
    let line = format!(
        "{}: generation {}, version {}, {} rule{plural}, sha256 {}",
        applied.outcome, applied.generation, applied.version, applied.rule_count, applied.sha256
    );
    writeln!(output, "{}", printable(&line))?;
    if !applied.saved {
        let why = applied
            .save_failure
            .as_deref()
            .unwrap_or("no reason is known");
        writeln!(output, "not kept in the local storage: {}", printable(why))?;
    }
    hold::tell(output, Some(&applied.freeze))
}
