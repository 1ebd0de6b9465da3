//! Refused callers, counted for each peer and kind, so that none can fill the disk.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::api::refusal::ErrorCode;

/// The time between two lines about the same peer and kind.
pub(super) const INTERVAL: Duration = Duration::from_mins(1);

/// The most pairs of peer and kind that are counted separately; further peers are counted together.
const MAX_PAIRS: usize = 256;

/// The name of the peers beyond [`MAX_PAIRS`].
const OTHERS: &str = "others";

/// A peer and the kind of what it was refused.
pub(super) type Pair = (String, &'static str, ErrorCode);

/// The refusals since the last line of each pair.
#[derive(Debug, Default)]
pub(super) struct Refusals(HashMap<Pair, Refused>);

#[derive(Debug)]
struct Refused {
    last_line: Instant,
    count: u64,
}

impl Refusals {
    /// Counts a refusal. Returns the number of refusals for a line that is due now.
    pub(super) fn count(&mut self, mut pair: Pair, now: Instant) -> Option<(Pair, u64)> {
        if !self.0.contains_key(&pair) && self.0.len() >= MAX_PAIRS {
            OTHERS.clone_into(&mut pair.0);
        }
        let Some(refused) = self.0.get_mut(&pair) else {
            let refused = Refused {
                last_line: now,
                count: 0,
            };
            self.0.insert(pair.clone(), refused);
            return Some((pair, 1));
        };
        refused.count += 1;
        if now < refused.last_line + INTERVAL {
            return None;
        }
        refused.last_line = now;
        Some((pair, std::mem::take(&mut refused.count)))
    }

    /// Returns the numbers for all lines that are due, and forgets pairs without a refusal for a minute.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<(Pair, u64)> {
        let mut due = Vec::new();
        self.0.retain(|pair, refused| {
            if now < refused.last_line + INTERVAL {
                return true;
            }
            if refused.count == 0 {
                return false;
            }
            due.push((pair.clone(), std::mem::take(&mut refused.count)));
            refused.last_line = now;
            true
        });
        due
    }

    /// Returns all numbers that were not in a line yet.
    pub(super) fn take_all(&mut self) -> Vec<(Pair, u64)> {
        let counted = self.0.drain().filter(|(_, refused)| refused.count > 0);
        counted
            .map(|(pair, refused)| (pair, refused.count))
            .collect()
    }

    /// Returns `true` if no pair is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(who: &str) -> Pair {
        (who.to_owned(), "apply", ErrorCode::Unauthorized)
    }

    #[test]
    fn a_peer_has_one_line_a_minute() {
        let mut refusals = Refusals::default();
        let start = Instant::now();
        assert_eq!(refusals.count(pair("a"), start), Some((pair("a"), 1)));
        for _ in 0..1000 {
            assert_eq!(refusals.count(pair("a"), start), None);
        }
        let other = ("a".to_owned(), "drain", ErrorCode::Unauthorized);
        assert_eq!(refusals.count(other.clone(), start), Some((other, 1)));
        assert_eq!(refusals.take_due(start + INTERVAL / 2), []);
        assert_eq!(refusals.take_due(start + INTERVAL), [(pair("a"), 1000)]);
        assert_eq!(refusals.count(pair("a"), start + INTERVAL), None);
        assert_eq!(refusals.take_due(start + 2 * INTERVAL), [(pair("a"), 1)]);
        assert_eq!(refusals.take_due(start + 3 * INTERVAL), []);
        assert!(refusals.is_empty());
    }

    #[test]
    fn the_number_of_peers_is_bounded() {
        let mut refusals = Refusals::default();
        let now = Instant::now();
        let lines = (0..10_000).filter(|n| refusals.count(pair(&n.to_string()), now).is_some());
        assert_eq!(lines.count(), MAX_PAIRS + 1);
        let all: u64 = refusals.take_all().iter().map(|(_, count)| count).sum();
        assert_eq!(all, 10_000 - MAX_PAIRS as u64 - 1);
    }
}
