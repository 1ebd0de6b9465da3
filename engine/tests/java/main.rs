//! Patterns mean what they mean to java.util.regex: generated ones are compared with a real Java
//! virtual machine, match by match and group by group.
//!
//! A pattern is drawn from a grammar of Java's syntax, and with it ten texts: samples of the pattern,
//! samples with changes, and one that has nothing to do with it. `Oracle.java` answers what
//! `Pattern.compile(pattern).matcher(text).matches()` returns, and the groups. The engine is asked
//! through its public interface, with a template that shows every group that it lets a template
//! insert. These are differences:
//!
//! - Java rejects a pattern, or throws when it matches a text, and the engine accepts the pattern.
//! - One of the two matches a text and the other does not.
//! - A group that is shown has another text. One that takes no part is inserted as the empty text.
//!
//! A pattern that the engine refuses is no difference. Those that need only linear time are counted,
//! though, and [`LINEAR_ACCEPTED`] of a hundred must be accepted: all patterns that Java accepts,
//! except those with look-around, back-references, and possessive or atomic forms that matter. Such a
//! form matters if Java finds another result for one of the texts when every possessive quantifier is
//! made greedy and every atomic group plain. Where no text shows that, the pattern counts as linear,
//! although it may not be: the share is at least the one that is printed. Patterns that were changed at
//! random places are compared, but may use anything, and are not in the share.
//!
//! Texts are skipped, and counted, if Java overflows its stack or takes over 100 ms; if the pattern has
//! a property and the text a code point that the version of Java does not know, since properties follow
//! the engine's own tables; and for the differences between versions.
//!
//! # Versions of Java
//!
//! Rules mean what they mean to Java 21. The test takes any version from 17 on. Run on the same 330,000
//! patterns, 17 and 21 differ as follows, and 21 and 25 not at all:
//!
//! - Before 19, `\b` and `\B` take letters and digits beyond ASCII for word characters. Texts beyond
//!   ASCII are skipped.
//! - An intersection without its right side after a class of several parts, such as `[a-bc&&]`, is
//!   rejected by 21. 17 accepts it, and throws when it matches. Neither is ever a match.
//! - `\p{IsEmoji}`, the other properties whose names begin so, and `\p{IsExtended_Pictographic}` exist
//!   since 21. Before, a pattern that 17 rejects for its property is skipped.
//! - The versions of Unicode: 13 in 17, 15 in 21.
//!
//! # Running it
//!
//! `JAVA_PATTERNS` sets the number of patterns, `JAVA_SEED` the seed of the first one, and
//! `JAVA_PROGRAM` the `java` that answers. A difference is made small and printed with the seed with
//! which its pattern is the first, so `JAVA_PATTERNS=1` repeats it alone. A million patterns:
//! `./scripts/campaign java`.

mod compare;
mod counts;
mod coverage;
mod engine;
mod hints;
mod jvm;
mod minimise;
mod pattern;
mod random;
mod run;
mod text;

use std::io::Write as _;

use codeid_engine::Scratch;

use compare::{Comparison, Kind};
use counts::Counts;
use engine::Compiled;
use jvm::{Jvm, Oracle, Question};
use run::Run;

/// The number of patterns without `JAVA_PATTERNS`. A run of at least as many is held to the floors.
const PATTERNS: u64 = 20_000;
/// The number of differences that each thread makes small and shows.
const SHOWN_DIFFERENCES: usize = 20;
/// The least share of linear patterns that are accepted, in percent.
const LINEAR_ACCEPTED: u64 = 90;

#[test]
fn generated_patterns_mean_what_they_mean_to_java() {
    let run = Run {
        seed: from_environment("JAVA_SEED").unwrap_or(1),
        patterns: from_environment("JAVA_PATTERNS").unwrap_or(PATTERNS),
        max_differences: SHOWN_DIFFERENCES,
    };
    let report = run.report(&Oracle::compile());
    // Not captured, unlike what `println!` prints: the counts are a part of the result.
    write!(std::io::stderr(), "{}", report.counts).expect("standard error can be written to");
    let differences: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    if run.patterns >= PATTERNS {
        assert_enough(&report.counts);
    }
}

/// Asserts that what was compared is enough to show something.
fn assert_enough(counts: &Counts) {
    let share = |part: u64, whole: u64| 100 * part / whole.max(1);
    let linear = share(counts.linear_accepted, counts.linear);
    assert!(
        linear >= LINEAR_ACCEPTED,
        "{linear} % of linear patterns are accepted"
    );
    for (what, part, whole, least) in [
        (
            "patterns that Java accepts",
            counts.accepted_by_java,
            counts.patterns,
            60,
        ),
        (
            "patterns that both reject",
            counts.rejected_by_both,
            counts.patterns,
            5,
        ),
        (
            "patterns that both accept",
            counts.accepted_by_both,
            counts.patterns,
            50,
        ),
        ("linear patterns", counts.linear, counts.patterns, 50),
        (
            "texts for each pattern that both accept",
            counts.texts,
            counts.accepted_by_both,
            600,
        ),
        ("texts that match", counts.matches, counts.texts, 20),
        (
            "groups that may be inserted",
            counts.groups_accepted,
            counts.groups_accepted + counts.groups_refused,
            50,
        ),
        (
            "groups of matches, for each match",
            counts.groups,
            counts.matches,
            15,
        ),
        (
            "groups that took part",
            counts.groups_with_text,
            counts.groups,
            50,
        ),
    ] {
        let share = share(part, whole);
        assert!(share >= least, "{what}: {part} of {whole}, not {least} %");
    }
}

/// The engine is given another pattern than Java, which the comparison has to notice.
#[test]
fn a_comparison_finds_what_differs() {
    let oracle = Oracle::compile();
    let mut jvm = Jvm::start(&oracle);
    let names = ["n".to_owned()];
    let text = |text: &str| [text.to_owned()];
    for (java, ours, text, kind) in [
        ("[", "a", text("a"), Some(Kind::Pattern)),
        ("[0-9]", "[0-8]", text("9"), Some(Kind::Match)),
        ("[0-8]", "[0-9]", text("9"), Some(Kind::Match)),
        ("(a)(?<n>b)", "(ab)(?<n>)", text("ab"), Some(Kind::Group)),
        ("(a)|b(?<n>)", "a()|b(?<n>)", text("a"), Some(Kind::Group)),
        ("(?<n>a)b", "a(?<n>b)", text("ab"), Some(Kind::Group)),
        ("(?<n>a)b?", "(?<n>[ac])", text("a"), None),
        ("a", "[", text("a"), None),
    ] {
        let question = Question {
            pattern: java,
            names: &names,
            texts: &text,
        };
        jvm.ask([question].into_iter());
        let comparison = Comparison {
            seed: 0,
            question,
            version: jvm.version,
        };
        let answer = jvm.answer();
        let groups = comparison.groups(&answer);
        let (mut scratch, mut counts) = (Scratch::new(), Counts::default());
        let compiled = Compiled::new(ours, &groups);
        let found = comparison.compare(&answer, &groups, compiled, &mut scratch, &mut counts);
        assert_eq!(
            found.first().map(|difference| difference.kind),
            kind,
            "{java} and {ours}"
        );
    }
}

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {value}")),
    )
}
