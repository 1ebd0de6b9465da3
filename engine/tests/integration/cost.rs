//! The cost of code values in steps, and the limit on it.

use codeid_engine::{
    CodeValue, CompileLimits, ConfigError, OpenId, ProblemCode, RouteTable, RuleId, Scratch,
};
use serde_json::{Value, json};

/// A pattern that the library has to simulate.
const SLOW: &str = r".*\b[a ].{20}\b.*[!x]";

#[test]
fn rules_that_make_a_code_value_expensive_are_refused_and_named() {
    let mut rules: Vec<Value> = (0..40).map(|n| regex(&format!("slow-{n}"), SLOW)).collect();
    rules.insert(
        3,
        json!({"id": "fast", "match": {"prefix": "28"}, "action": {"type": "DECODE"}}),
    );
    let error = compile(&rules, &CompileLimits::default()).expect_err("it is too costly");
    let [problem] = error.problems() else {
        panic!("{error}");
    };
    assert_eq!(problem.code(), ProblemCode::CodeTooCostly);
    assert!(problem.code().is_limit());
    assert_eq!(
        (problem.rule(), problem.pointer()),
        (Some("slow-0"), "/rules/0/match")
    );
    assert!(problem.position().is_some() && problem.hint().is_some());
    let message = problem.message();
    for part in [
        "at most 30000000 are allowed",
        "slow-0 (rule 1, 2 %)",
        "slow-3 (rule 5, 2 %)",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!message.contains("fast"), "{message}");

    let steps = steps_in(message);
    assert!(steps > 100_000_000, "{message}");
    let mut limits = CompileLimits::default();
    limits.max_code_steps = steps - 1;
    let error = compile(&rules, &limits).expect_err("one step too many");
    assert_eq!(steps_in(error.problems()[0].message()), steps);
    limits.max_code_steps = steps;
    let table = compile(&rules, &limits).expect("as many as are allowed");
    assert_eq!(table.max_code_steps(), steps);
}

/// Each has as many states as three hundred usual patterns, none of which automata can share.
#[test]
fn rules_of_thousands_of_wildcards_each_are_refused() {
    let rule = |n: usize| regex(&format!("r{n}"), &format!("(?:.*a){{1500}}x{n}"));
    let rules: Vec<Value> = (0..20).map(rule).collect();
    let error = compile(&rules, &CompileLimits::default()).expect_err("it is too costly");
    assert_eq!(error.problems()[0].code(), ProblemCode::CodeTooCostly);
    assert!(
        steps_in(error.problems()[0].message()) > 30_000_000,
        "{error}"
    );
    compile(&rules[..5], &CompileLimits::default()).expect("within the limits");
}

#[test]
fn remainders_that_begin_alike_share_the_steps() {
    let rule = |n: usize| {
        let end = [n / 10, n % 10].map(|digit| char::from(b"acdefghjkl"[digit]));
        let end: String = end.iter().collect();
        regex(
            &format!("r{n}"),
            &format!("(?:lnbc|lntb)[0-9]+[munp]?1[02-9ac-hj-np-z]{{20,60}}{end}"),
        )
    };
    let bound = |count: usize| {
        let rules: Vec<Value> = (0..count).map(rule).collect();
        let table = compile(&rules, &CompileLimits::default()).expect("within the limits");
        table.max_code_steps()
    };
    let (few, many) = (bound(10), bound(100));
    assert!(many < 3 * few, "{few} {many}");
}

/// A lookup tries a few of the rules whose text the code value contains, and then all together.
#[test]
fn a_code_value_with_the_texts_of_many_rules_is_looked_up_by_their_common_automaton() {
    let pattern = |n: usize| format!("https://.*key{n:03}(?:x[a-z]+)?=[0-9]*");
    let rules: Vec<Value> = (0..200)
        .map(|n| regex(&format!("r{n}"), &pattern(n)))
        .collect();
    let table = compile(&rules, &CompileLimits::default()).expect("within the limits");
    let texts: String = (0..200).rev().map(|n| format!("key{n:03}=")).collect();
    let mut scratch = Scratch::new();
    for (end, rule) in [
        ("key150=12", Some("r150")),
        ("key007xab=12", Some("r7")),
        ("key199=", Some("r199")),
        ("key199=?", None),
    ] {
        let code = format!("https://{texts}{end}");
        let code = CodeValue::new(&code).expect("of an allowed length");
        let verdict = table.identify(code, OpenId::new("user-42").unwrap(), &mut scratch);
        assert_eq!(verdict.rule.map(RuleId::as_str), rule);
        let explained = table.explain(code, OpenId::new("user-42").unwrap(), &mut Scratch::new());
        assert_eq!(explained.len(), usize::from(rule.is_some()));
        let one_by_one = 200 * 8 * code.as_str().len() as u64;
        let cost = table.code_cost(code, &mut Scratch::new());
        assert!(cost.steps < one_by_one / 2, "{} {one_by_one}", cost.steps);
    }
}

