//! Commands: apply, rollback, reload, freeze, thaw, drain, log-level.

use serde_json::Value;

use super::{assert_has, changed, following, json, printed, refused, words};
use crate::rules::remote::{Remote, Reply};
use crate::serve::daemon::{Daemon, Plan, Process, RULES, Served};

fn version(daemon: &Served) -> String {
    let status = daemon.status();
    status["table"]["version"].as_str().unwrap().to_owned()
}

#[test]
fn a_config_is_compared_and_applied() {
    let daemon = Process::start();
    daemon.directory.write("v2.json", changed("v2", "12.5"));
    let output = printed(&daemon, &["apply", "v2.json"]);
    assert_has(
        &output,
        &[
            "  ~ order changed\n",
            "v2.json: good: version v2, 3 rules,",
            "\nactivated: generation 2, version v2, 3 rules, sha256 ",
            "\nfrozen since ",
            ", who applied a config\nthe sources are not followed until codeid admin thaw\n",
        ],
    );
    assert_eq!(version(&daemon), "v2");
    let output = printed(&daemon, &["apply", "v2.json"]);
    assert_has(
        &output,
        &["no rule changes", "\nunchanged: generation 2, version v2,"],
    );
    daemon.directory.write("v3.json", changed("v3", "50"));
    let applied = json(&daemon, &["apply", "v3.json"]);
    assert_eq!(
        (&applied["outcome"], &applied["generation"]),
        (&"activated".into(), &3.into())
    );
    assert_eq!(version(&daemon), "v3");
}

