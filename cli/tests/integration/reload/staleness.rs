//! T9: a table that nobody confirms any more is seen to grow old, and does what the policy says.

use super::remote::{Remote, Reply, wait_until};
use super::{config, plan};
use crate::serve::daemon::{Daemon, Plan};

fn pulling(remote: &Remote, policy: &str) -> Plan {
    plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("ac.route.pull-route-config-fixed-delay=100")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
        .set("reload.stale-after-ms=1500")
        .set(&format!("reload.stale-policy={policy}"))
}

/// A remote with a config that it confirms by 304.
fn remote() -> Remote {
    let remote = Remote::http(Reply::Hang);
    come_back(&remote);
    remote
}

fn come_back(remote: &Remote) {
    remote.script(|request| match request.header("if-none-match") {
        Some("\"v1\"") => Reply::status(304),
        _ => Reply::config(config("good")).header("ETag", "\"v1\""),
    });
}

fn wait_until_stale(daemon: &Daemon, stale: bool) {
    wait_until("staleness", || {
        (daemon.status()["staleness"]["stale"] == stale).then_some(())
    });
}

/// The status of `/readyz` on the serving listeners and the admin plane.
fn readiness(daemon: &Daemon) -> [u16; 3] {
    [
        daemon.tcp().bare("GET", "/readyz").status,
        daemon.unix().bare("GET", "/readyz").status,
        daemon.admin("GET", "/readyz").status,
    ]
}

#[test]
fn an_old_table_does_what_the_policy_says_until_a_check_confirms_it() {
    for (policy, ready) in [("ignore", 200), ("warn", 200), ("unready", 503)] {
        let remote = remote();
        let daemon = pulling(&remote, policy).start();
        assert_eq!(readiness(&daemon), [200; 3]);
        remote.set(Reply::status(500));
        wait_until_stale(&daemon, true);
        assert_eq!(readiness(&daemon), [ready; 3], "{policy}");
        let answer = daemon.admin("GET", "/readyz").json();
        assert_eq!(answer["ready"], ready == 200);
        if ready == 503 {
            assert_eq!(answer["notReadyBecause"][0]["reason"], "stale");
        }
        // It goes on to serve.
        assert_eq!(super::serving(&daemon).as_deref(), Some("good"));
        // A 304 is as good as a new config.
        come_back(&remote);
        wait_until_stale(&daemon, false);
        assert_eq!(readiness(&daemon), [200; 3]);
        let log = daemon.stop();
        let warned = log.iter().filter(|line| line.contains("is stale")).count();
        assert_eq!(warned, usize::from(policy != "ignore"), "{policy}: {log:?}");
    }
}

/// A remote that answers, but with what is refused, confirms nothing.
#[test]
fn a_refused_config_does_not_make_the_old_one_young() {
    let remote = remote();
    let daemon = pulling(&remote, "unready").start();
    remote.set(Reply::config("not JSON"));
    wait_until_stale(&daemon, true);
    assert_eq!(readiness(&daemon), [503; 3]);
}

/// Its age tells how long it was not confirmed.
#[test]
fn the_age_grows_with_an_outage() {
    let remote = remote();
    let daemon = pulling(&remote, "ignore").start();
    remote.set(Reply::Hang);
    let age = || daemon.status()["staleness"]["ageMs"].as_u64().unwrap();
    wait_until("the age to grow", || (age() > 500).then_some(()));
    let (first, second) = (age(), age());
    assert!(second >= first);
}
