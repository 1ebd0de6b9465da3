//! The figures of each interval as text or JSON, for files, pipes and scripts.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::cells::{errors, latencies, traffics};
use super::figures::Figures;
use super::reading::Reader;
use super::view::View;
use crate::moment::utc;
use crate::output::{Failure, Stdout, printable};
use crate::quantity::grouped;
use crate::table::{Column, Table};

/// The limit on the rules that are written for an interval.
const RULES: usize = 10;

/// The forms in which intervals are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines and tables for people.
    Text,
    /// An object in a line for each interval.
    Json,
}

/// Writes `count` intervals; `None` for no limit. For an interval in which the daemon restarted, or
/// did not respond, the reason is written instead.
///
/// # Errors
///
/// [`Failure`] if the first reading fails, or standard output cannot be written.
pub(super) fn write(
    stdout: &mut Stdout,
    mut reader: Reader,
    form: Form,
    count: Option<u64>,
) -> Result<ExitCode, Failure> {
    let mut view = View::default();
    view.take(Ok(reader.next()?));
    let mut written = 0;
    while count.is_none_or(|count| written < count) {
        view.note = None;
        view.take(reader.next());
        match form {
            Form::Json => json(stdout, &view)?,
            Form::Text => text(stdout, &view)?,
        }
        stdout.flush()?;
        written += 1;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes an object in a line: the figures, or the reason why they are missing.
fn json(output: &mut impl Write, view: &View) -> io::Result<()> {
    #[derive(Serialize)]
    struct Missing<'a> {
        lost: Option<&'a str>,
        note: Option<&'a str>,
    }
    match (&view.last_failure, &view.figures) {
        (None, Some(figures)) => serde_json::to_writer(&mut *output, figures)?,
        _ => {
            let missing = Missing {
                lost: view.last_failure.as_deref(),
                note: view.note.as_deref(),
            };
            serde_json::to_writer(&mut *output, &missing)?;
        }
    }
    writeln!(output)
}

fn text(output: &mut impl Write, view: &View) -> io::Result<()> {
    if let Some(why) = &view.last_failure {
        return writeln!(output, "no figures: {}\n", printable(why));
    }
    if let Some(note) = &view.note {
        writeln!(output, "{}", printable(note))?;
    }
    let Some(figures) = &view.figures else {
        return writeln!(output);
    };
    writeln!(output, "{}", printable(&headline(figures)))?;
    let mut table = Table::new([
        Column::Left("LISTENER"),
        Column::Right("REQUESTS/S"),
        Column::Right("ERRORS"),
        Column::Right("OPEN"),
        Column::Right("P50"),
        Column::Right("P90"),
        Column::Right("P99"),
        Column::Right("P99.9"),
        Column::Right("MAX"),
    ]);
    for traffic in traffics(figures) {
        let [p50, p90, p99, p999, max] = latencies(&traffic.latency);
        table.row([
            traffic.name.clone(),
            grouped(traffic.requests_per_second),
            errors(traffic),
            traffic.open_connections.to_string(),
            p50,
            p90,
            p99,
            p999,
            max,
        ]);
    }
    table.write(output, "  ")?;
    let mut rules = Table::new([
        Column::Left("RULE"),
        Column::Right("DECIDED/S"),
        Column::Right("REFUSED/S"),
        Column::Right("DECIDED"),
        Column::Right("REFUSED"),
    ]);
    for rule in figures.rules.iter().take(RULES) {
        rules.row([
            rule.id.clone(),
            grouped(rule.decided_per_second),
            grouped(rule.refused_per_second),
            rule.decided.to_string(),
            rule.refused.to_string(),
        ]);
    }
    if !rules.is_empty() {
        rules.write(output, "  ")?;
    }
    writeln!(output)
}

fn headline(figures: &Figures) -> String {
    let live = match (figures.generation, &figures.version) {
        (Some(generation), Some(version)) => format!("generation {generation} ({version})"),
        _ => "no table".to_owned(),
    };
    let refused = match figures.total.refused_connections_per_second {
        none if none <= 0.0 => String::new(),
        some => format!("  {} refused connections/s", grouped(some)),
    };
    format!(
        "{}  {}  {live}{}{refused}",
        utc(figures.at),
        if figures.ready { "ready" } else { "NOT READY" },
        if figures.frozen { "  FROZEN" } else { "" }
    )
}
