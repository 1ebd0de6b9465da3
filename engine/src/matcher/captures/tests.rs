//! Walks lead to the groups that the library finds.

use std::cell::Cell;

use codeid_generate::Entropy;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use regex_automata::util::primitives::NonMaxUsize;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::library::{Library, LibraryScratch};
use super::plan::plan;
use super::{CaptureScratch, GroupFinder, GroupSearch, GroupsTooCostly};
use crate::CompileLimits;
use crate::matcher::simulation::SimulationScratch;
use crate::pattern::Pattern;

/// The number of random patterns without `PROPTEST_CASES`.
const CASES: u32 = 4000;
/// The number of code values for each pattern.
const CODES: usize = 12;

fn parse(pattern: &str) -> Pattern {
    Pattern::parse(pattern, CompileLimits::default().max_rule_states).unwrap()
}

fn finder(pattern: &str, limits: &CompileLimits) -> Result<GroupFinder, GroupsTooCostly> {
    let pattern = Pattern::parse(pattern, limits.max_rule_states).unwrap();
    Ok(GroupFinder::new(&pattern, [1, 2].into_iter(), limits)?.expect("groups are wanted"))
}

#[test]
fn the_library_is_asked_only_where_the_code_value_does_not_determine_the_groups() {
    use GroupSearch::{Backtracking, OnePass, Walk};
    for (pattern, search) in [
        ("28(.*)", Walk),
        (r"28(\d+)(\d{8})", Walk),
        (r"[0-9]{2}4170([0-9]{8,12})", Walk),
        (r"SG\d\dABCD(\d{10,18})(?:-[A-Z0-9]{1,4})?", Walk),
        // Alternatives are decided by a byte, or end before a byte that none of them has.
        (r"https://(?:a\.com|ab\.cn)/(?:x|yy)/([\w-]{4,64})", Walk),
        (r"https?://(?:[a-z0-9-]+\.)*a\.com/pay/(.*)", Walk),
        (
            r"https?://(?:m\.)?a\.co/(?:check/v2|scan/in|r/store)/([A-Z]{6,20})(?:[/?#].*)?",
            Walk,
        ),
        (
            r"(?:https?://(?:www\.)?a\.co|abc:/)/(?:[a-z]{2}(?:-[a-z]{2})?/)?orders?/([^/?#]+)/",
            Walk,
        ),
        ("(?i)https://(?:www\\.)?skal\\.com/pay(?:/|\\?)(.*)", Walk),
        // The end of the code value is known, too.
        (
            r"(?:lnbc|lntb)([0-9]+)[munp]?1[02-9ac-hj-np-z]{20,60}xyz",
            Walk,
        ),
        (r"times: (.*) from [0-9.]+ port [0-9]+ ssh2", Walk),
        (r"\p{IsHan}{2}([\p{IsHan}a-z]{2,20}):\d{6,}", Walk),
        // A group may be in some alternatives only, and in one that is not taken.
        ("a(?:b(c+)|d(.*))", Walk),
        ("(a)?b", Walk),
        // The length of what may be left out is not known if it matches nothing.
        (r"([^a][b&&c]?)\W+", OnePass),
        // Any of several places is possible, and greed decides.
        ("(.*)a.*", Backtracking),
        (r"(\d+)(\d+)", Backtracking),
        (r"pay\?(?:[a-z]+=[^&]*&)*id=(\d+)(?:&.*)?", Backtracking),
        ("(?:(a)|ab)(?:b|bc)?", Backtracking),
        // The next byte decides, but not for a number of them that is known.
        ("(?:(a)|(b)(c))*", OnePass),
        (r"a{0,3}([ab]{2}|c)/", Backtracking),
    ] {
        let finder = finder(pattern, &CompileLimits::default()).unwrap();
        assert_eq!(finder.search(), search, "{pattern}");
    }
}

#[test]
fn a_pattern_that_may_be_simulated_has_a_tenth_of_the_states() {
    let mut limits = CompileLimits::default();
    let searched = r"28(\d+)(\d{8}\d*)";
    let walked = r"28(\d+)(\d{8})";
    assert!(finder(searched, &limits).is_ok());
    limits.max_rule_states = 100;
    let error = finder(searched, &limits).unwrap_err();
    let states = Pattern::parse(searched, 100).unwrap().cost();
    assert_eq!(
        error,
        GroupsTooCostly {
            states,
            max_states: 10
        }
    );
    assert!(finder(walked, &limits).is_ok());
}

