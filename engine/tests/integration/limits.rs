//! Compiling is bounded: a config over a limit is refused, and the most costly rules are named.

use std::fmt::Write as _;

use codeid_engine::{
    CodeValue, CompileLimits, ConfigError, OpenId, ProblemCode, RouteTable, Scratch,
};

#[test]
fn the_limit_on_characters_counts_characters() {
    let config = config(&[("a", "é".repeat(50))]);
    let characters = config.chars().count();
    let mut limits = CompileLimits::default();
    limits.max_config_characters = characters;
    assert!(
        characters < config.len(),
        "the config has characters of several bytes"
    );
    RouteTable::from_json(config.as_bytes(), &limits).expect("the config is as long as is allowed");

    limits.max_config_characters = characters - 1;
    let error = refused(&config, &limits);
    let problem = &error.problems()[0];
    assert_eq!(
        (error.problems().len(), problem.rule(), problem.pointer()),
        (1, None, "")
    );
    assert!(
        problem
            .message()
            .contains(&limits.max_config_characters.to_string()),
        "{error}"
    );
}

#[test]
fn the_limit_on_characters_can_be_raised() {
    let config = format!(
        "{}{}",
        config(&[("a", "x".to_owned())]),
        " ".repeat(200_000)
    );
    let mut limits = CompileLimits::default();
    assert_eq!(refused(&config, &limits).problems().len(), 1);
    limits.max_config_characters = 300_000;
    RouteTable::from_json(config.as_bytes(), &limits).expect("the limit was raised");
}

#[test]
fn only_the_rule_over_its_limit_is_named() {
    let config = config(&[
        ("small", "281[0-9]{3}04.+".to_owned()),
        ("big", "(?:a.*b){40}".to_owned()),
        ("medium", "x[a-f]{10}".to_owned()),
    ]);
    let mut limits = CompileLimits::default();
    RouteTable::from_json(config.as_bytes(), &limits).expect("it is within the default limits");

    limits.max_rule_states = 50;
    let error = refused(&config, &limits);
    let problem = &error.problems()[0];
    assert_eq!(error.problems().len(), 1, "{error}");
    assert_eq!(
        (problem.rule(), problem.pointer()),
        (Some("big"), "/rules/1/match/regex")
    );
    assert!(
        problem.message().contains("50"),
        "the message names the limit: {error}"
    );
}

#[test]
fn every_rule_over_its_limit_is_named() {
    let config = config(&[
        ("one", "(?:a.*b){40}".to_owned()),
        ("two", "x".to_owned()),
        ("three", "(?:c.*d){60}".to_owned()),
    ]);
    let mut limits = CompileLimits::default();
    limits.max_rule_states = 50;
    let error = refused(&config, &limits);
    let rules: Vec<_> = error
        .problems()
        .iter()
        .map(|problem| problem.rule())
        .collect();
    assert_eq!(rules, [Some("one"), Some("three")]);
}

#[test]
fn the_most_costly_rules_are_named_if_all_together_exceed_the_limit() {
    let mut rules: Vec<(String, String)> = (0..20)
        .map(|n| (format!("small-{n}"), format!("(?:x{n}.*y){{5}}")))
        .collect();
    rules.insert(7, ("costly".to_owned(), "(?:a.*b){80}".to_owned()));
    let config = config(&rules);
    let mut limits = CompileLimits::default();
    RouteTable::from_json(config.as_bytes(), &limits).expect("it is within the default limits");

    limits.max_states = 300;
    let error = refused(&config, &limits);
    let named = error
        .problems()
        .iter()
        .any(|problem| problem.rule() == Some("costly") || problem.message().contains("costly"));
    assert!(
        named,
        "the costliest rule is not named: {:#?}",
        error.problems()
    );
}

/// Many rules, each within its limit, that would take gigabytes together.
#[test]
fn a_config_of_many_costly_rules_is_refused_by_default() {
    let rules: Vec<(String, String)> = (0..400)
        .map(|n| {
            (
                format!("r{n}"),
                format!("(?:[a-f]{{30}}.*{n}){{30}}.*[x-z]{{50}}"),
            )
        })
        .collect();
    let error = refused(&config(&rules), &CompileLimits::default());
    assert!(!error.problems().is_empty());
    assert!(error.problems().len() <= 400, "no rule is named twice");
}

/// Each rule is cheap, but doubles the number of states of a deterministic automaton of them all.
#[test]
fn a_hundred_patterns_with_gaps_compile() {
    let rules: Vec<(String, String)> = (0..100)
        .map(|n| (format!("r{n}"), format!(".*k{n}.*v{n}.{{3}}")))
        .collect();
    let config = config(&rules);
    let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default());
    assert_eq!(table.expect("no rule is costly").rule_count(), 100);
}

fn refused(config: &str, limits: &CompileLimits) -> ConfigError {
    RouteTable::from_json(config.as_bytes(), limits).expect_err("the config exceeds a limit")
}

/// A config of `regex` rules: ids and patterns.
fn config(rules: &[(impl AsRef<str>, String)]) -> String {
    let mut text = r#"{"format": "codeid/1", "version": "1", "rules": ["#.to_owned();
    for (place, (id, pattern)) in rules.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"id": {:?}, "match": {{"regex": {pattern:?}}}, "action": {{"type": "DECODE"}}}}"#,
            id.as_ref()
        )
        .expect("writing to a string cannot fail");
    }
    text + "]}"
}

