//! The secrets of URLs, which are shown nowhere, wherever a URL stands.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::daemon::{Directory, Plan};
use crate::rules::config;

/// URLs, whole and misspelt. `sekret` stands for what must not be shown.
const URLS: [&str; 13] = [
    "https://sekret:sekret@h.example/r?token=sekret",
    "https://h.example/r?token=sekret",
    "https://h.example/r#sekret",
    "https://sekret.sekret/sekret@h.example/r",
    "htps://sekret:sekret@h.example/r?token=sekret",
    "https:/sekret:sekret@h.example/r",
    "https//sekret:sekret@h.example/r",
    "sekret:sekret@h.example/r?token=sekret",
    "sekret:sekret%40h.example/r",
    "sekret@h.example/r",
    "//h.example/r?token=sekret",
    "h.example/r?token=sekret",
    "https:///sekret:sekret@h.example",
];

/// Returns the command, which runs in `directory`.
fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codeid"));
    command.args(arguments).current_dir(directory);
    command.stdin(Stdio::null());
    command
}

/// Runs the command, which must show no secret. Returns standard output and error, as one text.
fn checked(command: &mut Command) -> (Output, String) {
    let output = command.output().unwrap();
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains("sekret"), "{command:?}\n{text}");
    (output, text)
}

/// Returns every key, as `codeid settings` lists them, with one that ends with a key version.
fn keys(directory: &Path) -> Vec<String> {
    let (output, _) = checked(&mut command(directory, &["settings", "--json"]));
    let settings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let keys = settings
        .iter()
        .map(|setting| setting["key"].as_str().unwrap().to_owned());
    keys.chain(["proxy.public-keys.1".to_owned()]).collect()
}

#[test]
fn no_setting_shows_a_secret_of_a_url() {
    let directory = Directory::new();
    let keys = keys(directory.path());
    for url in URLS {
        let set = |keys: &[&String], arguments: &[&str]| {
            let mut command = command(directory.path(), arguments);
            for key in keys {
                command.arg("--set").arg(format!("{key}={url}"));
            }
            checked(&mut command)
        };
        // Every value that is refused, and then every one that is not.
        let (_, refused) = set(&keys.iter().collect::<Vec<_>>(), &["settings"]);
        let is_refused = |key: &&String| refused.contains(&format!(": {key} must be"));
        let (no, yes): (Vec<_>, Vec<_>) = keys.iter().partition(is_refused);
        assert!(no.len() > 30 && yes.len() > 15, "{no:?} {yes:?}");
        for key in yes {
            let paired = ["proxy.", "admin.", "listen.", "decision-log."]
                .iter()
                .any(|table| key.starts_with(table));
            for form in ["--json", ""] {
                let arguments: &[&str] = if form.is_empty() {
                    &["settings"]
                } else {
                    &["settings", form]
                };
                let (output, text) = set(&[key], arguments);
                assert!(output.status.success() || paired, "{key}: {text}");
            }
        }
    }
}

#[test]
fn no_name_file_or_argument_shows_a_secret_of_a_url() {
    let directory = Directory::new();
    let run = |arguments: &[&str]| checked(&mut command(directory.path(), arguments)).0;
    let codeid_toml = |text: &str| {
        directory.write("file.toml", text);
        let refused = run(&["settings", "--config", "file.toml"]);
        assert_eq!(refused.status.code(), Some(1), "{text}");
    };
    for url in URLS {
        let option = format!("--{url}");
        let key = format!("{url}=1");
        let named = format!("name={url}");
        let table: &[&[&str]] = &[
            &[url],
            &["serve", url],
            &["serve", &option],
            &["serve", "--set", url],
            &["serve", "--set", &key],
            &["serve", "--set", &format!("listen.{key}")],
            &["serve", "--set", &format!("proxy.public-keys.{key}")],
            &["serve", "--config", url],
            &["settings", "--config", url],
            &["check", url],
            &["check", "--json", url],
            &["identify", "--routes", url, "--open-id", "u", "281"],
            &["identify", "--open-id", "u", "--file", url],
            &["audit", "verify", url],
            &["admin", "--socket", url, "status"],
            &["admin", "apply", url],
            &["admin", "check", url],
            &["top", "--plain", "--socket", url],
            &["bench", "--http", url],
            &["bench", "--http-unix", url],
            &["bench", "--http", &named],
            &["bench", "--saved", url],
            &["bench", "--http", "http://127.0.0.1:1", "--codes", url],
        ];
        for arguments in table {
            assert!(!run(arguments).status.success(), "{arguments:?}");
        }
        codeid_toml(&format!("\"{url}\" = 1"));
        codeid_toml(&format!("{url} = 1"));
        codeid_toml(&format!("a = {url}"));
        codeid_toml(&format!("[listen]\n\"{url}\" = 1\nhttp = \"{url}\""));
        codeid_toml(&format!("[\"{url}\"]\nhttp = [\"{url}\"]"));
        codeid_toml(&format!("[admin]\nallowed-hosts = [\"{url}\"]"));
        for variable in [
            "CODEID_LISTEN__HTTP",
            "CODEID_ADMIN__HTTP",
            "CODEID_PROXY__UPSTREAM_URL",
        ] {
            checked(command(directory.path(), &["settings"]).env(variable, url));
        }
        if !url.contains('=') {
            let variable = format!("CODEID_LISTEN__{url}");
            checked(command(directory.path(), &["settings"]).env(variable, "x"));
        }
    }
}

