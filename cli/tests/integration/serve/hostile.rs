//! Clients that are slow, silent, many, or send code values that are hard to match.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::sleep;
use std::time::Duration;

use super::client::{Client, body, request};
use super::daemon::{PATIENCE, Plan, allow_descriptors};
use crate::resp::client::command;

/// The number of clients that send a byte now and then, and of those that send nothing: a usual attack.
const SLOW: usize = 2000;

#[test]
fn slow_and_silent_clients_are_closed_and_delay_no_others() {
    let (count, _guard) = allow_descriptors(2 * SLOW);
    let slow = count / 2;
    let daemon = Plan::new()
        .set("http.max-connections=6000")
        .set("http.header-timeout-ms=1000")
        .set("http.idle-timeout-ms=600000")
        .spawn();
    let head = b"POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\n";
    let mut clients: Vec<Client> = (0..2 * slow)
        .map(|n| {
            if n % 2 == 0 {
                daemon.tcp()
            } else {
                daemon.unix()
            }
        })
        .collect();
    // Empty lines do not begin a request.
    let mut empty = daemon.tcp();
    empty.send("\r\n");
    // A client that was served before is closed like the others once it has begun another head.
    let mut served = daemon.tcp();
    assert_eq!(served.bare("GET", "/livez").status, 200);
    served.send("GET /li");

    let mut legitimate = daemon.unix();
    let mut at = 0;
    let mut still_open: Vec<&mut Client> = clients.iter_mut().take(slow).collect();
    while !still_open.is_empty() {
        let byte = [head[at % head.len()]];
        // Sending fails once the daemon has closed.
        still_open.retain_mut(|client| client.try_send(byte).is_ok());
        at += 1;
        for _ in 0..5 {
            assert_eq!(legitimate.identify("28100104x", "user-42").status, 200);
        }
        assert_eq!(daemon.tcp().identify("28100104x", "user-42").status, 200);
        if at == head.len() {
            // A head that never ends continues with a header line that never ends.
            at = head.len() - 3;
        }
    }
    for client in &mut clients[slow..] {
        assert_eq!(client.rest(), b"");
    }
    assert_eq!(empty.rest(), b"");
    assert_eq!(served.rest(), b"");
    assert_eq!(legitimate.identify("28100104x", "user-42").status, 200);
    // None of them was refused.
    let connections = daemon.status()["daemon"]["connections"].clone();
    for listener in ["http", "unix"] {
        assert_eq!(connections[listener]["refused"], 0, "{connections}");
    }
    daemon.stop();
}

#[test]
fn slow_bodies_are_answered_and_closed() {
    let daemon = Plan::new().set("http.body-timeout-ms=200").start();
    for mut client in [daemon.tcp(), daemon.unix()] {
        let whole = request("/v1/identifyCode", body("28100104x", "user-42"));
        client.send(&whole[..whole.len() - 1]);
        let response = client.receive();
        assert_eq!(
            (response.status, response.result_code().as_str()),
            (408, "PARAM_ILLEGAL")
        );
        assert_eq!(response.header("connection"), Some("close"));
        assert_eq!(client.rest(), b"");
    }
}

#[test]
fn idle_connections_are_closed() {
    let daemon = Plan::new()
        .set("http.idle-timeout-ms=200")
        .set("http.header-timeout-ms=600000")
        .start();
    for mut client in [daemon.tcp(), daemon.unix()] {
        assert_eq!(client.bare("GET", "/livez").status, 200);
        // An empty line does not begin a request.
        client.send("\r\n");
        assert_eq!(client.rest(), b"");
    }
}

#[test]
fn a_client_that_takes_no_responses_is_closed() {
    let daemon = Plan::new().set("http.write-timeout-ms=300").start();
    let mut client = daemon.unix();
    let batch = format!(
        "[{}]",
        vec![body(&format!("28100104{}", "x".repeat(8000)), "user-42"); 1024].join(",")
    );
    let one = request("/v1/identifyCodes", batch);
    // The requests exceed every socket buffer, so that sending fails once the daemon has closed.
    while client.try_send(&one).is_ok() {}
    assert_eq!(daemon.unix().bare("GET", "/livez").status, 200);
}

