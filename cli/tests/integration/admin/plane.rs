//! The socket of the admin plane, its status document, and its separation from the serving ports.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::time::{Duration, SystemTime};

use codeid_daemon::clock::Clock;
use serde_json::{Value, json};

use super::{audit, good, post};
use crate::rules::remote::{Remote, Reply};
use crate::rules::{config, plan};
use crate::serve::client::{Client, request};
use crate::serve::daemon::{Daemon, Served};

fn daemon() -> Daemon {
    plan().start()
}

fn client(daemon: &Served) -> Client {
    Client::unix(&daemon.directory.path().join("run/codeid.admin.sock"))
}

#[test]
fn the_socket_is_the_owners_alone_and_goes_with_the_daemon() {
    let mut daemon = plan().spawn();
    let socket = daemon.directory.path().join("run/codeid.admin.sock");
    let metadata = fs::symlink_metadata(&socket).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o600);
    let line = daemon.log.iter().find(|line| line.contains("serving"));
    assert!(
        line.unwrap().contains("admin=run/codeid.admin.sock"),
        "{line:?}"
    );
    daemon.signal("TERM");
    assert!(daemon.wait().success());
    assert!(!socket.exists());
}

#[test]
fn the_socket_can_be_off_and_that_of_a_killed_daemon_is_replaced() {
    let daemon = plan().set("admin.unix=off").spawn();
    assert!(
        !daemon
            .directory
            .path()
            .join("run/codeid.admin.sock")
            .exists()
    );
    daemon.stop();
    let directory = plan().spawn().kill();
    let plan = crate::serve::daemon::Plan::bare_in(directory).set("listen.http=127.0.0.1:0");
    assert_eq!(plan.spawn().admin("GET", "/livez").status, 200);
}

#[test]
fn the_socket_of_a_running_daemon_is_not_replaced() {
    let one = daemon();
    let path = one.directory.path().join("run/codeid.admin.sock");
    let line = plan().set(&format!("admin.unix={}", path.display())).fail();
    assert!(line.starts_with("PARAM_ILLEGAL: admin.unix "), "{line}");
    assert!(line.contains("another daemon serves there"), "{line}");
    assert_eq!(one.admin("GET", "/livez").status, 200);
}

#[test]
fn the_status_describes_the_process_the_live_table_and_the_sources() {
    let remote = Remote::http(Reply::config(config("good")).header("ETag", "\"1\""));
    let daemon = plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .spawn();
    let status = daemon.status();
    let process = &status["daemon"];
    assert_eq!(process["version"], env!("CARGO_PKG_VERSION"));
    assert!(process["pid"].as_u64() > Some(1));
    assert!(process["startedAt"].as_u64() > Some(1_700_000_000_000));
    assert!(process["uptimeMs"].is_u64());
    assert_eq!(process["stopping"], false);
    let listeners = &process["listeners"];
    assert_eq!(listeners["http"], format!("127.0.0.1:{}", daemon.port));
    assert_eq!(listeners["unix"], "codeid.sock");
    assert_eq!(listeners["resp"], "run/codeid.resp.sock");
    assert_eq!(listeners["admin"], "run/codeid.admin.sock");
    let connections = &process["connections"];
    assert_eq!(
        (
            &connections["http"]["open"],
            &connections["resp"]["accepted"]
        ),
        (&0.into(), &0.into())
    );
    assert_eq!(connections["unix"]["refused"], 0);
    assert_eq!(status["init"][0]["level"], "REMOTE");
    assert_eq!(status["init"][0]["outcome"], "activated");
    assert_eq!(status["init"].as_array().unwrap().len(), 1);
    let expected = json!({
        "resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "Success",
    });
    assert_eq!(status["initResult"], expected);
    let logged = "init succeeded code=\"SUCCESS\" status=\"S\" text=\"Success\"";
    assert!(
        daemon.log.iter().any(|line| line.contains(logged)),
        "{:?}",
        daemon.log
    );
    assert_eq!(status["ready"], true);
    assert_eq!(status["notReadyBecause"], Value::Array(Vec::new()));
    let table = &status["table"];
    assert_eq!(table["generation"], 1);
    assert_eq!(table["version"], "good");
    assert_eq!(table["ruleCount"], 1);
    assert_eq!(table["level"], "REMOTE");
    assert_eq!(table["uri"], remote.url());
    assert_eq!(table["sha256"], sha256(&config("good")));
    assert!(table["loadedAt"].as_u64() >= process["startedAt"].as_u64());
    assert!(table["compileUs"].is_u64() && table["memoryBytes"].as_u64() > Some(0));
    let source = &status["sources"]["remote"];
    assert_eq!(source["uri"], remote.url());
    assert_eq!(source["lastCheck"]["good"], true);
    assert_eq!(source["lastCheck"]["outcome"], "activated");
    assert!(source["lastGoodCheckAt"].is_u64() && source["lastDownloadAt"].is_u64());
    assert_eq!(status["save"]["failure"], Value::Null);
    assert!(status["nextPullAt"].is_u64() && status["lastActivationAt"].is_u64());
    assert_eq!(status["counters"]["pulls"]["downloaded"], 1);
    assert_eq!(status["counters"]["saves"], 1);
}

