//! `codeid check`: reports errors and warnings in route configs, as a compiler does.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod cost;
mod finding;
mod report;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use codeid_daemon::count::counted;

use self::cost::CostReport;
pub(super) use self::finding::{Finding, Severity, findings_of};
pub(super) use self::report::{show_findings, show_refusal};
use super::output;
use super::route_config;
use super::settings::{self, SettingsArgs};

/// The command line of `codeid check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 if no file has an error, even if some have warnings; 1 if a file has an error or \
cannot be read, or with --deny-warnings has a warning; 2 if the command line is wrong.")]
pub(crate) struct Check {
    /// The route configs; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print a JSON array, with an object for each error and warning, and one for the cost
    ///
    /// The fields of each object are severity, code, rule, pointer, position, message and hint, and
    /// file if several files are given. Unknown values are null. A last object for each file without
    /// errors has the severity note and the code code-cost; its field cost has the most steps that a
    /// lookup can take, and the most expensive code value that was constructed.
    #[arg(long)]
    json: bool,
    /// Exit with status 1 if there are warnings
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

impl Check {
    /// Checks the files; the exit status is 0 if all of them pass.
    pub(crate) fn run(self) -> ExitCode {
        let limits = match self.settings.read() {
            Ok(settings) => settings.compile,
            Err(error) => return settings::report(&error.into()),
        };
        output::run(|stdout| {
            let mut total = Total::default();
            let mut array = JsonArray::default();
            for path in &self.files {
                let examined = route_config::examine(path, &limits).linted();
                let cost = CostReport::measure(&examined, &limits);
                let mut findings = finding::from_examined(&examined);
                total.add(&findings);
                if self.json {
                    findings.extend(cost.as_ref().map(CostReport::finding));
                    for finding in &mut findings {
                        finding.file = (self.files.len() > 1).then_some(&*examined.name);
                        array.write(stdout, finding)?;
                    }
                } else {
                    show_findings(stdout, &examined.name, &examined.document, &findings)?;
                    if let Some(cost) = &cost {
                        cost.show(stdout, &examined.name)?;
                    }
                }
            }
            if self.json {
                array.end(stdout)?;
            } else {
                total.show(stdout)?;
            }
            let denied = self.deny_warnings && total.warnings > 0;
            Ok(match total.errors == 0 && !denied {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            })
        })
    }
}

/// The totals of all files.
#[derive(Default)]
struct Total {
    files: usize,
    errors: usize,
    warnings: usize,
}

impl Total {
    fn add(&mut self, findings: &[Finding<'_>]) {
        let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
        self.files += 1;
        self.errors += count(Severity::Error);
        self.warnings += count(Severity::Warning);
    }

    fn show(&self, output: &mut impl Write) -> io::Result<()> {
        writeln!(
            output,
            "{} checked: {}, {}",
            counted(self.files, "file"),
            counted(self.errors, "error"),
            counted(self.warnings, "warning"),
        )
    }
}

/// A JSON array written element by element, one per line.
#[derive(Default)]
struct JsonArray {
    begun: bool,
}

impl JsonArray {
    fn write(&mut self, output: &mut impl Write, finding: &Finding<'_>) -> io::Result<()> {
        output.write_all(if self.begun { b",\n" } else { b"[\n" })?;
        self.begun = true;
        Ok(serde_json::to_writer(output, finding)?)
    }

    fn end(self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::Args;

    use super::*;

    #[test]
    fn the_help_of_json_lists_the_fields_of_a_finding() {
        let command = Check::augment_args(clap::Command::new("check"));
        let mut arguments = command.get_arguments();
        let json = arguments.find(|a| a.get_id() == "json").unwrap();
        let help = json.get_long_help().unwrap().to_string();
        let listed = help.split_once("object are ").unwrap().1;
        let listed = listed.split_once(" if several").unwrap().0;
        let listed: BTreeSet<&str> = listed
            .split([',', ' '])
            .filter(|word| !["", "and"].contains(word))
            .collect();
        let finding = Finding {
            file: Some("a.json"),
            severity: Severity::Error,
            code: "unreadable-file",
            rule: None,
            pointer: "",
            position: None,
            message: "".into(),
            hint: None,
            cost: None,
        };
        let finding = serde_json::to_value(finding).unwrap();
        let printed = finding.as_object().unwrap();
        assert_eq!(listed, printed.keys().map(String::as_str).collect());
    }
}
