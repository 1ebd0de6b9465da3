//! T9: the age of a table that the remote no longer confirms, and the effect of the policy.

use super::remote::{Remote, Reply, wait_until};
use super::{config, plan};
use crate::serve::daemon::{Plan, Served};

fn pulling(remote: &Remote, policy: &str) -> Plan {
    plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("ac.route.pull-route-config-fixed-delay=100")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
        .set("reload.stale-after-ms=1500")
        .set(&format!("reload.stale-policy={policy}"))
}

/// Starts a remote with a config that it confirms by 304.
fn remote() -> Remote {
    let remote = Remote::http(Reply::Hang);
    recover(&remote);
    remote
}

fn recover(remote: &Remote) {
    remote.script(|request| match request.header("if-none-match") {
        Some("\"v1\"") => Reply::status(304),
        _ => Reply::config(config("good")).header("ETag", "\"v1\""),
    });
}

fn wait_until_stale(daemon: &Served, stale: bool) {
    wait_until("staleness", || {
        (daemon.status()["staleness"]["stale"] == stale).then_some(())
    });
}

/// Returns the status of `/readyz` on the serving listeners and the admin plane.
fn readiness(daemon: &Served) -> [u16; 3] {
    [
        daemon.tcp().bare("GET", "/readyz").status,
        daemon.unix().bare("GET", "/readyz").status,
        daemon.admin("GET", "/readyz").status,
    ]
}

#[test]
fn a_stale_table_has_the_effect_of_the_policy_until_a_pull_confirms_it() {
    for (policy, ready) in [("ignore", 200), ("warn", 200), ("unready", 503)] {
        let remote = remote();
        let daemon = pulling(&remote, policy).spawn();
        assert_eq!(readiness(&daemon), [200; 3]);
        remote.set(Reply::status(500));
        wait_until_stale(&daemon, true);
        assert_eq!(readiness(&daemon), [ready; 3], "{policy}");
        let answer = daemon.admin("GET", "/readyz").json();
        assert_eq!(answer["ready"], ready == 200);
        if ready == 503 {
            assert_eq!(answer["notReadyBecause"][0]["reason"], "stale");
        }
        // The table stays live.
        assert_eq!(super::live_label(&daemon).as_deref(), Some("good"));
        // A 304 confirms the table as well as a config would.
        recover(&remote);
        wait_until_stale(&daemon, false);
        assert_eq!(readiness(&daemon), [200; 3]);
        let log = daemon.stop();
        let warned = log.iter().filter(|line| line.contains("is stale")).count();
        assert_eq!(warned, usize::from(policy != "ignore"), "{policy}: {log:?}");
    }
}

#[test]
fn a_refused_config_does_not_confirm_the_live_one() {
    let remote = remote();
    let daemon = pulling(&remote, "unready").start();
    remote.set(Reply::config("not JSON"));
    wait_until_stale(&daemon, true);
    assert_eq!(readiness(&daemon), [503; 3]);
}

#[test]
fn the_age_of_the_table_grows_during_an_outage_of_the_remote() {
    let remote = remote();
    let daemon = pulling(&remote, "ignore").start();
    remote.set(Reply::Hang);
    let age = || daemon.status()["staleness"]["ageMs"].as_u64().unwrap();
    wait_until("the age to grow", || (age() > 500).then_some(()));
    let (first, second) = (age(), age());
    assert!(second >= first);
}
