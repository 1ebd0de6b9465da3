//! Requests and responses over both listeners.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::gateway::{
    Authority, Behavior, CLIENT_ID, Gateway, RESPONSE_TIME, Reply, SUCCESS, signature_of, signed,
};
use super::{Fixture, SDK_PROXY, with_files};
use crate::serve::client::request;
use crate::serve::daemon::Plan;

fn body(data: &str) -> String {
    json!({"sdkRequestHeader": "{\"a\":\"b\"}", "sdkRequestData": data, "customerId": "c-1"})
        .to_string()
}

#[test]
fn a_response_comes_back_byte_for_byte_over_both_listeners() {
    let Fixture {
        runtime: _runtime,
        gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
    let daemon = plan.start();
    for mut client in [daemon.tcp(), daemon.unix()] {
        for data in ["a=%2B \"é😀\" ", &"d".repeat(500 << 10)] {
            let response = client.post(SDK_PROXY, body(data));
            assert_eq!(response.status, 200);
            assert_eq!(response.body, SUCCESS.as_bytes());
            let signature = signature_of(SUCCESS.as_bytes());
            for (name, expected) in [
                ("content-type", "application/json"),
                ("signature", &signature),
                ("response-time", RESPONSE_TIME),
                ("tracer-id", "tracer-1"),
                ("client-id", CLIENT_ID),
            ] {
                assert_eq!(response.header(name), Some(expected), "{name}");
            }
            let sent = gateway.requests().pop().unwrap();
            assert!(sent.is_signed());
            let sent: Value = serde_json::from_slice(&sent.body).unwrap();
            assert_eq!(sent, serde_json::from_str::<Value>(&body(data)).unwrap());
        }
    }
    assert_eq!(gateway.requests().len(), 4);
    daemon.stop();
}

#[test]
fn a_body_has_one_mebibyte_at_most_and_is_strict_json() {
    let Fixture {
        runtime: _runtime,
        gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
    let daemon = plan.start();
    let longest = body(&"d".repeat((1 << 20) - body("").len()));
    assert_eq!(longest.len(), 1 << 20);
    let mut client = daemon.tcp();
    assert_eq!(client.post(SDK_PROXY, &longest).body, SUCCESS.as_bytes());
    for (wrong, status) in [
        (format!("{longest} "), 413),
        ("[]".to_owned(), 400),
        ("{".to_owned(), 400),
        (body("x").replacen('}', ",\"customerId\":\"c\"}", 1), 400),
        (body("x").replace('x', "\\ud800"), 400),
        (body(""), 200),
    ] {
        let response = daemon.unix().post(SDK_PROXY, &wrong);
        assert_eq!(
            (response.status, response.result_code().as_str()),
            (status, "PARAM_ILLEGAL")
        );
        assert_eq!(response.json().as_object().unwrap().len(), 2);
    }
    assert_eq!(gateway.requests().len(), 1);
    daemon.stop();
}

#[test]
fn a_customer_has_256_characters_at_most() {
    let Fixture {
        runtime: _runtime,
        gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
    let daemon = plan.start();
    let of = |name: &str| body("x").replace("c-1", name);
    let longest = "é".repeat(256);
    let response = daemon.tcp().post(SDK_PROXY, of(&longest));
    assert_eq!(response.body, SUCCESS.as_bytes());
    let response = daemon.tcp().post(SDK_PROXY, of(&format!("{longest}x")));
    assert_eq!(
        (response.status, response.result_code().as_str()),
        (200, "PARAM_ILLEGAL")
    );
    assert_eq!(gateway.requests().len(), 1);
    daemon.stop();
}

/// The login service accepts connections and never responds: requests that wait for it do not delay
/// others.
#[test]
fn a_slow_login_check_delays_no_lookup() {
    let Fixture {
        runtime: _runtime,
        gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let daemon = plan
        .set("serve.worker-threads=1")
        .set("proxy.customer-from=login-check")
        .set(&format!(
            "proxy.login-check-url=http://{}/",
            silent.local_addr().unwrap()
        ))
        .set("proxy.login-check-timeout-ms=60000")
        .set("proxy.max-in-flight=20")
        .start();
    let mut waiting: Vec<_> = (0..20).map(|_| daemon.tcp()).collect();
    for client in &mut waiting {
        client.send(request(SDK_PROXY, body("x")));
    }
    let held: Vec<_> = waiting.iter().map(|_| silent.accept().unwrap()).collect();
    // All of them wait; a further request is refused, and lookups are answered.
    let response = daemon.unix().post(SDK_PROXY, body("x"));
    assert_eq!(response.result_code(), "REQUEST_TRAFFIC_EXCEED_LIMIT");
    let mut client = daemon.tcp();
    for _ in 0..1000 {
        let response = client.identify("28100104df2342342", "user-42");
        assert_eq!(response.result_code(), "SUCCESS");
    }
    drop(held);
    for mut client in waiting {
        assert_eq!(client.receive().result_code(), "ACCESS_DENIED");
    }
    assert!(gateway.requests().is_empty());
    daemon.stop();
}

#[test]
fn a_caller_that_closes_its_connection_does_not_cancel_its_request() {
    let gate = Arc::new(Notify::new());
    let held = Arc::clone(&gate);
    let Fixture {
        runtime,
        gateway,
        plan,
    } = Fixture::new(
        move |request| match String::from_utf8_lossy(&request.body) {
            body if body.contains("\"x\"") => Reply::Await(Arc::clone(&held), signed(SUCCESS)),
            _ => Reply::Send(signed(SUCCESS)),
        },
    );
    let daemon = plan.set("proxy.max-in-flight=1").start();
    let mut client = daemon.tcp();
    client.send(request(SDK_PROXY, body("x")));
    runtime.block_on(gateway.wait_for(1));
    drop(client);
    gate.notify_one();
    // There is room again once the response has been read, and on the same connection.
    loop {
        let response = daemon.tcp().post(SDK_PROXY, body("y"));
        match response.result_code().as_str() {
            "REQUEST_TRAFFIC_EXCEED_LIMIT" => {}
            code => break assert_eq!(code, "SUCCESS"),
        }
    }
    assert_eq!(gateway.requests().len(), 2);
    assert_eq!(gateway.accepted(), 1);
    daemon.stop();
}

#[test]
fn a_request_in_flight_is_answered_while_the_daemon_stops() {
    let gate = Arc::new(Notify::new());
    let held = Arc::clone(&gate);
    let Fixture {
        runtime,
        gateway,
        plan,
    } = Fixture::new(move |_| Reply::Await(Arc::clone(&held), signed(SUCCESS)));
    let mut daemon = plan.spawn();
    let mut client = daemon.unix();
    client.send(request(SDK_PROXY, body("x")));
    runtime.block_on(gateway.wait_for(1));
    daemon.signal("TERM");
    daemon.wait_for_line("stopping");
    gate.notify_one();
    let response = client.receive();
    assert_eq!(response.body, SUCCESS.as_bytes());
    assert_eq!(response.header("connection"), Some("close"));
    assert!(daemon.wait().success());
}

/// Alipay+ may take ten seconds: with the default settings, no part of the path gives up before. Only
/// the total timeout is longer here, for machines that are busy.
#[test]
fn a_response_after_ten_and_a_half_seconds_still_comes_back() {
    let Fixture {
        runtime: _runtime,
        gateway,
        plan,
    } = Fixture::new(|_| Reply::SendAfter(Duration::from_millis(10_500), signed(SUCCESS)));
    let daemon = plan.set("proxy.total-timeout-ms=60000").start();
    let mut clients = [daemon.tcp(), daemon.unix()];
    for client in &mut clients {
        client.send(request(SDK_PROXY, body("x")));
    }
    for client in &mut clients {
        assert_eq!(client.receive().body, SUCCESS.as_bytes());
    }
    assert_eq!(gateway.requests().len(), 2);
    daemon.stop();
}

#[test]
fn the_configured_certificate_is_shown_to_an_upstream_that_requires_one() {
    let runtime = Runtime::new().unwrap();
    let authority = Authority::new();
    let behavior = Behavior {
        wants_certificate: true,
        ..Behavior::default()
    };
    let start = Gateway::start(&authority, behavior, |_| Reply::Send(signed(SUCCESS)));
    let gateway = runtime.block_on(start);
    let (certificate, key) = authority.certify("wallet.example", false);
    for shown in [false, true] {
        let mut plan = with_files(Plan::new(), &authority)
            .set(&format!("proxy.upstream-url={}", gateway.url()));
        plan.directory.write("wallet.pem", certificate.pem());
        let key = plan.directory.write("wallet.key.pem", key.serialize_pem());
        fs::set_permissions(key, Permissions::from_mode(0o600)).unwrap();
        if shown {
            plan = plan
                .set("proxy.client-cert-path=wallet.pem")
                .set("proxy.client-key-path=wallet.key.pem");
        }
        let daemon = plan.start();
        let code = daemon.tcp().post(SDK_PROXY, body("x")).result_code();
        assert_eq!(
            code,
            if shown {
                "SUCCESS"
            } else {
                "UNKNOWN_EXCEPTION"
            }
        );
        daemon.stop();
    }
    assert_eq!(gateway.requests().len(), 1);
}

/// When both want a core, a lookup goes first.
#[cfg(target_os = "linux")]
#[test]
fn proxy_threads_are_nicer_and_fewer_than_workers() {
    let Fixture {
        runtime: _runtime,
        gateway: _gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
    let daemon = plan.set("serve.worker-threads=3").spawn();
    assert_eq!(daemon.tcp().post(SDK_PROXY, body("x")).status, 200);
    let mut niceness = BTreeMap::<String, BTreeSet<i32>>::new();
    let mut signing = 0;
    for thread in fs::read_dir(format!("/proc/{}/task", daemon.pid())).unwrap() {
        let stat = fs::read_to_string(thread.unwrap().path().join("stat")).unwrap();
        // The name is in parentheses; niceness is the seventeenth field after it.
        let (before, after) = stat.rsplit_once(") ").unwrap();
        let name = before.split_once('(').unwrap().1.to_owned();
        let nice = after.split(' ').nth(16).unwrap().parse().unwrap();
        signing += usize::from(name == "proxy");
        niceness.entry(name).or_default().insert(nice);
    }
    let own = *niceness["codeid"].first().unwrap();
    let expected = BTreeSet::from([(own + 10).min(19)]);
    assert_eq!(niceness["proxy"], expected, "{niceness:?}");
    assert_eq!(signing, 2);
    let serving: Vec<_> = niceness
        .iter()
        .filter(|(name, _)| name.starts_with("worker"))
        .collect();
    assert!(!serving.is_empty(), "{niceness:?}");
    for (_, nice) in serving {
        assert_eq!(*nice, BTreeSet::from([own]), "{niceness:?}");
    }
    daemon.stop();
}
