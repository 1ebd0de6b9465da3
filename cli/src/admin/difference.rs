//! The difference between a candidate and the live config, rule by rule.

use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use codeid_daemon::api::check::{Change, Changes, RuleChange, TrimChange};
use codeid_daemon::count::counted;
use serde_json::{Map, Value};

use super::rule_text::{cut, one_line};
use crate::output::printable;

/// The limit on the text of a changed member, in characters.
const MEMBER_CHARACTERS: usize = 300;

/// The most removed rules that are listed.
const REMOVED_LISTED: usize = 20;

/// Writes a line for each rule that changes, and its changed members below it. Of the removed rules, which
/// are the last, the first [`REMOVED_LISTED`] are listed.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn show(output: &mut impl Write, changes: &Changes) -> io::Result<()> {
    let unchanged = counted(changes.unchanged, "rule");
    if let Some(TrimChange { before, after }) = changes.trim {
        writeln!(
            output,
            "trim changes, which concerns every rule: {before} to {after}"
        )?;
    }
    if changes.rules.is_empty() {
        return writeln!(output, "no rule changes: {unchanged} as in the live config");
    }
    writeln!(output, "against the live config:")?;
    let mut removed = 0;
    for change in &changes.rules {
        removed += usize::from(change.change == Change::Removed);
        if removed <= REMOVED_LISTED {
            show_rule(output, change)?;
        }
    }
    if removed > REMOVED_LISTED {
        let more = removed - REMOVED_LISTED;
        writeln!(output, "  - and {more} more removed: --json lists all")?;
    }
    writeln!(output, "  {unchanged} unchanged")
}

fn show_rule(output: &mut impl Write, change: &RuleChange) -> io::Result<()> {
    let (sign, colour) = match change.change {
        Change::Added => ('+', AnsiColor::Green),
        Change::Removed => ('-', AnsiColor::Red),
        Change::Moved => ('>', AnsiColor::Cyan),
        Change::Changed => ('~', AnsiColor::Yellow),
    };
    let style = Style::new().fg_color(Some(colour.into()));
    let id = printable(&change.id);
    write!(output, "  {style}{sign} {id}{style:#} {}", change.change)?;
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            writeln!(output)?;
            show_members(output, before, after)
        }
        (Some(rule), None) | (None, Some(rule)) => {
            writeln!(output, ": {}", printable(&one_line(rule)))
        }
        (None, None) => writeln!(output),
    }
}

/// Writes the members of a rule that differ, before and after.
fn show_members(
    output: &mut impl Write,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> io::Result<()> {
    let only_after = after.keys().filter(|name| !before.contains_key(*name));
    for name in before.keys().chain(only_after) {
        let (was, is) = (present(before, name), present(after, name));
        if was == is {
            continue;
        }
        for (sign, colour, value) in [('-', AnsiColor::Red, was), ('+', AnsiColor::Green, is)] {
            if let Some(value) = value {
                let style = Style::new().fg_color(Some(colour.into()));
                let line = cut(&format!("{name} {value}"), MEMBER_CHARACTERS);
                writeln!(output, "      {style}{sign} {}{style:#}", printable(&line))?;
            }
        }
    }
    Ok(())
}

/// Returns a member; `null` counts as missing.
fn present<'a>(rule: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    rule.get(name).filter(|value| !value.is_null())
}
