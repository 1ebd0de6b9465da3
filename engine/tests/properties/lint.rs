//! A rule that is reported never to win never wins, and a rule that cannot win is reported.

use std::cell::Cell;

use codeid_engine::{
    CodeValue, OpenId, Problem, ProblemCode, ReferenceMatcher, RouteConfig, RouteTable, Scratch,
};
use codeid_generate::{Action, Canary, Case, Entropy, Match, Rule};
use proptest::prelude::*;

use crate::{any_case, compile, config, hold, limits};

/// The number of codes that are drawn from each reported rule.
const CODES: usize = 16;

#[test]
fn a_rule_that_is_reported_never_wins() {
    let config = config(8);
    let (cases, codes, untrimmed) = (config.cases as usize, Cell::new(0), Cell::new(0));
    let bytes = proptest::collection::vec(any::<u8>(), 0..512);
    hold(config, &(any_case(), bytes), |(case, bytes)| {
        check_reported(&case, &mut Entropy::new(&bytes), &codes, &untrimmed)
    });
    let codes = codes.get();
    assert!(
        codes > cases,
        "reported rules accept {codes} codes in {cases} cases"
    );
    let untrimmed = untrimmed.get();
    assert!(
        untrimmed > cases / 100,
        "{untrimmed} rules in {cases} cases accept nothing that is trimmed"
    );
}

#[test]
fn a_rule_that_cannot_win_is_reported() {
    let config = config(8);
    let (cases, rules) = (config.cases as usize, Cell::new(0));
    hold(config, &any_case(), |case| check_known(case, &rules));
    let rules = rules.get();
    assert!(
        rules > cases / 2,
        "{rules} rules cannot win in {cases} cases"
    );
}

/// Adds `exact` rules of codes that earlier rules accept, and checks that they are reported.
fn check_known(mut case: Case, rules: &Cell<usize>) -> Result<(), TestCaseError> {
    let parsed = parse(&case)?;
    let reference = ReferenceMatcher::new(&parsed.config);
    let mut expected = Vec::new();
    for code in case.codes.clone() {
        let accepting = reference.matching_rules(CodeValue::new(&code).expect("it has a length"));
        let decides = |&index: &usize| decides_for_everybody(&case.rules[index]);
        if accepting.iter().any(decides) {
            expected.push(case.rules.len());
        }
        case.rules.push(Rule {
            id: format!("exact-{}", case.rules.len()),
            matching: Match::Exact(code),
            action: Action::Unsupported,
            canary: None,
        });
    }
    let parsed = parse(&case)?;
    let shadowed = parsed.shadows().into_iter().map(|shadow| shadow.rule);
    let reported: Vec<usize> = shadowed.chain(parsed.untrimmed()).collect();
    rules.set(rules.get() + expected.len());
    for index in expected {
        prop_assert!(reported.contains(&index), "rule {}: {:?}", index, reported);
    }
    Ok(())
}

fn check_reported(
    case: &Case,
    entropy: &mut Entropy<'_>,
    codes: &Cell<usize>,
    untrimmed: &Cell<usize>,
) -> Result<(), TestCaseError> {
    let parsed = parse(case)?;
    let reference = ReferenceMatcher::new(&parsed.config);
    let mut scratch = Scratch::new();
    for rule in parsed.untrimmed() {
        untrimmed.set(untrimmed.get() + 1);
        let drawn = (0..CODES).map(|_| case.rules[rule].matching.sample(entropy));
        for code in drawn.chain(case.codes.clone()) {
            let value = CodeValue::new(&code);
            let accepting =
                value.map_or_else(|_| Vec::new(), |value| reference.matching_rules(value));
            prop_assert!(!accepting.contains(&rule), "{} accepts {:?}", rule, code);
        }
    }
    for Shadow { rule, by } in parsed.shadows() {
        prop_assert!(by < rule);
        prop_assert!(decides_for_everybody(&case.rules[by]));
        let drawn = (0..CODES).map(|_| case.rules[rule].matching.sample(entropy));
        for code in drawn.chain(case.codes.clone()) {
            let Ok(value) = CodeValue::new(&code) else {
                continue;
            };
            let accepting = reference.matching_rules(value);
            if !accepting.contains(&rule) {
                continue;
            }
            codes.set(codes.get() + 1);
            prop_assert!(
                accepting.contains(&by),
                "{} is not covered by {}: {:?}",
                rule,
                by,
                code
            );
            for open_id in &case.open_ids {
                let user = OpenId::new(open_id).expect("generated openIds have a length");
                let verdict = parsed.table.identify(value, user, &mut scratch);
                prop_assert_ne!(
                    verdict.rule.map(|id| id.as_str()),
                    Some(&*case.rules[rule].id)
                );
            }
        }
    }
    Ok(())
}

fn decides_for_everybody(rule: &Rule) -> bool {
    let percentage = |canary: &Canary| canary.hundredths;
    rule.canary.is_none() || rule.canary.as_ref().and_then(percentage) == Some(10_000)
}

struct Parsed {
    config: RouteConfig,
    table: RouteTable,
}

/// Compiles the case.
///
/// # Errors
///
/// Rejects a case that exceeds the limits.
fn parse(case: &Case) -> Result<Parsed, TestCaseError> {
    let json = case.config_json();
    let table = compile(&json)?;
    let config = RouteConfig::from_json(json.as_bytes(), &limits()).expect("it was compiled");
    Ok(Parsed { config, table })
}

struct Shadow {
    rule: usize,
    by: usize,
}

impl Parsed {
    /// Returns the rules that are reported never to win.
    fn shadows(&self) -> Vec<Shadow> {
        let found = self.config.lint(&self.table);
        let offset = |problem: &Problem| problem.position().expect("warnings have a place").offset;
        assert!(found.is_sorted_by_key(offset), "{found:?}");
        found.iter().filter_map(shadow).collect()
    }

    /// Returns the rules that are reported to accept no code value that is trimmed.
    fn untrimmed(&self) -> Vec<usize> {
        let found = self.config.lint(&self.table);
        let untrimmed = found
            .iter()
            .filter(|problem| problem.code() == ProblemCode::UntrimmedMatch);
        untrimmed.map(rule_of).collect()
    }
}

fn shadow(problem: &Problem) -> Option<Shadow> {
    if problem.code() != ProblemCode::NeverWins {
        return None;
    }
    Some(Shadow {
        rule: rule_of(problem),
        by: problem.other_rule().expect("the other rule is named"),
    })
}

fn rule_of(problem: &Problem) -> usize {
    let rule = problem.pointer().split('/').nth(2);
    let rule = rule.and_then(|index| index.parse().ok());
    rule.expect("the pointer is that of a rule's match")
}
