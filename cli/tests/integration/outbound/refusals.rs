//! Proxies that make no tunnel, or make one to another server; and what is shown of a proxy.

use super::proxy::{Behaviour, Proxy};
use super::{CREDENTIALS, ROUTES, plan, pull};
use crate::rules::config;
use crate::rules::remote::{Remote, Reply, closed_address};

#[test]
fn the_refusal_of_a_proxy_names_it_and_the_reason_but_not_its_credentials() {
    let remote = Remote::https(ROUTES, Reply::config(config("pulled")));
    let proxy = Proxy::start(Behaviour::Reply(
        "HTTP/1.1 403 Forbidden\r\n\r\n".to_owned(),
    ));
    let plan = plan(&remote)
        .set("log.level=trace")
        .set(&format!("outbound.proxy-url={}", proxy.url(CREDENTIALS)));
    let mut shown = vec![];
    for options in [&[][..], &["--json"]] {
        let output = plan.command("settings").args(options).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains(&format!("http://{}", proxy.address())),
            "{text}"
        );
        shown.push(text);
    }
    let daemon = plan.spawn();
    let long = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(10_000));
    let reply = |text: &str| Behaviour::Reply(text.to_owned());
    for (behaviour, reason) in [
        (
            reply("HTTP/1.1 403 Forbidden\r\n\r\n"),
            "refused to connect to the server, with the status 403 Forbidden",
        ),
        (
            reply("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
            "did not accept the user and the password of its URL (status 407)",
        ),
        (
            reply("220 smtp.example\r\n"),
            "did not respond in HTTP/1.1: ",
        ),
        (
            reply("HTTP/1.1 200 OK\r\n"),
            "closed the connection without a response",
        ),
        (
            reply("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
            "sent bytes before anything",
        ),
        (reply(&long), "responded with more than 8192 bytes"),
    ] {
        proxy.set(behaviour);
        let why = pull(&daemon).unwrap();
        let expected = format!("the proxy {} {reason}", proxy.address());
        assert!(why.contains(&expected), "{why}");
        shown.push(why);
    }
    proxy.set(Behaviour::Tunnels(vec![(
        format!("{ROUTES}:443"),
        remote.authority().parse().unwrap(),
    )]));
    assert_eq!(pull(&daemon), None);
    shown.push(daemon.status().to_string());
    let log = daemon.stop().join("\n");
    let line = log
        .lines()
        .find(|line| line.contains("calls go through a proxy"));
    assert!(
        line.unwrap().contains(&proxy.address().to_string()),
        "{log}"
    );
    shown.push(log);
    for text in shown {
        for secret in ["planted", "cGxhbnRlZC"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn a_proxy_that_does_not_respond_is_given_up_after_the_time_for_connecting() {
    let remote = Remote::https(ROUTES, Reply::config(config("pulled")));
    let proxy = Proxy::start(Behaviour::Hang);
    let daemon = plan(&remote)
        .set("remote.connect-timeout-ms=300")
        .set(&format!("outbound.proxy-url={}", proxy.url(CREDENTIALS)))
        .start();
    let why = pull(&daemon).unwrap();
    let expected = format!(
        "connecting through the proxy {} took longer than 300 ms",
        proxy.address()
    );
    assert!(why.contains(&expected), "{why}");
    assert!(remote.requests().is_empty());
    daemon.stop();
}

#[test]
fn a_proxy_that_cannot_be_reached_or_wants_credentials_is_named() {
    let remote = Remote::https(ROUTES, Reply::config(config("pulled")));
    let nowhere = closed_address();
    let daemon = plan(&remote)
        .set(&format!("outbound.proxy-url=http://{nowhere}"))
        .start();
    let why = pull(&daemon).unwrap();
    assert!(
        why.contains(&format!("the proxy {nowhere} cannot be reached: ")),
        "{why}"
    );
    daemon.stop();
    let proxy = Proxy::start(Behaviour::Reply("HTTP/1.1 407 Any\r\n\r\n".to_owned()));
    let daemon = plan(&remote)
        .set(&format!("outbound.proxy-url={}", proxy.url("")))
        .start();
    let why = pull(&daemon).unwrap();
    assert!(
        why.contains("requires a user and a password (status 407)"),
        "{why}"
    );
    daemon.stop();
}

/// TLS is with the server, so the proxy can neither read nor answer a request.
#[test]
fn a_proxy_cannot_lead_a_call_to_another_server() {
    let remote = Remote::https("other.example", Reply::config(config("pulled")));
    let proxy = Proxy::to("routes.example:443", &remote.authority());
    let daemon = plan(&remote)
        .set(&format!("outbound.proxy-url={}", proxy.url("")))
        .start();
    let why = pull(&daemon).unwrap();
    let through = format!(
        "cannot connect to the server through the proxy {}: ",
        proxy.address()
    );
    assert!(
        why.contains(&through) && why.contains("certificate"),
        "{why}"
    );
    assert!(!proxy.requests().is_empty() && remote.requests().is_empty());
    // The proxy hangs up before TLS with the server.
    proxy.set(Behaviour::Reply("HTTP/1.1 200 OK\r\n\r\n".to_owned()));
    let why = pull(&daemon).unwrap();
    assert!(why.contains(&through), "{why}");
    daemon.stop();
}

#[test]
fn a_connection_without_tls_that_ends_in_the_tunnel_names_the_proxy() {
    let proxy = Proxy::start(Behaviour::Reply("HTTP/1.1 200 OK\r\n\r\n".to_owned()));
    let broken = Remote::http(Reply::Truncate(config("pulled").into()));
    let daemon = crate::rules::plan()
        .set("ac.route.pull-route-config-url=http://routes.example/routes.json")
        .set(&format!("outbound.proxy-url={}", proxy.url("")))
        .start();
    let address = proxy.address();
    let why = pull(&daemon).unwrap();
    let expected = format!("no response through the proxy {address}: ");
    assert!(why.contains(&expected), "{why}");
    proxy.set(Behaviour::Tunnels(vec![(
        "routes.example:80".to_owned(),
        broken.authority().parse().unwrap(),
    )]));
    let why = pull(&daemon).unwrap();
    assert!(why.contains("the response broke off after "), "{why}");
    assert!(
        why.contains(&format!(" through the proxy {address}: ")),
        "{why}"
    );
    daemon.stop();
    // The server does not end its response.
    let hanging = Remote::http(Reply::HangInside(config("pulled").into()));
    proxy.set(Behaviour::Tunnels(vec![(
        "routes.example:80".to_owned(),
        hanging.authority().parse().unwrap(),
    )]));
    let daemon = crate::rules::plan()
        .set("ac.route.pull-route-config-url=http://routes.example/routes.json")
        .set("remote.total-timeout-ms=300")
        .set(&format!("outbound.proxy-url={}", proxy.url("")))
        .start();
    let why = pull(&daemon).unwrap();
    let expected = format!("no complete response within 300 ms through the proxy {address}");
    assert!(why.contains(&expected), "{why}");
    proxy.set(Behaviour::Reply("HTTP/1.1 403 x\r\n\r\n".to_owned()));
    let why = pull(&daemon).unwrap();
    let hint = "by default, proxies such as Squid connect to port 443 alone, and not to port 80";
    assert!(why.contains(hint), "{why}");
    daemon.stop();
}

#[test]
fn a_name_below_localhost_is_not_called_through_a_proxy() {
    let proxy = Proxy::start(Behaviour::Reply("HTTP/1.1 200 OK\r\n\r\n".to_owned()));
    let port = closed_address().port();
    let daemon = crate::rules::plan()
        .set(&format!(
            "ac.route.pull-route-config-url=http://routes.localhost:{port}/"
        ))
        .set(&format!("outbound.proxy-url={}", proxy.url("")))
        .start();
    assert!(pull(&daemon).is_some());
    assert!(proxy.requests().is_empty());
    daemon.stop();
}

#[test]
fn a_proxy_can_have_tls_of_its_own() {
    let remote = Remote::https(ROUTES, Reply::config(config("pulled")));
    // A stand-in that is a server with TLS sees the request for the tunnel.
    let proxy = Remote::https("127.0.0.1", Reply::status(403));
    let plan = plan(&remote);
    let roots = plan.directory.write("proxy.pem", &proxy.certificate);
    let daemon = plan
        .set(&format!("outbound.proxy-url=https://{}", proxy.authority()))
        .environment("SSL_CERT_FILE", roots.to_str().unwrap())
        .spawn();
    let why = pull(&daemon).unwrap();
    let expected = format!("the proxy {} refused to connect", proxy.authority());
    assert!(why.contains(&expected), "{why}");
    assert_eq!(proxy.requests()[0].line, "CONNECT routes.example:443");
    daemon.stop();
}

#[test]
fn a_start_fails_if_the_variable_that_counts_names_no_proxy() {
    let remote = Remote::https(ROUTES, Reply::config(config("pulled")));
    for (variable, value) in [
        ("HTTPS_PROXY", "socks5://planted:planted@p.example:1080"),
        ("all_proxy", "http://p.example:planted"),
    ] {
        let line = plan(&remote).environment(variable, value).fail();
        let expected = format!("PARAM_ILLEGAL: {variable} must be http://HOST:PORT or ");
        assert!(
            line.starts_with(&expected) && !line.contains("planted"),
            "{line}"
        );
    }
    let line = plan(&remote)
        .set("outbound.proxy-url=http://planted:planted@p/planted")
        .fail();
    let expected = "PARAM_ILLEGAL: --set: outbound.proxy-url must be http://HOST:PORT or ";
    assert!(
        line.starts_with(expected) && !line.contains("planted"),
        "{line}"
    );
    assert!(line.ends_with("it has a path or query"), "{line}");
}
