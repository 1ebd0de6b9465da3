//! DFAs accept what the reference matcher accepts, however much of them the budget allows.

use super::samples::Sampler;
use super::subsets::Budget;
use super::{Dfas, Found, MAX_BYTES, WalkScratch, rule_parts};
use crate::matcher::visitor::Visitor;
use crate::{CodeValue, CompileLimits, ReferenceMatcher, RouteConfig};

/// Patterns with the canaries of their rules: `true` for one that refuses every openId.
const CONFIGS: [&[(&str, bool)]; 10] = [
    // Rules that accept whatever follows, before and after others.
    &[
        ("ab", false),
        ("a.*", true),
        ("a.*b", true),
        ("a(?s:.*)", true),
        ("a.*", false),
        ("a[^b]*", false),
        ("(?s).*", false),
    ],
    &[
        (".*ab.*", false),
        (".*b/.*", true),
        ("(?s).*a", false),
        (".*/.*a.*", false),
        ("é.*", false),
    ],
    &[
        ("(?s).*ab.*", true),
        ("(?s)a.*b.*", true),
        ("(?s).*b.*a.*", false),
        (".*", false),
    ],
    // Runs, with what follows beginning in the class or not.
    &[
        ("a+b", false),
        ("a{2,3}b?a", false),
        ("[ab]{2,4}/", true),
        ("[^/]*/+b", false),
        ("[^a]{1,3}a", false),
        ("a{3}[ab]{2}a*", false),
    ],
    &[
        ("[éb]*a", false),
        ("[^é]{2,3}é+", true),
        ("[中é]{1,2}a?", false),
        (r"\p{IsHan}{2}[^/]*", false),
        ("(?:é|中a)*/", false),
    ],
    // Repetitions of more than a character, and nested ones.
    &[
        ("(?:ab)*a", false),
        ("(?:a+/)*b", false),
        ("(?:a*b*)*/", true),
        ("(?:(?:a|b)?/){1,3}a*", false),
        ("(?:a|ab|b){2}/.*", false),
    ],
    &[
        ("(?:ab?)+(?:/.*)?", true),
        ("(?:a|b/)*(?:a.*|b)?", false),
        ("a?b?a?b?(?:/a*)*", false),
    ],
    // Case, and choices of one byte.
    &[
        ("(?i)ab/AB.*", false),
        ("[aA]b[/0]{1,2}a", false),
        ("(?i:aB)*", true),
        ("[ab][/0][ab]", false),
        ("AB/ab.*", false),
    ],
    // Rules that accept whatever follows, before anything was read.
    &[
        ("(?:a\n)*.*", true),
        ("a?(?s:/.*)?", true),
        ("(?:b|a*)(?s:.*)", false),
    ],
    // Rules that no DFA has.
    &[
        (r"a\b.*", false),
        ("ab.*", false),
        (r"(?:b|^a)b", true),
        (r".*a\b", false),
    ],
];

struct First<'a> {
    refuses: &'a [bool],
    accepted: Vec<usize>,
}

impl First<'_> {
    fn best(&self) -> Option<usize> {
        let admitted = self.accepted.iter().filter(|&&rule| !self.refuses[rule]);
        admitted.min().copied()
    }
}

impl Visitor for First<'_> {
    fn wants(&self, rule: u32) -> bool {
        self.best().is_none_or(|best| (rule as usize) < best)
    }

    fn accepted(&mut self, rule: u32) {
        self.accepted.push(rule as usize);
    }
}

fn config(rules: &[(&str, bool)]) -> RouteConfig {
    let rule = |(index, (pattern, refuses)): (usize, &(&str, bool))| {
        let pattern = serde_json::to_string(pattern).unwrap();
        let canary = if *refuses { r#", "canary": {}"# } else { "" };
        format!(
            r#"{{"id": "r{index}", "match": {{"regex": {pattern}}},
                "action": {{"type": "DECODE"}}{canary}}}"#
        )
    };
    let rules: Vec<String> = rules.iter().enumerate().map(rule).collect();
    let rules = rules.join(",");
    let json = format!(r#"{{"format": "codeid/1", "version": "1", "rules": [{rules}]}}"#);
    RouteConfig::from_json(json.as_bytes(), &CompileLimits::default()).unwrap()
}

