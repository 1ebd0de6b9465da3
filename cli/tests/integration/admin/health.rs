//! The daemon's judgement of its own state.

use serde_json::{Value, json};

use super::post;
use crate::rules::remote::{Remote, Reply, wait_until};
use crate::rules::{config, plan};
use crate::serve::daemon::{Plan, Served};

/// Returns the code and the severity of each problem.
fn problems(daemon: &Served) -> Vec<(String, String)> {
    let health = daemon.status()["health"].clone();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let problems = health["problems"].as_array().unwrap().iter();
    let problems: Vec<_> = problems
        .map(|problem| (word(&problem["code"]), word(&problem["severity"])))
        .collect();
    let worst = problems.first().map(|(_, severity)| json!(severity));
    assert_eq!(health["severity"], worst.unwrap_or_default(), "{health}");
    let is_ok = problems.iter().all(|(_, severity)| severity == "info");
    assert_eq!(health["ok"], is_ok, "{health}");
    problems
}

fn one(code: &str, severity: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), severity.to_owned())]
}

#[test]
fn a_remote_that_fails_and_a_freeze_are_problems_until_they_end() {
    let remote = Remote::http(Reply::config(config("good")));
    let daemon = plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("ac.route.pull-route-config-fixed-delay=100")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
        .spawn();
    assert_eq!(problems(&daemon), []);
    assert_eq!(
        daemon.status()["health"]["sentence"],
        "Healthy: the daemon is ready, and no problem is known."
    );

    remote.set(Reply::status(503));
    wait_until("three failures", || {
        (problems(&daemon) == one("sourceFailing", "warning")).then_some(())
    });
    let health = daemon.status()["health"].clone();
    assert_eq!(
        health["sentence"],
        "Needs attention: the remote source fails."
    );
    let what = health["problems"][0]["what"].as_str().unwrap();
    assert!(
        what.contains("checks of the remote source failed: ") && what.contains("503"),
        "{what}"
    );

    post(&daemon, "/v1/freeze", r#"{"reason": "the remote is down"}"#);
    let of_both = ["sourceFailing", "frozen"].map(|code| (code.to_owned(), "info".to_owned()));
    assert_eq!(problems(&daemon), of_both);
    remote.set(Reply::config(config("good")));
    post(&daemon, "/v1/thaw", "{}");
    wait_until("a good pull", || problems(&daemon).is_empty().then_some(()));
    remote.set(Reply::config("{}"));
    wait_until("a refusal", || {
        (problems(&daemon) == one("configRefused", "warning")).then_some(())
    });
    daemon.stop();
}

#[test]
fn refused_connections_and_a_drain_are_problems_at_once() {
    // Each listener has one connection.
    let daemon = Plan::new()
        .set("http.max-connections=3")
        .set("serve.lame-duck-ms=60000")
        .spawn();
    let mut served = daemon.tcp();
    assert_eq!(served.bare("GET", "/livez").status, 200);
    assert_eq!(daemon.tcp().bare("GET", "/livez").status, 503);
    assert_eq!(problems(&daemon), one("connectionsRefused", "warning"));
    post(&daemon, "/v1/drain", "{}");
    let found = problems(&daemon);
    assert_eq!(found[0], ("draining".to_owned(), "critical".to_owned()));
    let advice = daemon.status()["health"]["problems"][0]["doThis"].clone();
    assert!(
        advice.as_str().unwrap().contains("codeid admin undrain"),
        "{advice}"
    );
    post(&daemon, "/v1/undrain", "{}");
    assert_eq!(problems(&daemon), one("connectionsRefused", "warning"));
    daemon.stop();
}

#[test]
fn an_audit_log_that_cannot_be_written_is_a_problem_until_it_can() {
    let daemon = Plan::new().spawn();
    let audit = daemon.directory.path().join("data/audit.jsonl");
    let aside = audit.with_extension("aside");
    std::fs::rename(&audit, &aside).ok();
    std::fs::create_dir_all(&audit).unwrap();
    assert_eq!(post(&daemon, "/v1/freeze", "{}").status, 507);
    assert_eq!(problems(&daemon), one("auditUnwritten", "warning"));
    std::fs::remove_dir(&audit).unwrap();
    assert_eq!(post(&daemon, "/v1/freeze", "{}").status, 200);
    assert_eq!(problems(&daemon), one("frozen", "info"));
    daemon.stop();
}
