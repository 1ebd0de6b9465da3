//! A saved config that hides the file of the preset is reported, and an operator has the storage forget it.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{ANYTHING, apply, audit, good, post, post_with, refusal, version};
use crate::rules::remote::{Remote, Reply, wait_until};
use crate::rules::{config, plan, store};
use crate::serve::client::Client;
use crate::serve::daemon::{Directory, Plan, Served};

const OVERRIDE: &str = "X-Codeid-Override: true\r\n";

/// Writes a saved config and a file of the preset. Returns a plan of a daemon with both.
fn plan_with(saved: &str, preset: &str) -> Plan {
    let plan = plan();
    save(plan.directory.path(), saved);
    plan.directory.write("preset.json", preset);
    plan.set("ac.route.preset-route-config-path=preset.json")
        .set("watch.debounce-ms=40")
}

fn save(directory: &Path, saved: &str) {
    fs::create_dir_all(directory.join("data")).unwrap();
    fs::write(store(directory), saved).unwrap();
}

/// Returns a plan of a daemon in the directory of one that was killed.
fn again(directory: Directory) -> Plan {
    Plan::bare_in(directory)
        .set("listen.http=127.0.0.1:0")
        .set("ac.route.preset-route-config-path=preset.json")
}

fn hidden(daemon: &Served) -> Value {
    daemon.status()["hiddenPreset"].clone()
}

