//! T11: a config is set aside after three deaths of the daemon while compiling it, and no other is.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::json;

use super::remote::{Remote, Reply, wait_until};
use super::{config, live_label, plan, store};
use crate::serve::daemon::Plan;

/// Returns a config that takes so long to compile that a kill interrupts it.
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

/// Kills `child` once it compiles.
fn kill_while_it_compiles(mut child: Child, journal: &Path, deaths: u64) {
    wait_until("the journal", || {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "the daemon ended by itself: {ended:?}");
        let text = fs::read(journal).ok()?;
        // The number of earlier processes that died.
        let journal: serde_json::Value = serde_json::from_slice(&text).ok()?;
        (journal["deaths"] == deaths).then_some(())
    });
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_config_is_set_aside_after_three_kills_while_compiling_it() {
    let remote = Remote::http(Reply::config(config("good")));
    let plan = pulling(plan(), &remote);
    let journal = plan.directory.path().join("journal.json");
    // First a good config, which is saved.
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
    let mut daemon = plan.spawn();
    assert_eq!(live_label(&daemon).as_deref(), Some("good"));
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
    // Another config becomes live as usual.
    remote.set(Reply::config(config("repaired")));
    daemon.signal("HUP");
    daemon.wait_for_line("repaired");
    wait_until("the repaired config", || {
        (live_label(&daemon).as_deref() == Some("repaired")).then_some(())
    });
}

#[test]
fn a_config_that_is_set_aside_is_refused_from_every_source() {
    // A saved config that is fatal since, as after an upgrade.
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
fn a_kill_while_nothing_is_compiled_does_not_count() {
    let remote = Remote::http(Reply::config(config("good")));
    let mut directory = plan().directory;
    for _ in 0..5 {
        let daemon = pulling(Plan::bare_in(directory), &remote)
            .set("listen.http=off")
            .set("listen.unix=codeid.sock")
            .set("ac.route.init-route-config-level=REMOTE")
            .spawn();
        assert_eq!(live_label(&daemon).as_deref(), Some("good"));
        let journal = daemon.directory.path().join("journal.json");
        assert!(!journal.exists(), "{:?}", fs::read_to_string(journal));
        directory = daemon.kill();
    }
}
