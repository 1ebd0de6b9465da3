//! Requests and responses within TLS.

use std::process::Command;

use serde_json::{Value, json};

use super::{Authority, connect, plan};
use crate::serve::client::{body, request};

#[test]
fn curl_is_answered_with_tls_1_2_and_1_3() {
    let authority = Authority::new();
    let daemon = plan(&authority.issue("127.0.0.1")).start();
    let ca = authority.write(&daemon.directory);
    let text = body("28100104x", "user-42");
    for version in [
        ["--tlsv1.2", "--tls-max", "1.2"],
        ["--tlsv1.3", "--tls-max", "1.3"],
    ] {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "60", "--cacert"])
            .arg(&ca)
            .args(version)
            .args([
                "--header",
                "Content-Type: application/json",
                "--data",
                &text,
            ])
            .args(["--write-out", "\n%{http_code} %{http_version}"])
            .arg(format!("https://127.0.0.1:{}/v1/identifyCode", daemon.port))
            .output()
            .expect("curl is installed");
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let (response, status) = text.rsplit_once('\n').unwrap();
        let response: Value = serde_json::from_str(response).unwrap();
        assert_eq!(
            (status, &response["codeValue"]),
            ("200 1.1", &json!("28100104x"))
        );
    }
    // The Unix socket speaks HTTP without TLS.
    assert_eq!(daemon.unix().identify("28100104x", "user-42").status, 200);
    daemon.stop();
}

#[test]
fn large_bodies_go_both_ways_and_connections_stay_open() {
    let authority = Authority::new();
    let daemon = plan(&authority.issue("127.0.0.1")).start();
    let mut client = connect(&daemon, &authority);
    let element =
        json!({"codeValue": format!("28100104{}", "x".repeat(4000)), "openId": "user-42"});
    for _ in 0..3 {
        let batch = Value::Array(vec![element.clone(); 1000]);
        let response = client.post("/v1/identifyCodes", batch.to_string());
        assert_eq!(response.status, 200);
        assert_eq!(response.json()[999]["codeValue"], element["codeValue"]);
        assert_eq!(client.bare("GET", "/livez").status, 200);
    }
    daemon.stop();
}

#[test]
fn both_sides_send_close_notify() {
    let authority = Authority::new();
    let daemon = plan(&authority.issue("127.0.0.1"))
        .set("http.idle-timeout-ms=300")
        .start();
    let mut ended = connect(&daemon, &authority);
    assert_eq!(ended.bare("GET", "/livez").status, 200);
    ended.close_notify();
    ended.expect_close_notify();
    // The daemon ends an idle connection first.
    let mut idle = connect(&daemon, &authority);
    assert_eq!(idle.bare("GET", "/livez").status, 200);
    idle.expect_close_notify();
    daemon.stop();
}

#[test]
fn limits_hold_within_tls() {
    let authority = Authority::new();
    let daemon = plan(&authority.issue("127.0.0.1"))
        .set("http.max-connections=1")
        .set("http.write-timeout-ms=300")
        .start();
    let mut served = connect(&daemon, &authority);
    assert_eq!(served.bare("GET", "/livez").status, 200);
    let response = connect(&daemon, &authority).identify("28100104x", "user-42");
    assert_eq!(
        (response.status, response.header("connection")),
        (503, Some("close"))
    );
    // A client that takes no responses is dropped, and so are the bytes that TLS buffers for it.
    let element =
        json!({"codeValue": format!("28100104{}", "x".repeat(4000)), "openId": "user-42"});
    let batch = Value::Array(vec![element; 1000]).to_string();
    let batch = request("/v1/identifyCodes", batch);
    while served.try_send(&batch).is_ok() {}
    daemon.stop();
}

#[test]
fn a_stop_lets_requests_finish_and_closes_idle_connections() {
    let authority = Authority::new();
    let mut daemon = plan(&authority.issue("127.0.0.1")).spawn();
    let (mut busy, mut idle) = (connect(&daemon, &authority), connect(&daemon, &authority));
    assert_eq!(busy.bare("GET", "/livez").status, 200);
    assert_eq!(idle.bare("GET", "/livez").status, 200);
    // This client has not begun its handshake.
    let mut silent = daemon.tcp();
    let text = request("/v1/identifyCode", body("28100104x", "user-42"));
    let (first, second) = text.split_at(text.len() - 1);
    busy.send(first);
    daemon.signal("TERM");
    daemon.wait_for_line("stopping");
    idle.expect_close_notify();
    assert_eq!(silent.rest(), b"");
    busy.send(second);
    let response = busy.receive();
    assert_eq!(
        (response.status, response.header("connection")),
        (200, Some("close"))
    );
    assert!(daemon.wait().success(), "{:?}", daemon.log);
}

#[test]
fn idle_clients_half_heads_and_half_handshakes_do_not_delay_the_stop() {
    let authority = Authority::new();
    // A connection that delayed it by a second would be cut.
    let daemon = plan(&authority.issue("127.0.0.1"))
        .set("serve.drain-deadline-ms=900")
        .set("http.header-timeout-ms=600000")
        .spawn();
    let (mut idle, mut half) = (connect(&daemon, &authority), connect(&daemon, &authority));
    for client in [&mut idle, &mut half] {
        assert_eq!(client.bare("GET", "/livez").status, 200);
    }
    half.send("POST /v1/iden");
    let mut silent = daemon.tcp();
    let mut half_hello = daemon.tcp();
    half_hello.send(b"\x16\x03\x01\x02\x00\x01");
    let log = daemon.stop();
    assert!(log.last().unwrap().ends_with("stopped"), "{log:?}");
    idle.expect_close_notify();
    for client in [&mut half, &mut silent, &mut half_hello] {
        assert_eq!(client.rest(), b"");
    }
}
