//! HTTP/1.1 itself, apart from the endpoints.

use std::time::{Duration, SystemTime};

use super::client::{Client, body, request};
use super::daemon::Daemon;
use super::endpoints::{SDK_PROXY, clients};

pub(super) const CODE: &str = "28100104x";

pub(super) fn complete_request() -> Vec<u8> {
    request("/v1/identifyCode", body(CODE, "user-42"))
}

pub(super) fn is_answered(client: &mut Client) -> bool {
    client.receive().header("x-codeid-rule") == Some("order")
}

#[test]
fn a_head_that_cannot_be_read_gets_a_result_and_a_closed_connection() {
    let daemon = Daemon::start();
    let many = format!("GET /livez HTTP/1.1\r\n{}\r\n", "X: 1\r\n".repeat(101));
    let long = format!("GET /livez HTTP/1.1\r\nX: {}", "x".repeat(20_000));
    let target = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "x".repeat(20_000));
    let table = [
        (
            "nonsense\r\n\r\n",
            400,
            "The head of the request is not HTTP/1.1: invalid token.",
        ),
        (
            "GET /livez HTTP/2.0\r\n",
            400,
            "The head of the request is not HTTP/1.1: invalid HTTP version.",
        ),
        (
            "\x16\x03\x01\x02\x00",
            400,
            "The head of the request is not HTTP/1.1: invalid token.",
        ),
        (
            "GET /livez HTTP/1.1\r\nX : 1\r\n\r\n",
            400,
            "The head of the request is not HTTP/1.1: invalid header name.",
        ),
        (
            "GET /livez HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            400,
            "The framing of the request is ambiguous: it must have one Content-Length or one \
             Transfer-Encoding of chunked, not both, and lines that end in CR LF.",
        ),
        (
            &many,
            431,
            "The head of the request has more than 100 header lines.",
        ),
        (
            &long,
            431,
            "The head of the request is longer than 16384 bytes.",
        ),
        (
            &target,
            414,
            "The first line of the request is longer than 16384 bytes.",
        ),
        (
            "GET /livez HTTP/1.1\r\n\r\n",
            400,
            "The request has no Host header, which HTTP/1.1 requires.",
        ),
        (
            "POST /nowhere HTTP/1.1\r\nHost: h\r\nX: 1\r\nHost: h\r\n\r\n",
            400,
            "The request has more than one Host header.",
        ),
        (
            "GET http://h/livez HTTP/1.0\r\nHost: h\r\nhost: h\r\n\r\n",
            400,
            "The request has more than one Host header.",
        ),
        (
            "GET /livez HTTP/1.1\r\nHost: user@h\r\n\r\n",
            400,
            "The Host header of the request is not a host, with or without a port.",
        ),
    ];
    for (head, status, detail) in table {
        for mut client in clients(&daemon) {
            // The request before it is answered first.
            client.send([complete_request().as_slice(), head.as_bytes()].concat());
            assert!(is_answered(&mut client));
            let response = client.receive();
            assert_eq!(
                (response.status, response.header("connection")),
                (status, Some("close"))
            );
            assert_eq!(response.result_code(), "PARAM_ILLEGAL");
            assert_eq!(response.json()["detail"], detail);
            assert_eq!(client.rest(), b"");
        }
    }
    daemon.stop();
}

#[test]
fn a_body_that_ends_early_or_is_malformed_is_400() {
    let daemon = Daemon::start();
    let head = "POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    for (bytes, is_ended, detail) in [
        (
            format!("{head}Content-Length: 9\r\n\r\n{{"),
            true,
            "The body ended early at byte 1.",
        ),
        (
            format!("{chunked}3\r\nabc\r\n"),
            true,
            "The body ended early at byte 8.",
        ),
        (
            format!("{chunked}x\r\n"),
            false,
            "The chunk at byte 0 of the body has no valid size.",
        ),
        (
            format!("{chunked}3\r\nabcd\r\n"),
            false,
            "A chunk is longer than its size, which ends it at byte 6 of the body.",
        ),
        (
            format!("{chunked}1;{}\r\n", "x".repeat(70)),
            false,
            "The line at byte 0 of the body, with the size of a chunk, is longer than 64 bytes.",
        ),
        (
            format!("{chunked}0\r\nx: {}\r\n", "y".repeat(16384)),
            false,
            "The trailers are longer than 16384 bytes with the one at byte 3 of the body.",
        ),
    ] {
        for mut client in clients(&daemon) {
            client.send(&bytes);
            if is_ended {
                client.end();
            }
            let response = client.receive();
            assert_eq!(
                (response.status, response.header("connection")),
                (400, Some("close"))
            );
            assert_eq!(response.json()["detail"], detail);
            assert_eq!(client.rest(), b"");
        }
    }
    daemon.stop();
}

#[test]
fn requests_are_answered_in_whatever_pieces_they_arrive() {
    let daemon = Daemon::start();
    let chunked = format!(
        "POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n{:x}\r\n{}\r\n0\r\nX: y\r\n\r\n",
        &body(CODE, "user-42")[..5],
        body(CODE, "user-42").len() - 5,
        &body(CODE, "user-42")[5..],
    );
    let all = [
        complete_request(),
        b"\r\n".to_vec(),
        chunked.into_bytes(),
        complete_request(),
        b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n".to_vec(),
    ]
    .concat();
    for size in [1, 2, 3, 7, 64, all.len()] {
        for mut client in clients(&daemon) {
            for piece in all.chunks(size) {
                client.send(piece);
            }
            for _ in 0..3 {
                assert!(is_answered(&mut client), "{size}");
            }
            let response = client.receive();
            assert_eq!((response.status, response.body.len()), (200, 0));
        }
    }
    daemon.stop();
}

