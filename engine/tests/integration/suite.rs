//! Runs every conformance case through the engine and through the reference matcher.

use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};

use codeid_engine::{
    CodeValue, CompileLimits, OpenId, Outcome, ParameterError, Problem, ReferenceMatcher,
    RouteConfig, RouteTable, Scratch,
};

use crate::cases::{self, Answer, Case, Check, ExpectedProblem, Lookup, OneOf};

/// The minimum number of cases: raised with their number, so that none can vanish unseen.
const CASES: usize = 1877;

#[test]
fn every_case_holds() {
    let cases = cases::load();
    let mut compiled = HashMap::new();
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            // A panic is this case's failure, not the end of the report.
            let outcome = panic::catch_unwind(AssertUnwindSafe(|| run(case, &mut compiled)));
            let reason = outcome
                .unwrap_or_else(|_| Err("it panics".to_owned()))
                .err()?;
            Some(format!(
                "{} ({}, SPEC.md {}): {reason}",
                case.name, case.file, case.source
            ))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases fail:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn no_case_has_vanished() {
    let count = cases::load().len();
    assert!(
        count >= CASES,
        "{count} cases were found, {CASES} were committed"
    );
}

#[test]
fn a_refusal_that_lacks_what_its_case_expects_fails() {
    let expected = ExpectedProblem {
        code: "wrong-length".to_owned(),
        rule: Some(OneOf::One("r".to_owned())),
        pointer: OneOf::One("/rules/0/match/exact".to_owned()),
        in_pattern: None,
        contains: None,
        hinted: false,
    };
    let config = br#"{"format": "codeid/1", "version": "1", "rules": [
        {"id": "r", "match": {"exact": ""}, "action": {"type": "DECODE"}}]}"#;
    let run = |expected| run_refused(config, &[expected]);
    run(expected.clone()).unwrap();
    for wrong in [
        // An empty text has no hint.
        ExpectedProblem {
            hinted: true,
            ..expected.clone()
        },
        ExpectedProblem {
            contains: Some("a text that no message has".to_owned()),
            ..expected.clone()
        },
        ExpectedProblem {
            in_pattern: Some(0),
            ..expected.clone()
        },
        ExpectedProblem {
            code: "duplicate-id".to_owned(),
            ..expected.clone()
        },
        ExpectedProblem {
            rule: None,
            ..expected.clone()
        },
        ExpectedProblem {
            pointer: OneOf::One("/rules/0/match".to_owned()),
            ..expected.clone()
        },
    ] {
        run(wrong.clone()).expect_err(&format!("{wrong:?}"));
    }
    run_refused(config, &[]).unwrap_err();
    run_refused(config, &[expected.clone(), expected]).unwrap_err();
}

/// A compiled config, or why it is refused. Cases that share a config share this, since compiling
/// takes most of the time.
type Compiled = Result<(RouteTable, ReferenceMatcher), String>;

fn compile(config: &[u8]) -> Compiled {
    let limits = CompileLimits::default();
    let table = RouteTable::from_json(config, &limits)
        .map_err(|error| format!("the config is refused: {:#?}", error.problems()))?;
    let parsed = RouteConfig::from_json(config, &limits)
        .map_err(|error| format!("the config compiles but does not parse: {error}"))?;
    Ok((table, ReferenceMatcher::new(&parsed)))
}

fn run<'a>(case: &'a Case, compiled: &mut HashMap<&'a [u8], Compiled>) -> Result<(), String> {
    if let Check::Refused(expected) = &case.check {
        return run_refused(&case.config, expected);
    }
    let compiled = compiled
        .entry(&case.config)
        .or_insert_with(|| compile(&case.config));
    let (table, reference) = compiled.as_ref().map_err(String::clone)?;
    match &case.check {
        Check::Lookup(lookup) => run_lookup(table, reference, lookup),
        Check::Accepted {
            warnings: Some(expected),
        } => run_accepted(&case.config, table, expected),
        Check::Accepted { warnings: None } | Check::Refused(_) => Ok(()),
    }
}

