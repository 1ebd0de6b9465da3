//! The choice of the rules that have series of their own.
//!
//! A config may have thousands of rules, and a series for each would cost a monitoring system more
//! than it is worth. So at most 800 rules have one: all of them if there are not more, otherwise those
//! that decided or refused first, the busiest first. The others share one series. A rule keeps its
//! series as long as the table lives, and the others stay together: no counter ever falls.

use codeid_engine::{RouteTable, RuleCount};

use crate::sync::Mutex;

/// The most rules with series of their own.
pub(super) const MAX_RULES: usize = 800;

/// The name of the shared series, which is not a valid rule id.
pub(super) const OTHERS: &str = "(others)";

/// The choice for the live table.
#[derive(Debug, Default)]
pub(super) struct RuleSeries(Mutex<Chosen>);

#[derive(Debug, Default)]
struct Chosen {
    /// The generation of the table for which the choice was made.
    generation: u64,
    /// By the rule's index.
    places: Vec<Place>,
    /// The number of series that are not yet given to a rule.
    left: usize,
}

/// The series in which a rule is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The rule has neither decided nor refused.
    Undecided,
    /// The rule has a series of its own.
    Own,
    /// The rule is counted in the shared series.
    Others,
}

/// One of the series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Series<'a> {
    /// The rule's id, or [`OTHERS`].
    pub(super) rule: &'a str,
    /// The number of lookups that the rule decided since the table became live.
    pub(super) decided: u64,
    /// The number of lookups that the rule's canary refused since then.
    pub(super) refused: u64,
}

impl RuleSeries {
    /// Returns the series of the rules of `table`, in their order; the shared one, if any, last.
    pub(super) fn of<'a>(&self, table: &'a RouteTable) -> Vec<Series<'a>> {
        let counts: Vec<_> = table.rule_counts().collect();
        let mut chosen = self.0.lock();
        chosen.of(table.generation().get(), &counts, MAX_RULES)
    }
}

impl Chosen {
    fn of<'a>(
        &mut self,
        generation: u64,
        counts: &[RuleCount<'a>],
        most: usize,
    ) -> Vec<Series<'a>> {
        if self.generation != generation || self.places.len() != counts.len() {
            let all = counts.len() <= most;
            let place = if all { Place::Own } else { Place::Undecided };
            *self = Self {
                generation,
                places: vec![place; counts.len()],
                left: most,
            };
        }
        self.choose(counts);
        let mut series = Vec::new();
        let mut others = Series {
            rule: OTHERS,
            ..Series::default()
        };
        for (count, place) in counts.iter().zip(&self.places) {
            if *place == Place::Own {
                series.push(Series {
                    rule: count.rule.as_str(),
                    decided: count.decided,
                    refused: count.refused,
                });
            } else {
                others.decided += count.decided;
                others.refused += count.refused;
            }
        }
        if series.len() < counts.len() {
            series.push(others);
        }
        series
    }

    /// Finds a place for the rules that have decided or refused for the first time.
    fn choose(&mut self, counts: &[RuleCount<'_>]) {
        let busy = counts.iter().map(|count| count.decided + count.refused);
        let mut new: Vec<_> = busy
            .zip(&mut self.places)
            .filter(|(busy, place)| **place == Place::Undecided && *busy > 0)
            .collect();
        new.sort_by_key(|(busy, _)| std::cmp::Reverse(*busy));
        for (_, place) in new {
            *place = if self.left > 0 {
                self.left -= 1;
                Place::Own
            } else {
                Place::Others
            };
        }
    }
}

#[cfg(test)]
#[cfg(feature = "metrics")]
mod tests {
    use codeid_engine::{CodeValue, CompileLimits, LiveTable, OpenId, Scratch};

    use super::*;

    /// Rules `r0`, `r1`, … that accept `0`, `1`, ….
    fn live(rules: usize) -> LiveTable {
        let rule = |i| {
            format!(
                r#"{{"id": "r{i}", "match": {{"exact": "{i}"}}, "action": {{"type": "DECODE"}}}}"#
            )
        };
        let rules: Vec<_> = (0..rules).map(rule).collect();
        let rules = rules.join(",");
        let json = format!(r#"{{"format": "codeid/1", "version": "1", "rules": [{rules}]}}"#);
        let live = LiveTable::with_counts(1);
        live.publish(RouteTable::from_json(json.as_bytes(), &CompileLimits::default()).unwrap());
        live
    }

    fn look_up(live: &LiveTable, rule: usize, times: usize) {
        let mut scratch = Scratch::with_shard(0);
        let code = rule.to_string();
        for _ in 0..times {
            let (code_value, open_id) = (CodeValue::new(&code), OpenId::new("user-42"));
            live.with(|table| {
                table
                    .unwrap()
                    .identify(code_value.unwrap(), open_id.unwrap(), &mut scratch)
                    .rule
                    .map(|rule| assert!(rule.as_str().starts_with('r')))
            });
        }
    }

    fn series(chosen: &mut Chosen, live: &LiveTable, most: usize) -> Vec<(String, u64)> {
        live.with(|table| {
            let table = table.unwrap();
            let counts: Vec<_> = table.rule_counts().collect();
            let series = chosen.of(table.generation().get(), &counts, most);
            let owned = series.iter().map(|s| (s.rule.to_owned(), s.decided));
            owned.collect()
        })
    }

    fn expected(series: &[(&str, u64)]) -> Vec<(String, u64)> {
        let owned = series.iter().map(|&(rule, count)| (rule.to_owned(), count));
        owned.collect()
    }

    #[test]
    fn every_rule_has_its_series_where_they_are_few() {
        let (live, mut chosen) = (live(2), Chosen::default());
        look_up(&live, 1, 3);
        let all = series(&mut chosen, &live, 2);
        assert_eq!(all, expected(&[("r0", 0), ("r1", 3)]));
    }

    #[test]
    fn where_they_are_many_no_series_ever_falls() {
        let (live, mut chosen) = (live(5), Chosen::default());
        assert_eq!(series(&mut chosen, &live, 2), expected(&[(OTHERS, 0)]));
        look_up(&live, 3, 1);
        let one = series(&mut chosen, &live, 2);
        assert_eq!(one, expected(&[("r3", 1), (OTHERS, 0)]));
        // Two come at once for the one that is left: the busier has it.
        look_up(&live, 0, 2);
        look_up(&live, 4, 7);
        let two = series(&mut chosen, &live, 2);
        assert_eq!(two, expected(&[("r3", 1), ("r4", 7), (OTHERS, 2)]));
        look_up(&live, 0, 100);
        look_up(&live, 1, 1);
        let later = series(&mut chosen, &live, 2);
        assert_eq!(later, expected(&[("r3", 1), ("r4", 7), (OTHERS, 103)]));
    }

    #[test]
    fn the_next_table_begins_anew() {
        let (live, mut chosen) = (live(2), Chosen::default());
        look_up(&live, 0, 1);
        assert_eq!(
            series(&mut chosen, &live, 1),
            expected(&[("r0", 1), (OTHERS, 0)])
        );
        let json = br#"{"format": "codeid/1", "version": "2", "rules": []}"#;
        live.publish(RouteTable::from_json(json, &CompileLimits::default()).unwrap());
        assert_eq!(series(&mut chosen, &live, 1), expected(&[]));
    }
}