/// Computes the digest with another implementation.
fn sha256(text: &str) -> String {
    let directory = crate::serve::daemon::Directory::new();
    let path = directory.write("text", text);
    let output = std::process::Command::new("sha256sum")
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

#[test]
fn unknown_paths_and_methods_are_refused_in_json() {
    let daemon = daemon();
    for path in [
        "/v1",
        "/v1/status/",
        "/v1/history/1/2",
        "/v1/identifyCode",
        "/v1/identifyCodes",
    ] {
        let answer = daemon.admin("GET", path);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["error"], "notFound");
        assert!(answer.json()["detail"].is_string());
    }
    for path in ["/v1/status", "/livez", "/readyz"] {
        for method in ["POST", "DELETE", "OPTIONS"] {
            let answer = daemon.admin(method, path);
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
            assert_eq!(answer.json()["error"], "methodNotAllowed");
        }
        let answer = daemon.admin("HEAD", path);
        assert_eq!((answer.status, answer.body.len()), (200, 0));
    }
    // Neither side has the paths of the other.
    let body = r#"{"codeValue": "28100104", "openId": "user-42"}"#;
    let mut client = client(&daemon);
    client.send(request("/v1/identifyCode", body));
    assert_eq!(client.receive().status, 404);
    for mut client in [daemon.tcp(), daemon.unix()] {
        assert_eq!(client.bare("GET", "/v1/status").status, 404);
        let answer = client.bare("GET", "/readyz");
        assert_eq!((answer.status, answer.body.len()), (200, 0));
    }
}

#[test]
fn a_long_head_is_refused_and_idle_clients_do_not_block_the_plane() {
    let daemon = daemon();
    let mut client = client(&daemon);
    // The daemon may close the connection before everything is sent.
    let _ = client.try_send(format!(
        "GET /livez HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n",
        "x".repeat(20_000)
    ));
    assert_eq!(client.receive().status, 431);
    // More clients than are served at once, each with half a request, do not affect the serving
    // ports.
    let mut silent: Vec<_> = (0..40).map(|_| self::client(&daemon)).collect();
    for client in &mut silent {
        client.send("GET /livez HTTP/1.1\r\n");
    }
    assert_eq!(daemon.tcp().bare("GET", "/readyz").status, 200);
    drop(silent);
    assert_eq!(daemon.admin("GET", "/livez").status, 200);
}

#[test]
fn the_plane_is_served_until_the_daemon_has_stopped() {
    let mut daemon = plan().set("serve.drain-deadline-ms=600000").spawn();
    let mut in_flight = daemon.tcp();
    in_flight.send(&request("/v1/identifyCode", "{}")[..80]);
    assert_eq!(daemon.tcp().bare("GET", "/livez").status, 200);
    daemon.signal("TERM");
    daemon.wait_for_line("stopping");
    let answer = daemon.admin("GET", "/readyz");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["notReadyBecause"][0]["reason"], "stopping");
    assert_eq!(daemon.admin("GET", "/livez").status, 200);
    assert_eq!(daemon.status()["daemon"]["stopping"], true);
    drop(in_flight);
    assert!(daemon.wait().success());
}

#[test]
fn the_times_of_documents_the_audit_log_and_the_serving_port_are_those_of_the_clock() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_224_600);
    let daemon = plan().clock(Clock::from_fn(move || now)).start();
    good(&post(&daemon, "/v1/reload", ""));
    good(&post(&daemon, "/v1/freeze", ""));
    let status = daemon.status();
    let now = 1_795_224_600_000_u64;
    for pointer in [
        "/daemon/startedAt",
        "/table/loadedAt",
        "/lastActivationAt",
        "/freeze/since",
    ] {
        assert_eq!(status.pointer(pointer), Some(&now.into()), "{pointer}");
    }
    let metrics = daemon.admin("GET", "/v1/metrics").json();
    assert_eq!(metrics["at"], now);
    for line in audit(&daemon) {
        assert_eq!(line["time"], "2026-11-21T01:30:00+00:00");
    }
    let response = daemon.tcp().bare("GET", "/livez");
    assert_eq!(
        response.header("date"),
        Some("Sat, 21 Nov 2026 01:30:00 GMT")
    );
    daemon.stop();
}
