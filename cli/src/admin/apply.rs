//! `codeid admin apply`: a route config becomes live.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use codeid_daemon::api::apply::Applied;
use codeid_daemon::api::check::Checked;
use codeid_daemon::count::counted;

use super::candidate::Candidate;
use super::client::{Condition, IfMatch};
use super::command_context::CommandContext;
use super::{freeze, refusal};
use crate::check::Severity;
use crate::output::{Failure, printable};

/// The command line of `codeid admin apply`.
#[derive(Debug, clap::Args)]
pub(super) struct Apply {
    /// The route config; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace only the config with this digest, instead of the one that is live now
    #[arg(long, value_name = "SHA256", conflicts_with = "force")]
    if_match: Option<IfMatch>,
    /// Replace the live config, whichever it is
    #[arg(long)]
    force: bool,
    /// Replace the live config even if an operator has frozen it with codeid admin freeze
    #[arg(long = "override")]
    overrides: bool,
    /// Apply nothing and exit with status 1 if there are warnings
    #[arg(long)]
    deny_warnings: bool,
}

impl Apply {
    /// Checks the config, shows its changes, and applies it; exit status 1 if it is not applied.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let candidate = Candidate::read(&self.file)?;
        let response = context.try_bytes("/v1/check", candidate.document.clone());
        let response = response.map_err(|failure| candidate.explain_length(failure))?;
        let checked: Checked = context.parse(&response)?;
        if !context.is_json() {
            candidate.show(context.stdout, &checked)?;
        }
        let denied = self.deny_warnings && !checked.warnings.is_empty();
        if !checked.ok || denied {
            context.print(&response)?;
            if !context.is_json() {
                writeln!(context.stdout, "nothing was applied")?;
            }
            return Ok(ExitCode::FAILURE);
        }
        let if_match = match (self.force, self.if_match, checked.replaces) {
            (true, ..) => IfMatch::Anything,
            (false, Some(digest), _) => digest,
            (false, None, Some(compared)) => IfMatch::Sha256(compared),
            // Without a live config there is nothing to replace.
            (false, None, None) => IfMatch::Anything,
        };
        let condition = Condition {
            if_match: Some(if_match),
            overrides: self.overrides,
        };
        let response = context.post_bytes("/v1/apply", candidate.document.clone(), condition)?;
        if !context.is_json()
            && let Ok(refusal) = refusal::parse(&response.body)
        {
            candidate.show_problems(context.stdout, Severity::Error, &refusal.problems)?;
        }
        let applied: Applied = context.parse(&response)?;
        if !context.is_json() {
            show_applied(context.stdout, &applied)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the identity of the config that is now live, and that it is frozen.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn show_applied(output: &mut impl Write, applied: &Applied) -> io::Result<()> {
    let line = format!(
        "{}: generation {}, version {}, {}, sha256 {}",
        applied.outcome,
        applied.generation,
        applied.version,
        counted(applied.rule_count, "rule"),
        applied.sha256
    );
    writeln!(output, "{}", printable(&line))?;
    freeze::show(output, &applied.freeze)
}
