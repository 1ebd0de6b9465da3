//! A route config whose rules make a code value too expensive is refused wherever it comes from.

use serde_json::{Value, json};

use super::remote::{Remote, Reply, wait_until};
use super::{CODE, config, live_label, plan};
use crate::admin::{good, post};

/// Returns 40 rules, each within the other limits, for which a code value of 8192 characters takes some
/// hundred million steps.
fn costly() -> String {
    let rule = |n: usize| {
        json!({"id": format!("slow-{n}"), "match": {"regex": r".*\b[a ].{20}\b.*[!x]"},
               "action": {"type": "DECODE"}})
    };
    let rules: Vec<Value> = (0..40).map(rule).collect();
    json!({"format": "codeid/1", "version": "costly", "rules": rules}).to_string()
}

fn names_the_rules(problem: &Value) {
    assert_eq!(problem["code"], "code-too-costly", "{problem}");
    assert_eq!(problem["rule"], "slow-0");
    let message = problem["message"].as_str().unwrap();
    assert!(
        message.contains("at most 30000000 are allowed"),
        "{message}"
    );
    assert!(message.contains("slow-0 (rule 1, "), "{message}");
}

#[test]
fn a_pull_over_the_bound_changes_nothing() {
    let remote = Remote::http(Reply::config(config("good")));
    let mut daemon = plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .spawn();
    remote.set(Reply::config(costly()));
    daemon.signal("HUP");
    let refusal = wait_until("the refusal", || {
        let refusal = daemon.status()["sources"]["remote"]["refusal"].clone();
        refusal.is_object().then_some(refusal)
    });
    names_the_rules(&refusal["problems"][0]);
    assert_eq!(live_label(&daemon).as_deref(), Some("good"));
    let answer = daemon.unix().identify(CODE, "user-42");
    assert_eq!(answer.header("x-codeid-rule"), Some("good"));
    daemon.signal("TERM");
    assert!(daemon.wait().success());
}

#[test]
fn an_apply_over_the_bound_changes_nothing() {
    let daemon = plan().start();
    let before = daemon.status()["table"].clone();
    let answer = crate::admin::post_with(&daemon, "/v1/apply", "If-Match: *\r\n", &costly());
    assert_eq!(answer.status, 422);
    names_the_rules(&answer.json()["problems"][0]);
    let checked = good(&post(&daemon, "/v1/check", &costly()));
    assert_eq!(
        (&checked["ok"], &checked["maxCodeSteps"]),
        (&json!(false), &Value::Null)
    );
    names_the_rules(&checked["problems"][0]);
    assert_eq!(daemon.status()["table"], before);

    let checked = good(&post(&daemon, "/v1/check", &config("good")));
    assert!(checked["maxCodeSteps"].as_u64() > Some(0), "{checked}");
    daemon.stop();
}

#[test]
fn a_start_over_the_bound_fails_unless_the_bound_is_raised() {
    let plan = plan();
    plan.directory.write("costly.json", costly());
    let plan = plan.set("ac.route.preset-route-config-path=costly.json");
    let line = plan.fail();
    assert!(line.starts_with("INIT_CONFIG_IS_INVALID: "), "{line}");
    assert!(line.contains("slow-0"), "{line}");
    let daemon = plan.set("compile.max-code-steps=1000000000").start();
    assert_eq!(daemon.status()["table"]["version"], "costly");
    daemon.stop();
}
