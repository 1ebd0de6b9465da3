//! Patterns mean what they mean to java.util.regex: generated ones are compared with a real Java
//! virtual machine, match by match and group by group.
//!
//! `JAVA_PATTERNS` sets the number of patterns and `JAVA_SEED` the seed of the first one. A difference
//! names the seed with which its pattern is the first, so that `JAVA_PATTERNS=1` repeats it alone.

mod compare;
mod counts;
mod engine;
mod jvm;
mod minimise;
mod pattern;
mod random;
mod run;
mod text;

use std::io::Write as _;

use jvm::Oracle;
use run::Run;

/// The number of patterns without `JAVA_PATTERNS`.
const PATTERNS: u64 = 20_000;

#[test]
fn generated_patterns_mean_what_they_mean_to_java() {
    let run = Run {
        seed: from_environment("JAVA_SEED").unwrap_or(1),
        patterns: from_environment("JAVA_PATTERNS").unwrap_or(PATTERNS),
        max_differences: from_environment("JAVA_DIFFERENCES").unwrap_or(10) as usize,
    };
    let report = run.report(&Oracle::compile());
    let counts = &report.counts;
    // Not captured, unlike what `println!` prints: the counts are a part of the result.
    write!(std::io::stderr(), "{counts}").expect("standard error can be written to");
    let differences: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {value}")),
    )
}
