//! `codeid check`: what code values cost with the rules of a file.

use serde_json::{Value, json};

use super::{Ran, run_with_input};

/// Returns `count` rules that are slow for each character, after a fast one.
fn slow(count: usize) -> String {
    let rule = |(id, pattern): (String, &str)| json!({"id": id, "match": {"regex": pattern}, "action": {"type": "DECODE"}});
    let fast = [("fast".to_owned(), r"281\d{3}04\d+")].into_iter();
    let slow = (0..count).map(|n| (format!("slow-{n}"), r".*\b[a ].{20}\b.*[!x]"));
    let rules: Vec<Value> = fast.chain(slow).map(rule).collect();
    json!({"format": "codeid/1", "version": "1", "rules": rules}).to_string()
}

fn check(arguments: &[&str], config: &str) -> Ran {
    run_with_input([&["check"], arguments, &["-"]].concat(), config)
}

fn note(config: &str) -> Value {
    let ran = check(&["--json"], config);
    let findings: Vec<Value> = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    let last = findings.last().expect("a finding").clone();
    assert_eq!(
        (&last["severity"], &last["code"]),
        (&json!("note"), &json!("code-cost"))
    );
    last
}

#[test]
fn reports_the_most_expensive_code_value_and_its_costliest_rules() {
    let config = slow(2);
    let note = note(&config);
    let cost = &note["cost"];
    let code_value = cost["codeValue"].as_str().unwrap();
    assert_eq!(code_value.chars().count(), 8192);
    assert_eq!(
        (&note["rule"], &note["pointer"]),
        (&json!("slow-0"), &json!("/rules/1"))
    );
    assert_eq!(cost["characters"], 8192);
    assert_eq!(cost["allowedSteps"], 30_000_000);
    let [steps, max] = ["steps", "maxSteps"].map(|member| cost[member].as_u64().unwrap());
    assert!(0 < steps && steps <= max && max <= 30_000_000, "{cost}");
    assert!(max / steps < 4, "{max} {steps}");
    let rule = &cost["rules"][0];
    assert_eq!(
        (&rule["rule"], &rule["position"]),
        (&json!("slow-0"), &json!(2))
    );
    assert!(
        (49..=50).contains(&rule["percentage"].as_u64().unwrap()),
        "{rule}"
    );
    assert!(
        rule["steps"].as_u64().unwrap() >= steps / 2 - steps / 50,
        "{rule}"
    );
    assert_eq!(
        self::note(&config),
        note,
        "the figures are the same each time"
    );

    let ran = check(&[], &config);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    let head = format!("<stdin>: a lookup takes at most {max} steps, of 30000000 allowed\n");
    assert!(ran.stdout.contains(&head), "{}", ran.stdout);
    let constructed = format!("takes {steps} and has 8192 characters: ");
    assert!(ran.stdout.contains(&constructed), "{}", ran.stdout);
    assert!(ran.stdout.contains("slow-0 (rule 2, "), "{}", ran.stdout);
    assert!(
        ran.stdout.len() < 1000,
        "the code value is not printed in full"
    );
}

#[test]
fn the_bound_refuses_and_the_cost_is_reported_all_the_same() {
    let config = slow(40);
    let ran = check(&["--json"], &config);
    assert_eq!(ran.status, 1);
    let findings: Vec<Value> = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    let [error, note] = findings.as_slice() else {
        panic!("{}", ran.stdout);
    };
    assert_eq!(
        (&error["severity"], &error["code"]),
        (&json!("error"), &json!("code-too-costly"))
    );
    assert_eq!(
        (&error["rule"], &error["pointer"]),
        (&json!("slow-0"), &json!("/rules/1/match"))
    );
    assert!(
        note["cost"]["steps"].as_u64() > Some(30_000_000),
        "{}",
        note["message"]
    );
    let max = note["cost"]["maxSteps"].as_u64().unwrap();
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains(&format!("can take {max} steps"))
    );

    let setting = |steps: u64| format!("compile.max-code-steps={steps}");
    assert_eq!(check(&["--set", &setting(max)], &config).status, 0);
    assert_eq!(check(&["--set", &setting(max - 1)], &config).status, 1);
    let ran = check(&["--set", &setting(0)], &config);
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(ran.stderr.contains("from 1000 to "), "{}", ran.stderr);
}