/// A file that was opened is a path and no URL.
#[test]
fn a_file_that_was_opened_is_named_in_full() {
    let daemon = crate::rules::plan().spawn();
    let directory = &daemon.directory;
    let socket = directory.path().join("run/codeid.admin.sock");
    let socket = socket.to_str().unwrap();
    for (name, content) in [
        ("routes@1.json", "[]"),
        ("b@2.json", "[]"),
        ("audit@3.jsonl", "x\n"),
        ("a?b#4.txt", "28100104\tuser\n"),
        ("c@5.toml", "["),
        ("d@6.toml", "[log]\nlevel = \"warn\"\n"),
    ] {
        directory.write(name, content);
    }
    let json = |file: &str| format!("\"file\":\"{file}\"");
    let table: &[(&[&str], &[&str])] = &[
        (
            &["check", "routes@1.json", "b@2.json"],
            &["routes@1.json:1:1", "b@2.json:1:1"],
        ),
        (
            &["check", "--json", "routes@1.json", "b@2.json"],
            &[&json("routes@1.json"), &json("b@2.json")],
        ),
        (
            &["admin", "--socket", socket, "check", "b@2.json"],
            &["b@2.json: refused"],
        ),
        (
            &["audit", "verify", "audit@3.jsonl"],
            &["audit@3.jsonl:1: "],
        ),
        (
            &["audit", "verify", "--json", "audit@3.jsonl"],
            &[&json("audit@3.jsonl"), "[\"audit@3.jsonl\"]"],
        ),
        (
            &[
                "bench",
                "--http",
                "http://127.0.0.1:1",
                "--codes",
                "a?b#4.txt",
            ],
            &["a?b#4.txt, line 1: has a tab"],
        ),
        (&["settings", "--config", "c@5.toml"], &["c@5.toml:1: "]),
        (&["settings", "--config", "d@6.toml"], &["d@6.toml:2"]),
    ];
    for (arguments, expected) in table {
        let (_, text) = checked(&mut command(directory.path(), arguments));
        let unspaced = text.replace("\": ", "\":");
        for part in *expected {
            assert!(unspaced.contains(part), "{part}: {text}");
        }
    }
    // The same names, of files that are not there, may be misspelt URLs.
    fs::remove_file(directory.path().join("routes@1.json")).unwrap();
    let (_, text) = checked(&mut command(directory.path(), &["check", "routes@1.json"]));
    assert!(
        text.contains("(hidden)") && !text.contains("routes@1"),
        "{text}"
    );
    daemon.stop();
}

#[test]
fn no_file_of_a_daemon_shows_a_secret_of_a_url() {
    for url in URLS {
        for key in [
            "ac.route.preset-route-config-path",
            "ac.route.save-route-config-path",
            "ac.route.pull-route-config-url",
            "remote.bearer-token-path",
            "remote.ca-path",
            "reload.journal-path",
            "reload.freeze-path",
            "admin.audit-path",
            "admin.unix",
            "listen.unix",
            "listen.resp",
            "outbound.proxy-url",
        ] {
            let plan = Plan::bare();
            // Nothing can be made or found below a file, so that each of them fails.
            let url = match url.split_once('/') {
                Some((start, _)) if !start.is_empty() => {
                    plan.directory.write(start, "");
                    url.to_owned()
                }
                _ => url.to_owned(),
            };
            let plan = plan
                .set("listen.http=127.0.0.1:0")
                .set("listen.unix=off")
                .set("log.level=trace")
                .set("ac.route.pull-route-config-url=http://127.0.0.1:1/")
                .set("ac.route.init-route-config-level=REMOTE")
                .set(&format!("{key}={url}"));
            let stderr = String::from_utf8(plan.run().stderr).unwrap();
            assert!(
                !stderr.is_empty() && !stderr.contains("sekret"),
                "{key}={url}\n{stderr}"
            );
        }
    }
}

#[test]
fn no_log_line_or_document_of_a_daemon_shows_a_secret_of_a_url() {
    let plan = Plan::bare();
    // As paths, these lead below the directory.
    let folder = "https://h.example/r?token=sekret";
    fs::create_dir_all(plan.directory.path().join(folder)).unwrap();
    let preset = format!("{folder}/preset.json");
    plan.directory.write(&preset, config("a"));
    let store = "sekret:sekret@h/r?token=sekret/store.json";
    let daemon = plan
        .set("listen.http=127.0.0.1:0")
        .set(&format!("listen.unix={folder}/codeid.sock"))
        .set(&format!("listen.resp={folder}/resp.sock"))
        .set(&format!("ac.route.preset-route-config-path={preset}"))
        .set(&format!("ac.route.save-route-config-path={store}"))
        .set(&format!("reload.journal-path={folder}/journal.json"))
        .set(&format!("reload.freeze-path={folder}/freeze.json"))
        .set(&format!("admin.audit-path={folder}/audit.log"))
        .set("log.level=trace")
        .spawn();
    let mut shown = BTreeSet::new();
    let admin = |arguments: &[&str]| {
        let arguments = [&["admin"], arguments].concat();
        let (output, text) = checked(&mut command(daemon.directory.path(), &arguments));
        assert!(output.status.success(), "{text}");
        text
    };
    daemon.directory.write("next.json", config("b"));
    for arguments in [
        &["apply", "next.json"][..],
        &["status"],
        &["status", "--json"],
        &["history"],
        &["freeze", "--reason", "x"],
        &["status"],
        &["config"],
        &["thaw"],
        &["reload"],
    ] {
        shown.insert(admin(arguments));
    }
    let status = daemon.status().to_string();
    assert!(
        status.contains("h.example") && !status.contains("sekret"),
        "{status}"
    );
    let audit = format!("{folder}/audit.log");
    for form in [
        &["audit", "verify", &audit][..],
        &["audit", "verify", "--json", &audit],
    ] {
        checked(&mut command(daemon.directory.path(), form));
    }
    for line in daemon.stop() {
        assert!(!line.contains("sekret"), "{line}");
    }
    assert!(shown.len() > 4);
}
