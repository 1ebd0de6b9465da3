//! Timing in rounds, in which the engines take turns.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::Engine;

/// The time that one turn of an engine may take. A slow engine gets only the first of the codes.
const TURN_LIMIT: Duration = Duration::from_millis(150);

/// The number of codes timed together: few enough that most chunks run without an interruption.
const CHUNK: usize = 500;

/// Returns the nanoseconds that each engine needs for one lookup: the sum of each chunk's best time
/// in `rounds`, divided by the number of codes; in the order of `engines`. Without codes they are NaN.
///
/// A shared machine drifts and interrupts. In one round all engines meet about the same conditions,
/// and the best of several rounds was disturbed least. An engine goes through all its codes before
/// it repeats one, so that no cache is warmer than in use.
pub fn best_nanoseconds(
    engines: &mut [Box<dyn Engine>],
    codes: &[String],
    rounds: usize,
) -> Vec<f64> {
    let mut contestants: Vec<Contestant<'_>> = engines
        .iter_mut()
        .map(|engine| Contestant::new(&mut **engine, codes))
        .collect();
    for _ in 0..rounds {
        contestants.iter_mut().for_each(Contestant::take_turn);
    }
    contestants
        .iter()
        .map(Contestant::best_nanoseconds)
        .collect()
}

/// An engine, the codes that it can afford, and the best time of each chunk of them.
struct Contestant<'a> {
    engine: &'a mut dyn Engine,
    codes: &'a [String],
    best: Vec<Duration>,
}

impl<'a> Contestant<'a> {
    fn new(engine: &'a mut dyn Engine, codes: &'a [String]) -> Self {
        let codes = &codes[..affordable(engine, codes)];
        let best = vec![Duration::MAX; codes.len().div_ceil(CHUNK)];
        Self {
            engine,
            codes,
            best,
        }
    }

    fn take_turn(&mut self) {
        for (codes, best) in self.codes.chunks(CHUNK).zip(&mut self.best) {
            let started = Instant::now();
            black_box(self.engine.count_hits(black_box(codes)));
            *best = started.elapsed().min(*best);
        }
    }

    fn best_nanoseconds(&self) -> f64 {
        let best: Duration = self.best.iter().sum();
        best.as_secs_f64() * 1e9 / self.codes.len() as f64
    }
}

/// Returns the number of `codes` that fit one turn. Doubles the number until they do not, which also
/// warms the engine up.
fn affordable(engine: &mut dyn Engine, codes: &[String]) -> usize {
    let mut count = codes.len().min(64);
    loop {
        let started = Instant::now();
        black_box(engine.count_hits(&codes[..count]));
        if count == codes.len() || started.elapsed() * 2 > TURN_LIMIT {
            return count;
        }
        count = codes.len().min(count * 2);
    }
}

/// Returns the shortest time of `rounds` runs of `work`; zero without rounds, which means nothing.
pub fn best_of<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    let time = |_| {
        let started = Instant::now();
        black_box(work());
        started.elapsed()
    };
    (0..rounds).map(time).min().unwrap_or_default()
}
