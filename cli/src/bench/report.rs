//! Reports of runs, as text.

use std::io::{self, Write};

use codeid_daemon::count::counted;

use super::figures::{Load, Run};
use crate::output::printable;
use crate::quantity::{grouped, rounded, time};

/// Writes the report of one run.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn one(output: &mut impl Write, run: &Run) -> io::Result<()> {
    let name = printable(&run.name);
    let generated = format!("{}, {}", run.protocol, run.address);
    if run.name == generated {
        writeln!(output, "{name}")?;
    } else {
        writeln!(output, "{name} ({})", printable(&generated))?;
    }
    writeln!(output, "  {}", load(run))?;
    writeln!(
        output,
        "  {:<13} {:>12}",
        "requests/s",
        grouped(run.requests_per_second)
    )?;
    if let Some(codes) = run.batch {
        writeln!(
            output,
            "  {:<13} {:>12}",
            "code values/s",
            grouped(run.requests_per_second * codes as f64)
        )?;
    }
    errors(output, run)?;
    latency(output, run)?;
    writeln!(output)
}

/// Writes the failures of a run, by kind, and the first of them.
fn errors(output: &mut impl Write, run: &Run) -> io::Result<()> {
    writeln!(output, "  {:<13} {:>12}", "errors", run.errors.total)?;
    for (kind, times) in &run.errors.by_kind {
        writeln!(output, "    {times:>10} × {}", printable(kind))?;
    }
    if let Some(first) = &run.errors.first {
        let text = match &*first.text {
            "" => String::new(),
            text => format!(": {}", printable(text)),
        };
        writeln!(output, "    the first: {}{text}", printable(&first.kind))?;
    }
    if let Some(line) = run.errors.first_unexpected_line {
        writeln!(
            output,
            "    the first unexpected response: line {line} of the codes"
        )?;
    }
    Ok(())
}

/// Writes the percentiles of a run, and how many requests they leave out.
fn latency(output: &mut impl Write, run: &Run) -> io::Result<()> {
    let from = match run.load {
        Load::Closed => "sent",
        Load::Open { .. } => "due",
    };
    if run.latency.count == 0 {
        writeln!(
            output,
            "  latency       none: no good response was measured"
        )?;
    } else {
        writeln!(
            output,
            "  latency       of {}, from the time each request was {from}",
            counted(run.latency.count, "good response")
        )?;
        for (name, microseconds) in percentiles(run) {
            writeln!(output, "    {name:<11} {:>12}", time(microseconds))?;
        }
    }
    let left_out: u64 = ["no response within", "not sent"]
        .iter()
        .flat_map(|begin| {
            let kinds = run.errors.by_kind.iter();
            kinds.filter(move |(kind, _)| kind.starts_with(begin))
        })
        .map(|(_, times)| times)
        .sum();
    if left_out > 0 {
        writeln!(
            output,
            "  The server fell behind: the percentiles are too low, since they leave out {}.",
            format_args!("{} without a response", counted(left_out, "request"))
        )?;
    }
    Ok(())
}

/// Writes all runs as one table.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn table(output: &mut impl Write, runs: &[Run]) -> io::Result<()> {
    let header = [
        "NAME",
        "LOOP",
        "RATE",
        "CONNECTIONS",
        "DEPTH",
        "BATCH",
        "REQUESTS/S",
        "ERRORS",
        "P50",
        "P90",
        "P99",
        "P99.9",
        "P99.99",
        "MAX",
    ];
    let rows: Vec<Vec<String>> = runs.iter().map(row).collect();
    columns(output, &header, &rows)
}

/// Writes rows of cells as columns: the first aligned to the left, the others to the right. Each row
/// has as many cells as the header.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn columns(
    output: &mut impl Write,
    header: &[&str],
    rows: &[Vec<String>],
) -> io::Result<()> {
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&header]);
        let cells = cells.filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    for row in [&header].into_iter().chain(rows) {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            match column {
                0 => write!(output, "{cell:<width$}")?,
                _ => write!(output, "  {cell:>width$}")?,
            }
        }
        writeln!(output)?;
    }
    Ok(())
}

/// Returns the cells of a run in the table, in the order of its header.
fn row(run: &Run) -> Vec<String> {
    let (kind, rate) = match run.load {
        Load::Closed => ("closed", "-".to_owned()),
        Load::Open {
            requests_per_second,
        } => ("open", grouped(requests_per_second as f64)),
    };
    let mut row = vec![
        printable(&run.name).into_owned(),
        kind.to_owned(),
        rate,
        run.connections.to_string(),
        run.depth.to_string(),
        run.batch
            .map_or_else(|| "-".to_owned(), |codes| codes.to_string()),
        grouped(run.requests_per_second),
        run.errors.total.to_string(),
    ];
    row.extend(
        percentiles(run).map(|(_, microseconds)| match run.latency.count {
            0 => "-".to_owned(),
            _ => time(microseconds),
        }),
    );
    row
}

/// Describes the load of a run in one line.
pub(super) fn load(run: &Run) -> String {
    let mut text = match run.load {
        Load::Closed => "closed loop".to_owned(),
        Load::Open {
            requests_per_second,
        } => format!(
            "open loop at {} requests/s",
            grouped(requests_per_second as f64)
        ),
    };
    let (connections, depth) = (run.connections, run.depth);
    text += &format!(", {}", counted(connections, "connection"));
    if depth > 1 {
        text += &format!(", {depth} in flight on each");
    }
    if let Some(codes) = run.batch {
        text += &format!(", {} in each request", counted(codes, "code value"));
    }
    text += &format!(", {} s", rounded(run.seconds));
    if run.interrupted {
        text += " (interrupted)";
    }
    text
}

fn percentiles(run: &Run) -> [(&'static str, f64); 6] {
    let latency = &run.latency.microseconds;
    [
        ("p50", latency.p50),
        ("p90", latency.p90),
        ("p99", latency.p99),
        ("p99.9", latency.p99_9),
        ("p99.99", latency.p99_99),
        ("max", latency.max),
    ]
}
