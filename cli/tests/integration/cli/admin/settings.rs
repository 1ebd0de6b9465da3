//! `codeid settings --running`.

use serde_json::Value;

use super::{assert_has, beside, words};
use crate::serve::daemon::{Daemon, Plan, Served};

fn running(daemon: &Served, arguments: &[&str]) -> crate::cli::Ran {
    beside(daemon, &[&["settings", "--running"], arguments].concat())
}

/// Returns the object of a setting, of those with `--json`.
fn find(daemon: &Served, key: &str, arguments: &[&str]) -> Value {
    let ran = running(daemon, &[arguments, &["--json"]].concat());
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    let settings: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap();
    let found = settings.into_iter().find(|setting| setting["key"] == key);
    found.unwrap_or_else(|| panic!("no {key} in {}", ran.stdout))
}

#[test]
fn a_setting_that_a_start_now_would_change_is_marked() {
    let daemon = Plan::new()
        .set("listen.backlog=7")
        .set("proxy.login-check-timeout-ms=1500")
        .start();
    let same = ["--set", "proxy.login-check-timeout-ms=1500"];
    let text = words(&running(&daemon, &same).stdout);
    assert_has(
        &text,
        &[
            "\nlisten.backlog 7 --set\n-> 4096 default\n",
            "\nproxy.login-check-timeout-ms 1500 --set\n",
            "\nserve.drain-deadline-ms 15000 default\n",
            "\na start now would change ",
        ],
    );
    assert!(!text.contains("1500 --set\n->"), "{text}");
    let backlog = find(&daemon, "listen.backlog", &[]);
    assert_eq!(backlog["value"], 7);
    assert_eq!(backlog["source"], "command-line");
    assert_eq!(backlog["next"]["value"], 4096);
    assert_eq!(backlog["next"]["from"], "default");
    assert_eq!(
        find(&daemon, "serve.drain-deadline-ms", &[])["next"],
        Value::Null
    );
    // A file that was edited since the start.
    std::fs::create_dir(daemon.directory.path().join("config")).unwrap();
    daemon
        .directory
        .write("config/codeid.toml", "[listen]\nbacklog = 9\n");
    let backlog = find(&daemon, "listen.backlog", &[]);
    assert_eq!(backlog["value"], 7);
    assert_eq!(backlog["next"]["value"], 9);
    assert_eq!(backlog["next"]["from"], "config/codeid.toml:2");
}

#[test]
fn a_key_that_only_one_of_both_has_is_marked() {
    let daemon = Daemon::start();
    let added = ["--set", "proxy.public-keys.2=two.pem"];
    let key = find(&daemon, "proxy.public-keys.2", &added);
    assert_eq!(
        (&key["value"], &key["source"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(key["next"]["value"], "two.pem");
    let text = words(&running(&daemon, &added).stdout);
    assert_has(
        &text,
        &["\nproxy.public-keys.2 - not set\n-> two.pem --set\n"],
    );
}

#[test]
fn no_secret_of_a_url_is_shown() {
    let url = "http://127.0.0.1:1/routes?token=planted";
    let daemon = Plan::new()
        .set(&format!("ac.route.pull-route-config-url={url}"))
        .start();
    let response = daemon.admin("GET", "/v1/settings");
    assert_eq!(response.status, 200);
    let body = String::from_utf8(response.body).unwrap();
    assert!(
        body.contains("http://127.0.0.1:1/routes") && !body.contains("planted"),
        "{body}"
    );
    let shown = find(&daemon, "ac.route.pull-route-config-url", &[]);
    assert_eq!(shown["value"], "http://127.0.0.1:1/routes");
}

#[test]
fn the_daemon_is_found_as_the_admin_commands_find_it() {
    let daemon = Plan::new().set("admin.unix=elsewhere.sock").start();
    let ran = running(&daemon, &[]);
    assert_eq!(ran.status, 3);
    assert_has(
        &ran.stderr,
        &["no daemon is listening on run/codeid.admin.sock"],
    );
    assert_eq!(running(&daemon, &["--socket", "elsewhere.sock"]).status, 0);
    assert_eq!(
        running(&daemon, &["--set", "admin.unix=elsewhere.sock"]).status,
        0
    );
    assert_eq!(running(&daemon, &["--set", "admin.unix=off"]).status, 1);
    assert_eq!(beside(&daemon, &["settings", "--socket", "x"]).status, 2);
    // What a start now would refuse is reported first.
    let ran = running(&daemon, &["--set", "listen.backlog=0"]);
    assert_eq!(ran.status, 1);
    assert_has(&ran.stderr, &["PARAM_ILLEGAL: "]);
}
