//! The Markdown reports of the bench binaries: their sections, and figures in the cells of tables.

use std::env;
use std::io::{self, Write};
use std::time::Duration;

/// A named part of a report, which measures and prints.
pub type Section = (&'static str, fn(&mut dyn Write) -> io::Result<()>);

/// Prints those of `sections` that the command line names, or all if it names none, an empty line
/// after each.
///
/// # Errors
///
/// If a section fails.
pub fn print_sections(sections: &[Section]) -> io::Result<()> {
    let wanted: Vec<String> = env::args().skip(1).collect();
    let mut out = io::stdout().lock();
    for (name, print) in sections {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            print(&mut out)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Converts to microseconds.
#[must_use]
pub fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// Divides one duration by another: infinity if only `other` is zero, NaN if both are.
#[must_use]
pub fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// Formats the minimum, the median and the maximum of `ratios`.
///
/// # Panics
///
/// If there are no ratios.
#[must_use]
pub fn spread(ratios: impl Iterator<Item = f64>) -> String {
    let mut ratios: Vec<f64> = ratios.collect();
    ratios.sort_by(f64::total_cmp);
    let [least, median, most] = [0, ratios.len() / 2, ratios.len() - 1].map(|index| ratios[index]);
    format!("{least:.2} – {median:.2} – {most:.2}")
}
