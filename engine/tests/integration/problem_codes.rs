//! Each code of a problem is in SPEC.md, and some config has it.

use std::collections::BTreeSet;
use std::fs;

use codeid_engine::{CompileLimits, ConfigError, ProblemCode, RouteConfig, RouteTable};
use serde_json::{Value, json};

use crate::cases::{self, Check};

#[test]
fn spec_lists_every_code_in_order() {
    let path = cases::folder().join("../../SPEC.md");
    let spec = fs::read_to_string(path).expect("SPEC.md is in the root of the workspace");
    let (_, section) = spec.split_once("### 2.4 Problems").expect("it has 2.4");
    let rows = section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    let listed: Vec<&str> = rows
        .filter_map(|row| row.strip_prefix("| `")?.split('`').next())
        .collect();
    let codes: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(listed, codes);
}

#[test]
fn every_code_is_reported_for_some_config() {
    let mut seen: BTreeSet<String> = cases::load()
        .into_iter()
        .filter_map(|case| match case.check {
            Check::Refused(problems) => Some(problems),
            Check::Accepted { warnings } => warnings,
            Check::Lookup(_) => None,
        })
        .flatten()
        .map(|problem| problem.code)
        .collect();
    for (code, rules) in costly_rules() {
        let error = compile(&rules).expect_err("the rules cost too much");
        let found: Vec<ProblemCode> = error.problems().iter().map(|p| p.code()).collect();
        assert_eq!(found, [code]);
        seen.insert(code.to_string());
    }
    for (code, rules) in questionable_rules() {
        let (config, table) = compile(&rules).expect("a warning does not refuse a config");
        let found: Vec<ProblemCode> = config.lint(&table).iter().map(|p| p.code()).collect();
        assert_eq!(found, [code]);
        seen.insert(code.to_string());
    }
    // Only a defect of the engine can cause it; a test in `guard.rs` does.
    seen.insert(ProblemCode::InternalFault.to_string());
    let all: BTreeSet<String> = ProblemCode::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(seen, all);
}

/// Rules that are refused for what they cost, and are too many for a conformance case.
fn costly_rules() -> Vec<(ProblemCode, Vec<Value>)> {
    let many = |pattern: fn(usize) -> String| (0..30).map(|n| regex(n, &pattern(n))).collect();
    vec![(
        ProblemCode::PatternsTooLarge,
        many(|n| format!("a{{{}}}", 9000 + n)),
    )]
}

/// Rules that are accepted with a warning.
fn questionable_rules() -> Vec<(ProblemCode, Vec<Value>)> {
    let decode = json!({ "type": "DECODE" });
    let prefix = json!({ "id": "p", "match": { "prefix": "https://x/" }, "action": decode });
    let with_template = |rule_match: Value, action: Value| {
        vec![json!({ "id": "t", "match": rule_match, "action": action })]
    };
    let url = json!({ "url": { "host": "qr.example.com" } });
    let suffix = json!({ "id": "u", "match": { "url": { "host": "*.co.uk" } }, "action": decode });
    let mut refusing = regex(0, "a+");
    refusing["canary"] = json!({ "percentage": 0 });
    vec![
        (ProblemCode::CaseSensitiveUrl, vec![prefix]),
        (ProblemCode::AdmitsNobody, vec![refusing]),
        (
            ProblemCode::NeverWins,
            vec![regex(0, "a.*"), regex(1, "ab+")],
        ),
        (ProblemCode::JsonEscape, vec![regex(0, "28\u{8}.+")]),
        (
            ProblemCode::FixedCodeValue,
            with_template(
                json!({ "prefix": "28" }),
                json!({ "type": "DECODE", "codeValue": "28" }),
            ),
        ),
        (
            ProblemCode::ForeignPlaceholder,
            with_template(
                json!({ "regex": "28(.*)" }),
                json!({ "type": "DECODE", "codeValue": "$1" }),
            ),
        ),
        (
            ProblemCode::UnencodedQuery,
            with_template(
                url,
                json!({ "type": "OPEN_URL", "redirectUrl": "https://e.example/?c={code}" }),
            ),
        ),
        (ProblemCode::PublicSuffixHost, vec![suffix]),
        (ProblemCode::UntrimmedMatch, vec![regex(0, "a\\s+")]),
    ]
}

fn regex(n: usize, pattern: &str) -> Value {
    json!({ "id": format!("r{n}"), "match": { "regex": pattern }, "action": { "type": "DECODE" } })
}

fn compile(rules: &[Value]) -> Result<(RouteConfig, RouteTable), ConfigError> {
    let document =
        json!({ "format": "codeid/1", "version": "1", "trim": true, "rules": rules }).to_string();
    let limits = CompileLimits::default();
    let config = RouteConfig::from_json(document.as_bytes(), &limits)?;
    let table = RouteTable::compile(&config, &limits)?;
    Ok((config, table))
}
