//! The comparison of counts with a baseline.

use std::fmt;

use crate::baseline::Count::{self, Instructions};
use crate::baseline::Counts;

/// The share by which a count may differ.
const TOLERANCE: f64 = 0.02;

/// The counts of each family, before and now.
pub(crate) struct Comparison {
    rows: Vec<Row>,
}

struct Row {
    family: String,
    /// `None` if the family is absent there.
    before: Option<Count>,
    now: Option<Count>,
}

impl Comparison {
    /// Compares all families of either.
    pub(crate) fn new(before: &Counts, now: &Counts) -> Self {
        let mut families: Vec<&String> = before.keys().chain(now.keys()).collect();
        families.sort_unstable();
        families.dedup();
        let row = |family: &String| Row {
            family: family.clone(),
            before: before.get(family).copied(),
            now: now.get(family).copied(),
        };
        Self {
            rows: families.into_iter().map(row).collect(),
        }
    }

    /// Returns `true` if no count differs by more than 2 %, no family is accepted or refused that was
    /// not, and there are the same families.
    pub(crate) fn is_within_tolerance(&self) -> bool {
        self.rows.iter().all(Row::is_within_tolerance)
    }
}

impl Row {
    fn is_within_tolerance(&self) -> bool {
        match (self.before, self.now) {
            (Some(Instructions(before)), Some(Instructions(now))) => {
                (now / before - 1.0).abs() <= TOLERANCE
            }
            (before, now) => before == now,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:22} {:>10} {:>10} {:>8}",
            "family", "baseline", "now", "change"
        )?;
        for row in &self.rows {
            let cell = |count: Option<Count>| {
                count.map_or_else(|| "absent".to_owned(), |count| count.to_string())
            };
            let change = match (row.before, row.now) {
                (Some(Instructions(before)), Some(Instructions(now))) => {
                    format!("{:+.1} %", (now / before - 1.0) * 100.0)
                }
                _ => String::new(),
            };
            let mark = if row.is_within_tolerance() {
                ""
            } else {
                "  <--"
            };
            let Row { family, .. } = row;
            let [before, now] = [row.before, row.now].map(cell);
            writeln!(out, "{family:22} {before:>10} {now:>10} {change:>8}{mark}")?;
        }
        if !self.is_within_tolerance() {
            writeln!(
                out,
                "\nThe instructions of a lookup differ by more than 2 % where marked. If that is meant, accept a new baseline, \
                 and say in the commit why:\n\n    cargo run --release --locked -p codeid-benches --bin instructions -- accept\n"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Count::Refused;

    #[test]
    fn counts_may_differ_by_two_percent_in_either_direction() {
        let counts = |counts: &[(&str, Count)]| -> Counts {
            let owned = counts
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count));
            owned.collect()
        };
        let before = counts(&[("a", Instructions(1000.0)), ("b", Refused)]);
        for (a, is_within) in [
            (1019.0, true),
            (981.0, true),
            (1021.0, false),
            (979.0, false),
        ] {
            let now = counts(&[("a", Instructions(a)), ("b", Refused)]);
            let comparison = Comparison::new(&before, &now);
            assert_eq!(comparison.is_within_tolerance(), is_within, "{a}");
            assert_eq!(comparison.to_string().contains("accept"), !is_within);
        }
        for now in [
            &[("a", Refused), ("b", Refused)][..],
            &[("a", Instructions(1000.0)), ("b", Instructions(1.0))],
            &[("a", Instructions(1000.0))],
            &[("a", Instructions(1000.0)), ("b", Refused), ("c", Refused)],
        ] {
            assert!(!Comparison::new(&before, &counts(now)).is_within_tolerance());
        }
    }
}
