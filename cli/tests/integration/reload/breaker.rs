//! T11: a config in whose compiling the daemon died three times is set aside; nothing else is.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::json;

use super::remote::{Remote, Reply, wait_until};
use super::{config, plan, serving, store};
use crate::serve::daemon::Plan;

/// A config that takes long to compile: enough for a kill to come in time.
fn heavy() -> String {
    let rules: Vec<_> = (0..400)
        .map(|index| {
            let regex = format!("{index:04}(?:[a-f]{{1,40}}[0-9]|x[0-9]{{2,30}}y){{1,30}}z");
            json!({"id": format!("heavy-{index}"), "match": {"regex": regex},
                   "action": {"type": "DECODE"}})
        })
        .collect();
    json!({"format": "codeid/1", "version": "heavy", "rules": rules}).to_string()
}

fn pulling(plan: Plan, remote: &Remote) -> Plan {
    plan.set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("compile.max-rule-states=10000000")
        .set("compile.max-states=100000000")
        .set("reload.journal-path=journal.json")
}

/// Waits until `child` compiles, and kills it then.
fn kill_while_it_compiles(mut child: Child, journal: &Path, deaths: u64) {
    wait_until("the journal", || {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "ended by itself: {ended:?}");
        let text = fs::read(journal).ok()?;
        // It tells how many died before this one.
        let journal: serde_json::Value = serde_json::from_slice(&text).ok()?;
        (journal["deaths"] == deaths).then_some(())
    });
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_killed_three_times_is_set_aside() {
    let remote = Remote::http(Reply::config(config("good")));
    let plan = pulling(plan(), &remote);
    let journal = plan.directory.path().join("journal.json");
    // A good one first, which is saved.
    let mut child = plan.command("serve").stderr(Stdio::null()).spawn().unwrap();
    let store = store(plan.directory.path());
    wait_until("the good config to be saved", || {
        store.exists().then_some(())
    });
    child.kill().unwrap();
    child.wait().unwrap();

    remote.set(Reply::config(heavy()));
    for deaths in 0..3 {
        let child = plan.command("serve").stderr(Stdio::null()).spawn().unwrap();
        kill_while_it_compiles(child, &journal, deaths);
    }
    let mut daemon = plan.start();
    assert_eq!(serving(&daemon).as_deref(), Some("good"));
    let status = daemon.status();
    assert_eq!(status["table"]["level"], "LOCAL");
    assert!(
        status["sources"]["remote"]["refusal"].is_object(),
        "{status}"
    );
    assert!(
        daemon.log.iter().any(|line| line.contains("set aside")),
        "{:?}",
        daemon.log
    );
    // Another config is taken, and after it the world is as before.
    remote.set(Reply::config(config("repaired")));
    daemon.signal("HUP");
    daemon.wait_for_line("repaired");
    wait_until("it to serve", || {
        (serving(&daemon).as_deref() == Some("repaired")).then_some(())
    });
}

#[test]
fn what_is_set_aside_does_not_come_back_by_another_level() {
    // Kept as the last good config, and fatal since, as after an upgrade.
    let remote = Remote::http(Reply::status(503));
    let plan = pulling(plan(), &remote);
    let journal = plan.directory.path().join("journal.json");
    let store = store(plan.directory.path());
    fs::create_dir_all(store.parent().unwrap()).unwrap();
    fs::write(&store, heavy()).unwrap();
    for deaths in 0..3 {
        let child = plan.command("serve").stderr(Stdio::null()).spawn().unwrap();
        kill_while_it_compiles(child, &journal, deaths);
    }
    let plan = plan.set("ac.route.init-route-config-level=LOCAL");
    let line = plan.fail();
    assert!(line.starts_with("STORAGE_CONFIG_LOAD_FAILED: "), "{line}");
    assert!(line.contains("set aside"), "{line}");
    let plan = plan.set("ac.route.init-route-config-level=PRESET");
    let daemon = plan.start();
    assert_eq!(daemon.status()["table"]["level"], "PRESET");
}

#[test]
fn kills_at_other_moments_do_not_count() {
    let remote = Remote::http(Reply::config(config("good")));
    let mut directory = plan().directory;
    for _ in 0..5 {
        let daemon = pulling(Plan::bare_in(directory), &remote)
            .set("listen.http=off")
            .set("listen.unix=codeid.sock")
            .set("ac.route.init-route-config-level=REMOTE")
            .start();
        assert_eq!(serving(&daemon).as_deref(), Some("good"));
        let journal = daemon.directory.path().join("journal.json");
        assert!(!journal.exists(), "{:?}", fs::read_to_string(journal));
        directory = daemon.kill();
    }
}