fn run_lookup(
    table: &RouteTable,
    reference: &ReferenceMatcher,
    lookup: &Lookup,
) -> Result<(), String> {
    let parameters = parameters(lookup);
    let (code, open_id) = match (parameters, &lookup.answer) {
        (Err(error), Answer::Illegal { parameter }) => {
            return expect_equal(
                "the parameter refused",
                error.parameter(),
                parameter.as_str(),
            );
        }
        (Err(error), _) => return Err(format!("a parameter is refused: {error}")),
        (Ok(_), Answer::Illegal { parameter }) => return Err(format!("{parameter} is accepted")),
        (Ok(parameters), _) => parameters,
    };

    let mut scratch = Scratch::new();
    // Twice, since the second lookup finds what the first left in the scratch.
    for time in ["first", "second"] {
        let verdict = table.identify(code, open_id, &mut scratch);
        let answer = answer_of(verdict.rule.map(|rule| rule.as_str()), verdict.outcome);
        expect_equal(&format!("the {time} answer"), &answer, &lookup.answer)?;
    }

    let explanations = table.explain(code, open_id, &mut scratch);
    let engine: Vec<usize> = explanations.iter().map(|one| one.index).collect();
    let slow = reference.matching_rules(code);
    expect_equal(
        "the rules that match, engine against reference",
        &engine,
        &slow,
    )?;
    if let Some(matches) = &lookup.matches {
        let ids: Vec<&str> = explanations.iter().map(|one| one.rule.as_str()).collect();
        let expected: Vec<&str> = matches.iter().map(String::as_str).collect();
        expect_equal("the rules that match", &ids, &expected)?;
    }
    let first = explanations.iter().position(|one| one.admission.admits());
    let decides: Vec<usize> = (0..explanations.len())
        .filter(|&at| explanations[at].decides)
        .collect();
    expect_equal(
        "the indices of the rules that decide",
        &decides,
        &first.into_iter().collect(),
    )?;
    let rule = first.map(|at| explanations[at].rule.as_str());
    expect_equal("the rule that decides", &rule, &rule_of(&lookup.answer))
}

fn run_refused(config: &[u8], expected: &[ExpectedProblem]) -> Result<(), String> {
    let Err(error) = RouteTable::from_json(config, &CompileLimits::default()) else {
        return Err("the config is accepted".to_owned());
    };
    expect_problems(config, error.problems(), expected)
}

fn run_accepted(
    config: &[u8],
    table: &RouteTable,
    expected: &[ExpectedProblem],
) -> Result<(), String> {
    let parsed = RouteConfig::from_json(config, &CompileLimits::default())
        .map_err(|error| format!("the config compiles but does not parse: {error}"))?;
    let found = parsed.lint(table);
    match found.iter().find(|warning| warning.hint().is_none()) {
        Some(warning) => Err(format!("a warning has no hint: {warning}")),
        None => expect_problems(config, &found, expected),
    }
}

/// Checks that the problems of `config` are those that are expected, in their order.
fn expect_problems(
    config: &[u8],
    found: &[Problem],
    expected: &[ExpectedProblem],
) -> Result<(), String> {
    for problem in found {
        check_position(config, problem)?;
    }
    let agrees = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| {
            let text = format!("{} {}", found.message(), found.hint().unwrap_or_default());
            let in_pattern = found.position().and_then(|position| position.in_pattern);
            let rule = found.rule().unwrap_or_default();
            expected
                .rule
                .as_ref()
                .map_or(rule.is_empty(), |ids| ids.contains(rule))
                && expected.pointer.contains(found.pointer())
                && expected.code == found.code().as_str()
                && (!expected.hinted || found.hint().is_some_and(|hint| !hint.is_empty()))
                && (expected.in_pattern.is_none() || expected.in_pattern == in_pattern)
                && expected
                    .contains
                    .as_ref()
                    .is_none_or(|part| text.contains(part.as_str()))
        });
    if agrees {
        return Ok(());
    }
    Err(format!(
        "expected the problems {expected:#?}\nfound {found:#?}"
    ))
}

/// Checks that line and column of a problem are those of its offset, which lies in the document.
fn check_position(config: &[u8], problem: &Problem) -> Result<(), String> {
    let Some(position) = problem.position() else {
        return Ok(());
    };
    let Some(before) = config.get(..position.offset) else {
        return Err(format!(
            "a position lies outside of the document: {position:?}"
        ));
    };
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let in_line = before
        .rsplit(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let column = String::from_utf8_lossy(in_line).chars().count() + 1;
    expect_equal(
        "a problem's line and column",
        &(position.line, position.column),
        &(line, column),
    )
}

fn parameters(lookup: &Lookup) -> Result<(CodeValue<'_>, OpenId<'_>), ParameterError> {
    Ok((CodeValue::new(&lookup.code)?, OpenId::new(&lookup.open_id)?))
}

fn answer_of(rule: Option<&str>, outcome: Outcome<'_>) -> Answer {
    let decided_by = || rule.unwrap_or("(no rule)").to_owned();
    match outcome {
        Outcome::Unsupported => Answer::Unsupported {
            rule: rule.map(str::to_owned),
        },
        Outcome::Decode { code_value } => Answer::Decode {
            code_value: code_value.to_owned(),
            rule: decided_by(),
        },
        Outcome::OpenUrl {
            redirect_url,
            user_agent,
        } => Answer::OpenUrl {
            redirect_url: redirect_url.to_owned(),
            user_agent: user_agent.to_owned(),
            rule: decided_by(),
        },
    }
}

fn rule_of(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Unsupported { rule } => rule.as_deref(),
        Answer::Decode { rule, .. } | Answer::OpenUrl { rule, .. } => Some(rule),
        Answer::Illegal { .. } => None,
    }
}

fn expect_equal<T: PartialEq + std::fmt::Debug + ?Sized>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: found {found:?}, expected {expected:?}"))
}
