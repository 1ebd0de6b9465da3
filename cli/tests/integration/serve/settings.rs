//! Settings: the order of their sources, and their errors.

use std::process::Output;

use serde_json::Value;

use super::daemon::{Directory, Plan};

/// Runs `codeid settings` with these sources, in a directory of its own.
fn settings(file: Option<&str>, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let directory = Directory::new();
    if let Some(text) = file {
        std::fs::create_dir(directory.path().join("config")).unwrap();
        directory.write("config/codeid.toml", text);
    }
    std::process::Command::new(env!("CARGO_BIN_EXE_codeid"))
        .arg("settings")
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(directory.path())
        .output()
        .unwrap()
}

fn shown(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn find<'a>(settings: &'a [Value], key: &str) -> (&'a Value, &'a str) {
    let setting = settings
        .iter()
        .find(|setting| setting["key"] == key)
        .unwrap();
    (&setting["value"], setting["from"].as_str().unwrap())
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("PARAM_ILLEGAL: "), "{stderr}");
    stderr
}

#[test]
fn the_later_source_wins() {
    let file = "[listen]\nhttp = \"127.0.0.1:1\"\nunix = \"file.sock\"\nbacklog = 7\n\
                [proxy]\nlogin-check-headers = [\"X-A\", \"x-b\"]\n[proxy.public-keys]\n2 = \"two.pem\"\n";
    let environment = [
        ("CODEID_LISTEN__HTTP", "127.0.0.1:2"),
        ("CODEID_LISTEN__UNIX", "environment.sock"),
        ("CODEID_SERVICE_HOST", "10.0.0.1"),
    ];
    let arguments = [
        "--json",
        "--set",
        "listen.http=127.0.0.1:3",
        "--set",
        "listen.http=127.0.0.1:4",
    ];
    let output = settings(Some(file), &environment, &arguments);
    let settings = shown(&output);
    assert_eq!(
        find(&settings, "listen.http"),
        (&"127.0.0.1:4".into(), "--set")
    );
    assert_eq!(
        find(&settings, "listen.unix"),
        (&"environment.sock".into(), "CODEID_LISTEN__UNIX")
    );
    assert_eq!(
        find(&settings, "listen.backlog"),
        (&7.into(), "config/codeid.toml:4")
    );
    assert_eq!(
        find(&settings, "listen.unix-mode"),
        (&"0660".into(), "default")
    );
    assert_eq!(
        find(&settings, "proxy.upstream-url"),
        (&Value::Null, "default")
    );
    let headers = find(&settings, "proxy.login-check-headers").0;
    assert_eq!(*headers, serde_json::json!(["x-a", "x-b"]));
    assert_eq!(
        find(&settings, "proxy.public-keys.2"),
        (&"two.pem".into(), "config/codeid.toml:8")
    );
}

