//! The axes of the plot: they map percentiles and latencies to coordinates.

use crate::bench::figures::Run;

/// The percentile axis, logarithmic in the share of requests above: 0 % at 0, 90 % at 1, 99 % at 2.
pub(super) struct NinesAxis {
    left: f64,
    right: f64,
    most: f64,
}

/// The latency axis, logarithmic.
pub(super) struct LatencyAxis {
    bottom: f64,
    top: f64,
    /// In microseconds.
    least: f64,
    most: f64,
}

impl NinesAxis {
    /// Returns an axis from `left` to `right` that reaches the rarest request of all `runs`: two
    /// nines at least, and eight at most.
    pub(super) fn new(runs: &[Run], left: f64, right: f64) -> Self {
        let count = runs.iter().map(|run| run.latency.count).max().unwrap_or(0);
        Self {
            left,
            right,
            most: (count.max(1) as f64).log10().clamp(2.0, 8.0),
        }
    }

    /// Returns the number of nines in `percentile`, limited to the rarity of one request in
    /// `count`.
    pub(super) fn nines(percentile: f64, count: u64) -> f64 {
        let rarest = (count.max(1) as f64).log10();
        let above = 1.0 - percentile / 100.0;
        if above > 0.0 {
            (-above.log10()).clamp(0.0, rarest)
        } else {
            rarest
        }
    }

    /// Returns the x coordinate of a number of nines; those beyond the axis are at its end.
    pub(super) fn at(&self, nines: f64) -> f64 {
        self.left + (self.right - self.left) * nines.min(self.most) / self.most
    }

    /// Returns the ticks as numbers of nines, with their labels.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let mut ticks = vec![
            (0.0, "0 %".to_owned()),
            (2.0_f64.log10(), "50 %".to_owned()),
        ];
        let labels = [
            "90 %",
            "99 %",
            "99.9 %",
            "99.99 %",
            "99.999 %",
            "99.9999 %",
            "99.99999 %",
            "99.999999 %",
        ];
        for (nines, label) in (1_u8..).map(f64::from).zip(labels) {
            if nines <= self.most {
                ticks.push((nines, label.to_owned()));
            }
        }
        ticks
    }
}

impl LatencyAxis {
    /// Returns an axis from `bottom` to `top` that holds all latencies of `runs`.
    pub(super) fn new(runs: &[Run], bottom: f64, top: f64) -> Self {
        let values = || {
            let points = runs.iter().flat_map(|run| &run.latency.by_percentile);
            points
                .map(|point| point.microseconds)
                .filter(|value| value.is_finite() && *value > 0.0)
        };
        let (mut least, mut most) = (
            values().fold(f64::INFINITY, f64::min),
            values().fold(0.0, f64::max),
        );
        if most == 0.0 {
            (least, most) = (1.0, 1000.0);
        }
        let steps = steps();
        least = steps
            .iter()
            .rfind(|step| **step <= least)
            .copied()
            .unwrap_or(least);
        most = steps
            .iter()
            .find(|step| **step > most)
            .copied()
            .unwrap_or(most);
        Self {
            bottom,
            top,
            least,
            most: most.max(least * 2.0),
        }
    }

    /// Returns the y coordinate of a latency; those beyond the axis are at its ends.
    pub(super) fn at(&self, microseconds: f64) -> f64 {
        let part =
            (microseconds.max(self.least) / self.least).log10() / (self.most / self.least).log10();
        self.bottom + (self.top - self.bottom) * part.clamp(0.0, 1.0)
    }

    /// Returns ticks at 1, 2, 5 and 10, or only at the powers of ten where that gives too many.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let within = |step: &f64| (self.least..=self.most).contains(step);
        let steps = steps();
        let fine: Vec<f64> = steps.iter().copied().filter(within).collect();
        if fine.len() <= 14 {
            return fine;
        }
        steps.into_iter().step_by(3).filter(within).collect()
    }
}

/// Returns 1, 2, 5 and so on, from a nanosecond to more than an hour, in microseconds.
fn steps() -> Vec<f64> {
    (-3..=10)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10.0_f64.powi(power)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nines_are_equally_wide() {
        let axis = NinesAxis {
            left: 0.0,
            right: 400.0,
            most: 4.0,
        };
        let at = |percentile| axis.at(NinesAxis::nines(percentile, 10_000)).round();
        assert_eq!([0.0, 90.0, 99.0, 99.9].map(at), [0.0, 100.0, 200.0, 300.0]);
        assert_eq!(at(100.0), 400.0);
        assert_eq!(axis.ticks().len(), 6);
    }

    #[test]
    fn decades_are_equally_high() {
        let axis = LatencyAxis {
            bottom: 300.0,
            top: 0.0,
            least: 1.0,
            most: 1000.0,
        };
        let at = |microseconds| axis.at(microseconds).round();
        assert_eq!(
            [1.0, 10.0, 100.0, 1000.0, 0.0].map(at),
            [300.0, 200.0, 100.0, 0.0, 300.0]
        );
        assert_eq!(axis.ticks().len(), 10);
    }
}
