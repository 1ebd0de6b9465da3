//! Both interfaces under requests that schemathesis generates from their OpenAPI documents: valid
//! ones, and ones that are wrong in every way it knows.

use std::path::Path;
use std::process::Command;

use super::access::{OPERATOR, over_tcp, port};
use super::good;
use crate::rules::plan;
use crate::sdk_proxy::with_key_of_ours;
use crate::serve::daemon::Served;

/// The statuses that schemathesis cannot derive: a missing `If-Match` has one of its own, so has one
/// that names another config, and a config of the right form may still be refused.
const ADMIN: &str = r#"
[checks.missing_required_header]
expected-statuses = [400, 401, 428]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 412, 422]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]
"#;

/// A parameter that is illegal has a result with status 200. No customer is logged in for the client SDK's model.
const SERVING: &str = r#"
[checks.negative_data_rejection]
expected-statuses = ["2xx", 400, 403, 405, 413, 415]
"#;

/// Asserts that schemathesis finds nothing wrong with a daemon's responses.
fn assert_conforms(daemon: &Served, config: &str, arguments: &[&str]) {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/schemathesis");
    let config = daemon.directory.write("schemathesis.toml", config);
    let output = Command::new("python3")
        .env("PYTHONPATH", installed)
        .current_dir(daemon.directory.path())
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(config)
        .arg("run")
        .args(arguments)
        .args(["--max-examples", "15", "--seed", "7", "--no-color"])
        // Slow generation says something about the machine only.
        .args(["--suppress-health-check", "all"])
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{report}{errors}");
    let restarts = &daemon.status()["counters"]["restarts"];
    assert_eq!(*restarts, serde_json::json!({}));
}

#[test]
fn the_admin_plane_conforms_to_its_document() {
    // The log level, which a request sets, belongs to a process.
    let daemon = over_tcp().spawn();
    let document = format!("http://127.0.0.1:{}/openapi.json", port(&daemon));
    let token = format!("--header=Authorization: Bearer {OPERATOR}");
    // The others are asked before the daemon is drained, and once more after.
    let before = [
        &*document,
        &token,
        "--exclude-path",
        "/v1/drain",
        // It hands descriptors over, which needs the Unix socket.
        "--exclude-path",
        "/v1/take-over",
        // Its response has no end.
        "--exclude-path",
        "/v1/decisions",
    ];
    assert_conforms(&daemon, ADMIN, &before);
    assert_eq!(good(&daemon.admin("GET", "/livez"))["live"], true);
    let drain = [&*document, &token, "--include-path", "/v1/drain"];
    assert_conforms(&daemon, ADMIN, &drain);
    assert_ne!(daemon.status()["daemon"]["state"], "serving");
    daemon.stop();
}

#[test]
fn the_serving_port_conforms_to_its_document() {
    // With sdkProxy, but without a customer, no request needs the upstream, whose faults have 5xx.
    let plan = with_key_of_ours(plan(), "ours.pem").set("proxy.customer-from=header");
    let daemon = plan.start();
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/openapi/serving.json");
    let url = format!("http://127.0.0.1:{}", daemon.port);
    let document = document.to_str().unwrap();
    assert_conforms(&daemon, SERVING, &[document, "--url", &url]);
    assert_eq!(daemon.tcp().bare("GET", "/livez").status, 200);
    daemon.stop();
}
