//! `codeid admin` and `codeid top`, run as processes beside a daemon.

mod changes;
mod failures;
mod queries;
mod settings;
mod top;

use serde_json::Value;

use super::{Ran, codeid};
use crate::serve::daemon::{Plan, Process, RULES, Served};

/// Runs `codeid` in the daemon's directory, so that the settings lead to its socket.
fn beside(daemon: &Served, arguments: &[&str]) -> Ran {
    let mut command = codeid(arguments);
    Ran::from(
        command
            .current_dir(daemon.directory.path())
            .output()
            .unwrap(),
    )
}

/// Runs `codeid admin`.
fn admin(daemon: &Served, arguments: &[&str]) -> Ran {
    beside(daemon, &[&["admin"], arguments].concat())
}

/// Runs `codeid admin`, which must succeed without errors, and returns its output.
fn printed(daemon: &Served, arguments: &[&str]) -> String {
    let ran = admin(daemon, arguments);
    assert_eq!(
        (ran.status, &*ran.stderr),
        (0, ""),
        "{arguments:?}: {}",
        ran.stdout
    );
    ran.stdout
}

/// Runs `codeid admin`, which must fail with this exit status.
fn refused(daemon: &Served, status: i32, arguments: &[&str]) -> Ran {
    let ran = admin(daemon, arguments);
    assert_eq!(
        ran.status, status,
        "{arguments:?}: {}{}",
        ran.stdout, ran.stderr
    );
    ran
}

/// Returns the JSON that `codeid admin` prints with `--json`.
fn json(daemon: &Served, arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(daemon, &[arguments, &["--json"]].concat())).unwrap()
}

/// Returns [`RULES`] with another version, and a canary for one rule.
fn changed(version: &str, percentage: &str) -> String {
    let canary = format!(
        r#""DECODE"}}, "canary": {{"percentage": {percentage}, "allowlist": ["user-42"]}}}}"#
    );
    RULES
        .replace("test-7", version)
        .replace(r#""DECODE"}}"#, &canary)
}

/// Returns the text with one space between words, so that widths do not count.
fn words(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        format!("{}\n", words.join(" "))
    });
    lines.collect()
}

fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

/// Starts a daemon that follows a file, and returns both.
fn following(config: &str) -> (Process, std::path::PathBuf) {
    let plan = Plan::new();
    let file = plan.directory.write("remote.json", config);
    let remote = format!("ac.route.pull-route-config-url=file://{}", file.display());
    (plan.set(&remote).spawn(), file)
}
