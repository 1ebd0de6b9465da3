//! The header `traceparent`: in the log, to the login check, and to the upstream if the settings say so.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use super::gateway::{Reply, SUCCESS, response, signed};
use super::{Fixture, SDK_PROXY, request_with};
use crate::serve::daemon::PATIENCE;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const BODY: &str = r#"{"sdkRequestHeader": "h", "sdkRequestData": "d", "customerId": "c-1"}"#;

fn traced(path: &str) -> Vec<u8> {
    let parent = format!("traceparent: {PARENT}");
    request_with(path, &[&parent, "tracestate: a=1"], BODY)
}

/// Starts a login service that admits everybody. Returns its URL, and the heads of the requests to it.
fn login_service() -> (String, Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, heads) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let lines = lines.take_while(|line| !line.is_empty());
            let head: Vec<_> = lines.map(|line| line.to_ascii_lowercase()).collect();
            let answer = "HTTP/1.1 200 OK\r\nX-Customer-Id: c-1\r\nContent-Length: 0\r\n\
                          Connection: close\r\n\r\n";
            let _ = (&stream).write_all(answer.as_bytes());
            if sender.send(head).is_err() {
                return;
            }
        }
    });
    (url, heads)
}

#[test]
fn a_trace_goes_to_the_upstream_only_if_the_settings_say_so() {
    for (setting, is_forwarded) in [("true", true), ("false", false)] {
        let Fixture {
            runtime: _runtime,
            gateway,
            plan,
        } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
        let daemon = plan
            .set(&format!("proxy.forward-traceparent={setting}"))
            .start();
        let mut client = daemon.tcp();
        client.send(traced(SDK_PROXY));
        assert_eq!(client.receive().status, 200);
        client.send(request_with(SDK_PROXY, &["traceparent: 00-zz"], BODY));
        assert_eq!(client.receive().status, 200);
        let requests = gateway.requests();
        let sent = |index: usize, name: &str| {
            let headers = requests[index].headers.iter();
            let mut values = headers
                .filter(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, v)| v.clone());
            values.next()
        };
        let expected = |value: &str| is_forwarded.then(|| value.to_owned());
        assert_eq!(sent(0, "traceparent"), expected(PARENT));
        assert_eq!(sent(0, "tracestate"), expected("a=1"));
        assert_eq!(sent(1, "traceparent"), None);
        for request in &requests {
            assert!(request.is_signed());
        }
    }
}

#[test]
fn a_login_check_gets_the_trace_as_it_came() {
    let (url, heads) = login_service();
    let Fixture {
        runtime: _runtime,
        gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
    let daemon = plan
        .set("proxy.customer-from=login-check")
        .set(&format!("proxy.login-check-url={url}"))
        .start();
    let mut client = daemon.tcp();
    client.send(traced(SDK_PROXY));
    assert_eq!(client.receive().status, 200);
    let head = heads.recv_timeout(PATIENCE).unwrap();
    assert!(head.contains(&format!("traceparent: {PARENT}")), "{head:?}");
    assert!(head.contains(&"tracestate: a=1".to_owned()), "{head:?}");
    // A trace that is not valid stays here, and the request does not fail.
    client.send(request_with(
        SDK_PROXY,
        &["traceparent: 01", "tracestate: a=1"],
        BODY,
    ));
    assert_eq!(client.receive().status, 200);
    let head = heads.recv_timeout(PATIENCE).unwrap();
    assert!(
        !head.iter().any(|line| line.starts_with("trace")),
        "{head:?}"
    );
    assert_eq!(gateway.requests().len(), 2);
}

#[test]
fn the_lines_of_the_log_about_a_request_name_its_trace() {
    for (format, named) in [
        ("human", format!("request{{traceparent=\"{PARENT}\"}}")),
        (
            "json",
            format!("\"span\":{{\"traceparent\":\"{PARENT}\",\"name\":\"request\"}}"),
        ),
    ] {
        let Fixture {
            runtime: _runtime,
            gateway: _gateway,
            plan,
        } = Fixture::new(|_| Reply::Send(response("503 x", &[], b"")));
        let daemon = plan
            .set(&format!("log.format={format}"))
            .set("log.level=info")
            .spawn();
        let mut client = daemon.tcp();
        client.send(traced(SDK_PROXY));
        assert_eq!(client.receive().status, 200);
        client.send(
            String::from_utf8(traced(SDK_PROXY))
                .unwrap()
                .replace("POST", "PUT"),
        );
        assert_eq!(client.receive().status, 405);
        let mut client = daemon.tcp();
        client.send(request_with(SDK_PROXY, &["traceparent: 00-0-0-00"], BODY));
        assert_eq!(client.receive().status, 200);
        let log = daemon.stop();
        let lines = |text: &str| -> Vec<&String> {
            log.iter().filter(|line| line.contains(text)).collect()
        };
        let unusable = lines("the upstream response to a request cannot be used");
        assert_eq!(unusable.len(), 2, "{log:#?}");
        assert!(unusable[0].contains(&named), "{}", unusable[0]);
        assert!(!unusable[1].contains("traceparent"), "{}", unusable[1]);
        let unread = lines("a request of sdkProxy was refused unread");
        assert!(unread[0].contains(&named), "{unread:?}");
        assert_eq!(lines("traceparent").len(), 2, "{log:#?}");
    }
}
