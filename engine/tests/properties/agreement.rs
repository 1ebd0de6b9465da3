//! The engine, the reference matcher and the oracle give the same answers.

use codeid_engine::{
    CodeValue, OpenId, Outcome, ReferenceMatcher, RouteConfig, RouteTable, Scratch,
};
use codeid_generate::Case;
use proptest::prelude::*;

use crate::oracle::{Answer, Oracle};
use crate::{any_case, compile, config, limits};

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn engine_reference_and_oracle_agree(case in any_case()) {
        check(&case)?;
    }
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

fn check(case: &Case) -> Result<(), TestCaseError> {
    let json = case.config_json();
    let Some(table) = compile(&json) else {
        return Ok(());
    };
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
            check_answer(&oracle, &table, &matching, code, open_id, &mut scratch)?;
        }
    }
    Ok(())
}

fn check_answer(
    oracle: &Oracle<'_>,
    table: &RouteTable,
    matching: &[usize],
    code: &str,
    open_id: &str,
    scratch: &mut Scratch,
) -> Result<(), TestCaseError> {
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
    match winner.map_or(Some(Answer::Unsupported), |index| {
        oracle.answer(index, code)
    }) {
        Some(expected) => prop_assert_eq!(answer(verdict.outcome), expected, "answer: {:?}", code),
        // The oracle does not know what the groups hold, but a rule with groups gives an outcome.
        None => prop_assert_ne!(answer(verdict.outcome), Answer::Unsupported),
    }
    Ok(())
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
