//! The plane under requests that schemathesis makes up from its description: good ones, and ones
//! that are wrong in every way it knows.

use std::path::Path;
use std::process::Command;

use super::access::{OPERATOR, over_tcp, port};
use super::good;

/// What it cannot know: an `If-Match` that is missing has a status of its own, and so has one that
/// does not match, whatever it looks like; and a config may be refused that has the form of one.
const CONFIG: &str = r#"
[checks.missing_required_header]
expected-statuses = [400, 401, 428]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 412, 422]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429, "5xx"]
"#;

#[test]
fn schemathesis_finds_nothing() {
    let daemon = over_tcp().spawn();
    let port = port(&daemon);
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/schemathesis");
    let config = daemon.directory.write("schemathesis.toml", CONFIG);
    let output = Command::new("python3")
        .env("PYTHONPATH", installed)
        .current_dir(daemon.directory.path())
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(config)
        .arg("run")
        .arg(format!("http://127.0.0.1:{port}/openapi.json"))
        .arg(format!("--header=Authorization: Bearer {OPERATOR}"))
        // After it there is nothing to ask.
        .args(["--exclude-path", "/v1/drain"])
        .args(["--max-examples", "15", "--seed", "7", "--no-color"])
        // That making requests up takes long says something about the machine only.
        .args(["--suppress-health-check", "all"])
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}");
    assert_eq!(good(&daemon.admin("GET", "/livez"))["live"], true);
    let restarts = &daemon.status()["counters"]["restarts"];
    assert_eq!(*restarts, serde_json::json!({}));
    daemon.stop();
}
