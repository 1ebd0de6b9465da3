//! The grammar reaches every construct in whose meaning libraries differ.

use crate::pattern::Pattern;
use crate::random::Random;

/// Parts of patterns, each of which is drawn many times.
#[rustfmt::skip]
const PARTS: &[&str] = &[
    // Classes.
    r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\h", r"\H", r"\v", r"\V", r"\R", ".", r"\p{Lower}", r"\p{Alpha}", r"\p{Punct}", r"\p{Space}",
    r"\P{Punct}", r"\p{L}", r"\pL", r"\p{IsHan}", r"\p{script=Han}", r"\p{IsAlphabetic}", r"\p{InGreek}", r"\p{block=Greek}",
    r"\p{gc=Lu}", r"\p{LC}", r"\p{javaLowerCase}", r"\p{IsNonsense}",
    // Brackets.
    "[^", "[[", "&&", "&&[^", "+--", "a~~b", "0-9--4", "[:alpha:]", r"[\w-", r"\Q]\E", "[&&", "&&&",
    // Escapes.
    r"\Q", r"\E", r"\07", r"\0377", r"\0400", r"\x61", r"\x{1F600}", r"\u0061", r"\uD83D\uDE00", r"\cA", r"\c?", r"\e", r"\a", r"\<", r"\>", r"\_",
    r"\y", r"\08", r"\X", r"\N{", r"\b{g}", r"\k<", r"\1",
    // Groups and flags.
    "(?:", "(?<n>", "(?>", "(?=", "(?!", "(?<=", "(?<!", "(?i)", "(?s)", "(?m)", "(?x)", "(?d)", "(?i:", "(?-i", "(?x:", "(?u)", "(?U)", "(?P<", "(?)",
    // Anchors.
    "^", "$", r"\A", r"\z", r"\Z", r"\G", r"\b", r"\B", "$\n", r"\Z\R", "^*",
    // Repetitions and alternations.
    "*+", "++", "?+", "}+", "*?", "+?", "??", "}?", "{2}", "{1,}", "{0}", "{,2}", "a{", "||", "(|", "|)", "()*", "(a*)*", "(a?)*?", "a**",
];

#[test]
fn every_construct_is_drawn() {
    let patterns: Vec<String> = (1..=20_000)
        .map(|seed| Pattern::draw(&mut Random::new(seed)).source)
        .collect();
    for part in PARTS {
        let count = patterns
            .iter()
            .filter(|pattern| pattern.contains(part))
            .count();
        assert!(count >= 5, "{part:?} is drawn {count} times");
    }
}
