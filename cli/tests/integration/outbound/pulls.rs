//! Pulls and callbacks through a proxy, and those that must not go through it.

use serde_json::json;

use super::proxy::{Behaviour, Proxy};
use super::{AUTHORIZATION, CREDENTIALS, ROUTES, plan, pull};
use crate::rules::remote::{Remote, Reply};
use crate::rules::{self, config};

/// An address for documentation (RFC 5737), to which no direct call arrives.
const ELSEWHERE: &str = "192.0.2.7";

/// A proxy that must not be asked.
fn unused() -> Proxy {
    Proxy::start(Behaviour::Hang)
}

#[test]
fn a_pull_goes_through_the_proxy_of_the_setting_with_its_credentials() {
    let remote = Remote::https(ROUTES, Reply::config(config("pulled")));
    let proxy = Proxy::to("routes.example:443", &remote.authority());
    let other = unused();
    let daemon = plan(&remote)
        .set(&format!("outbound.proxy-url={}", proxy.url(CREDENTIALS)))
        .environment("HTTPS_PROXY", &other.url(""))
        .environment("NO_PROXY", ROUTES)
        .start();
    assert_eq!(daemon.status()["table"]["version"], "pulled");
    assert_eq!(pull(&daemon), None);
    let expected = (
        "CONNECT routes.example:443 HTTP/1.1".to_owned(),
        Some(AUTHORIZATION.to_owned()),
    );
    assert_eq!(proxy.requests(), vec![expected; 2]);
    assert!(other.requests().is_empty());
    // The credentials are the proxy's alone.
    for request in remote.requests() {
        assert_eq!(request.header("host"), Some(ROUTES));
        assert_eq!(request.header("proxy-authorization"), None);
    }
    daemon.stop();
}

#[test]
fn the_environment_names_the_proxy_if_the_setting_does_not() {
    let remote = Remote::https(ROUTES, Reply::config(config("pulled")));
    for (variable, has_scheme) in [
        ("HTTPS_PROXY", true),
        ("https_proxy", true),
        ("ALL_PROXY", true),
        ("all_proxy", false),
    ] {
        let proxy = Proxy::to("routes.example:443", &remote.authority());
        let other = unused();
        let url = match has_scheme {
            true => proxy.url(CREDENTIALS),
            false => proxy.address().to_string(),
        };
        let daemon = plan(&remote)
            .environment(variable, &url)
            .environment("HTTP_PROXY", &other.url(""))
            .environment("NO_PROXY", "other.example")
            .start();
        assert_eq!(daemon.status()["table"]["version"], "pulled", "{variable}");
        let authorization = has_scheme.then(|| AUTHORIZATION.to_owned());
        let line = "CONNECT routes.example:443 HTTP/1.1".to_owned();
        assert_eq!(proxy.requests(), [(line, authorization)]);
        assert!(other.requests().is_empty());
        daemon.stop();
    }
}

#[test]
fn a_callback_without_tls_goes_through_the_proxy_too() {
    let reply = |_: &_| {
        let result =
            json!({"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "Success"});
        let config = config("called");
        Reply::config(json!({"result": result, "routeConfigData": config}).to_string())
    };
    let remote = Remote::http(Reply::status(500));
    remote.script(reply);
    let proxy = Proxy::start(Behaviour::Tunnels(vec![
        (
            "spi.example:80".to_owned(),
            remote.authority().parse().unwrap(),
        ),
        (
            "store.example:8080".to_owned(),
            remote.authority().parse().unwrap(),
        ),
    ]));
    let daemon = rules::plan()
        .set("ac.route.pull-route-config-url=callback+http://spi.example/spi")
        .set("ac.route.save-route-config-path=callback+http://store.example:8080/spi")
        .environment("http_proxy", &proxy.url(""))
        .start();
    assert_eq!(daemon.status()["table"]["version"], "called");
    let lines: Vec<_> = proxy.requests().into_iter().map(|(line, _)| line).collect();
    assert!(
        lines.contains(&"CONNECT spi.example:80 HTTP/1.1".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"CONNECT store.example:8080 HTTP/1.1".to_owned()),
        "{lines:?}"
    );
    assert!(
        remote
            .requests()
            .iter()
            .all(|request| request.line == "POST /spi")
    );
    daemon.stop();
}

#[test]
fn no_call_to_loopback_or_to_a_host_of_no_proxy_goes_through_it() {
    let remote = Remote::http(Reply::config(config("direct")));
    let authority = remote.authority();
    let (_, port) = authority.rsplit_once(':').unwrap();
    for (host, no_proxy, is_direct) in [
        ("127.0.0.1", "", true),
        ("127.0.0.1", "other.example", true),
        ("localhost", "", true),
        ("0.0.0.0", "", true),
        ("[::ffff:0.0.0.0]", "", true),
        (ELSEWHERE, "other.example,192.0.2.7", true),
        (ELSEWHERE, "192.0.2.0/24", true),
        (ELSEWHERE, "*", true),
        (ELSEWHERE, "", false),
        (ELSEWHERE, "10.0.0.0/8 192.0.2.7.example", false),
    ] {
        for case in [["HTTP_PROXY", "NO_PROXY"], ["http_proxy", "no_proxy"]] {
            let proxy = Proxy::to(&format!("{ELSEWHERE}:{port}"), &authority);
            let daemon = rules::plan()
                .set(&format!(
                    "ac.route.pull-route-config-url=http://{host}:{port}/routes.json"
                ))
                .set("remote.connect-timeout-ms=200")
                .environment(case[0], &proxy.url(""))
                .environment(case[1], no_proxy)
                .start();
            // No direct call arrives elsewhere.
            let arrives = host != ELSEWHERE || !is_direct;
            assert_eq!(
                daemon.status()["table"]["version"] == "direct",
                arrives,
                "{host} {no_proxy}"
            );
            assert_eq!(proxy.requests().is_empty(), is_direct, "{host} {no_proxy}");
            daemon.stop();
        }
    }
}

#[test]
fn off_and_a_loopback_come_before_the_environment() {
    let remote = Remote::http(Reply::config(config("direct")));
    let proxy = unused();
    for (setting, url, arrives) in [
        (
            "off".to_owned(),
            remote.url().replace("127.0.0.1", ELSEWHERE),
            false,
        ),
        (proxy.url(""), remote.url(), true),
    ] {
        let daemon = rules::plan()
            .set(&format!("ac.route.pull-route-config-url={url}"))
            .set(&format!("outbound.proxy-url={setting}"))
            .set("remote.connect-timeout-ms=200")
            .environment("ALL_PROXY", &proxy.url(""))
            .start();
        let version = daemon.status()["table"]["version"].clone();
        assert_eq!(version == "direct", arrives, "{url}");
        daemon.stop();
    }
    assert!(proxy.requests().is_empty());
}
