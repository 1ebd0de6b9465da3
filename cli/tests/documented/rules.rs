//! The tables of `docs/rules.md`: each code value, template and pattern in them is tried.

use codeid_engine::{CodeValue, CompileLimits, ConfigError, OpenId, Outcome, RouteTable, Scratch};
use serde_json::{Value, json};

use crate::markdown::{code_spans, tables};
use crate::read;

/// Returns the rows of the page's table with these heads.
fn rows(heads: &[&str]) -> Vec<Vec<String>> {
    let tables = tables(&read("docs/rules.md")).into_iter();
    let mut tables = tables.filter(|table| table.head == heads);
    let rows = tables.next().expect("no such table").rows;
    assert!(tables.next().is_none());
    rows
}

/// Returns the only text in backquotes of a cell.
fn only_span(cell: &str) -> String {
    let [span] = code_spans(cell).try_into().expect(cell);
    span
}

fn json_of(cell: &str) -> Value {
    serde_json::from_str(&only_span(cell)).expect(cell)
}

fn table(rule_match: &Value, action: &Value) -> Result<RouteTable, ConfigError> {
    let rule = json!({"id": "rule", "match": rule_match, "action": action});
    let config = json!({"format": "codeid/1", "version": "1", "rules": [rule]});
    RouteTable::from_json(config.to_string().as_bytes(), &CompileLimits::default())
}

/// Returns what a config with this rule alone gives for a code value: `None` if that is not supported.
fn result(rule_match: &Value, action: &Value, code_value: &str) -> Option<String> {
    let table = table(rule_match, action).unwrap_or_else(|error| panic!("{rule_match}: {error}"));
    let code_value = CodeValue::new(code_value).unwrap();
    let open_id = OpenId::new("user-42").unwrap();
    match table
        .identify(code_value, open_id, &mut Scratch::new())
        .outcome
    {
        Outcome::Decode { code_value } => Some(code_value.to_owned()),
        Outcome::OpenUrl { redirect_url, .. } => Some(redirect_url.to_owned()),
        Outcome::Unsupported => None,
    }
}

fn first_problem(rule_match: &Value, action: &Value) -> &'static str {
    let error = table(rule_match, action).err();
    let error = error.unwrap_or_else(|| panic!("{rule_match} {action} is accepted"));
    error.problems()[0].code().as_str()
}

#[test]
fn each_match_accepts_and_refuses_what_its_row_says() {
    let action = json!({"type": "DECODE"});
    let mut kinds = Vec::new();
    for row in rows(&["match", "accepts", "does not accept", "because"]) {
        let rule_match = json_of(&row[0]);
        kinds.extend(rule_match.as_object().unwrap().keys().cloned());
        for (cell, is_accepted) in [(&row[1], true), (&row[2], false)] {
            let code_values = code_spans(cell);
            assert!(!code_values.is_empty(), "{rule_match}");
            for code_value in code_values {
                let accepts = result(&rule_match, &action, &code_value).is_some();
                assert_eq!(accepts, is_accepted, "{rule_match} {code_value}");
            }
        }
    }
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, ["emv", "exact", "prefix", "regex", "url"]);
}

#[test]
fn each_template_gives_what_its_row_says() {
    for row in rows(&["match", "action", "code value", "gives"]) {
        let given = result(&json_of(&row[0]), &json_of(&row[1]), &only_span(&row[2]));
        assert_eq!(given, Some(only_span(&row[3])), "{row:?}");
    }
}

#[test]
fn each_refused_template_has_the_problem_of_its_row() {
    for row in rows(&["match", "action", "problem"]) {
        let found = first_problem(&json_of(&row[0]), &json_of(&row[1]));
        assert_eq!(found, only_span(&row[2]), "{row:?}");
    }
}

#[test]
fn each_refused_pattern_has_the_problem_of_its_row_and_its_equivalents_none() {
    let action = json!({"type": "DECODE"});
    for row in rows(&["pattern", "problem", "write"]) {
        let found = first_problem(&json!({"regex": only_span(&row[0])}), &action);
        assert_eq!(found, only_span(&row[1]), "{row:?}");
        for pattern in code_spans(&row[2]) {
            table(&json!({"regex": pattern}), &action).unwrap();
        }
    }
}
