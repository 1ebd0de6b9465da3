//! The percentile text format of HdrHistogram, which its plotter and other tools read.

use std::io::{self, Write};

use hdrhistogram::Histogram;

use super::figures::TICKS_PER_HALF_DISTANCE;

/// The nanoseconds in a millisecond, the unit that other tools expect.
const UNIT: f64 = 1e6;

/// The number of sub-buckets of a histogram with three significant digits.
const SUB_BUCKETS: u32 = 2048;

/// Writes `latencies`, which are in nanoseconds.
///
/// # Errors
///
/// An [`io::Error`] if `out` cannot be written.
pub(super) fn write(latencies: &Histogram<u64>, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:>12} {:>14} {:>10} {:>14}\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    )?;
    let mut count = 0;
    for step in latencies.iter_quantiles(TICKS_PER_HALF_DISTANCE) {
        count += step.count_since_last_iteration();
        let value = step.value_iterated_to() as f64 / UNIT;
        let quantile = step.quantile_iterated_to();
        if quantile < 1.0 {
            let inverse = 1.0 / (1.0 - quantile);
            writeln!(
                out,
                "{value:12.6} {quantile:2.12} {count:10} {inverse:14.2}"
            )?;
        } else {
            writeln!(out, "{value:12.6} {quantile:2.12} {count:10}")?;
        }
    }
    writeln!(
        out,
        "#[Mean    = {:12.6}, StdDeviation   = {:12.6}]",
        latencies.mean() / UNIT,
        latencies.stdev() / UNIT
    )?;
    writeln!(
        out,
        "#[Max     = {:12.6}, Total count    = {:12}]",
        latencies.max() as f64 / UNIT,
        latencies.len()
    )?;
    writeln!(
        out,
        "#[Buckets = {:12}, SubBuckets     = {SUB_BUCKETS:12}]",
        latencies.buckets()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::run_stats::RunStats;

    #[test]
    fn each_line_is_a_value_a_percentile_a_count_and_its_inverse() {
        let mut stats = RunStats::new();
        for latency in 1..=1000 {
            stats.latencies.record(latency * 10_000).unwrap();
        }
        let mut text = Vec::new();
        write(&stats.latencies, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let (table, summary) = text.split_at(text.find('#').unwrap());
        let mut lines = table.lines();
        assert_eq!(
            lines.next().unwrap().split_whitespace().collect::<Vec<_>>(),
            ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]
        );
        assert_eq!(lines.next(), Some(""));
        let rows: Vec<Vec<f64>> = lines
            .map(|line| {
                let columns = line.split_whitespace();
                columns.map(|column| column.parse().unwrap()).collect()
            })
            .collect();
        for pair in rows.windows(2) {
            assert!(pair[0][0] <= pair[1][0] && pair[0][1] <= pair[1][1]);
            assert!(pair[0][2] <= pair[1][2] && pair[0].len() == 4);
        }
        let median = rows.iter().find(|row| row[1] >= 0.5).unwrap();
        assert!((median[0] - 5.0).abs() < 0.01 && (median[3] - 2.0).abs() < 0.01);
        let last = rows.last().unwrap();
        assert_eq!((last.len(), last[1], last[2]), (3, 1.0, 1000.0));
        assert!(
            summary.contains("Total count    =         1000]"),
            "{summary}"
        );
        assert!(summary.contains("SubBuckets     =         2048]"));
    }
}
