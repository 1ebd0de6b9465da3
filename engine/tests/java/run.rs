//! Draws patterns, asks Java and the engine, and collects the differences.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use codeid_engine::Scratch;

use crate::compare::{Comparison, Difference};
use crate::counts::Counts;
use crate::jvm::{Answer, Jvm, Oracle, Question};
use crate::minimise::minimise;
use crate::pattern::{self, Pattern};
use crate::random::Random;
use crate::text;

/// The number of patterns about which Java is asked at once.
const BATCH: u64 = 250;

/// The extent of a run.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    /// The seed of the first pattern; the next one has the next number.
    pub(crate) seed: u64,
    pub(crate) patterns: u64,
    /// The number of differences that each thread makes small and returns; it counts the others.
    pub(crate) max_differences: usize,
}

/// The counts of a run, and the smallest differences found.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) counts: Counts,
    pub(crate) differences: Vec<Difference>,
}

struct Case {
    seed: u64,
    pattern: Pattern,
    names: Vec<String>,
    texts: Vec<String>,
}

impl Case {
    fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let pattern = Pattern::draw(&mut random);
        let texts = text::draw(&pattern, &mut random);
        Self {
            seed,
            names: pattern::names(&pattern.source),
            pattern,
            texts,
        }
    }

    /// The questions for Java: about the pattern, and about the relaxed one if there is one.
    fn questions(&self) -> impl Iterator<Item = Question<'_>> {
        [Some(&self.pattern.source), self.pattern.relaxed.as_ref()]
            .into_iter()
            .flatten()
            .map(|pattern| self.question(pattern))
    }

    fn question<'a>(&'a self, pattern: &'a str) -> Question<'a> {
        Question {
            pattern,
            names: &self.names,
            texts: &self.texts,
        }
    }
}

impl Run {
    /// Compares, on all processors.
    pub(crate) fn report(&self, oracle: &Oracle) -> Report {
        let next = AtomicU64::new(0);
        let threads = thread::available_parallelism().map_or(2, usize::from);
        thread::scope(|scope| {
            let spawn = |_| scope.spawn(|| self.work(&next, oracle));
            let workers: Vec<_> = (0..threads).map(spawn).collect();
            let mut report = Report::default();
            for worker in workers {
                let part = worker.join().expect("the panic is printed above");
                report.counts.add(part.counts);
                report.differences.extend(part.differences);
            }
            report
                .differences
                .sort_by_key(|difference| (difference.kind, difference.size()));
            report
                .differences
                .dedup_by(|a, b| a.kind == b.kind && a.pattern == b.pattern);
            report
        })
    }

    fn work(&self, next: &AtomicU64, oracle: &Oracle) -> Report {
        let mut jvm = Jvm::start(oracle);
        let mut report = Report::default();
        let mut scratch = Scratch::new();
        loop {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= self.patterns {
                break;
            }
            let last = self.patterns.min(first + BATCH);
            let seeds = (first..last).map(|index| self.seed.wrapping_add(index));
            let cases: Vec<Case> = seeds.map(Case::draw).collect();
            let found = compare(&cases, &mut jvm, &mut scratch, &mut report.counts);
            report.counts.differences += found.len() as u64;
            for difference in found {
                if report.differences.len() < self.max_differences {
                    report.differences.push(minimise(difference, &mut jvm));
                }
            }
        }
        report
    }
}

/// Compares `cases`, and returns one difference of each that has any: the others mostly have the same
/// cause.
fn compare(
    cases: &[Case],
    jvm: &mut Jvm,
    scratch: &mut Scratch,
    counts: &mut Counts,
) -> Vec<Difference> {
    jvm.ask(cases.iter().flat_map(Case::questions));
    let mut differences = Vec::new();
    for case in cases {
        let java = jvm.answer();
        let relaxed = case.pattern.relaxed.is_some().then(|| jvm.answer());
        let accepted_before = counts.accepted_by_both;
        let comparison = Comparison {
            seed: case.seed,
            question: case.question(&case.pattern.source),
            version: jvm.version,
        };
        let found = comparison.differences(&java, scratch, counts);
        differences.extend(found.into_iter().next());
        let accepted = counts.accepted_by_both > accepted_before;
        count(case, &java, relaxed.as_ref(), accepted, counts);
    }
    differences
}

/// Counts whether a pattern that needs nothing but linear time is accepted.
fn count(
    case: &Case,
    java: &Answer,
    relaxed: Option<&Answer>,
    accepted: bool,
    counts: &mut Counts,
) {
    let Answer::Accepted { texts, .. } = java else {
        return;
    };
    let uses = case.pattern.uses;
    if uses.mutated {
        return;
    }
    let mut changes_a_match = false;
    if let Some(Answer::Accepted { texts: relaxed, .. }) = relaxed {
        counts.possessive += 1;
        changes_a_match = texts.iter().zip(relaxed).any(|(a, b)| a.result != b.result);
        counts.truly_possessive += u64::from(changes_a_match);
    }
    if !uses.look_around && !uses.back_reference && !changes_a_match {
        counts.linear += 1;
        counts.linear_accepted += u64::from(accepted);
    }
}
