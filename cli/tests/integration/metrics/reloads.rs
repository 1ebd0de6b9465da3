//! Pulls, reloads and saves are counted and dated.

use super::Samples;
use crate::rules::remote::{Remote, Reply, wait_until};
use crate::serve::daemon::{Daemon, Plan, Served};

fn config(version: &str) -> String {
    format!(
        r#"{{"format": "codeid/1", "version": "{version}", "rules": [
            {{"id": "one", "match": {{"prefix": "28"}}, "action": {{"type": "DECODE"}}}}]}}"#
    )
}

fn daemon(remote: &Remote) -> Daemon {
    Plan::new()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("ac.route.pull-route-config-fixed-delay=100")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
        .start()
}

fn until(daemon: &Served, what: &str, holds: impl Fn(&Samples) -> bool) -> Samples {
    wait_until(what, || Some(daemon.metrics()).filter(&holds))
}

#[test]
fn pulls_reloads_and_saves_are_counted_and_dated() {
    let remote = Remote::http(Reply::config(config("1")));
    let daemon = daemon(&remote);
    let first = daemon.metrics();
    assert_eq!(
        first.get(r#"codeid_reloads_total{outcome="activated"}"#),
        1.0
    );
    assert_eq!(first.get(r#"codeid_saves_total{outcome="saved"}"#), 1.0);
    assert!(first.get("codeid_table_compile_seconds") > 0.0);
    assert!(first.get("codeid_table_bytes") > 100.0);
    let good = r#"codeid_source_last_good_check_timestamp_seconds{source="remote"}"#;
    let started = first.get("process_start_time_seconds");
    assert!(started > 1.7e9 && first.get(good) >= started);
    daemon.tcp().identify("28", "user-42");
    let decided = r#"codeid_rule_decided_total{rule="one"}"#;
    assert_eq!(daemon.metrics().get(decided), 1.0);

    remote.set(Reply::config(r#"{"format": "codeid/1", "version": "bad"}"#));
    let refused = r#"codeid_source_config_refused{source="remote"}"#;
    let failing = r#"codeid_source_failing_checks{source="remote"}"#;
    let reloads_refused = r#"codeid_reloads_total{outcome="refused"}"#;
    let bad = until(&daemon, "the config to be refused", |now| {
        now.get(refused) == 1.0 && now.get(failing) >= 1.0 && now.get(reloads_refused) >= 1.0
    });
    assert_eq!(bad.get("codeid_table_generation"), 1.0);

    remote.set(Reply::status(500));
    let failed = r#"codeid_pulls_total{outcome="failed"}"#;
    let down = until(&daemon, "a pull to fail", |now| {
        now.get(failed) >= 1.0 && now.get(failing) > bad.get(failing)
    });
    assert_eq!(down.get(decided), 1.0);

    // The next table counts from the beginning.
    remote.set(Reply::config(config("2")));
    let next = until(&daemon, "the next table", |now| {
        let is_good = now.get(refused) == 0.0 && now.get(failing) == 0.0;
        now.get("codeid_table_generation") == 2.0 && is_good && now.get(good) > down.get(good)
    });
    assert_eq!(next.get(decided), 0.0);
    let version = |samples: &Samples, version: &str| {
        let info = format!(r#"codeid_table_info{{version="{version}","#);
        samples.sum(&info)
    };
    assert_eq!((version(&next, "1"), version(&next, "2")), (0.0, 1.0));
}

#[test]
fn a_stale_table_and_a_daemon_that_stops_show() {
    let remote = Remote::http(Reply::config(config("1")));
    let mut daemon = Plan::new()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("ac.route.pull-route-config-fixed-delay=100")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
        .set("reload.stale-policy=unready")
        .set("reload.stale-after-ms=1000")
        .set("serve.drain-deadline-ms=600000")
        .spawn();
    remote.set(Reply::status(500));
    let stale = until(&daemon, "the table to be stale", |now| {
        now.get("codeid_table_stale") == 1.0 && now.get("codeid_ready") == 0.0
    });
    assert!(stale.get("codeid_table_age_seconds") >= 1.0);
    remote.set(Reply::config(config("1")));
    until(&daemon, "the table to be confirmed", |now| {
        now.get("codeid_ready") == 1.0 && now.get("codeid_table_stale") == 0.0
    });
    let mut held = daemon.tcp();
    held.send("POST /v1/identifyCode HTTP/1.1\r\n");
    assert_eq!(daemon.tcp().bare("GET", "/livez").status, 200);
    daemon.signal("TERM");
    daemon.wait_for_line("stopping");
    assert_eq!(daemon.metrics().get("codeid_ready"), 0.0);
    drop(held);
    assert!(daemon.wait().success());
}