#[test]
fn a_client_that_reads_slowly_and_steadily_gets_everything() {
    let daemon = Plan::new()
        .set("http.write-timeout-ms=1000")
        .set("resp.write-timeout-ms=1000")
        .spawn();
    let code = format!("28100104{}", "x".repeat(7000));
    let batch = format!("[{}]", vec![body(&code, "user-42"); 256].join(","));
    let batch = request("/v1/identifyCodes", batch);
    let expected = 256 * code.len();
    let pairs = [code.as_str(), "user-42"].repeat(256);
    let pairs = command(&[["MIDENTIFY"].as_slice(), &pairs].concat());
    std::thread::scope(|scope| {
        for (path, request) in [(daemon.socket(), batch), (daemon.resp_socket(), pairs)] {
            scope.spawn(move || {
                let mut client = UnixStream::connect(path).unwrap();
                client.set_read_timeout(Some(PATIENCE)).unwrap();
                client.write_all(&request).unwrap();
                let (mut piece, mut received) = (vec![0; 16 << 10], Vec::new());
                // 64 KiB a second, for longer than Linux takes to report room at this pace.
                for _ in 0..16 {
                    client.read_exact(&mut piece).unwrap();
                    received.extend_from_slice(&piece);
                    sleep(Duration::from_millis(250));
                }
                while received.len() < expected {
                    let read = client.read(&mut piece).unwrap();
                    assert!(read > 0, "closed after {} bytes", received.len());
                    received.extend_from_slice(&piece[..read]);
                }
            });
        }
    });
    daemon.stop();
}

#[test]
fn a_thousand_clients_connect_before_one_is_accepted_and_all_are_answered() {
    let daemon = Plan::new().spawn();
    daemon.signal("STOP");
    // A full backlog refuses a connect that does not wait.
    let connect = |_| Client::unix_without_waiting(&daemon.socket()).unwrap();
    let mut clients: Vec<Client> = (0..1000).map(connect).collect();
    daemon.signal("CONT");
    for client in &mut clients {
        assert_eq!(client.identify("28100104x", "user-42").status, 200);
    }
    daemon.stop();
}

#[test]
fn patterns_that_make_other_engines_backtrack_are_answered() {
    let patterns = [
        "(a+)+b",
        "(a|aa)+b",
        "(a*)*b",
        "a*a*a*a*a*a*b",
        "(.*)(.*)(.*)(.*)b",
        "(x+x+)+y",
        "(?:a?){50}a{50}b",
        "([a-z]+)*[0-9]",
        ".*.*.*=.*",
        "(?i)(A+)+b",
        "(?:.*a){8}b",
        "a{1,100}a{1,100}b",
    ];
    let rules: Vec<_> = patterns
        .iter()
        .enumerate()
        .map(|(n, pattern)| {
            serde_json::json!({"id": format!("r{n}"), "match": {"regex": pattern}, "action": {"type": "DECODE"}})
        })
        .collect();
    let config = serde_json::json!({"format": "codeid/1", "version": "hard", "rules": rules});
    let daemon = Plan::with_rules(config.to_string()).start();
    for mut client in [daemon.tcp(), daemon.unix()] {
        for code in [
            "a".repeat(8192),
            "x".repeat(8192),
            "aA".repeat(4096),
            "é".repeat(8192),
        ] {
            let response = client.identify(&code, "user-42");
            assert_eq!(
                (response.status, response.json()["isSupported"].clone()),
                (200, false.into())
            );
        }
        let response = client.identify(&format!("{}b", "a".repeat(8191)), "user-42");
        assert_eq!(response.header("x-codeid-rule"), Some("r0"));
    }
}