#[test]
fn the_text_of_a_group_is_empty_if_it_took_no_part_or_was_not_wanted() {
    let mut scratch = CaptureScratch::default();
    // The last one is found by the library.
    for pattern in ["(a)|(b)(c)", "(?:(a)|(b)(c))*"] {
        let finder = finder(pattern, &CompileLimits::default()).unwrap();
        let groups = finder.find("bc", &mut scratch);
        let texts = [1, 2, 3, 4].map(|index| groups.text(index));
        assert_eq!(texts, ["", "b", "", ""], "{pattern}");
    }
}

#[test]
fn a_code_value_too_long_for_the_backtracker_is_simulated() {
    let pattern = r"(.*a)(?:[ab]*b){3}";
    let finder = finder(pattern, &CompileLimits::default()).unwrap();
    assert_eq!(finder.search(), GroupSearch::Backtracking);
    let mut scratch = CaptureScratch::default();
    for length in [1, 10, 1000, 8000] {
        let code = format!("{}abbb", "ab".repeat(length / 2));
        let found = finder.find(&code, &mut scratch).text(1).len();
        assert_eq!(found, code.len() - 3);
        assert!(finder.steps(&code) <= finder.max_steps());
    }
}

#[test]
fn the_automaton_that_a_one_pass_automaton_retains_is_counted() {
    let finder = finder("(?:(a)|(b)(c))*", &CompileLimits::default()).unwrap();
    let super::Engine::Library(Library::OnePass(dfa)) = &finder.engine else {
        panic!("the next byte decides");
    };
    let automata = dfa.memory_usage() + dfa.get_nfa().memory_usage();
    assert!(finder.heap_bytes() >= automata + size_of_val(&**dfa) + 2 * size_of::<u32>());
}

/// Patterns of several shapes, some of whose groups the code value alone determines.
const PATTERNS: &[&str] = &[
    r"28(\d+)(\d{8})",
    r"https?://(?:[a-z0-9-]+\.)*a\.com/pay/(.*)",
    r"https?://(?:www\.|m\.)?a\.co/(?:check/v2|scan/in|r/store)/([A-Z]{6,20})(?:[/?#].*)?",
    r"(?:https?://(?:www\.)?a\.co|abc:/)/(?:[a-z]{2}(?:-[a-z]{2})?/)?orders?/([^/?#]+)/pay/?(?:\?.*)?",
    "(?i)(?:(https)|([kK\u{212a}]as))://w?(ſ+|[sS\u{17f}])/[sk]{2}(.*)",
    r"(?:lnbc|lntb)([0-9]+)[munp]?1[02-9ac-hj-np-z]{2,6}xyz",
    r"(?:error: )?Received from ([0-9.]+)(?: port ([0-9]+))?:[0-9]+: .*(?: \[preauth\])?",
    r"(\p{IsHan}{2})([\p{IsHan}a-zé]{2,20}):(.{3})\d{2,}(é|中)",
    r"(?:(?i)bitcoin:)?(?:[13]|[bB][cC]1[pPqQ])ab([a-zA-Z0-9]{2,9})(?:\?(.*))?",
    r"([^/]*)/(?:x(\d*)y|(z)?q)(?:/([a-z]+)(?:\.([a-z]+))?)?",
    r"(a+)\b/\b(b+)/.*",
    r"(a|é)(?:(中)|(bé))?([a1])(?:(a)|())",
];

#[test]
fn walks_lead_where_the_library_finds_groups_of_patterns_as_people_write_them() {
    let mut seed: u64 = 1;
    for text in PATTERNS {
        let pattern = parse(text);
        let mut walked = 0;
        for _ in 0..100 {
            let bytes: Vec<u8> = std::iter::repeat_with(|| next(&mut seed))
                .take(256)
                .collect();
            walked += compare(&pattern, text, &mut Entropy::new(&bytes)).unwrap();
        }
        assert!(walked > 200, "{walked} walks of {text}");
    }
}

#[test]
fn walks_lead_where_the_library_finds_groups_of_random_patterns() {
    let walked = Cell::new(0);
    let cases = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default().cases,
        None => CASES,
    };
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let bytes = proptest::collection::vec(any::<u8>(), 0..300);
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&bytes, |bytes| {
        let mut entropy = Entropy::new(&bytes);
        let text = draw_pattern(&mut entropy, 2);
        // Some have a meaning in Java that is not ours to have.
        if let Ok(pattern) = Pattern::parse(&text, 10_000) {
            walked.set(walked.get() + compare(&pattern, &text, &mut entropy)?);
        }
        Ok(())
    });
    outcome.unwrap();
    assert!(
        walked.get() > cases as usize,
        "{} walks of {cases} patterns",
        walked.get()
    );
}