#[test]
fn patterns_that_are_slow_for_each_state_may_have_fewer_states() {
    for (regex, code_value, pointer) in [
        (r"\b(?:.*a){600}", "{code}", "/rules/0/match/regex"),
        (
            r"(?:a?b?c?d?e?f?g?h?i?j?k?l?m?){90}x",
            "{code}",
            "/rules/0/match/regex",
        ),
        (r"(.*a)(?:.*b){2000}", "{1}x", "/rules/0/action"),
    ] {
        let rule = serde_json::json!({
            "id": "slow",
            "match": { "regex": regex },
            "action": { "type": "DECODE", "codeValue": code_value },
        });
        let config = format!(r#"{{"format":"codeid/1","version":"1","rules":[{rule}]}}"#);
        let error = refused(&config, &CompileLimits::default());
        let problem = &error.problems()[0];
        assert_eq!(error.problems().len(), 1, "{error}");
        assert_eq!((problem.rule(), problem.pointer()), (Some("slow"), pointer));
        assert!(problem.hint().is_some(), "{error}");
        assert_eq!(problem.position().map(|position| position.line), Some(1));

        let mut raised = CompileLimits::default();
        raised.max_rule_states = 200_000;
        raised.max_states = 2_000_000;
        raised.max_code_steps = u64::MAX;
        RouteTable::from_json(config.as_bytes(), &raised).expect("the limit was raised");
    }
}

#[test]
fn the_memory_of_all_automata_together_is_bounded() {
    let rules: Vec<(String, String)> = (0..8)
        .map(|i| {
            let repeated = if i == 2 { 45 } else { 40 };
            let pattern = format!("(?:a?b?c?d?e?f?g?h?i?j?k?l?m?){{{repeated}}}x{i}");
            (format!("r{i}"), pattern)
        })
        .collect();
    let config = config(&rules);
    let mut limits = CompileLimits::default();
    limits.max_code_steps = u64::MAX;
    RouteTable::from_json(config.as_bytes(), &limits).expect("it is within the default limits");
    limits.max_states = 20_000;
    let error = refused(&config, &limits);
    assert_eq!(error.problems().len(), 1, "{error}");
    let problem = &error.problems()[0];
    assert_eq!(problem.code(), ProblemCode::PatternsTooLarge);
    assert_eq!((problem.rule(), problem.pointer()), (None, "/rules"));
    let message = problem.message();
    for part in ["the 2560000 bytes allowed", "built are r2 ("] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_class_of_many_ranges_is_one_state() {
    let class = r"[\p{IsHan}A-Za-z0-9]{2,20}:\d{6,}";
    let rules: Vec<(String, String)> = (0..300)
        .map(|n| (format!("r{n}"), format!("{n:03}{class}")))
        .collect();
    let config = config(&rules);
    let mut limits = CompileLimits::default();
    // Three digits, twenty characters of the class, a colon and six digits.
    limits.max_rule_states = 30;
    limits.max_states = 300 * 30;
    let error = refused(&config, &limits);
    assert_eq!(error.problems()[0].code(), ProblemCode::PatternTooLarge);
    limits.max_rule_states = 150;
    let table = RouteTable::from_json(config.as_bytes(), &limits);
    assert_eq!(table.expect("a class is one state").rule_count(), 300);
}

#[test]
fn the_ranges_with_which_patterns_are_written_are_bounded() {
    let rules: Vec<(String, String)> = (0..50)
        .map(|n| {
            let classes = if n == 7 { 12 } else { 9 };
            (format!("r{n}"), format!("{n}{}", r"\p{L}".repeat(classes)))
        })
        .collect();
    let mut limits = CompileLimits::default();
    RouteTable::from_json(config(&rules).as_bytes(), &limits).expect("within the default limits");
    limits.max_states = 10_000;
    let error = refused(&config(&rules), &limits);
    let problem = &error.problems()[0];
    assert_eq!(problem.code(), ProblemCode::PatternsTooLarge);
    let message = problem.message();
    for part in ["more than the 40000 allowed", "largest are r7 (1201)"] {
        assert!(message.contains(part), "{message}");
    }
}

/// Literals that share little at each depth are split up to a depth, and then compared one by one.
#[test]
fn deeply_nested_literals_are_all_found() {
    let literals: Vec<String> = (0..500).map(|n| format!("{}b", "a".repeat(n))).collect();
    let rule = |(n, text): (usize, &String)| {
        serde_json::json!({
            "id": n.to_string(), "match": { "exact": text }, "action": { "type": "DECODE" },
        })
    };
    let rules: Vec<serde_json::Value> = literals.iter().enumerate().map(rule).collect();
    let config = serde_json::json!({ "format": "codeid/1", "version": "1", "rules": rules });
    let mut limits = CompileLimits::default();
    limits.max_config_characters = 10_000_000;
    let table = RouteTable::from_json(config.to_string().as_bytes(), &limits).expect("it is valid");

    let mut scratch = Scratch::new();
    for n in [0, 1, 70, 250, 499] {
        let code = CodeValue::new(&literals[n]).expect("of an allowed length");
        let open_id = OpenId::new("user-42").expect("of an allowed length");
        let verdict = table.identify(code, open_id, &mut scratch);
        assert_eq!(verdict.rule.map(|id| id.to_string()), Some(n.to_string()));
    }
}
