//! Checking, applying, rolling back and reloading.

use serde_json::{Value, json};

use super::{ANYTHING, apply, good, post, post_with, refusal, version};
use crate::rules::remote::{Remote, Reply};
use crate::rules::{CODE, config, plan, store};
use crate::serve::daemon::Served;

fn live_digest(daemon: &Served) -> String {
    daemon.status()["table"]["sha256"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn if_match(digest: &str) -> String {
    format!("If-Match: \"{digest}\"\r\n")
}

fn decoded(daemon: &Served) -> Value {
    daemon.tcp().identify(CODE, "user-42").json()["codeValue"].clone()
}

#[test]
fn an_applied_config_is_live_and_frozen_and_not_in_the_local_storage() {
    let daemon = plan().start();
    let before = live_digest(&daemon);
    let done = good(&post_with(
        &daemon,
        "/v1/apply",
        &if_match(&before),
        &config("mine"),
    ));
    assert_eq!(done["outcome"], "activated");
    assert_eq!(done["generation"], 2);
    assert_eq!(done["version"], "mine");
    assert_eq!(done["ruleCount"], 1);
    assert_eq!(done["replaced"], before);
    assert_eq!(done["freeze"]["action"], "apply");
    assert_eq!(decoded(&daemon), format!("mine:{CODE}"));
    assert!(!store(daemon.directory.path()).exists());
    let table = &daemon.status()["table"];
    assert_eq!(table["level"], "LOCAL");
    assert!(
        table["uri"]
            .as_str()
            .unwrap()
            .starts_with("applied by uid ")
    );

    // Another operator compared with the config that was live before.
    let late = post_with(&daemon, "/v1/apply", &if_match(&before), &config("late"));
    assert_eq!(refusal(&late), (412, "ifMatchStale".to_owned()));
    assert!(
        late.json()["detail"]
            .as_str()
            .unwrap()
            .contains(&live_digest(&daemon))
    );
    assert_eq!(version(&daemon), "mine");

    let again = apply(&daemon, &config("mine"));
    assert_eq!(
        (&again["outcome"], &again["generation"]),
        (&json!("unchanged"), &json!(2))
    );
    daemon.stop();
}

#[test]
fn a_refused_apply_changes_nothing() {
    let daemon = plan().start();
    let before = daemon.status()["table"].clone();
    for (headers, body, expected) in [
        ("", config("x"), (428, "ifMatchMissing")),
        ("If-Match: x\r\n", config("x"), (412, "ifMatchStale")),
        ("If-Match: \"12\"\r\n", config("x"), (412, "ifMatchStale")),
        (
            "If-Match: *\r\nIf-Match: *\r\n",
            config("x"),
            (412, "ifMatchStale"),
        ),
        (
            &if_match(&"0".repeat(64)),
            config("x"),
            (412, "ifMatchStale"),
        ),
        (ANYTHING, "{".to_owned(), (422, "refused")),
        (ANYTHING, String::new(), (422, "refused")),
        (
            ANYTHING,
            r#"{"format": "codeid/1"}"#.to_owned(),
            (422, "refused"),
        ),
        (ANYTHING, " ".repeat(131_072 * 4 + 1), (413, "tooLarge")),
    ] {
        let answer = post_with(&daemon, "/v1/apply", headers, &body);
        let (status, word) = refusal(&answer);
        assert_eq!((status, &*word), expected, "{headers}");
        let problems = answer.json()["problems"].as_array().map_or(0, Vec::len);
        assert_eq!(problems > 0, word == "refused");
    }
    assert_eq!(daemon.status()["table"], before);
    assert_eq!(daemon.status()["freeze"], Value::Null);
    daemon.stop();
}

#[test]
fn a_config_that_cannot_be_frozen_is_not_applied() {
    let daemon = plan()
        .set("reload.freeze-path=/proc/none/freeze.json")
        .start();
    let answer = post_with(&daemon, "/v1/apply", ANYTHING, &config("x"));
    assert_eq!(refusal(&answer), (507, "notSaved".to_owned()));
    assert_eq!(
        refusal(&post(&daemon, "/v1/freeze", "")),
        (507, "notSaved".to_owned())
    );
    assert_eq!(daemon.status()["table"]["generation"], 1);
    assert_eq!(daemon.status()["freeze"], Value::Null);
    daemon.stop();
}

#[test]
fn a_check_reports_errors_warnings_and_differences_and_changes_nothing() {
    let daemon = plan().start();
    apply(&daemon, &config("old"));
    let checked = good(&post(&daemon, "/v1/check", &config("new")));
    assert_eq!(checked["ok"], true);
    assert_eq!(checked["version"], "new");
    assert_eq!(checked["replaces"], live_digest(&daemon));
    assert_eq!(checked["changes"]["added"], json!(["new"]));
    assert_eq!(checked["changes"]["removed"], json!(["old"]));
    assert_eq!(checked["warnings"], json!([]));

    let bad = r#"{"format": "codeid/1", "version": "1", "rules": [
        {"id": "a", "match": {"regex": "("}, "action": {"type": "DECODE"}}, {"id": 7}]}"#;
    let checked = good(&post(&daemon, "/v1/check", bad));
    assert_eq!(checked["ok"], false);
    let problems = checked["problems"].as_array().unwrap();
    assert!(problems.len() >= 2, "{problems:?}");
    assert_eq!(problems[0]["rule"], "a");
    assert_eq!(problems[0]["pointer"], "/rules/0/match/regex");
    assert_eq!(problems[0]["position"]["line"], 2);
    assert_eq!(version(&daemon), "old");
    assert_eq!(daemon.status()["table"]["generation"], 2);
    daemon.stop();
}

