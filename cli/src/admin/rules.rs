//! `codeid admin rules`: the rules that serve, with how often each decided.

use std::cmp::Reverse;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use codeid_daemon::api::rules::Rules;
use serde_json::{Map, Value};

use super::desk::Desk;
use crate::output::{Failure, printable};
use crate::table::{Column, Table};

/// How many characters of a match are shown.
const MATCH_CHARACTERS: usize = 60;

/// The command line of `codeid admin rules`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowRules {
    /// Which rules to show first: those that decided most, those whose canary refused most, or
    /// those that are tried first. With --json they come as they are tried
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = Sorting::Order)]
    by: Sorting,
    /// Show no more than so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// What decides which rules come first.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sorting {
    Decided,
    Refused,
    Order,
}

impl ShowRules {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let mut rules: Rules = desk.get("/v1/rules")?;
        if !desk.is_json() {
            match self.by {
                Sorting::Decided => rules.rules.sort_by_key(|rule| Reverse(rule.decided)),
                Sorting::Refused => {
                    rules
                        .rules
                        .sort_by_key(|rule| Reverse(rule.refused_by_canary));
                }
                Sorting::Order => rules.rules.sort_by_key(|rule| rule.position),
            }
            self.show(desk.stdout, &rules)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn show(&self, output: &mut impl Write, rules: &Rules) -> io::Result<()> {
        let count = rules.rules.len();
        let shown = self.limit.unwrap_or(count).min(count);
        writeln!(
            output,
            "generation {}, version {}, {count} rule{}{}\n",
            rules.generation,
            printable(&rules.version),
            if count == 1 { "" } else { "s" },
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
        for rule in &rules.rules[..shown] {
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

/// The kind of an action.
pub(crate) fn action(action: &Map<String, Value>) -> String {
    let kind = action.get("type").and_then(Value::as_str);
    kind.unwrap_or("-").to_owned()
}

/// Whom a canary admits.
pub(crate) fn canary(canary: &Map<String, Value>) -> String {
    let percentage = canary.get("percentage");
    let percentage = percentage.map_or_else(|| "0".to_owned(), Value::to_string);
    let listed = canary.get("allowlist").and_then(Value::as_array);
    match listed.map_or(0, Vec::len) {
        0 => format!("{percentage} %"),
        listed => format!("{percentage} % and {listed} listed"),
    }
}

/// What a rule accepts, cut to a length that leaves the table one.
pub(crate) fn matching(matching: &Map<String, Value>) -> String {
    let parts = matching.iter().map(|(kind, content)| match content {
        Value::String(text) => format!("{kind} {text}"),
        content => format!("{kind} {content}"),
    });
    let text = parts.collect::<Vec<_>>().join(", ");
    cut(&text, MATCH_CHARACTERS)
}

/// The beginning of `text`, and a sign that there was more.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A rule in one line: what it accepts, and what it does then.
pub(super) fn in_a_line(rule: &Map<String, Value>) -> String {
    let member = |name| rule.get(name).and_then(Value::as_object);
    let mut line = member("match").map_or_else(String::new, matching);
    line += " → ";
    line += &member("action").map_or_else(String::new, action);
    if let Some(whom) = member("canary") {
        line += &format!(" for {}", canary(whom));
    }
    line
}
