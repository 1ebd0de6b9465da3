//! Times in rounds, in which everybody takes a turn.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::Engine;

/// What one engine's turn may take; on slow engines it covers only the first of the codes.
const TURN: Duration = Duration::from_millis(150);

/// How many codes are timed as one: so few that most are looked up without an interruption.
const CHUNK: usize = 500;

/// Nanoseconds for one lookup, for each engine: of every few hundred codes the best of `rounds`,
/// added up.
///
/// A machine that is shared drifts and interrupts: in a round everybody is measured under about the
/// same conditions, and of several rounds the best was disturbed least. An engine goes through all
/// of its codes before they come round again, so that no cache is warmer than it would be in use.
pub fn best_nanoseconds(
    engines: &mut [Box<dyn Engine>],
    codes: &[String],
    rounds: usize,
) -> Vec<f64> {
    let mut turns: Vec<Turn<'_>> = engines
        .iter_mut()
        .map(|engine| Turn::new(&mut **engine, codes))
        .collect();
    for _ in 0..rounds {
        turns.iter_mut().for_each(Turn::take);
    }
    turns.iter().map(Turn::best_nanoseconds).collect()
}

/// What one engine does in each round.
struct Turn<'a> {
    engine: &'a mut dyn Engine,
    codes: &'a [String],
    best: Vec<Duration>,
}

impl<'a> Turn<'a> {
    fn new(engine: &'a mut dyn Engine, codes: &'a [String]) -> Self {
        let codes = &codes[..affordable(engine, codes)];
        let best = vec![Duration::MAX; codes.len().div_ceil(CHUNK)];
        Self {
            engine,
            codes,
            best,
        }
    }

    fn take(&mut self) {
        for (codes, best) in self.codes.chunks(CHUNK).zip(&mut self.best) {
            let started = Instant::now();
            black_box(self.engine.run(black_box(codes)));
            *best = started.elapsed().min(*best);
        }
    }

    fn best_nanoseconds(&self) -> f64 {
        let best: Duration = self.best.iter().sum();
        best.as_secs_f64() * 1e9 / self.codes.len() as f64
    }
}

/// How many of `codes` fit a turn; doubles until they do not, which also warms the engine up.
fn affordable(engine: &mut dyn Engine, codes: &[String]) -> usize {
    let mut count = codes.len().min(64);
    loop {
        let started = Instant::now();
        black_box(engine.run(&codes[..count]));
        if count == codes.len() || started.elapsed() * 2 > TURN {
            return count;
        }
        count = codes.len().min(count * 2);
    }
}

/// The shortest of `rounds` runs of `work`.
pub fn best_of<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    let time = |_| {
        let started = Instant::now();
        black_box(work());
        started.elapsed()
    };
    (0..rounds).map(time).min().unwrap_or_default()
}
