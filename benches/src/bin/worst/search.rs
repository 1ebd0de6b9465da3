//! The search: changes of the worst so far, measured.

use std::io;
use std::time::{Duration, Instant};

use codeid_benches::random::Random;
use codeid_engine::RouteTable;

use crate::candidate::Candidate;
use crate::change_code::changed_code;
use crate::change_config::changed_config;
use crate::measure::{Lookups, SLOW_COMPILATION, compile};
use crate::population::{Measured, Population};
use crate::seeds;

/// The code values that are tried with each config.
const CODES: usize = 40;
/// The time after which no further code value is tried with a config.
const MAX_CLIMB: Duration = Duration::from_millis(400);
/// The runs of which the least time counts, at first, and before a candidate is added.
const FIRST_RUNS: usize = 3;
const RUNS: usize = 40;

/// A search, and its findings so far.
pub(crate) struct Search {
    random: Random,
    begun: Instant,
    lookups: Lookups,
    /// The numbers of configs that were accepted, and refused.
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    /// The number of code values that were looked up.
    pub(crate) codes: u64,
    /// By nanoseconds for each byte.
    pub(crate) slow_lookups: Population,
    /// By seconds that compiling takes, whether the config is accepted or not.
    pub(crate) slow_compilations: Population,
    /// The number of configs whose compilation took longer than [`SLOW_COMPILATION`].
    pub(crate) slow_count: u64,
}

impl Search {
    /// Creates a search whose changes `seed` determines, together with the times that are measured.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            begun: Instant::now(),
            lookups: Lookups::new(),
            accepted: 0,
            refused: 0,
            codes: 0,
            slow_lookups: Population::default(),
            slow_compilations: Population::default(),
            slow_count: 0,
        }
    }

    /// Measures the seeds, which takes some ten seconds.
    ///
    /// # Errors
    ///
    /// If the file of real codes, from which a family may be derived, cannot be read.
    pub(crate) fn add_seeds(&mut self) -> io::Result<()> {
        let mut seeds = seeds::hostile();
        seeds.append(&mut seeds::workloads());
        seeds.append(&mut seeds::families()?);
        for seed in seeds {
            self.try_config(seed);
        }
        Ok(())
    }

    /// Searches until `duration` has passed since the search was created.
    pub(crate) fn run(&mut self, duration: Duration) {
        while self.begun.elapsed() < duration {
            let candidate = self.next();
            self.try_config(candidate);
        }
    }

    /// Returns a change of one of the worst candidates, with parts of another, or seldom a new one.
    fn next(&mut self) -> Candidate {
        let random = &mut self.random;
        let drawn = seeds::drawn(random);
        let population = match random.below(4) {
            0 => &self.slow_compilations,
            _ => &self.slow_lookups,
        };
        match (population.draw(random), random.below(10)) {
            (None, _) | (_, 0) => drawn,
            (Some(one), 1..=4) => changed_config(one, &drawn, random),
            (Some(one), _) => {
                let other = population.draw(random).unwrap_or(one);
                changed_config(one, other, random)
            }
        }
    }

    /// Compiles a config and looks code values up, and notes what takes long.
    fn try_config(&mut self, mut candidate: Candidate) {
        let json = candidate.fitted_config_json();
        let (table, compilation) = compile(&json);
        if compilation > SLOW_COMPILATION {
            self.slow_count += 1;
        }
        self.slow_compilations.add(Measured {
            candidate: candidate.clone(),
            figure: compilation.as_secs_f64(),
            is_accepted: table.is_some(),
            compilation,
            found_after: self.begun.elapsed(),
        });
        let Some(table) = table else {
            self.refused += 1;
            return;
        };
        self.accepted += 1;
        self.climb(&table, &mut candidate);
        let figure = self.measure(&table, &candidate.code, FIRST_RUNS);
        if self.slow_lookups.admits(&candidate.origin, figure) {
            let figure = self.measure(&table, &candidate.code, RUNS);
            self.slow_lookups.add(Measured {
                candidate,
                figure,
                is_accepted: true,
                compilation,
                found_after: self.begun.elapsed(),
            });
        }
    }

    /// Replaces the code value of `candidate` by slower ones, of changes of it and, in one of four
    /// searches, of the one that the engine constructs to take many steps.
    fn climb(&mut self, table: &RouteTable, candidate: &mut Candidate) {
        let begun = Instant::now();
        let mut worst = self.measure(table, &candidate.code, FIRST_RUNS);
        let mut constructed = (self.random.below(4) == 0).then(|| table.costly_code().code_value);
        for _ in 0..CODES {
            if begun.elapsed() > MAX_CLIMB {
                break;
            }
            let code = constructed
                .take()
                .unwrap_or_else(|| changed_code(candidate, &mut self.random));
            let figure = self.measure(table, &code, FIRST_RUNS);
            if figure > worst {
                // An interruption may have made it slow.
                let again = self.measure(table, &code, 2 * FIRST_RUNS);
                if again > worst {
                    worst = again;
                    candidate.code = code;
                }
            }
        }
    }

    fn measure(&mut self, table: &RouteTable, code: &str, runs: usize) -> f64 {
        self.codes += 1;
        self.lookups.nanoseconds_per_byte(table, code, runs)
    }
}