#[test]
fn the_constructed_code_value_is_expensive_for_the_rules_that_it_names() {
    let rules = [
        regex("cheap", r"281\d{3}04\d{4,24}"),
        regex("slow", SLOW),
        regex("wide", "https://[^/]+/x.*y"),
    ];
    let table = compile(&rules, &CompileLimits::default()).expect("within the limits");
    let costly = table.costly_code();
    assert_eq!(costly.code_value.chars().count(), CodeValue::MAX_CHARACTERS);
    assert_eq!(costly.cost.rules[0].rule.as_str(), "slow");
    assert_eq!(costly.cost.rules[0].index, 1);
    assert!(costly.cost.percentage(&costly.cost.rules[0]) >= 90);
    assert!(costly.cost.steps <= table.max_code_steps());
    assert!(costly.cost.steps >= table.max_code_steps() / 4);
    assert_eq!(table.cost_bound().rules[0].rule.as_str(), "slow");

    let mut scratch = Scratch::new();
    let code_value = CodeValue::new(&costly.code_value).expect("of an allowed length");
    assert_eq!(table.code_cost(code_value, &mut scratch), costly.cost);
    for other in [
        "28100104",
        &"a".repeat(8192),
        &"x!".repeat(4096),
        &"é ".repeat(4096),
    ] {
        let other = CodeValue::new(other).expect("of an allowed length");
        assert!(table.code_cost(other, &mut scratch).steps <= costly.cost.steps);
    }
}

#[test]
fn literals_of_which_only_one_can_match_do_not_add_up() {
    let rule = |n: usize| {
        regex(
            &format!("r{n}"),
            &format!(r"https://h{n}\.example/(?:ab|ba)*x?"),
        )
    };
    let few: Vec<Value> = (0..2).map(rule).collect();
    let many: Vec<Value> = (0..200).map(rule).collect();
    let bound = |rules: &[Value]| {
        let table = compile(rules, &CompileLimits::default()).expect("within the limits");
        table.max_code_steps()
    };
    assert!(
        bound(&many) < 2 * bound(&few),
        "{} {}",
        bound(&many),
        bound(&few)
    );
}

#[test]
fn what_canaries_and_templates_take_is_part_of_the_cost() {
    let mut rule = json!({"id": "a", "match": {"prefix": "28"}, "action": {"type": "DECODE"}});
    let bound = |rule: &Value| {
        let table = compile(std::slice::from_ref(rule), &CompileLimits::default());
        table.expect("within the limits").max_code_steps()
    };
    let plain = bound(&rule);
    rule["canary"] = json!({"percentage": 1});
    let with_canary = bound(&rule);
    assert!(with_canary >= plain + 250, "{plain} {with_canary}");
    rule["canary"] = json!({"allowlist": ["user-1"]});
    let with_open_id = bound(&rule);
    assert!(with_open_id >= plain + 1000, "{plain} {with_open_id}");
    rule["canary"] = json!({"allowlist": [format!("sha256:{}", "0".repeat(64))]});
    let with_digest = bound(&rule);
    assert!(with_digest >= plain + 4000, "{plain} {with_digest}");
    rule["canary"] = json!({"percentage": 1});
    rule["action"]["codeValue"] = json!("x{code:url}");
    assert!(bound(&rule) >= with_canary + 100_000);
}

