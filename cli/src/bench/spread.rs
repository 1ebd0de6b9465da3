//! The spread of repeated runs, and the knee of a sweep.

use std::io::{self, Write};

use super::figures::{Load, Run};
use super::report;
use crate::output::printable;
use crate::quantity::{grouped, time};

/// The share of requests that may be without a response at the end of a run at a rate that is held.
const TOLERANCE: f64 = 0.01;

/// Returns whether the server kept up with the rate: no request failed, and when the time was over no more
/// responses were missing than a hundredth of all, and those to as many requests as can be in flight.
/// `None` for a closed loop.
pub(super) fn held(run: &Run) -> Option<bool> {
    let Load::Open {
        requests_per_second: rate,
    } = run.load
    else {
        return None;
    };
    let due = rate as f64 * run.seconds;
    let missing = due - run.requests_per_second * run.seconds;
    let in_flight = f64::from(run.connections) * f64::from(run.depth);
    Some(run.errors.total == 0 && missing <= due * TOLERANCE + in_flight)
}

/// Writes a row for the runs of each target at each load, with the median of each figure, the lowest
/// and the highest. A line for each target with an open loop names the knee.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn write(output: &mut impl Write, runs: &[Run]) -> io::Result<()> {
    let header = [
        "NAME",
        "RATE",
        "RUNS",
        "HELD",
        "ERRORS",
        "REQUESTS/S",
        "P50",
        "P99",
    ];
    let targets = grouped_by(runs.iter().collect(), |run| run.name.clone());
    let loads: Vec<Vec<Vec<&Run>>> = targets
        .into_iter()
        .map(|runs| grouped_by(runs, |run| run.load))
        .collect();
    let rows: Vec<Vec<String>> = loads.iter().flatten().map(|runs| row(runs)).collect();
    report::columns(output, &header, &rows)?;
    for target in &loads {
        knee(output, target)?;
    }
    Ok(())
}

/// Writes the highest rate that a target held in every run, among the rates up to the first that it did
/// not hold. `loads` has its runs by load.
fn knee(output: &mut impl Write, loads: &[Vec<&Run>]) -> io::Result<()> {
    let mut rates: Vec<(u64, bool, &Run)> = loads
        .iter()
        .filter_map(|runs| {
            let all_held = runs.iter().all(|run| held(run) == Some(true));
            runs.first().map(|run| (run, all_held))
        })
        .filter_map(|(run, all_held)| match run.load {
            Load::Open {
                requests_per_second: rate,
            } => Some((rate, all_held, *run)),
            Load::Closed => None,
        })
        .collect();
    rates.sort_by_key(|(rate, _, _)| *rate);
    let Some((_, _, run)) = rates.first() else {
        return Ok(());
    };
    let name = printable(&run.name);
    let held_count = rates.iter().take_while(|(_, all, _)| *all).count();
    match rates.iter().take(held_count).next_back() {
        None => writeln!(output, "{name}: the lowest rate is not held in every run"),
        Some((rate, ..)) if held_count == rates.len() => writeln!(
            output,
            "{name}: every rate is held in every run, up to {} requests/s",
            grouped(*rate as f64)
        ),
        Some((rate, ..)) => writeln!(
            output,
            "{name}: the knee is at {} requests/s, the highest rate that is held in every run",
            grouped(*rate as f64)
        ),
    }
}

/// Returns the cells of the runs of one target at one load.
fn row(runs: &[&Run]) -> Vec<String> {
    let Some(first) = runs.first() else {
        return Vec::new();
    };
    let rate = match first.load {
        Load::Closed => "-".to_owned(),
        Load::Open {
            requests_per_second: rate,
        } => grouped(rate as f64),
    };
    let held_runs = runs.iter().filter(|run| held(run) == Some(true)).count();
    let errors: u64 = runs.iter().map(|run| run.errors.total).sum();
    let with_latency: Vec<&Run> = runs
        .iter()
        .copied()
        .filter(|run| run.latency.count > 0)
        .collect();
    vec![
        printable(&first.name).into_owned(),
        rate,
        runs.len().to_string(),
        held(first).map_or_else(|| "-".to_owned(), |_| held_runs.to_string()),
        errors.to_string(),
        spread(runs, |run| run.requests_per_second, grouped),
        spread(&with_latency, |run| run.latency.microseconds.p50, time),
        spread(&with_latency, |run| run.latency.microseconds.p99, time),
    ]
}

