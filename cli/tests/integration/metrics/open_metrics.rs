//! The metrics in OpenMetrics, read by the strict parser of Prometheus's client library for Python.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::serve::client::{Client, Response};
use crate::serve::daemon::{Daemon, Served};

/// The header `Accept` of Prometheus 3.
const OF_PROMETHEUS: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
    application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
    text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

fn scrape(daemon: &Served, accept: &str) -> Response {
    let mut client = Client::unix(&daemon.directory.path().join("run/codeid.admin.sock"));
    client.send(format!(
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n"
    ));
    client.receive()
}

/// Has the parser read the text. Returns a line for each family: name, type, unit and number of samples.
fn parse(text: &[u8]) -> Vec<String> {
    const SCRIPT: &str = "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    print(family.name, family.type, family.unit or '-', len(family.samples))
";
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/prometheus");
    let mut python = Command::new("python3")
        .env("PYTHONPATH", installed)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is installed");
    let mut stdin = python.stdin.take().unwrap();
    stdin.write_all(text).unwrap();
    drop(stdin);
    let output = python.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let families = String::from_utf8(output.stdout).unwrap();
    families.lines().map(str::to_owned).collect()
}

#[test]
fn a_strict_parser_reads_what_prometheus_is_sent() {
    let daemon = Daemon::start();
    let mut client = daemon.tcp();
    client.identify("28100104x", "user-42");
    client.identify("", "user-42");
    let answer = scrape(&daemon, OF_PROMETHEUS);
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert_eq!(answer.header("vary"), Some("Accept"));
    assert!(answer.body.ends_with(b"\n# EOF\n"));
    let families = parse(&answer.body);
    for family in [
        "codeid_build info - 1",
        "codeid_ready gauge - 1",
        "codeid_identifications counter - ",
        "codeid_identify_duration_seconds histogram seconds ",
        "codeid_rule_decided counter - ",
        "codeid_table info - 1",
        "codeid_table_bytes gauge bytes 1",
        "process_cpu_seconds counter seconds 1",
        "process_resident_memory_bytes gauge bytes 1",
        "process_virtual_memory_bytes gauge bytes 1",
        "process_start_time_seconds gauge seconds 1",
        "process_open_fds gauge - 1",
        "process_max_fds gauge - 1",
        "process_threads gauge - 1",
    ] {
        assert!(
            families.iter().any(|line| line.starts_with(family)),
            "no {family} in {families:#?}"
        );
    }
}

#[test]
fn both_formats_have_the_same_samples() {
    let daemon = Daemon::start();
    daemon.tcp().identify("28100104x", "user-42");
    let names = |answer: Response| {
        let text = String::from_utf8(answer.body).unwrap();
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let names = samples.map(|line| line.rsplit_once(' ').unwrap().0.to_owned());
        names.collect::<Vec<_>>()
    };
    let open = names(scrape(&daemon, "application/openmetrics-text"));
    assert_eq!(open, names(scrape(&daemon, "text/plain")));
    assert!(open.len() > 100);
}

#[test]
fn who_does_not_ask_for_it_gets_the_text_as_before() {
    let daemon = Daemon::start();
    for accept in [
        "*/*",
        "text/plain",
        "application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text;q=0",
        "application/json",
    ] {
        let answer = scrape(&daemon, accept);
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; version=0.0.4; charset=utf-8"),
            "{accept}"
        );
        assert!(!String::from_utf8(answer.body).unwrap().contains("# EOF"));
    }
}