#[test]
fn a_connection_stays_open_or_closes_as_its_client_asks() {
    let daemon = Daemon::start();
    let get =
        |version: &str, lines: &str| format!("GET /livez HTTP/{version}\r\nHost: h\r\n{lines}\r\n");
    for (version, lines, expected) in [
        ("1.1", "", None),
        ("1.1", "Connection: close\r\n", Some("close")),
        ("1.1", "Connection: te, Close\r\n", Some("close")),
        ("1.0", "", Some("close")),
        ("1.0", "Connection: keep-alive\r\n", Some("keep-alive")),
    ] {
        for mut client in clients(&daemon) {
            client.send(get(version, lines));
            let response = client.receive();
            assert_eq!(
                (response.status, response.header("connection")),
                (200, expected)
            );
            if expected == Some("close") {
                assert_eq!(client.rest(), b"");
            } else {
                assert_eq!(client.bare("GET", "/livez").status, 200);
            }
        }
    }
    daemon.stop();
}

#[test]
fn targets_may_have_an_authority_and_a_query() {
    let daemon = Daemon::start();
    for mut client in clients(&daemon) {
        for target in [
            "/livez?a=b",
            "http://codeid/livez",
            "http://codeid:80/livez?/nowhere",
        ] {
            assert_eq!(client.bare("GET", target).status, 200, "{target}");
        }
        for target in ["*", "codeid:80", "http://codeid", "livez", "?/livez"] {
            assert_eq!(client.bare("GET", target).status, 404, "{target}");
        }
    }
    daemon.stop();
}

#[test]
fn responses_to_head_have_no_body() {
    let daemon = Daemon::start();
    for mut client in clients(&daemon) {
        for (path, status) in [
            ("/livez", 200),
            ("/v1/identifyCode", 405),
            (SDK_PROXY, 405),
            ("/", 404),
        ] {
            let response = client.bare("HEAD", path);
            let length: usize = response.header("content-length").unwrap().parse().unwrap();
            assert_eq!((response.status, length > 0), (status, status != 200));
        }
        // The next bytes are a response, not the body of the last one.
        assert_eq!(client.identify(CODE, "user-42").status, 200);
    }
    daemon.stop();
}

#[test]
fn responses_have_a_date_and_a_content_type() {
    let daemon = Daemon::start();
    for mut client in clients(&daemon) {
        let response = client.identify(CODE, "user-42");
        let date = httpdate::parse_http_date(response.header("date").unwrap()).unwrap();
        let now = SystemTime::now();
        // The daemon reads the clock once a second, so the date may be that of the second before.
        let difference = now.duration_since(date).unwrap_or_default();
        assert!(difference < Duration::from_secs(60), "{difference:?}");
        assert_eq!(response.header("content-type"), Some("application/json"));
        assert_eq!(client.bare("GET", "/livez").header("content-type"), None);
    }
    daemon.stop();
}

#[test]
fn a_body_that_is_not_needed_is_skipped_up_to_a_limit() {
    let daemon = Daemon::start();
    let post = |length: usize| {
        let head = format!("POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
        [head.as_bytes(), &vec![b'x'; length]].concat()
    };
    for mut client in clients(&daemon) {
        client.send(post(128 << 10));
        assert_eq!(client.receive().status, 404);
        assert_eq!(client.identify(CODE, "user-42").status, 200);
        client.send(post((128 << 10) + 1));
        let response = client.receive();
        assert_eq!(
            (response.status, response.header("connection")),
            (404, Some("close"))
        );
        assert_eq!(client.rest(), b"");
    }
    // The same limit holds for chunks, and a client that expects 100 Continue sends nothing.
    for mut client in clients(&daemon) {
        client.send("POST /nowhere HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.send(format!("{:x}\r\n{}\r\n", 128 << 10, "x".repeat(128 << 10)));
        client.send("1\r\nx\r\n0\r\n\r\n");
        assert_eq!(client.receive().status, 404);
        assert_eq!(client.rest(), b"");
    }
    for mut client in clients(&daemon) {
        client.send("POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        let response = client.receive();
        assert_eq!(
            (response.status, response.header("connection")),
            (404, Some("close"))
        );
    }
    daemon.stop();
}

#[test]
fn a_client_gets_100_continue_once_and_only_if_it_waits_for_it() {
    let daemon = Daemon::start();
    let text = body(CODE, "user-42");
    let head = format!(
        "POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n",
        text.len()
    );
    for mut client in clients(&daemon) {
        client.send(format!("{head}\r\n"));
        assert_eq!(client.line().unwrap(), "HTTP/1.1 100 Continue");
        assert_eq!(client.line().unwrap(), "");
        client.send(&text);
        assert!(is_answered(&mut client));
        // A client that does not wait does not get it, nor does a client of HTTP/1.0.
        client.send(format!("{head}\r\n{text}"));
        assert_eq!(client.line().unwrap(), "HTTP/1.1 200 OK");
    }
    let old = head.replace("HTTP/1.1", "HTTP/1.0");
    let mut client = daemon.tcp();
    client.send(format!("{old}\r\n"));
    client.send(&text);
    assert_eq!(client.line().unwrap(), "HTTP/1.1 200 OK");
    daemon.stop();
}