/// Shows the median of a figure, and the lowest and the highest if there are several; of an even number
/// of runs, the median is the lower one in the middle.
fn spread(runs: &[&Run], figure: fn(&Run) -> f64, shown: fn(f64) -> String) -> String {
    let mut values: Vec<f64> = runs.iter().map(|run| figure(run)).collect();
    values.sort_by(f64::total_cmp);
    let median = values.get(values.len().saturating_sub(1) / 2);
    match (values.first(), median, values.last()) {
        (Some(least), Some(median), Some(most)) if values.len() > 1 => {
            format!("{} ({} to {})", shown(*median), shown(*least), shown(*most))
        }
        (_, Some(only), _) => shown(*only),
        _ => "-".to_owned(),
    }
}

/// Groups runs by a key, in the order in which the keys come first.
fn grouped_by<K: PartialEq>(runs: Vec<&Run>, key: impl Fn(&Run) -> K) -> Vec<Vec<&Run>> {
    let mut groups: Vec<(K, Vec<&Run>)> = Vec::new();
    for run in runs {
        let of_run = key(run);
        match groups.iter_mut().find(|(group, _)| *group == of_run) {
            Some((_, members)) => members.push(run),
            None => groups.push((of_run, vec![run])),
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

#[cfg(test)]
mod tests {
    use super::super::figures::{Errors, Latency, Percentiles};
    use super::*;

    /// A run of a second, without errors, in an open loop at `rate`; without one, in a closed loop.
    fn run(rate: Option<u64>, requests_per_second: f64) -> Run {
        Run {
            name: "here".to_owned(),
            protocol: "HTTP".to_owned(),
            address: "here".to_owned(),
            load: rate.map_or(Load::Closed, |requests_per_second| Load::Open {
                requests_per_second,
            }),
            connections: 2,
            depth: 3,
            batch: None,
            threads: 1,
            warm_up_seconds: 0.0,
            seconds: 1.0,
            interrupted: false,
            requests_per_second,
            errors: Errors {
                total: 0,
                by_kind: std::collections::BTreeMap::new(),
                first_unexpected_line: None,
                first: None,
            },
            latency: Latency {
                count: 1,
                microseconds: Percentiles {
                    p50: 10.0,
                    p99: requests_per_second,
                    ..Percentiles::default()
                },
                by_percentile: Vec::new(),
            },
        }
    }

    fn written(runs: &[Run]) -> String {
        let mut text = Vec::new();
        write(&mut text, runs).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_rate_is_held_up_to_a_hundredth_and_the_requests_in_flight() {
        assert_eq!(held(&run(Some(1000), 984.0)), Some(true));
        assert_eq!(held(&run(Some(1000), 983.0)), Some(false));
        assert_eq!(held(&run(None, 983.0)), None);
        let mut failed = run(Some(1000), 1000.0);
        failed.errors.total = 1;
        assert_eq!(held(&failed), Some(false));
    }

    #[test]
    fn the_knee_is_the_highest_rate_below_the_first_that_a_run_does_not_hold() {
        let both = [run(Some(1000), 1000.0), run(Some(1000), 990.0)];
        let above = [run(Some(2000), 2000.0), run(Some(2000), 1500.0)];
        let top = [run(Some(3000), 3000.0)];
        let text = written(&[&both[..], &above, &top].concat());
        assert!(
            text.ends_with(
                "here: the knee is at 1,000 requests/s, the highest rate that is held in every run\n"
            ),
            "{text}"
        );
        let text = written(&above);
        assert!(text.contains("the lowest rate is not held in every run"));
        let text = written(&both);
        assert!(text.contains("every rate is held in every run, up to 1,000 requests/s"));
    }

    #[test]
    fn rows_have_the_median_the_least_and_the_most() {
        let runs = [700.0, 300.0, 500.0].map(|figure| run(None, figure));
        let text = written(&runs);
        let row = text.lines().nth(1).unwrap();
        let cells = row.split("  ").filter(|cell| !cell.is_empty());
        let cells: Vec<&str> = cells.map(str::trim).collect();
        assert_eq!(
            cells,
            [
                "here",
                "-",
                "3",
                "-",
                "0",
                "500 (300 to 700)",
                "10 µs (10 µs to 10 µs)",
                "500 µs (300 µs to 700 µs)"
            ]
        );
        assert!(
            !text.contains("knee") && !text.contains("held in"),
            "{text}"
        );
        let [one, two, _] = &runs;
        let even = spread(&[one, two], |run| run.requests_per_second, grouped);
        assert_eq!(even, "300 (300 to 700)");
    }
}
