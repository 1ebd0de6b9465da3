//! The metrics of the rules as text, line by line: they are most of all metrics.

use codeid_engine::RouteTable;

use super::exposition::{Dialect, Exposition, Kind};
use super::rule_series::{RuleSeries, Series};

/// The counts of the rules of one table at one moment. They are shown by two metrics, one after the
/// other.
#[derive(Debug, Default)]
pub(crate) struct RuleLines {
    dialect: Dialect,
    counts: Vec<RuleCounts>,
}

#[derive(Debug)]
struct RuleCounts {
    rule: Box<str>,
    decided: u64,
    refused: u64,
}

impl RuleLines {
    /// Returns the counts of the rules of `table` that have series.
    pub(super) fn of(table: &RouteTable, series: &RuleSeries, dialect: Dialect) -> Self {
        let owned = |series: &Series<'_>| RuleCounts {
            rule: series.rule.into(),
            decided: series.decided,
            refused: series.refused,
        };
        Self {
            dialect,
            counts: series.of(table).iter().map(owned).collect(),
        }
    }

    /// Returns the number of lines, not counting those that describe a metric.
    pub(crate) const fn count(&self) -> usize {
        2 * self.counts.len()
    }

    /// Returns the line at `index`, the first of a metric with its description; an empty one from
    /// [`Self::count`] on.
    pub(crate) fn line(&self, index: usize) -> String {
        let rules = self.counts.len();
        let of_second = index.checked_sub(rules);
        let Some(counts) = self.counts.get(of_second.unwrap_or(index)) else {
            return String::new();
        };
        let mut out = Exposition::new(self.dialect);
        let (family, value) = match index < rules {
            true => (
                out.family(
                    Kind::Counter,
                    "codeid_rule_decided_total",
                    "Code values that a rule decided since its table went live. Beyond 800 rules those \
                     have a series that did something first, and the rest one together.",
                ),
                counts.decided,
            ),
            false => (
                out.family(
                    Kind::Counter,
                    "codeid_rule_refused_by_canary_total",
                    "Code values that a rule accepts and no rule before it decided, whose openId its canary \
                     refused; else as codeid_rule_decided_total.",
                ),
                counts.refused,
            ),
        };
        let mut family = match index == 0 || index == rules {
            true => family,
            false => family.continued(),
        };
        family.sample(&[("rule", &counts.rule)], value);
        out.into_text()
    }
}