/// Returns level and outcome of each check.
fn checks(forgotten: &Value) -> Vec<(String, String)> {
    let checks = forgotten["checks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    checks
        .map(|check| (text(&check["level"]), text(&check["outcome"])))
        .collect()
}

fn outcomes(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(level, outcome): &(&str, &str)| ((*level).to_owned(), (*outcome).to_owned());
    expected.iter().map(owned).collect()
}

#[test]
fn a_preset_that_a_saved_config_hides_is_reported_until_it_is_forgotten() {
    let mut daemon = plan_with(&config("saved"), &config("preset")).spawn();
    let warned = |line: &&String| line.contains(" WARN ") && line.contains("codeid admin forget");
    let warnings: Vec<_> = daemon.log.iter().filter(warned).collect();
    assert_eq!(warnings.len(), 1, "{:?}", daemon.log);
    assert!(warnings[0].contains("preset.json"), "{warnings:?}");
    assert_eq!(version(&daemon), "saved");
    let first = hidden(&daemon);
    assert_eq!(first["file"], "preset.json");
    let detail = first["detail"].as_str().unwrap();
    for part in [
        "preset.json",
        "data/route-config.json",
        "codeid admin forget",
    ] {
        assert!(detail.contains(part), "{detail}");
    }

    // An edit in vain is reported as well; one that makes both equal ends it.
    let preset = daemon.directory.path().join("preset.json");
    fs::write(&preset, config("edited")).unwrap();
    daemon.wait_for_line("codeid admin forget");
    let second = hidden(&daemon);
    assert_ne!(second["sha256"], first["sha256"]);
    assert_eq!(second["since"], first["since"]);
    fs::write(&preset, config("saved")).unwrap();
    wait_until("no hidden preset", || {
        hidden(&daemon).is_null().then_some(())
    });
    fs::write(&preset, config("edited")).unwrap();
    daemon.wait_for_line("codeid admin forget");
    assert_eq!(version(&daemon), "saved");

    let forgotten = good(&post(&daemon, "/v1/forget", ""));
    assert_eq!(forgotten["wasSaved"], true);
    assert_eq!(forgotten["notAskedBecause"], Value::Null);
    let expected = [
        ("REMOTE", "absent"),
        ("LOCAL", "absent"),
        ("PRESET", "activated"),
    ];
    assert_eq!(checks(&forgotten), outcomes(&expected));
    assert_eq!(version(&daemon), "edited");
    assert_eq!(hidden(&daemon), Value::Null);
    assert!(!store(daemon.directory.path()).exists());
    let lines = audit(&daemon);
    let sha256 = &daemon.status()["table"]["sha256"];
    assert_eq!(
        (&lines[0]["action"], &lines[0]["outcome"]),
        (&json!("forget"), &json!("intended"))
    );
    assert_eq!(
        (&lines[1]["outcome"], &lines[1]["to"]),
        (&json!("done"), sha256)
    );
    assert_ne!(lines[1]["from"], *sha256);

    // From now on the file is followed, also after a kill.
    fs::write(&preset, config("followed")).unwrap();
    wait_until("followed", || {
        (version(&daemon) == "followed").then_some(())
    });
    let daemon = again(daemon.kill()).spawn();
    assert_eq!(daemon.status()["table"]["level"], "PRESET");
    assert_eq!(version(&daemon), "followed");
    daemon.stop();
}

#[test]
fn a_preset_that_is_not_hidden_is_not_reported() {
    // The same bytes.
    let daemon = plan_with(&config("same"), &config("same")).start();
    assert_eq!(hidden(&daemon), Value::Null);
    assert_eq!(daemon.status()["table"]["level"], "LOCAL");
    daemon.stop();
    // A start that may not use the preset.
    let daemon = plan_with(&config("saved"), &config("preset"))
        .set("ac.route.init-route-config-level=LOCAL")
        .start();
    assert_eq!(hidden(&daemon), Value::Null);
    daemon.stop();
    // A remote that comes before both.
    let remote = Remote::http(Reply::config(config("remote")));
    let url = format!("ac.route.pull-route-config-url={}", remote.url());
    let daemon = plan_with(&config("saved"), &config("preset"))
        .set(&url)
        .start();
    assert_eq!(version(&daemon), "remote");
    assert_eq!(hidden(&daemon), Value::Null);
    daemon.stop();
    // The preset that the program carries.
    let built_in = plan();
    save(built_in.directory.path(), &config("saved"));
    let daemon = built_in.start();
    assert_eq!(hidden(&daemon), Value::Null);
    daemon.stop();
}

#[test]
fn without_a_valid_config_of_a_source_the_live_one_stays_until_there_is_one() {
    let daemon = plan_with(&config("saved"), "{").start();
    let forgotten = good(&post(&daemon, "/v1/forget", "{}"));
    let expected = [
        ("REMOTE", "absent"),
        ("LOCAL", "absent"),
        ("PRESET", "refused"),
    ];
    assert_eq!(checks(&forgotten), outcomes(&expected));
    assert!(forgotten["checks"][2]["why"].is_string());
    assert_eq!(version(&daemon), "saved");
    let forgotten = good(&post(&daemon, "/v1/forget", "{}"));
    assert_eq!(forgotten["wasSaved"], false);
    assert_eq!(version(&daemon), "saved");
    daemon.directory.write("preset.json", config("valid"));
    wait_until("valid", || (version(&daemon) == "valid").then_some(()));
    daemon.stop();
}

#[test]
fn with_a_remote_the_saved_config_is_removed_and_the_next_pull_saves_again() {
    let remote = Remote::http(Reply::config(config("one")).header("ETag", "\"1\""));
    let url = format!("ac.route.pull-route-config-url={}", remote.url());
    let daemon = plan_with(&config("old"), &config("preset"))
        .set(&url)
        .start();
    let saved = store(daemon.directory.path());
    assert_eq!(fs::read_to_string(&saved).unwrap(), config("one"));
    let forgotten = good(&post(&daemon, "/v1/forget", ""));
    assert_eq!(
        forgotten,
        json!({"wasSaved": true, "notAskedBecause": "remote", "checks": []})
    );
    assert!(!saved.exists());
    assert_eq!(version(&daemon), "one");
    assert_eq!(daemon.status()["save"]["lastGoodAt"], Value::Null);
    assert_eq!(remote.requests().len(), 1);
    good(&post(&daemon, "/v1/reload", ""));
    assert_eq!(remote.requests()[1].header("if-none-match"), None);
    assert_eq!(fs::read_to_string(&saved).unwrap(), config("one"));
    daemon.stop();
}

#[test]
fn a_freeze_must_be_overridden_and_stays() {
    let daemon = plan_with(&config("saved"), &config("preset")).spawn();
    let saved = store(daemon.directory.path());
    good(&post(&daemon, "/v1/freeze", r#"{"reason": "INC-7"}"#));
    let refused = post(&daemon, "/v1/forget", "");
    assert_eq!(refusal(&refused), (409, "frozen".to_owned()));
    assert!(refused.json()["detail"].as_str().unwrap().contains("INC-7"));
    assert!(saved.exists());
    let forgotten = good(&post_with(&daemon, "/v1/forget", OVERRIDE, ""));
    assert_eq!(
        forgotten,
        json!({"wasSaved": true, "notAskedBecause": "frozen", "checks": []})
    );
    assert!(!saved.exists());
    assert_eq!(version(&daemon), "saved");
    // The freeze holds over a restart, and the preset is live after the thaw.
    let daemon = again(daemon.kill()).spawn();
    assert_eq!(version(&daemon), "saved");
    assert_eq!(daemon.status()["freeze"]["reason"], "INC-7");
    good(&post(&daemon, "/v1/thaw", ""));
    assert_eq!(version(&daemon), "preset");
    // A freeze by an apply needs no override, as for another apply.
    save(daemon.directory.path(), &config("later"));
    apply(&daemon, &config("mine"));
    let forgotten = good(&post(&daemon, "/v1/forget", ""));
    assert_eq!(forgotten["notAskedBecause"], "frozen");
    assert_eq!(version(&daemon), "mine");
    good(&post(&daemon, "/v1/thaw", ""));
    assert_eq!(version(&daemon), "preset");
    daemon.stop();
}

/// A storage in a directory that cannot be written to, and one that has no command for it.
#[test]
fn a_storage_that_does_not_forget_is_reported_and_nothing_changes() {
    let daemon = plan()
        .set("ac.route.save-route-config-path=/proc/version")
        .start();
    let before = daemon.status()["table"].clone();
    let refused = post(&daemon, "/v1/forget", "");
    assert_eq!(refusal(&refused), (507, "notSaved".to_owned()));
    let detail = refused.json()["detail"].to_string();
    assert!(detail.contains("cannot remove /proc/version"), "{detail}");
    assert_eq!(daemon.status()["table"], before);
    assert_eq!(audit(&daemon)[1]["outcome"], "notSaved");
    daemon.stop();

    let result = json!({"result": {"resultStatus": "S"}, "routeConfigData": config("saved")});
    let callback = Remote::http(Reply::config(result.to_string()));
    let uri = format!("callback+{}", callback.url());
    let daemon = plan_with("unused", &config("preset"))
        .set(&format!("ac.route.save-route-config-path={uri}"))
        .start();
    let file = hidden(&daemon)["file"].clone();
    assert!(file.as_str().unwrap().ends_with("preset.json"), "{file}");
    let asked = callback.requests().len();
    let refused = post(&daemon, "/v1/forget", "");
    assert_eq!(refusal(&refused), (507, "notSaved".to_owned()));
    let detail = refused.json()["detail"].to_string();
    assert!(detail.contains("where the callback saves it"), "{detail}");
    assert_eq!(callback.requests().len(), asked);
    assert_eq!(version(&daemon), "saved");
    assert_eq!(hidden(&daemon)["file"], file);
    daemon.stop();
}

#[test]
fn a_request_that_is_wrong_forgets_nothing() {
    let daemon = plan_with(&config("saved"), &config("preset")).start();
    for (headers, body) in [
        ("", "[]"),
        ("", r#"{"all": true}"#),
        ("X-Codeid-Override: yes\r\n", ""),
    ] {
        let refused = post_with(&daemon, "/v1/forget", headers, body);
        assert_eq!(
            refusal(&refused),
            (400, "malformed".to_owned()),
            "{headers}{body}"
        );
    }
    assert!(store(daemon.directory.path()).exists());
    // A condition on the live config has no meaning here, and does no harm.
    good(&post_with(&daemon, "/v1/forget", ANYTHING, ""));
    daemon.stop();
}

/// Whenever the process dies, the config is saved or forgotten, and forgotten if that was acknowledged; no
/// config disappears without a record.
#[test]
fn a_kill_at_any_instant_leaves_a_whole_config_or_none() {
    let random = RandomState::new();
    let mut directory = plan_with(&config("saved"), &config("preset")).directory;
    for round in 0..12_u32 {
        save(directory.path(), &config("saved"));
        let daemon = again(directory).spawn();
        let recorded = audit(&daemon).len();
        let socket = daemon.directory.path().join("run/codeid.admin.sock");
        let forgetting = thread::spawn(move || {
            let mut client = Client::unix(&socket);
            let request = crate::serve::client::request("/v1/forget", "");
            client.try_send(request).is_ok()
                && client
                    .try_receive(true)
                    .is_ok_and(|answer| answer.status == 200)
        });
        // At some instant of a command that takes a few milliseconds.
        thread::sleep(Duration::from_micros(random.hash_one(round) % 12_000));
        directory = daemon.kill();
        let is_acknowledged = forgetting.join().unwrap();
        let left = fs::read_to_string(store(directory.path())).ok();
        match &left {
            Some(left) => assert_eq!((&**left, is_acknowledged), (&*config("saved"), false)),
            None => {
                let log = fs::read_to_string(directory.path().join("data/audit.jsonl")).unwrap();
                let new: Vec<&str> = log.lines().skip(recorded).collect();
                assert!(new[0].contains(r#""action":"forget""#), "{new:?}");
            }
        }
        let daemon = again(directory).spawn();
        let expected = if left.is_some() { "saved" } else { "preset" };
        assert_eq!(version(&daemon), expected);
        directory = daemon.kill();
    }
}