/// Compares the groups of code values that `pattern` matches, and returns the number of these for which
/// there is a walk.
fn compare(
    pattern: &Pattern,
    text: &str,
    entropy: &mut Entropy<'_>,
) -> Result<usize, TestCaseError> {
    let count = u32::try_from(pattern.group_count()).unwrap();
    let groups: Vec<u32> = match entropy.chance(60) {
        true => (1..=count).collect(),
        false => (1..=count).filter(|_| entropy.chance(50)).collect(),
    };
    if groups.is_empty() {
        return Ok(0);
    }
    let Some(walk) = plan(pattern.hir(), &groups) else {
        return Ok(0);
    };
    let library = Library::new(pattern, &groups, &CompileLimits::default()).unwrap();
    let mut scratch = LibraryScratch::default();
    let mut simulation = SimulationScratch::default();
    let mut walked = 0;
    for _ in 0..CODES {
        let mut code = String::new();
        draw_match(pattern.hir(), entropy, &mut code);
        let mut expected: Vec<Option<NonMaxUsize>> = vec![None; 2 * (groups.len() + 1)];
        library.find(&code, &mut expected, &mut scratch, &mut simulation);
        // An assertion may have failed.
        if expected[1].is_none() {
            continue;
        }
        let mut found = vec![None; walk.slots];
        walk.find(&code, &mut found);
        prop_assert_eq!(&found[..expected.len()], &expected, "{} {}", text, code);
        prop_assert!(walk.steps(&code) <= walk.max_steps(), "{} {}", text, code);
        walked += 1;
    }
    Ok(walked)
}

/// Draws a pattern of few characters, so that its parts often have some in common.
fn draw_pattern(entropy: &mut Entropy<'_>, depth: usize) -> String {
    let mut pattern = String::new();
    for _ in 0..entropy.within(1..=4) {
        let atom = match entropy.below(if depth == 0 { 6 } else { 10 }) {
            0 | 1 => entropy
                .one_of(&["a", "b", "ab", "/", "é", "中", "1"])
                .to_owned(),
            2 => entropy.one_of(&["[ab]", r"\d", "[aé]", "[1/]"]).to_owned(),
            3 => entropy
                .one_of(&["[^/]", "[^ab]", ".", "(?s:.)", "[a-z]"])
                .to_owned(),
            4 => entropy.one_of(&["/", "1", "-", "b/"]).to_owned(),
            5 => entropy.one_of(&["()", r"\b", "(a)", "(?i:a)"]).to_owned(),
            6..=8 => {
                let alternatives = entropy.within(1..=3);
                let subs: Vec<String> = std::iter::repeat_with(|| draw_pattern(entropy, depth - 1))
                    .take(alternatives)
                    .collect();
                let open = entropy.one_of(&["(", "(", "(?:"]);
                format!("{open}{})", subs.join("|"))
            }
            _ => format!("({})", draw_pattern(entropy, depth - 1)),
        };
        let quantifier = match entropy.below(3) {
            0 => entropy.one_of(&["?", "*", "+", "{2}", "{1,3}", "??", "*?", "{0,2}", "{1}"]),
            _ => "",
        };
        // A literal is quantified as a whole.
        let is_long = atom.chars().count() > 1 && !atom.starts_with(['[', '(', '\\']);
        match is_long && !quantifier.is_empty() {
            true => pattern.push_str(&format!("(?:{atom}){quantifier}")),
            false => pattern.push_str(&(atom + quantifier)),
        }
    }
    pattern
}

/// Appends a text that `hir` matches, except for its assertions.
fn draw_match(hir: &Hir, entropy: &mut Entropy<'_>, code: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => code.push_str(std::str::from_utf8(&literal.0).unwrap()),
        HirKind::Class(Class::Unicode(class)) => {
            let is_member = |&c: &char| {
                class
                    .ranges()
                    .iter()
                    .any(|range| range.start() <= c && c <= range.end())
            };
            let usual: Vec<char> = "ab/1é中-A\n😀".chars().filter(is_member).collect();
            match usual.is_empty() {
                true => code.push(class.ranges()[entropy.below(class.ranges().len())].start()),
                false => code.push(entropy.one_of(&usual)),
            }
        }
        HirKind::Class(Class::Bytes(_)) => unreachable!("patterns are of characters"),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).min(repetition.min + 3);
            for _ in 0..entropy.within(repetition.min as usize..=most as usize) {
                draw_match(&repetition.sub, entropy, code);
            }
        }
        HirKind::Capture(capture) => draw_match(&capture.sub, entropy, code),
        HirKind::Concat(subs) => subs.iter().for_each(|sub| draw_match(sub, entropy, code)),
        HirKind::Alternation(subs) => {
            draw_match(&subs[entropy.below(subs.len())], entropy, code);
        }
    }
}

/// Returns the next byte of a sequence that is the same in every run.
fn next(seed: &mut u64) -> u8 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 56) as u8
}
