//! What has a line, and what it shows.

use std::fs;

use serde_json::{Value, json};

use super::{
    CODE, LOG, MASKED_CODE, MASKED_OPEN_ID, OPEN_ID, identify_in_every_way, lines, outcome, plan,
    text,
};
use crate::serve::daemon::{Plan, Served};

#[test]
fn without_the_setting_nothing_is_written() {
    let daemon = Plan::new().start();
    identify_in_every_way(&daemon);
    assert_eq!(daemon.status()["daemon"]["decisionLog"], Value::Null);
    assert_eq!(outcome(&daemon, "written"), 0.0);
    let entries = fs::read_dir(daemon.directory.path()).unwrap();
    let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().contains("decision")),
        "{names:?}"
    );
}

#[test]
fn every_code_value_of_every_listener_has_a_line_without_what_was_scanned_or_by_whom() {
    let daemon = plan().start();
    let count = identify_in_every_way(&daemon);
    let lines = lines(&daemon, count);
    let of = |listener: &str| {
        let listener = json!(listener);
        lines
            .iter()
            .filter(|line| line["listener"] == listener)
            .count()
    };
    assert_eq!([of("http"), of("unix"), of("resp")], [4, 4, 6]);
    let decided: Vec<_> = lines
        .iter()
        .filter(|line| line["rule"] == "order")
        .collect();
    assert_eq!(decided.len(), 8);
    for line in decided {
        let mut line = line.clone();
        let time = line.as_object_mut().unwrap().remove("time").unwrap();
        let time = time.as_str().unwrap().to_owned();
        assert!(time.len() == "2026-11-21T01:30:00.123+00:00".len() && time.ends_with("+00:00"));
        let listener = line["listener"].clone();
        let expected = json!({
            "listener": listener, "generation": 1, "rule": "order", "resultCode": "SUCCESS",
            "action": "DECODE", "codeValue": MASKED_CODE, "codeLength": CODE.len(),
            "openId": MASKED_OPEN_ID,
        });
        assert_eq!(line, expected);
    }
    let unsupported = lines
        .iter()
        .find(|line| line["action"] == "UNSUPPORTED")
        .unwrap();
    assert_eq!(
        (&unsupported["rule"], &unsupported["codeValue"]),
        (&Value::Null, &json!("*"))
    );
    let illegal: Vec<_> = lines
        .iter()
        .filter(|line| line["resultCode"] == "PARAM_ILLEGAL")
        .collect();
    assert_eq!(illegal.len(), 5);
    for line in illegal {
        for member in ["rule", "action", "codeValue", "codeLength", "openId"] {
            assert_eq!(line[member], Value::Null, "{line}");
        }
    }
    let text = text(&daemon);
    assert!(!text.contains("secret"), "{text}");
    let counted: f64 = [
        "DECODE",
        "OPEN_URL",
        "UNSUPPORTED",
        "PARAM_ILLEGAL",
        "UNKNOWN_EXCEPTION",
    ]
    .iter()
    .map(|answer| {
        let sample = format!("codeid_identifications_total{{answer=\"{answer}\"}}");
        daemon.metrics().get(&sample)
    })
    .sum();
    assert_eq!(counted, count as f64);
    assert_eq!(outcome(&daemon, "written"), count as f64);
    let status = daemon.status()["daemon"]["decisionLog"].clone();
    assert_eq!(status["written"], count);
    assert_eq!(status["failure"], Value::Null);
}

#[test]
fn what_was_decided_before_the_stop_is_written_before_the_end() {
    // The directory of the daemon is removed when it has stopped.
    let kept = tempfile::tempdir().unwrap();
    let log = kept.path().join(LOG);
    let daemon = Plan::new()
        .set(&format!("decision-log.path={}", log.display()))
        .start();
    for _ in 0..100 {
        daemon.tcp().identify(CODE, OPEN_ID);
    }
    daemon.stop();
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 100);
}

/// Identifies a code value of each rule, and one of none, and waits for `count` lines. Returns their rules.
fn rules(daemon: &Served, count: usize) -> Vec<Value> {
    let mut client = daemon.tcp();
    for code in ["28100004", "28100104x", "https://qr.example.com/x", "29"] {
        client.identify(code, OPEN_ID);
    }
    let lines = lines(daemon, count);
    lines.iter().map(|line| line["rule"].clone()).collect()
}

#[test]
fn the_rules_of_the_filter_have_lines_and_no_others() {
    for (filter, expected) in [
        ("order", json!(["order"])),
        ("page,@none", json!(["page", null])),
        ("carve-out,absent", json!(["carve-out"])),
    ] {
        let daemon = plan().set(&format!("decision-log.rules={filter}")).start();
        let expected = expected.as_array().unwrap();
        assert_eq!(rules(&daemon, expected.len()), *expected, "{filter}");
    }
}

#[test]
fn a_share_of_0_has_no_line_and_a_share_between_has_some() {
    let daemon = plan().set("decision-log.sample=0").start();
    for _ in 0..20 {
        identify_in_every_way(&daemon);
    }
    let path = daemon.directory.path().join(LOG);
    assert_eq!(fs::read_to_string(&path).unwrap(), "");
    assert_eq!(outcome(&daemon, "written"), 0.0);
    let kept = tempfile::tempdir().unwrap();
    let log = kept.path().join(LOG);
    let daemon = Plan::new()
        .set(&format!("decision-log.path={}", log.display()))
        .set("decision-log.sample=0.5")
        .start();
    let mut client = daemon.tcp();
    for _ in 0..400 {
        client.identify(CODE, OPEN_ID);
    }
    daemon.stop();
    let count = fs::read_to_string(&log).unwrap().lines().count();
    assert!((100..300).contains(&count), "{count} of 400");
}

#[test]
fn hashes_are_the_same_for_the_same_value_and_key() {
    let key = "0123456789abcdef0123456789abcdef";
    let start = |key: &str| {
        let plan = plan()
            .set("decision-log.values=hashed")
            .set("decision-log.hash-key-path=key");
        plan.directory.write_secret("key", format!("{key}\n"));
        plan.start()
    };
    let daemon = start(key);
    let mut client = daemon.tcp();
    client.identify(CODE, "user-42");
    client.identify("29", "user-42");
    let lines = lines(&daemon, 2);
    // printf openId:user-42 | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
    let expected = "7c563f942d2f93c4a779b828d3ec9ada";
    assert_eq!(lines[0]["openId"], expected);
    assert_eq!(lines[1]["openId"], expected);
    assert_ne!(lines[0]["codeValue"], lines[1]["codeValue"]);
    assert_eq!(lines[0]["codeLength"], CODE.len());
    assert!(!text(&daemon).contains("2810"));
    let daemon = start(&key.replace('0', "1"));
    daemon.tcp().identify(CODE, "user-42");
    assert_ne!(super::lines(&daemon, 1)[0]["openId"], expected);
}
