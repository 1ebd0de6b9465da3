//! Runs every conformance case through the engine and through the reference matcher.

use std::panic;

use codeid_engine::{
    CodeValue, CompileLimits, OpenId, Outcome, ParameterError, ReferenceMatcher, RouteConfig,
    RouteTable, Scratch,
};

use crate::cases::{self, Answer, Case, Check, ExpectedProblem, Lookup};

/// How many cases there are, at least; raised as they grow, so that none can vanish unseen.
const CASES: usize = 1300;

#[test]
fn every_case_holds() {
    let cases = cases::load();
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            // A panic is this case's failure, not the end of the report.
            let outcome = panic::catch_unwind(|| run(case));
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

fn run(case: &Case) -> Result<(), String> {
    match &case.check {
        Check::Lookup(lookup) => run_lookup(&case.config, lookup),
        Check::Refused(expected) => run_refused(&case.config, expected),
        Check::Accepted => compile(&case.config).map(drop),
    }
}

fn compile(config: &[u8]) -> Result<RouteTable, String> {
    RouteTable::from_json(config, &CompileLimits::default())
        .map_err(|error| format!("the config is refused: {:#?}", error.problems()))
}

fn run_lookup(config: &[u8], lookup: &Lookup) -> Result<(), String> {
    let table = compile(config)?;
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
    let parsed = RouteConfig::from_json(config, &CompileLimits::default())
        .map_err(|error| format!("the config compiles but does not parse: {error}"))?;
    let reference = ReferenceMatcher::new(&parsed).matching_rules(code);
    expect_equal(
        "the rules that match, engine against reference",
        &engine,
        &reference,
    )?;
    if let Some(matches) = &lookup.matches {
        let ids: Vec<&str> = explanations.iter().map(|one| one.rule.as_str()).collect();
        expect_equal(
            "the rules that match",
            &ids,
            &matches.iter().map(String::as_str).collect(),
        )?;
    }
    let first = explanations.iter().position(|one| one.admission.admits());
    let decides: Vec<usize> = (0..explanations.len())
        .filter(|&at| explanations[at].decides)
        .collect();
    expect_equal(
        "the place of what decides",
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
    let found = error.problems();
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