#[test]
fn a_config_with_errors_or_warnings_that_are_denied_is_not_applied() {
    let daemon = Process::start();
    daemon
        .directory
        .write("bad.json", RULES.replace("DECODE", "ENCODE"));
    let ran = refused(&daemon, 1, &["apply", "bad.json"]);
    assert_has(
        &ran.stdout,
        &[
            "error: ",
            " --> bad.json:3:",
            "refused: 1 error,",
            "nothing was applied\n",
        ],
    );
    let ran = refused(&daemon, 1, &["apply", "bad.json", "--json", "--force"]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["problems"][0]["code"], "unknown-action");
    assert_eq!(answer["problems"][0]["pointer"], "/rules/1/action/type");
    let exact = r#""regex": "281001""#;
    daemon.directory.write(
        "warned.json",
        RULES.replace(r#""regex": "281\\d{3}04.+""#, exact),
    );
    let ran = refused(&daemon, 1, &["apply", "warned.json", "--deny-warnings"]);
    assert_has(&ran.stdout, &["1 warning;", "nothing was applied\n"]);
    refused(
        &daemon,
        1,
        &["apply", "warned.json", "--deny-warnings", "--json"],
    );
    assert_eq!(daemon.status()["table"]["generation"], 1);
    printed(&daemon, &["apply", "warned.json"]);
    assert_eq!(daemon.status()["table"]["generation"], 2);
}

#[test]
fn a_config_without_some_live_rules_passes_and_is_applied() {
    let rule = |n: usize| {
        format!(r#"{{"id": "r{n}", "match": {{"exact": "{n}"}}, "action": {{"type": "DECODE"}}}}"#)
    };
    let config = |count: usize| {
        let rules: Vec<String> = (0..count).map(rule).collect();
        let rules = rules.join(",\n");
        format!("{{\"format\": \"codeid/1\", \"version\": \"{count}\", \"rules\": [{rules}]}}")
    };
    let daemon = Plan::with_rules(config(30)).start();
    daemon.directory.write("fewer.json", config(3));
    let output = printed(&daemon, &["check", "--deny-warnings", "fewer.json"]);
    assert_has(
        &output,
        &[
            "  - r22 removed: exact ",
            "  - and 7 more removed: --json lists all\n  3 rules unchanged\n",
            "3 rules, 0 errors, 0 warnings;",
        ],
    );
    assert!(!output.contains("r23"), "{output}");
    let checked = json(&daemon, &["check", "--deny-warnings", "fewer.json"]);
    let removed = checked["changes"]["removed"].as_array().unwrap();
    assert_eq!(
        (removed.len(), &checked["warnings"]),
        (27, &serde_json::json!([]))
    );
    printed(&daemon, &["apply", "--deny-warnings", "fewer.json"]);
    assert_eq!(version(&daemon), "3");
}

#[test]
fn another_config_than_the_compared_one_is_not_replaced() {
    let daemon = Daemon::start();
    daemon.directory.write("v2.json", changed("v2", "1"));
    let sha256 = daemon.status()["table"]["sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = "0".repeat(64);
    let ran = refused(&daemon, 1, &["apply", "v2.json", "--if-match", &other]);
    assert_has(
        &ran.stderr,
        &[
            "error: another route config is live: ",
            &sha256,
            "; compare with the live config",
        ],
    );
    let ran = refused(
        &daemon,
        1,
        &["apply", "v2.json", "--if-match", &other, "--json"],
    );
    let refusal: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(refusal["error"], "ifMatchStale");
    assert_eq!(version(&daemon), "test-7");
    printed(
        &daemon,
        &["apply", "v2.json", "--if-match", &sha256.to_uppercase()],
    );
    assert_eq!(version(&daemon), "v2");
    daemon.directory.write("v3.json", changed("v3", "1"));
    printed(&daemon, &["apply", "v3.json", "--force"]);
    assert_eq!(version(&daemon), "v3");
    refused(&daemon, 2, &["apply", "v3.json", "--if-match", "abc"]);
    refused(
        &daemon,
        2,
        &["apply", "v3.json", "--if-match", &other, "--force"],
    );
}

#[test]
fn a_second_rollback_undoes_the_first() {
    let daemon = Daemon::start();
    let ran = refused(&daemon, 1, &["rollback", "--previous"]);
    assert_has(
        &ran.stderr,
        &[
            "the history, which has the last 20 tables since the daemon started, holds no other config \
             than the live one; codeid admin apply FILE makes another one live\n",
        ],
    );
    for (name, config) in [
        ("v2.json", changed("v2", "1")),
        ("v3.json", changed("v3", "1")),
    ] {
        daemon.directory.write(name, config);
        printed(&daemon, &["apply", name]);
    }
    let output = printed(&daemon, &["rollback", "--previous"]);
    assert_has(
        &output,
        &[
            "activated: generation 4, version v2,",
            ", who rolled back\nthe sources",
        ],
    );
    assert_eq!(version(&daemon), "v2");
    let rolled_back = json(&daemon, &["rollback", "--previous"]);
    assert_eq!(rolled_back["generation"], 5);
    assert_eq!(version(&daemon), "v3");
    printed(&daemon, &["rollback", "1"]);
    assert_eq!(version(&daemon), "test-7");
    let ran = refused(&daemon, 1, &["rollback", "99"]);
    assert_has(
        &ran.stderr,
        &["error: the history does not hold generation 99"],
    );
    refused(&daemon, 2, &["rollback"]);
    refused(&daemon, 2, &["rollback", "1", "--previous"]);
}

#[test]
fn a_freeze_lasts_until_the_thaw() {
    let (daemon, file) = following(RULES);
    let output = printed(&daemon, &["freeze", "--reason", "bank holiday\u{1b}[31m"]);
    assert_has(
        &output,
        &[
            "frozen since ",
            ", who froze it; reason: bank holiday\\u{1b}[31m\n",
        ],
    );
    assert_has(
        &printed(&daemon, &["status"]),
        &[
            "who froze it; reason: bank holiday",
            "codeid admin thaw ends it",
        ],
    );
    std::fs::write(&file, changed("v2", "1")).unwrap();
    let ran = refused(&daemon, 1, &["reload"]);
    assert_has(
        &ran.stderr,
        &[
            "error: the live route config is frozen by ",
            "; thaw it first (codeid admin thaw; apply and rollback also have --override)\n",
        ],
    );
    assert_eq!(version(&daemon), "test-7");
    let ran = refused(&daemon, 1, &["freeze", "--reason", &"x".repeat(201)]);
    assert_has(&ran.stderr, &["201 characters, more than 200"]);
    std::fs::write(&file, changed("v2", "1")).unwrap();
    let applied = file.with_file_name("applied.json");
    std::fs::write(&applied, changed("v3", "1")).unwrap();
    let applied = applied.to_str().unwrap();
    let ran = refused(&daemon, 1, &["apply", applied]);
    assert_has(
        &ran.stderr,
        &[
            "was frozen by uid ",
            "bank holiday",
            "; thaw it first, or override the freeze (codeid admin thaw; apply and rollback also have \
             --override)\n",
        ],
    );
    printed(&daemon, &["apply", applied, "--override"]);
    assert_eq!(version(&daemon), "v3");
    assert_has(
        &printed(&daemon, &["thaw"]),
        &["REMOTE", "thawed: the daemon follows its sources; the "],
    );
    assert_eq!(version(&daemon), "v2");
    assert_has(
        &printed(&daemon, &["thaw"]),
        &["nothing was frozen: the daemon follows its sources"],
    );
}

#[test]
fn a_saved_config_that_hides_the_preset_is_forgotten() {
    let plan = Plan::new();
    let saved = plan.directory.path().join("data/route-config.json");
    std::fs::create_dir(saved.parent().unwrap()).unwrap();
    std::fs::write(&saved, changed("saved", "1")).unwrap();
    let daemon = plan.spawn();
    assert_eq!(version(&daemon), "saved");
    let hidden = ["hidden ", "routes.json", "codeid admin forget", "since "];
    assert_has(&printed(&daemon, &["status"]), &hidden);
    printed(&daemon, &["freeze", "--reason", "bank holiday"]);
    let ran = refused(&daemon, 1, &["forget"]);
    assert_has(&ran.stderr, &["was frozen by uid ", "bank holiday"]);
    assert_has(
        &printed(&daemon, &["forget", "--override"]),
        &[
            "the saved config is forgotten; the live one is frozen and stays until codeid admin thaw",
        ],
    );
    printed(&daemon, &["thaw"]);
    assert_eq!(version(&daemon), "test-7");
    std::fs::write(&saved, changed("saved", "1")).unwrap();
    printed(&daemon, &["reload"]);
    assert_eq!(version(&daemon), "saved");
    assert_has(
        &printed(&daemon, &["forget"]),
        &[
            "PRESET",
            "the saved config is forgotten; the config of a source is live",
        ],
    );
    assert_eq!(version(&daemon), "test-7");
    let forgotten = json(&daemon, &["forget"]);
    assert_eq!(forgotten["wasSaved"], false);
    assert!(!printed(&daemon, &["status"]).contains("hidden"));
}

#[test]
fn a_reload_reports_the_check_of_each_source() {
    let (daemon, file) = following(RULES);
    let output = printed(&daemon, &["reload"]);
    assert_has(
        &words(&output),
        &[
            "SOURCE OUTCOME WHY\nREMOTE unchanged\n",
            "\nunchanged; generation 1 is live, sha256 ",
        ],
    );
    std::fs::write(&file, RULES.replace("DECODE", "ENCODE")).unwrap();
    let ran = refused(&daemon, 1, &["reload"]);
    assert_has(
        &words(&ran.stdout),
        &["REMOTE refused ", "\nrefused; generation 1 is live"],
    );
    let ran = refused(&daemon, 1, &["reload", "--json"]);
    let reloaded: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(reloaded["checks"][0]["outcome"], "refused");
    let status = printed(&daemon, &["status"]);
    assert_has(
        &status,
        &[
            "REMOTE refused",
            "REMOTE gives a config that is refused since ",
            "rule order: ",
        ],
    );
}

#[test]
fn a_reload_is_awaited_up_to_the_given_time() {
    let remote = Remote::http(Reply::config(RULES));
    let pull = format!("ac.route.pull-route-config-url={}", remote.url());
    let daemon = Plan::new().set(&pull).start();
    assert_has(
        &printed(&daemon, &["reload", "--wait"]),
        &["unchanged; generation 1 is live"],
    );
    remote.set(Reply::status(500));
    refused(&daemon, 1, &["reload", "--wait", "30"]);
    remote.set(Reply::Hang);
    let ran = refused(&daemon, 3, &["reload", "--wait=1"]);
    assert_has(
        &ran.stderr,
        &[
            "error: the command may have been carried out, which codeid admin status shows: ",
            " sent no complete response within 1 s",
        ],
    );
    for seconds in ["0", "61", "x"] {
        refused(&daemon, 2, &["reload", "--wait", seconds]);
    }
}

#[test]
fn the_log_level_is_shown_and_set() {
    let daemon = Process::start();
    assert_eq!(printed(&daemon, &["log-level"]), "info\n");
    assert_eq!(printed(&daemon, &["log-level", "debug"]), "debug\n");
    assert_eq!(printed(&daemon, &["log-level"]), "debug\n");
    assert_eq!(json(&daemon, &["log-level", "warn"])["level"], "warn");
    let ran = refused(&daemon, 2, &["log-level", "loud"]);
    assert_has(
        &ran.stderr,
        &["[possible values: error, warn, info, debug, trace]"],
    );
}

#[test]
fn a_drained_daemon_is_not_ready() {
    let daemon = Plan::new().start();
    assert_eq!(printed(&daemon, &["status", "--ready"]), "ready\n");
    assert_eq!(
        json(&daemon, &["status", "--ready"]),
        daemon.admin("GET", "/readyz").json()
    );
    let output = printed(&daemon, &["drain"]);
    assert_has(&output, &["draining: no longer ready"]);
    let ran = refused(&daemon, 1, &["status", "--ready"]);
    assert_eq!(ran.stdout, "not ready: An operator drained the daemon.\n");
    assert_eq!(ran.stderr, "");
    let ran = refused(&daemon, 1, &["status", "--ready", "--json"]);
    let readiness: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(readiness["notReadyBecause"][0]["reason"], "draining");
    assert_has(
        &printed(&daemon, &["status"]),
        &[
            ", draining\n",
            "ready        no\n",
            "An operator drained the daemon.",
        ],
    );
    assert_eq!(json(&daemon, &["drain"])["draining"], true);
    daemon.stop();
}

#[test]
fn a_drain_is_taken_back() {
    let daemon = Plan::new().set("serve.lame-duck-ms=600000").start();
    printed(&daemon, &["drain"]);
    assert_has(
        &printed(&daemon, &["status"]),
        &[", draining, lame duck since 2"],
    );
    let output = printed(&daemon, &["undrain"]);
    assert_has(&output, &["not draining: the daemon accepts connections"]);
    printed(&daemon, &["status", "--ready"]);
    assert_eq!(json(&daemon, &["undrain"])["draining"], false);
}