#[test]
fn a_config_of_the_history_becomes_live_again() {
    let daemon = plan().start();
    for label in ["one", "two"] {
        apply(&daemon, &config(label));
    }
    let done = good(&post(&daemon, "/v1/rollback", r#"{"generation": 2}"#));
    assert_eq!(
        (&done["version"], &done["generation"]),
        (&json!("one"), &json!(4))
    );
    assert_eq!(done["freeze"]["action"], "rollback");
    assert_eq!(decoded(&daemon), format!("one:{CODE}"));

    let history = good(&daemon.admin("GET", "/v1/history"));
    let entries = history["entries"].as_array().unwrap();
    let generations: Vec<_> = entries
        .iter()
        .map(|entry| entry["generation"].as_u64().unwrap())
        .collect();
    assert_eq!(generations, [4, 3, 2, 1]);
    assert_eq!(
        entries.iter().filter(|entry| entry["live"] == true).count(),
        1
    );
    assert_eq!(entries[0]["live"], true);
    assert_eq!(entries[3]["by"], Value::Null);
    assert!(entries[2]["by"].as_str().unwrap().starts_with("uid "));
    let text = daemon.admin("GET", "/v1/history/3");
    assert_eq!(String::from_utf8_lossy(&text.body), config("two"));
    let digest = entries[1]["sha256"].as_str().unwrap();
    assert_eq!(text.header("etag"), Some(&*format!("\"{digest}\"")));

    for (path, body, expected) in [
        (
            "/v1/rollback",
            r#"{"generation": 99}"#,
            (404, "unknownGeneration"),
        ),
        ("/v1/rollback", r#"{"generation": "1"}"#, (400, "malformed")),
        (
            "/v1/rollback",
            r#"{"generation": 1, "x": 1}"#,
            (400, "malformed"),
        ),
        ("/v1/rollback", "", (400, "malformed")),
        ("/v1/rollback", "[1]", (400, "malformed")),
        ("/v1/thaw", "[]", (400, "malformed")),
        ("/v1/freeze", "null", (400, "malformed")),
    ] {
        let (status, word) = refusal(&post(&daemon, path, body));
        assert_eq!((status, &*word), expected, "{body}");
    }
    for generation in ["99", "0", "-1", "x"] {
        let answer = daemon.admin("GET", &format!("/v1/history/{generation}"));
        assert_eq!(refusal(&answer), (404, "unknownGeneration".to_owned()));
    }
    daemon.stop();
}

#[test]
fn the_history_has_the_last_twenty_tables() {
    let daemon = plan().start();
    for label in 0..25 {
        apply(&daemon, &config(&format!("v{label}")));
    }
    let history = good(&daemon.admin("GET", "/v1/history"));
    let entries = history["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 20);
    assert_eq!(entries[0]["version"], "v24");
    assert_eq!(entries[19]["version"], "v5");
    daemon.stop();
}

#[test]
fn a_reload_reports_the_check_of_each_source() {
    let remote = Remote::http(Reply::config(config("one")));
    let daemon = plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .start();
    remote.set(Reply::config(config("two")));
    let done = good(&post(&daemon, "/v1/reload", "{}"));
    assert_eq!(
        (&done["outcome"], &done["generation"]),
        (&json!("activated"), &json!(2))
    );
    assert_eq!(
        done["checks"],
        json!([{"level": "REMOTE", "outcome": "activated", "why": null}])
    );
    assert_eq!(version(&daemon), "two");
    remote.set(Reply::config("{"));
    let done = good(&post(&daemon, "/v1/reload", ""));
    assert_eq!(done["outcome"], "refused");
    assert!(done["checks"][0]["why"].is_string());
    remote.set(Reply::status(500));
    assert_eq!(
        good(&post(&daemon, "/v1/reload", "{}"))["outcome"],
        "failed"
    );
    assert_eq!(version(&daemon), "two");
    daemon.stop();
}

#[test]
fn the_live_rules_are_listed_with_their_counts() {
    let daemon = plan().start();
    apply(&daemon, &config("mine"));
    let mut client = daemon.tcp();
    for _ in 0..3 {
        client.identify(CODE, "user-42");
    }
    client.identify("unknown", "user-42");
    let rules = good(&daemon.admin("GET", "/v1/rules"));
    assert_eq!(rules["version"], "mine");
    let rule = &rules["rules"][0];
    assert_eq!(
        (&rule["id"], &rule["position"]),
        (&json!("mine"), &json!(1))
    );
    assert_eq!(rule["match"], json!({"prefix": "281"}));
    assert_eq!(
        (&rule["decided"], &rule["refusedByCanary"]),
        (&json!(3), &json!(0))
    );
    daemon.stop();
}

#[test]
fn the_log_level_decides_what_is_logged() {
    let mut daemon = plan().spawn();
    assert_eq!(daemon.status()["daemon"]["logLevel"], "info");
    good(&post(&daemon, "/v1/log-level", r#"{"level": "error"}"#));
    assert_eq!(daemon.status()["daemon"]["logLevel"], "error");
    // Nothing is logged about this apply.
    apply(&daemon, &config("quiet"));
    good(&post(&daemon, "/v1/log-level", r#"{"level": "info"}"#));
    apply(&daemon, &config("loud"));
    daemon.wait_for_line("version=\"loud\"");
    assert!(!daemon.log.iter().any(|line| line.contains("quiet")));
    for body in [r#"{"level": "off"}"#, r#"{"level": 1}"#, "{}", "[]", "x"] {
        assert_eq!(
            refusal(&post(&daemon, "/v1/log-level", body)),
            (400, "malformed".to_owned())
        );
    }
    daemon.stop();
}
