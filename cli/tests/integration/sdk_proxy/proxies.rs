//! The login check and the upstream through an HTTP proxy.

use serde_json::json;
use tokio::runtime::Runtime;

use super::gateway::{Authority, Behavior, Gateway, Reply, SUCCESS, signed};
use super::{SDK_PROXY, with_files};
use crate::outbound::proxy::{Behaviour, Proxy};
use crate::rules::remote::{self, Remote};
use crate::serve::client::request;
use crate::serve::daemon::{Plan, Process};

fn body() -> String {
    json!({"sdkRequestHeader": "h", "sdkRequestData": "d", "customerId": "ignored"}).to_string()
}

#[test]
fn both_go_through_the_proxy_and_their_requests_arrive_once() {
    let runtime = Runtime::new().unwrap();
    let authority = Authority::new();
    let behavior = Behavior {
        name: "gateway.example",
        ..Behavior::default()
    };
    let start = Gateway::start(&authority, behavior, |_| Reply::Send(signed(SUCCESS)));
    let gateway = runtime.block_on(start);
    // Each check needs a connection of its own.
    let admits = remote::Reply::status(200)
        .header("X-Customer-Id", "customer-1")
        .header("Connection", "close");
    let login = Remote::http(admits);
    let proxy = Proxy::start(Behaviour::Tunnels(vec![
        ("gateway.example:443".to_owned(), gateway.address),
        (
            "login.example:80".to_owned(),
            login.authority().parse().unwrap(),
        ),
    ]));
    let mut daemon = with_files(Plan::new(), &authority)
        .set("proxy.upstream-url=https://gateway.example")
        .set("proxy.customer-from=login-check")
        .set("proxy.login-check-url=http://login.example/check")
        .set("proxy.login-check-timeout-ms=60000")
        .set("proxy.connect-timeout-ms=60000")
        .set("proxy.total-timeout-ms=60000")
        .environment("ALL_PROXY", &proxy.url("planted-user:planted-password"))
        .environment("NO_PROXY", "*.example")
        .spawn();
    let warned = "an entry of NO_PROXY matches no host";
    assert!(
        daemon.log.iter().any(|line| line.contains(warned)),
        "{:?}",
        daemon.log
    );
    let forward = |daemon: &Process| {
        let mut client = daemon.tcp();
        client.send(request(SDK_PROXY, body()));
        client.receive()
    };
    assert_eq!(forward(&daemon).body, SUCCESS.as_bytes());
    let sent = gateway.requests();
    assert_eq!(sent.len(), 1);
    assert!(String::from_utf8_lossy(&sent[0].body).contains("\"customerId\":\"customer-1\""));
    assert!(
        sent[0]
            .headers
            .iter()
            .all(|(name, _)| !name.eq_ignore_ascii_case("Proxy-Authorization"))
    );
    assert_eq!(login.requests().len(), 1);
    assert_eq!(login.requests()[0].header("proxy-authorization"), None);
    let mut lines = proxy.requests();
    lines.sort();
    let credentials = Some("Basic cGxhbnRlZC11c2VyOnBsYW50ZWQtcGFzc3dvcmQ=".to_owned());
    assert_eq!(
        lines,
        [
            (
                "CONNECT gateway.example:443 HTTP/1.1".to_owned(),
                credentials.clone()
            ),
            ("CONNECT login.example:80 HTTP/1.1".to_owned(), credentials),
        ]
    );
    proxy.set(Behaviour::Reply(
        "HTTP/1.1 403 Forbidden\r\n\r\n".to_owned(),
    ));
    assert_eq!(forward(&daemon).result_code(), "ACCESS_DENIED");
    let line = daemon.wait_for_line("the login check did not respond");
    let expected = format!(
        "the proxy {} refused to connect to the server, with the status 403 Forbidden",
        proxy.address()
    );
    assert!(line.contains(&expected), "{line}");
    let broken = Remote::http(remote::Reply::Truncate(b"0123456789".to_vec()));
    proxy.set(Behaviour::Tunnels(vec![(
        "login.example:80".to_owned(),
        broken.authority().parse().unwrap(),
    )]));
    assert_eq!(forward(&daemon).result_code(), "ACCESS_DENIED");
    let line = daemon.wait_for_line("the response broke off after ");
    let expected = format!(" through the proxy {}", proxy.address());
    assert!(line.contains(&expected), "{line}");
    let log = daemon.stop();
    assert!(log.iter().all(|line| !line.contains("planted")), "{log:?}");
}

#[test]
fn an_upstream_that_the_proxy_does_not_reach_is_an_unknown_exception() {
    for (behaviour, connect_timeout_ms, expected) in [
        (
            Behaviour::Tunnels(Vec::new()),
            60_000,
            "refused to connect to the server, with the status 502 Bad Gateway",
        ),
        (Behaviour::Hang, 300, "took longer than 300 ms"),
    ] {
        let proxy = Proxy::start(behaviour);
        let mut daemon = with_files(Plan::new(), &Authority::new())
            .set("proxy.upstream-url=https://gateway.example:8443")
            .set(&format!("proxy.connect-timeout-ms={connect_timeout_ms}"))
            .set("proxy.total-timeout-ms=60000")
            .set(&format!("outbound.proxy-url={}", proxy.url("")))
            .spawn();
        let response = daemon.tcp().post(SDK_PROXY, body());
        assert_eq!(
            (response.status, &*response.result_code()),
            (200, "UNKNOWN_EXCEPTION")
        );
        let line = daemon.wait_for_line(expected);
        assert!(
            line.contains(&format!("the proxy {}", proxy.address())),
            "{line}"
        );
        let line = "CONNECT gateway.example:8443 HTTP/1.1".to_owned();
        assert_eq!(proxy.requests(), [(line, None)]);
        daemon.stop();
    }
}
