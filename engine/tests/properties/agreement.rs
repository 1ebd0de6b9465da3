//! The engine, the reference matcher and the oracle give the same answers.

use std::cell::Cell;

use codeid_engine::{
    CodeValue, OpenId, Outcome, ReferenceMatcher, RouteConfig, RouteTable, Scratch,
};
use codeid_generate::Case;
use proptest::prelude::*;

use crate::oracle::{Answer, Oracle};
use crate::{any_case, compile, config, hold, limits};

#[test]
fn engine_reference_and_oracle_agree() {
    let lookups = Lookups::default();
    hold(config(1), &any_case(), |case| check(&case, &lookups));
    let (known, all) = (lookups.known.get(), lookups.all.get());
    assert!(
        known > all / 2,
        "the oracle knows {known} of {all} outcomes"
    );
}

/// The number of lookups, and of those whose outcome the oracle knows.
#[derive(Default)]
struct Lookups {
    all: Cell<usize>,
    known: Cell<usize>,
}

/// A failure that the property above found: the group of the second pattern had the position of
/// the first one's.
#[test]
fn a_group_does_not_hold_text_of_an_earlier_lookup() {
    let json = r#"{"format": "codeid/1", "version": "1", "rules": [
        {"id": "a", "match": {"regex": "aba(1)[^a.]{4,}1{4,24}"},
         "action": {"type": "DECODE", "codeValue": "{code}-{1}"}},
        {"id": "b", "match": {"regex": "\\.shop1\\.example/(?:(\\D)|(a*))(?:[\\Da]*|1*|000201).*"},
         "action": {"type": "DECODE", "codeValue": "{code}-{2}"}}]}"#;
    let table = compile(json).expect("it costs little");
    let mut scratch = Scratch::new();
    let user = OpenId::new("user-1").unwrap();
    for (code, expected) in [
        ("aba1bbbbb111111111111", "aba1bbbbb111111111111-1"),
        (".shop1.example/a", ".shop1.example/a-"),
    ] {
        let verdict = table.identify(CodeValue::new(code).unwrap(), user, &mut scratch);
        assert_eq!(answer(verdict.outcome), Answer::Decode(expected.to_owned()));
    }
}

fn check(case: &Case, lookups: &Lookups) -> Result<(), TestCaseError> {
    let json = case.config_json();
    let table = compile(&json)?;
    let parsed =
        RouteConfig::from_json(json.as_bytes(), &limits()).expect("what compiles also parses");
    let reference = ReferenceMatcher::new(&parsed);
    let oracle = Oracle::new(case);
    let mut scratch = Scratch::new();
    for code in &case.codes {
        let accepting = oracle.accepting_rules(code);
        let code_value = CodeValue::new(code).expect("generated codes have an allowed length");
        let matching = reference.matching_rules(code_value);
        for (index, accepts) in accepting.iter().enumerate() {
            let Some(accepts) = *accepts else { continue };
            prop_assert_eq!(
                matching.contains(&index),
                accepts,
                "reference, rule {}: {}",
                index,
                code
            );
        }
        for open_id in &case.open_ids {
            let known = check_answer(&oracle, &table, &matching, code, open_id, &mut scratch)?;
            lookups.all.set(lookups.all.get() + 1);
            lookups.known.set(lookups.known.get() + usize::from(known));
        }
    }
    Ok(())
}

/// Returns `true` if the oracle knows the outcome.
fn check_answer(
    oracle: &Oracle<'_>,
    table: &RouteTable,
    matching: &[usize],
    code: &str,
    open_id: &str,
    scratch: &mut Scratch,
) -> Result<bool, TestCaseError> {
    let code_value = CodeValue::new(code).expect("generated codes have an allowed length");
    let user = OpenId::new(open_id).expect("generated openIds have an allowed length");
    let explanations = table.explain(code_value, user, scratch);
    let explained: Vec<usize> = explanations.iter().map(|e| e.index).collect();
    prop_assert_eq!(
        &explained,
        matching,
        "explain against reference: {:?}",
        code
    );

    let winner = matching
        .iter()
        .copied()
        .find(|index| oracle.admits(*index, user));
    for explanation in &explanations {
        let index = explanation.index;
        prop_assert_eq!(explanation.rule.as_str(), oracle.rule_id(index));
        prop_assert_eq!(
            explanation.admission.admits(),
            oracle.admits(index, user),
            "rule {}",
            index
        );
        prop_assert_eq!(explanation.decides, Some(index) == winner, "rule {}", index);
    }

    let verdict = table.identify(code_value, user, scratch);
    let decided = verdict.rule.map(codeid_engine::RuleId::as_str);
    prop_assert_eq!(
        decided,
        winner.map(|index| oracle.rule_id(index)),
        "winner: {:?}",
        code
    );
    let expected = winner.map_or(Some(Answer::Unsupported), |index| {
        oracle.answer(index, code)
    });
    let known = expected.is_some();
    match expected {
        Some(expected) => prop_assert_eq!(answer(verdict.outcome), expected, "answer: {:?}", code),
        // The oracle does not know what the groups hold, but a rule with groups gives an outcome.
        None => prop_assert_ne!(answer(verdict.outcome), Answer::Unsupported),
    }
    Ok(known)
}

fn answer(outcome: Outcome<'_>) -> Answer {
    match outcome {
        Outcome::Unsupported => Answer::Unsupported,
        Outcome::Decode { code_value } => Answer::Decode(code_value.to_owned()),
        Outcome::OpenUrl {
            redirect_url,
            user_agent,
        } => Answer::OpenUrl(redirect_url.to_owned(), user_agent.to_owned()),
    }
}
