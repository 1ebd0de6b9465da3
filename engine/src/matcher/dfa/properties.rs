//! DFAs accept what the reference matcher accepts, for generated rules, code values and budgets.
//!
//! `PROPTEST_CASES` sets the number of cases.

use codeid_generate::{Case, Entropy};
use proptest::prelude::*;

use super::budget::Budget;
use super::samples::Sampler;
use super::tests::{First, config, samples_of};
use super::{
    Dfas, Found, MAX_BYTES, MAX_CODE_BYTES, MAX_ROW_BYTES, MAX_WORK, MIN_WORK, RULE_WORK,
    WalkScratch, rule_parts,
};
use crate::{CodeValue, CompileLimits, ReferenceMatcher, RouteConfig};

/// The number of cases on which a property is tried without `PROPTEST_CASES`.
const CASES: u32 = 25;
/// The steps that accepting a rule is said to take.
const ACCEPT: u64 = 7;

const LINE_TERMINATORS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
/// The parts of patterns on few characters.
const ATOMS: [&str; 24] = [
    "a",
    "b",
    "/",
    "é",
    "中",
    "ab",
    "a/b",
    "😀",
    "[ab]",
    "[^a]",
    "[aé]",
    "[^é/]",
    "[a-c中]",
    ".",
    "(?s:.)",
    "[^/]",
    "[à-ÿ中-丰а-я]",
    "[abAB/é]",
    r"\d",
    "(?i:ab)",
    ".*",
    "(?s:.*)",
    "[ab]*",
    "[^/]+",
];
const REPETITIONS: [&str; 12] = [
    "?", "*", "+", "{2}", "{3}", "{1,3}", "{2,4}", "{2,}", "{0,2}", "*?", "{5}", "{1,9}",
];
const ASSERTIONS: [&str; 4] = [r"\b", "$", "^", r"\B"];

proptest! {
    #![proptest_config(proptest_config())]

    #[test]
    fn dfas_of_generated_rules_accept_what_the_reference_accepts(
        bytes in proptest::collection::vec(any::<u8>(), 0..1024),
        seed in any::<u64>(),
    ) {
        let mut case = Case::draw(&mut Entropy::new(&bytes));
        case.trim = None;
        let mut limits = CompileLimits::default();
        limits.max_rule_states *= 10;
        limits.max_states *= 10;
        if let Ok(config) = RouteConfig::from_json(case.config_json().as_bytes(), &limits) {
            check(&config, &case.codes, seed)?;
        }
    }

    #[test]
    fn dfas_of_patterns_on_few_characters_accept_what_the_reference_accepts(
        bytes in proptest::collection::vec(any::<u8>(), 0..256),
        seed in any::<u64>(),
    ) {
        let mut entropy = Entropy::new(&bytes);
        let patterns: Vec<(String, bool)> = (0..entropy.within(1..=7))
            .map(|_| (pattern(3, &mut entropy), entropy.chance(40)))
            .filter(|(pattern, refuses)| config(&[(pattern, *refuses)]).is_ok())
            .collect();
        let rules: Vec<(&str, bool)> = patterns.iter().map(|(p, r)| (p.as_str(), *r)).collect();
        if let Ok(config) = config(&rules) {
            check(&config, &samples_of(&config, 6), seed)?;
        }
    }
}

fn proptest_config() -> ProptestConfig {
    let from_environment = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: if from_environment {
            default.cases
        } else {
            CASES
        },
        failure_persistence: None,
        ..default
    }
}

/// Draws a pattern of a few parts, of which some are choices and repetitions of such patterns.
fn pattern(depth: usize, entropy: &mut Entropy<'_>) -> String {
    let mut text = String::new();
    for _ in 0..entropy.within(1..=4) {
        let kind = entropy.below(10);
        let mut part = match kind {
            0..=5 => entropy.one_of(&ATOMS).to_owned(),
            6 | 7 if depth > 0 => {
                let choices = (0..entropy.within(1..=3)).map(|_| pattern(depth - 1, entropy));
                format!("(?:{})", choices.collect::<Vec<_>>().join("|"))
            }
            8 if entropy.chance(15) => entropy.one_of(&ASSERTIONS).to_owned(),
            _ => entropy.one_of(&ATOMS[..20]).to_owned(),
        };
        if entropy.chance(35) {
            part = format!("(?:{part}){}", entropy.one_of(&REPETITIONS));
        }
        text.push_str(&part);
    }
    text
}

