//! Times in rounds, in which everybody takes a turn.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::Engine;

/// What one engine's turn may take; on slow engines it covers only the first of the codes.
const TURN: Duration = Duration::from_millis(150);

/// Nanoseconds for one lookup, the best of `rounds`, for each engine.
///
/// A machine that is shared drifts: in a round everybody is measured under about the same
/// conditions, and the best of several rounds is the one that was disturbed least.
pub fn best_nanoseconds(
    engines: &mut [Box<dyn Engine>],
    codes: &[String],
    rounds: usize,
) -> Vec<f64> {
    let counts: Vec<usize> = engines
        .iter_mut()
        .map(|engine| affordable(&mut **engine, codes))
        .collect();
    let mut best = vec![f64::INFINITY; engines.len()];
    for _ in 0..rounds {
        for ((engine, count), best) in engines.iter_mut().zip(&counts).zip(&mut best) {
            let codes = &codes[..*count];
            let started = Instant::now();
            black_box(engine.run(black_box(codes)));
            let nanoseconds = started.elapsed().as_secs_f64() * 1e9;
            *best = best.min(nanoseconds / codes.len() as f64);
        }
    }
    best
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
