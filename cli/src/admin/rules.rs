//! `codeid admin rules`: the live rules, with how often each decided.

use std::cmp::Reverse;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use codeid_daemon::api::rules::Rules;
use codeid_daemon::count::counted;

use super::command_context::CommandContext;
use super::rule_text::{action, canary, matching};
use crate::output::{Failure, printable};
use crate::table::{Column, Table};

/// The command line of `codeid admin rules`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowRules {
    /// The order: most decided first, most refused by their canary first, or as they are tried,
    /// which is always the order of --json
    #[arg(long, value_name = "ORDER", value_enum, default_value_t = Sorting::Order)]
    by: Sorting,
    /// The most rules to show
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// The orders in which rules are shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sorting {
    Decided,
    Refused,
    Order,
}

impl ShowRules {
    /// Prints the live rules.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let mut rules: Rules = context.get("/v1/rules")?;
        if !context.is_json() {
            match self.by {
                Sorting::Decided => rules.rules.sort_by_key(|rule| Reverse(rule.decided)),
                Sorting::Refused => {
                    rules
                        .rules
                        .sort_by_key(|rule| Reverse(rule.refused_by_canary));
                }
                Sorting::Order => rules.rules.sort_by_key(|rule| rule.position),
            }
            self.show(context.stdout, &rules)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn show(&self, output: &mut impl Write, rules: &Rules) -> io::Result<()> {
        let count = rules.rules.len();
        let shown = self.limit.unwrap_or(count).min(count);
        writeln!(
            output,
            "generation {}, version {}, {}{}{}\n",
            rules.generation,
            printable(&rules.version),
            counted(count, "rule"),
            if rules.trim {
                ", code values are trimmed"
            } else {
                ""
            },
            if shown < count {
                format!(", {shown} shown")
            } else {
                String::new()
            }
        )?;
        let mut table = Table::new([
            Column::Right("POSITION"),
            Column::Left("RULE"),
            Column::Right("DECIDED"),
            Column::Right("REFUSED"),
            Column::Left("ACTION"),
            Column::Left("CANARY"),
            Column::Left("MATCH"),
        ]);
        for rule in rules.rules.iter().take(shown) {
            table.row([
                rule.position.to_string(),
                rule.id.clone(),
                rule.decided.to_string(),
                rule.refused_by_canary.to_string(),
                action(&rule.action),
                rule.canary.as_ref().map_or_else(|| "-".to_owned(), canary),
                matching(&rule.matching),
            ]);
        }
        table.write(output, "")
    }
}