#[test]
fn the_table_for_people_has_each_key_with_its_value_and_source() {
    let output = settings(None, &[], &["--set", "listen.resp=off"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let row = |key: &str| {
        let line = text
            .lines()
            .find(|line| line.split_whitespace().next() == Some(key))
            .unwrap();
        line.split_whitespace()
            .skip(1)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(row("listen.http"), "127.0.0.1:8080 default");
    assert_eq!(row("listen.resp"), "off --set");
    assert_eq!(row("ac.route.init-route-config-level"), "PRESET default");
    assert_eq!(row("admin.http"), "off default");
}

#[test]
fn every_problem_of_every_source_is_reported_at_once() {
    let file = "[listen]\nhtpp = \"off\"\nbacklog = 0\nunix-mode = true\n";
    let environment = [("CODEID_AC__ROUTE__INIT_ROUTE_CONFIG_LEVEL", "NEVER")];
    let line = refused(&settings(
        Some(file),
        &environment,
        &["--set", "proxy.total-timeout-ms=10000"],
    ));
    for part in [
        "config/codeid.toml:2: unknown setting listen.htpp; did you mean listen.http?",
        "config/codeid.toml:3: listen.backlog must be a number of connections from 1 to 65535, not 0",
        "config/codeid.toml:4: listen.unix-mode must be permissions in octal, 0000 to 0777, not a value of type boolean",
        "CODEID_AC__ROUTE__INIT_ROUTE_CONFIG_LEVEL: ac.route.init-route-config-level must be one of \
         REMOTE, LOCAL, PRESET, not \"NEVER\"",
        "--set: proxy.total-timeout-ms must be a number of milliseconds from 10001 to 600000, not \"10000\"",
    ] {
        assert!(line.contains(part), "{part}\nis not in\n{line}");
    }
}

#[test]
fn a_file_that_is_missing_or_malformed_is_refused() {
    for (file, part) in [
        ("listen = ", "config/codeid.toml:1: "),
        ("a = 1\na = 2", "config/codeid.toml:2: duplicate key"),
        ("listen = 5", "unknown setting listen"),
    ] {
        let line = refused(&settings(Some(file), &[], &[]));
        assert!(line.contains(part), "{line}");
    }
    let line = refused(&settings(None, &[], &["--config", "missing.toml"]));
    assert!(
        line.contains("missing.toml: cannot be used: there is no such file"),
        "{line}"
    );
    let misuse = settings(None, &[], &["--set", "listen.http"]);
    assert_eq!(misuse.status.code(), Some(2));
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let line = refused(&settings(
        None,
        &[],
        &[
            "--set",
            "listen.http=off",
            "--set",
            "listen.unix=off",
            "--set",
            "listen.resp=off",
        ],
    ));
    assert!(line.contains("nothing to serve"), "{line}");
    let line = refused(&settings(
        None,
        &[],
        &["--set", "admin.unix=run/codeid.sock"],
    ));
    assert!(
        line.contains("listen.unix and admin.unix must not be the same path"),
        "{line}"
    );
    let line = refused(&settings(
        None,
        &[],
        &["--set", "reload.journal-path=data/route-config.json"],
    ));
    assert!(
        line.contains("reload.journal-path and ac.route.save"),
        "{line}"
    );
    let stale = ["--set", "reload.stale-after-ms=660000"];
    assert!(settings(None, &[], &stale).status.success());
    let url = ["--set", "ac.route.pull-route-config-url=https://h/r"];
    let line = refused(&settings(None, &[], &[stale, url].concat()));
    assert!(
        line.contains("two pulls, 660000 ms with its jitter, not 660000"),
        "{line}"
    );
}

/// Each level fails with its published result: the code begins the line, and the log has all of it.
#[test]
fn a_failed_init_has_the_published_result() {
    for (level, code, text) in [
        (
            "REMOTE",
            "REMOTE_CONFIG_UPDATE_FAILED",
            "Remote configuration update failed.",
        ),
        (
            "LOCAL",
            "STORAGE_CONFIG_LOAD_FAILED",
            "Loading storage configuration failed.",
        ),
        (
            "PRESET",
            "INIT_CONFIG_IS_INVALID",
            "Initial configuration is invalid.",
        ),
    ] {
        let output = Plan::new()
            .set(&format!("ac.route.init-route-config-level={level}"))
            .set("ac.route.preset-route-config-path=missing.json")
            .run();
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        let last = stderr.lines().last().unwrap();
        assert!(last.starts_with(&format!("{code}: ")), "{stderr}");
        let logged = format!("init failed code=\"{code}\" status=\"F\" text=\"{text}\"");
        assert!(stderr.contains(&logged), "{stderr}");
    }
}

#[test]
fn a_start_that_fails_gives_its_reason_in_one_line() {
    let line = Plan::new().set("listen.htp=off").fail();
    assert!(line.starts_with("PARAM_ILLEGAL: "), "{line}");
    let line = Plan::new()
        .set("ac.route.preset-route-config-path=missing.json")
        .fail();
    assert!(
        line.starts_with(
            "INIT_CONFIG_IS_INVALID: the preset missing.json gave no valid route config: "
        ),
        "{line}"
    );
    let line = Plan::with_rules("{}").fail();
    assert!(line.starts_with("INIT_CONFIG_IS_INVALID: "), "{line}");
    let line = Plan::new().set("ac.route.max-config-characters=100").fail();
    assert!(
        line.starts_with("INIT_CONFIG_IS_INVALID: ") && line.contains("100"),
        "{line}"
    );
    let line = Plan::new().set("compile.max-rule-states=1").fail();
    assert!(line.starts_with("INIT_CONFIG_IS_INVALID: "), "{line}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let line = Plan::new().set(&format!("listen.http={address}")).fail();
    assert!(
        line.starts_with(&format!(
            "PARAM_ILLEGAL: listen.http {address}: another process holds this address; to see which, run: \
             ss -ltnp 'sport = :{}': Address ",
            address.port()
        )),
        "{line}"
    );
    let line = Plan::new().set("listen.http=192.0.2.1:0").fail();
    assert!(
        line.contains("this machine does not have the address: "),
        "{line}"
    );
    let misuse = Plan::new()
        .argument("--no-such-flag")
        .command("serve")
        .output()
        .unwrap();
    assert_eq!(misuse.status.code(), Some(2));
}

#[test]
fn the_daemon_reads_its_settings_from_the_environment_too() {
    let plan = Plan::new()
        .environment("CODEID_LISTEN__UNIX_MODE", "0600")
        .environment("CODEID_LOG__FORMAT", "json");
    let daemon = plan.spawn();
    let started: Value = serde_json::from_str(daemon.log.last().unwrap()).unwrap();
    assert_eq!(started["message"], "serving");
    assert_eq!(started["version"], "test-7");
    assert_eq!(started["rules"], 3);
    assert!(started["source"].as_str().unwrap().ends_with("routes.json"));
    daemon.stop();
}

#[test]
fn a_listener_that_is_off_is_not_opened() {
    let daemon = Plan::new().set("listen.http=off").start();
    assert_eq!(daemon.port, 0);
    assert_eq!(daemon.unix().bare("GET", "/readyz").status, 200);
    daemon.stop();
    let daemon = Plan::new().set("listen.unix=off").start();
    assert!(!daemon.socket().exists());
    assert_eq!(daemon.tcp().bare("GET", "/readyz").status, 200);
    daemon.stop();
}

#[test]
fn the_built_in_preset_is_live_without_any_settings() {
    let daemon = Plan::bare().set("listen.http=127.0.0.1:0").spawn();
    let socket = daemon.directory.path().join("run/codeid.sock");
    assert!(socket.exists());
    assert!(
        daemon.log.last().unwrap().contains("built in"),
        "{:?}",
        daemon.log
    );
    assert_eq!(
        daemon.tcp().identify("nothing of ours", "user-42").json()["isSupported"],
        false
    );
    daemon.stop();
}

#[test]
fn a_port_that_another_codeid_holds_is_explained() {
    let daemon = Plan::new().start();
    // In the directory of the first daemon, as a second start by mistake is.
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_codeid"))
        .args([
            "serve",
            "--set",
            &format!("listen.http=127.0.0.1:{}", daemon.port),
        ])
        .arg("--set")
        .arg(format!("listen.unix={}", daemon.socket().display()))
        .current_dir(daemon.directory.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let holder = format!(
        "perhaps the codeid that serves {}",
        daemon.socket().display()
    );
    assert!(stderr.contains(&holder), "{stderr}");
    assert_eq!(output.status.code(), Some(1));
    daemon.stop();
}

#[test]
fn no_secret_of_a_url_is_shown() {
    let login = [
        "proxy.upstream-url=https://h.example",
        "proxy.client-id=id",
        "proxy.private-key-path=key.pem",
        "proxy.public-keys.1=public.pem",
        "proxy.customer-from=login-check",
        "proxy.login-check-url=https://h.example/login?token=planted",
        "ac.route.pull-route-config-url=https://planted:planted@h.example/routes?token=planted",
        "ac.route.save-route-config-path=callback+https://planted@h.example/save?token=planted",
    ];
    let set: Vec<&str> = login.iter().flat_map(|set| ["--set", *set]).collect();
    for json in [&[][..], &["--json"]] {
        let output = settings(None, &[], &[&set[..], json].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(!text.contains("planted"), "{text}");
        for shown in [
            "https://h.example/routes",
            "callback+https://h.example/save",
            "https://h.example/login",
        ] {
            assert!(text.contains(shown), "{text}");
        }
    }
    // Values that are refused, and values of keys that take no URL.
    for set in [
        "proxy.upstream-url=https://planted:planted@h.example",
        "proxy.login-check-url=https://planted:planted@h.example/?planted",
        "log.level=https://planted:planted@h.example",
        "listen.http=planted:planted@127.0.0.1:80",
    ] {
        let line = refused(&settings(None, &[], &["--set", set]));
        assert!(!line.contains("planted"), "{line}");
    }
}

#[test]
fn the_help_lists_the_members_that_are_printed() {
    let help = settings(None, &[], &["--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    let members = help.split_once("Print an array of {").unwrap().1;
    let members = members.split_once('}').unwrap().0;
    let mut listed: Vec<String> = members
        .split(',')
        .map(|member| member.trim().trim_matches('"').to_owned())
        .collect();
    listed.sort();
    let printed = shown(&settings(None, &[], &["--json"]));
    let printed: Vec<&String> = printed[0].as_object().unwrap().keys().collect();
    assert_eq!(listed.iter().collect::<Vec<_>>(), printed);
}