#[test]
fn the_digest_of_an_open_id_counts_once_for_all_rules() {
    let bound = |count: usize| {
        let digest = format!("sha256:{}", "0".repeat(64));
        let rule = |n: usize| {
            json!({"id": format!("r{n}"), "match": {"prefix": "2".repeat(count - n)},
                "action": {"type": "DECODE"}, "canary": {"allowlist": [digest]}})
        };
        let rules: Vec<Value> = (0..count).map(rule).collect();
        let table = compile(&rules, &CompileLimits::default()).expect("within the limits");
        table.max_code_steps()
    };
    assert!(bound(100) < bound(1) + 4000, "{} {}", bound(1), bound(100));
}

/// Patterns for which a backtracking engine takes exponential or quadratic time.
#[test]
fn hostile_patterns_are_within_the_limit_or_refused() {
    let sets = include_str!("../../testdata/hostile/redos.json");
    let sets: Value = serde_json::from_str(sets).expect("it is JSON");
    let mut refused = Vec::new();
    for set in sets["sets"].as_array().expect("it has sets") {
        let name = set["name"].as_str().expect("a set has a name");
        let patterns = set["patterns"].as_array().expect("a set has patterns");
        let id = |n: usize| format!("r{n}");
        let rules: Vec<Value> = patterns
            .iter()
            .enumerate()
            .map(|(n, pattern)| regex(&id(n), pattern.as_str().expect("a text")))
            .collect();
        let limits = CompileLimits::default();
        let table = match compile(&rules, &limits) {
            Ok(table) => table,
            Err(error) => {
                assert_eq!(
                    error.problems()[0].code(),
                    ProblemCode::CodeTooCostly,
                    "{error}"
                );
                refused.push(name);
                continue;
            }
        };
        let text = |characters: usize| -> String {
            let end = set["end"].as_str().expect("a set has an end");
            let unit = set["unit"].as_str().expect("a set has a unit").chars();
            let unit = unit.cycle().take(characters - end.chars().count());
            unit.chain(end.chars()).collect()
        };
        let mut scratch = Scratch::new();
        let mut steps = |code: &str| {
            let code = CodeValue::new(code).expect("of an allowed length");
            table.code_cost(code, &mut scratch).steps
        };
        let (half, whole) = (steps(&text(4096)), steps(&text(8192)));
        assert!(whole <= table.max_code_steps(), "{name}: {whole}");
        assert!(whole <= limits.max_code_steps);
        assert!(
            whole <= 2 * half + half / 50 + 100,
            "{name} is not linear: {half}, {whole}"
        );
    }
    assert_eq!(refused, ["forty-word-boundaries"]);
}

fn steps_in(message: &str) -> u64 {
    let (_, rest) = message.split_once("can take ").expect("it has the steps");
    let (steps, _) = rest.split_once(' ').expect("a word follows");
    steps.parse().expect("a number")
}

fn regex(id: &str, pattern: &str) -> Value {
    json!({"id": id, "match": {"regex": pattern}, "action": {"type": "DECODE"}})
}

fn compile(rules: &[Value], limits: &CompileLimits) -> Result<RouteTable, ConfigError> {
    let document = json!({"format": "codeid/1", "version": "1", "rules": rules}).to_string();
    RouteTable::from_json(document.as_bytes(), limits)
}

#[test]
fn a_config_within_the_limit_without_dfas_has_none() {
    let rules = [
        json!({"id": "a", "match": {"prefix": "28"}, "action": {"type": "DECODE"}}),
        regex("b", "[0-9]{2}417[0-9]{8,12}"),
    ];
    let mut limits = CompileLimits::default();
    let with_dfas = compile(&rules, &limits).expect("within the limits");
    limits.max_code_steps = with_dfas.max_code_steps() - 1;
    let without = compile(&rules, &limits).expect("within the limits, too");
    assert!(
        without.max_code_steps() < 2000,
        "{}",
        without.max_code_steps()
    );
    assert!(without.memory_usage() < with_dfas.memory_usage());
    for (code, rule) in [
        ("2812", Some("a")),
        ("1241712345678", Some("b")),
        ("124171234567", None),
    ] {
        let code = CodeValue::new(code).unwrap();
        for table in [&with_dfas, &without] {
            let mut scratch = Scratch::new();
            let cost = table.code_cost(code, &mut scratch);
            assert!(cost.steps <= table.max_code_steps());
            let open_id = OpenId::new("user-42").unwrap();
            let verdict = table.identify(code, open_id, &mut scratch);
            assert_eq!(verdict.rule.map(RuleId::as_str), rule);
        }
    }
}