/// Compares the DFAs of `config` within several budgets with the reference matcher, by `codes` and
/// others like them.
fn check(config: &RouteConfig, codes: &[String], seed: u64) -> Result<(), TestCaseError> {
    let rules = config.rules();
    let mut random = Sampler::with_seed(seed);
    let refuses: Vec<bool> = rules
        .iter()
        .map(|rule| rule.canary.is_some() && random.below(3) > 0)
        .collect();
    let codes = codes_like(codes, &mut random);
    let reference = ReferenceMatcher::new(config);
    let accepting: Vec<Vec<usize>> = codes
        .iter()
        .map(|code| reference.matching_rules(CodeValue::new(code).expect("codes have a length")))
        .collect();
    let usual = MIN_WORK + RULE_WORK * rules.len();
    let budgets = [
        (0, MAX_BYTES),
        (random.below(3_000), MAX_BYTES),
        (random.below(60_000), MAX_BYTES),
        (MAX_WORK, random.below(10_000)),
        (
            if random.below(8) == 0 {
                MAX_WORK
            } else {
                usual
            },
            MAX_BYTES,
        ),
    ];
    for (work, bytes) in budgets {
        let row_bytes = [0, random.below(20_000), MAX_ROW_BYTES][random.below(3)];
        let budget = Budget {
            work,
            bytes,
            row_bytes,
        };
        let (dfas, _) = Dfas::within(budget, rules, |_| 0);
        let max_steps = dfas.max_steps(&vec![ACCEPT; rules.len()]);
        let mut scratch = WalkScratch::default();
        let nothing = dfas.search("", &mut scratch, &mut First::new(&refuses));
        prop_assert_eq!(nothing, Found::Some);
        for (code, accepting) in codes.iter().zip(&accepting) {
            let mut first = First::new(&refuses);
            let found = dfas.search(code, &mut scratch, &mut first);
            let context = || format!("{code:?}, {budget:?}");
            let steps = first.steps + ACCEPT * first.accepted.len() as u64;
            prop_assert!(
                steps <= max_steps || dfas.of(code).is_none(),
                "{}",
                context()
            );
            prop_assert!(
                first.accepted.iter().all(|rule| accepting.contains(rule)),
                "{:?}, {}",
                first.accepted,
                context()
            );
            let Found::AllBut(missing) = found else {
                continue;
            };
            let missing = missing.map_or(usize::MAX, |rule| rule as usize);
            let is_emv = |rule: usize| rule_parts(&rules[rule].rule_match).is_none();
            let expected = accepting
                .iter()
                .copied()
                .find(|&rule| !refuses[rule] && !is_emv(rule));
            let before = |rule: &usize| *rule < missing;
            prop_assert_eq!(
                first.best().filter(before),
                expected.filter(before),
                "{}",
                context()
            );
        }
    }
    Ok(())
}

/// Returns `codes` and others: cut, with a character changed or inserted, and as long as a DFA may
/// look up, or a byte longer.
fn codes_like(codes: &[String], random: &mut Sampler) -> Vec<String> {
    const OTHERS: [char; 12] = [
        'a',
        'b',
        '/',
        '0',
        'A',
        '\u{7f}',
        '\u{80}',
        'é',
        '中',
        '\u{ffff}',
        '😀',
        '\u{10ffff}',
    ];
    let mut all = Vec::new();
    for code in codes {
        let characters: Vec<char> = code.chars().take(MAX_CODE_BYTES).collect();
        let cut = random.below(characters.len() + 1);
        all.push(characters[..cut].iter().collect());
        let places: Vec<usize> = match characters.len() {
            length @ 0..=12 => (0..=length).collect(),
            length => [0, length]
                .into_iter()
                .chain((0..6).map(|_| random.below(length)))
                .collect(),
        };
        for place in places {
            let mut other = characters.clone();
            other.insert(place, LINE_TERMINATORS[random.below(5)]);
            all.push(other.iter().collect());
            if place < characters.len() {
                other.remove(place);
                other[place] = OTHERS[random.below(OTHERS.len())];
                all.push(other.iter().collect());
                other.truncate(place);
                all.push(other.iter().collect());
            }
        }
        // A part in the middle is repeated until the length is exact.
        let middle = random.below(characters.len().max(1));
        let part = &characters[middle..(middle + 1 + random.below(4)).min(characters.len())];
        let end: String = characters[middle..].iter().collect();
        for length in [MAX_CODE_BYTES, MAX_CODE_BYTES + 1] {
            let mut long: String = characters[..middle].iter().collect();
            for c in part.iter().cycle() {
                if long.len() + end.len() + c.len_utf8() > length {
                    break;
                }
                long.push(*c);
            }
            while long.len() + end.len() < length {
                long.push('a');
            }
            all.push(long + &end);
        }
        all.push(code.clone());
    }
    all.retain(|code| CodeValue::new(code).is_ok());
    all
}
