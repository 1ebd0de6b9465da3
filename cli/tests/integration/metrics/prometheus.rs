//! What is written, and the alerts and the dashboard that read it, by Prometheus's own tool.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::serve::daemon::Daemon;

/// Has `promtool check metrics` read it.
pub(super) fn check_metrics(text: &str) {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed");
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let output = promtool.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.trim().is_empty(), "{told}");
}

fn in_config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../config")
        .join(name)
}

/// Words of a text that begin so.
fn names_in(text: &str) -> BTreeSet<&str> {
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c| !is_of_a_name(c));
    let is_ours = |word: &&str| {
        ["codeid_", "process_"]
            .map(|of| word.starts_with(of))
            .contains(&true)
    };
    words.filter(is_ours).collect()
}

/// Returns every name in the metrics of a daemon with a remote source.
fn shown_names() -> BTreeSet<String> {
    use crate::rules::remote::{Remote, Reply};
    let remote = Remote::http(Reply::config(crate::serve::daemon::RULES));
    let plan = crate::serve::daemon::Plan::new();
    let daemon = plan
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .start();
    let samples = crate::rules::remote::wait_until("the next pull to be scheduled", || {
        let samples = daemon.metrics();
        let scheduled = samples.find("codeid_next_pull_timestamp_seconds");
        scheduled.map(|_| samples)
    });
    samples.names().map(str::to_owned).collect()
}

#[test]
fn promtool_finds_no_fault_with_the_metrics() {
    let daemon = Daemon::start();
    let mut client = daemon.tcp();
    client.identify("28100104x", "user-42");
    client.identify("", "user-42");
    daemon.resp().command(&["IDENTIFY", "28100104x", "user-42"]);
    check_metrics(&daemon.metrics_text());
}

#[test]
fn promtool_finds_no_fault_with_the_alerts() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = tests.join("tests/integration/metrics/alerts.test.yml");
    for (what, file) in [("check", in_config("alerts.yml")), ("test", tests)] {
        let mut command = Command::new("promtool");
        let output = command
            .args([what, "rules"])
            .arg(file)
            .output()
            .expect("promtool is installed");
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        assert!(output.status.success(), "{told}");
    }
}

#[test]
fn alerts_and_dashboard_read_only_metrics_that_exist() {
    let told = shown_names();
    for (file, least) in [("alerts.yml", 10), ("grafana-dashboard.json", 20)] {
        let text = fs::read_to_string(in_config(file)).unwrap();
        let read = names_in(&text);
        assert!(read.len() >= least, "{file}: {read:?}");
        for name in read {
            assert!(
                told.contains(name),
                "{file} reads {name}, which does not exist"
            );
        }
    }
}

/// SPEC.md has a row for each of them.
#[test]
fn every_metric_is_specified() {
    let specification = Path::new(env!("CARGO_MANIFEST_DIR")).join("../SPEC.md");
    let text = fs::read_to_string(specification).unwrap();
    let specified = names_in(&text);
    for name in shown_names() {
        let of_histogram = ["_bucket", "_sum", "_count"];
        let base = of_histogram.iter().find_map(|end| name.strip_suffix(end));
        let known = specified.contains(&*name) || base.is_some_and(|b| specified.contains(b));
        assert!(known, "SPEC.md does not know {name}");
    }
}

#[test]
fn the_dashboard_is_one_and_each_panel_asks_something() {
    let text = fs::read_to_string(in_config("grafana-dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    assert!(dashboard["schemaVersion"].as_u64() >= Some(36));
    assert!(dashboard["uid"].is_string() && dashboard["title"].is_string());
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let place = &panel["gridPos"];
        let (x, width) = (place["x"].as_u64().unwrap(), place["w"].as_u64().unwrap());
        assert!(x + width <= 24, "{panel}");
        if panel["type"] == "row" {
            continue;
        }
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{panel}");
        let asks = |target: &Value| {
            target["expr"]
                .as_str()
                .is_some_and(|e| e.contains("codeid_"))
        };
        assert!(targets.iter().all(asks), "{panel}");
    }
    assert!(panels.len() >= 15);
}
