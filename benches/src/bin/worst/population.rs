//! The candidates with the highest figures so far.

use std::time::Duration;

use codeid_benches::random::Random;

use crate::candidate::Candidate;

/// The most candidates.
const MAX_SIZE: usize = 32;
/// The most candidates that go back to one seed, so that one does not displace all others.
const MAX_OF_ORIGIN: usize = 4;

/// A candidate that was measured.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) candidate: Candidate,
    /// The figure that the population maximises.
    pub(crate) figure: f64,
    /// `true` if the config compiled.
    pub(crate) is_accepted: bool,
    /// The time of reading and compiling the config.
    pub(crate) compilation: Duration,
    /// The time from the beginning of the search.
    pub(crate) found_after: Duration,
}

/// The best candidates, the first with the highest figure.
#[derive(Debug, Default)]
pub(crate) struct Population {
    best: Vec<Measured>,
}

impl Population {
    /// Returns the candidates, those with the highest figures first.
    pub(crate) fn best(&self) -> &[Measured] {
        &self.best
    }

    /// Returns `true` if a candidate from `origin` with `figure` would be added.
    pub(crate) fn admits(&self, origin: &str, figure: f64) -> bool {
        let mut of_origin = self.best.iter().filter(|m| m.candidate.origin == origin);
        match of_origin.nth(MAX_OF_ORIGIN - 1) {
            Some(last) => figure > last.figure,
            None => {
                self.best.len() < MAX_SIZE || self.best.last().is_some_and(|m| figure > m.figure)
            }
        }
    }

    /// Adds `measured` if it is among the best.
    pub(crate) fn add(&mut self, measured: Measured) {
        if !self.admits(&measured.candidate.origin, measured.figure) {
            return;
        }
        let at = self
            .best
            .partition_point(|other| other.figure >= measured.figure);
        let origin = measured.candidate.origin.clone();
        self.best.insert(at, measured);
        let mut of_origin = self.best.iter().enumerate();
        let mut of_origin = of_origin
            .by_ref()
            .filter(|(_, m)| m.candidate.origin == origin);
        if let Some((index, _)) = of_origin.nth(MAX_OF_ORIGIN) {
            self.best.remove(index);
        }
        self.best.truncate(MAX_SIZE);
    }

    /// Draws a candidate, more often one with a high figure. Returns `None` if there are none.
    pub(crate) fn draw(&self, random: &mut Random) -> Option<&Candidate> {
        if self.best.is_empty() {
            return None;
        }
        let [one, other] = [0, 1].map(|_| random.below(self.best.len()));
        Some(&self.best[one.min(other)].candidate)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{MAX_OF_ORIGIN, MAX_SIZE, Measured, Population};
    use crate::candidate::Candidate;

    #[test]
    fn the_best_stay_and_few_of_one_origin() {
        let mut population = Population::default();
        for n in 0..1000_u32 {
            // Figures in no order; a seed in two is the same.
            let figure = f64::from(n * 7919 % 1000);
            let origin = if n % 2 == 0 {
                "same".to_owned()
            } else {
                format!("other {n}")
            };
            population.add(Measured {
                candidate: Candidate::new(origin, [], "a".to_owned()),
                figure,
                is_accepted: true,
                compilation: Duration::ZERO,
                found_after: Duration::ZERO,
            });
        }
        let best = population.best();
        assert_eq!(best.len(), MAX_SIZE);
        assert!(best.is_sorted_by(|a, b| a.figure >= b.figure));
        assert_eq!(best[0].figure, 999.0);
        let same = best.iter().filter(|m| m.candidate.origin == "same");
        assert_eq!(same.count(), MAX_OF_ORIGIN);
    }
}
