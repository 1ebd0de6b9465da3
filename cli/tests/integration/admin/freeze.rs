//! A frozen config stays live whatever the sources give, until the thaw.

use serde_json::{Value, json};

use super::{ANYTHING, apply, good, post, post_with, refusal, version};
use crate::rules::remote::{Remote, Reply, wait_until};
use crate::rules::{CODE, config, plan};
use crate::serve::daemon::{Plan, Served};

/// Returns a plan of a daemon that pulls about ten times per second.
fn eager(remote: &Remote) -> Plan {
    plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("ac.route.pull-route-config-fixed-delay=100")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
}

fn freeze(daemon: &Served) -> Value {
    daemon.status()["freeze"].clone()
}

/// Waits until the live config has this version.
fn wait_for_version(daemon: &Served, expected: &str) {
    wait_until(expected, || (version(daemon) == expected).then_some(()));
}

#[test]
fn a_rollback_is_undone_neither_by_a_poll_nor_by_a_restart() {
    let remote = Remote::http(Reply::config(config("good")).header("ETag", "\"1\""));
    let daemon = eager(&remote).spawn();
    remote.set(Reply::config(config("bad")).header("ETag", "\"2\""));
    wait_for_version(&daemon, "bad");
    good(&post(&daemon, "/v1/rollback", r#"{"generation": 1}"#));
    assert_eq!(version(&daemon), "good");
    assert_eq!(daemon.status()["nextPullAt"], Value::Null);

    // At most one pull, which was under way, follows.
    let after = remote.requests().len();
    assert_eq!(
        refusal(&post(&daemon, "/v1/reload", "")),
        (409, "frozen".to_owned())
    );
    let mut daemon = daemon;
    daemon.signal("HUP");
    daemon.wait_for_line("no source is read");
    assert_eq!(version(&daemon), "good");
    assert!(remote.requests().len() <= after + 1);

    // After a kill and a restart, the source still gives the bad config.
    let frozen = freeze(&daemon);
    let directory = daemon.kill();
    let before = remote.requests().len();
    let plan = Plan::bare_in(directory)
        .set("listen.http=127.0.0.1:0")
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("ac.route.pull-route-config-fixed-delay=100");
    let daemon = plan.spawn();
    assert_eq!(version(&daemon), "good");
    assert_eq!(freeze(&daemon), frozen);
    assert_eq!(frozen["action"], "rollback");
    assert_eq!(
        daemon.tcp().identify(CODE, "u-1").json()["codeValue"],
        format!("good:{CODE}")
    );
    assert_eq!(remote.requests().len(), before);
    assert_eq!(daemon.admin("GET", "/readyz").status, 200);

    // After the thaw, the sources decide again.
    let thawed = good(&post(&daemon, "/v1/thaw", "{}"));
    assert_eq!(thawed["wasFrozen"], true);
    assert_eq!(thawed["checks"][0]["level"], "REMOTE");
    assert_eq!(thawed["checks"][0]["why"], Value::Null);
    assert_eq!(
        good(&post(&daemon, "/v1/thaw", "{}")),
        json!({"wasFrozen": false, "checks": []})
    );
    assert_eq!(version(&daemon), "bad");
    assert_eq!(freeze(&daemon), Value::Null);
    daemon.stop();
}

#[test]
fn a_thaw_pulls_the_remote_at_once() {
    let remote = Remote::http(Reply::config(config("one")));
    let daemon = plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .start();
    good(&post(&daemon, "/v1/freeze", r#"{"reason": "INC-7"}"#));
    assert_eq!(freeze(&daemon)["reason"], "INC-7");
    assert_eq!(freeze(&daemon)["action"], "freeze");
    assert_eq!(daemon.status()["table"]["level"], "REMOTE");
    let refused = post_with(&daemon, "/v1/apply", ANYTHING, &config("mine"));
    assert_eq!(refusal(&refused), (409, "frozen".to_owned()));
    let detail = refused.json()["detail"].to_string();
    assert!(
        detail.contains("frozen by uid ") && detail.contains("INC-7"),
        "{detail}"
    );
    let refused = post(&daemon, "/v1/rollback", r#"{"generation": 1}"#);
    assert_eq!(refusal(&refused), (409, "frozen".to_owned()));
    for wrong in ["yes", "true\r\nX-Codeid-Override: true"] {
        let headers = format!("{ANYTHING}X-Codeid-Override: {wrong}\r\n");
        let refused = post_with(&daemon, "/v1/apply", &headers, &config("mine"));
        assert_eq!(refusal(&refused), (400, "malformed".to_owned()));
    }
    let headers = format!("{ANYTHING}X-Codeid-Override: true\r\n");
    good(&post_with(&daemon, "/v1/apply", &headers, &config("mine")));
    assert_eq!(freeze(&daemon)["action"], "apply");
    remote.set(Reply::config(config("two")));
    good(&post(&daemon, "/v1/thaw", ""));
    assert_eq!(version(&daemon), "two");
    assert_eq!(daemon.status()["table"]["level"], "REMOTE");
    daemon.stop();
}

#[test]
fn a_freeze_survives_a_restart_and_a_thaw_does_too() {
    let remote = Remote::http(Reply::config(config("one")));
    let daemon = eager(&remote).spawn();
    good(&post(&daemon, "/v1/freeze", ""));
    remote.set(Reply::config(config("two")));
    let url = remote.url();
    let again = |directory| {
        Plan::bare_in(directory)
            .set("listen.http=127.0.0.1:0")
            .set(&format!("ac.route.pull-route-config-url={url}"))
            .spawn()
    };
    let daemon = again(daemon.kill());
    assert_eq!(version(&daemon), "one");
    assert_eq!(daemon.status()["table"]["level"], "REMOTE");
    good(&post(&daemon, "/v1/thaw", ""));
    let daemon = again(daemon.kill());
    assert_eq!(version(&daemon), "two");
    daemon.stop();
}

#[test]
fn a_frozen_config_never_makes_the_daemon_unready() {
    let remote = Remote::http(Reply::config(config("one")));
    let daemon = plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("ac.route.pull-route-config-fixed-delay=100")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
        .set("reload.stale-after-ms=200")
        .set("reload.stale-policy=unready")
        .start();
    good(&post(&daemon, "/v1/freeze", ""));
    wait_until("staleness", || {
        (daemon.status()["staleness"]["stale"] == true).then_some(())
    });
    assert_eq!(daemon.admin("GET", "/readyz").status, 200);
    assert_eq!(daemon.tcp().bare("GET", "/readyz").status, 200);
    assert_eq!(daemon.status()["ready"], true);
    daemon.stop();
}

#[test]
fn a_freeze_that_cannot_be_read_or_compiled_is_ignored_with_an_error_in_the_log() {
    for file in [
        "{".to_owned(),
        json!({"since": 1, "by": "uid 1", "action": "apply", "reason": null, "level": "LOCAL",
               "uri": "x", "routeConfigData": "{\"format\": \"codeid/9\"}"})
        .to_string(),
    ] {
        let plan = plan();
        std::fs::create_dir(plan.directory.path().join("data")).unwrap();
        plan.directory.write("data/freeze.json", file);
        let daemon = plan.spawn();
        assert!(
            daemon
                .log
                .iter()
                .any(|line| line.contains("ERROR") && line.contains("cannot restore the freeze"))
        );
        assert_eq!(daemon.status()["table"]["level"], "PRESET");
        assert_eq!(freeze(&daemon), Value::Null);
        daemon.stop();
    }
}

#[test]
fn the_last_reason_counts_and_reasons_have_a_limit() {
    let daemon = plan().start();
    good(&post(&daemon, "/v1/freeze", r#"{"reason": "first"}"#));
    good(&post(
        &daemon,
        "/v1/freeze",
        &json!({"reason": "ü".repeat(200)}).to_string(),
    ));
    assert_eq!(freeze(&daemon)["reason"], "ü".repeat(200));
    let long = json!({"reason": "x".repeat(201)}).to_string();
    assert_eq!(
        refusal(&post(&daemon, "/v1/freeze", &long)),
        (400, "malformed".to_owned())
    );
    assert_eq!(
        refusal(&post(&daemon, "/v1/freeze", r#"{"why": 1}"#)),
        (400, "malformed".to_owned())
    );
    daemon.stop();
}

/// Without a remote, too, an applied config is not for ever.
#[test]
fn after_a_thaw_the_preset_is_live_again_and_its_file_is_followed() {
    let plan = plan();
    let preset = plan.directory.write("preset.json", config("preset"));
    let path = format!("ac.route.preset-route-config-path={}", preset.display());
    let daemon = plan.set(&path).start();
    apply(&daemon, &config("mine"));
    std::fs::write(&preset, "{").unwrap();
    let thawed = good(&post(&daemon, "/v1/thaw", ""));
    let outcomes: Vec<_> = thawed["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (&check["level"], &check["outcome"]))
        .collect();
    let expected = [
        ("REMOTE", "absent"),
        ("LOCAL", "absent"),
        ("PRESET", "refused"),
    ];
    let expected = expected.map(|(level, outcome)| (json!(level), json!(outcome)));
    assert_eq!(
        outcomes,
        expected.each_ref().map(|(level, outcome)| (level, outcome))
    );
    assert!(thawed["checks"][2]["why"].is_string());
    assert_eq!(version(&daemon), "mine");
    // The operator's config stays only until a source gives a valid one.
    std::fs::write(&preset, config("edited")).unwrap();
    wait_for_version(&daemon, "edited");
    assert_eq!(daemon.status()["table"]["level"], "PRESET");
    std::fs::write(&preset, config("again")).unwrap();
    wait_for_version(&daemon, "again");
    daemon.stop();
}