/// Returns code values that rules accept, or nearly, and others of few characters.
fn codes(config: &RouteConfig) -> Vec<String> {
    const CHARACTERS: [char; 12] = [
        'a', 'b', 'a', 'b', 'A', 'B', '/', '0', '\n', '\u{85}', 'é', '中',
    ];
    let mut sampler = Sampler::new();
    let mut codes = Vec::new();
    for rule in config.rules() {
        let parts = rule_parts(&rule.rule_match).unwrap().parts;
        for change in [false, true].repeat(40) {
            let mut code = sampler.sample(&parts);
            if change && !code.is_empty() {
                sampler.change(&mut code);
            }
            codes.extend(String::from_utf8(code));
        }
    }
    for length in (1..10).cycle().take(1500) {
        codes.push(
            (0..length)
                .map(|_| CHARACTERS[sampler.below(CHARACTERS.len())])
                .collect(),
        );
    }
    codes.retain(|code| !code.is_empty());
    codes
}

#[test]
fn dfas_accept_what_the_reference_accepts_within_any_budget() {
    let (mut complete, mut partial) = (0, 0);
    for rules in CONFIGS {
        let config = config(rules);
        let refuses: Vec<bool> = rules.iter().map(|rule| rule.1).collect();
        let reference = ReferenceMatcher::new(&config);
        let codes = codes(&config);
        for work in [0, 100, 400, 1000, usize::MAX] {
            let (dfas, _) = Dfas::within(
                Budget {
                    work,
                    bytes: MAX_BYTES,
                },
                config.rules(),
            );
            let mut scratch = WalkScratch::default();
            for code in &codes {
                let accepted = Vec::new();
                let mut first = First {
                    refuses: &refuses,
                    accepted,
                };
                let found = dfas.search(code, &mut scratch, &mut first);
                let matching = reference.matching_rules(CodeValue::new(code).unwrap());
                let context = format!("{rules:?}, {code:?}, work {work}");
                assert!(
                    first.accepted.iter().all(|rule| matching.contains(rule)),
                    "{context}"
                );
                let Found::AllBut(missing) = found else {
                    partial += 1;
                    continue;
                };
                complete += 1;
                let missing = missing.map_or(usize::MAX, |rule| rule as usize);
                let before = |rule: &usize| *rule < missing;
                let expected = matching.into_iter().find(|&rule| !refuses[rule]);
                assert_eq!(
                    first.best().filter(before),
                    expected.filter(before),
                    "{context}"
                );
            }
        }
    }
    assert!(complete > 10_000, "{complete}");
    assert!(partial > 10_000, "{partial}");
}

#[test]
fn a_rule_is_accepted_once_however_often_its_text_is_found() {
    let config = config(&[(".*a.*", true), (".*b.*", true), ("a/.*a", false)]);
    let refuses = [true, true, false];
    let (dfas, _) = Dfas::new(config.rules());
    let mut scratch = WalkScratch::default();
    for code in ["ababaabbaba".to_owned(), "ab".repeat(500)] {
        let accepted = Vec::new();
        let mut first = First {
            refuses: &refuses,
            accepted,
        };
        dfas.search(&code, &mut scratch, &mut first);
        assert_eq!(first.accepted, [0, 1]);
    }
}

/// A failure that the comparison with Java found: a sample was followed without an end where it ended
/// between two runs in turns.
#[test]
fn runs_in_turns_are_determinised_in_finite_time() {
    for pattern in ["(?:[a-z]+[0-9]+)*-", "(?:[a-z]+[0-9]+)+"] {
        let config = config(&[(pattern, true)]);
        let (dfas, _) = Dfas::new(config.rules());
        assert_eq!(dfas.count(), 1, "{pattern}");
    }
}
