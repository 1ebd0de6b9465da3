//! Tokens and their roles, and requests of foreign pages.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use super::{audit, client, good, refusal};
use crate::rules::remote::wait_until;
use crate::rules::{config, plan};
use crate::serve::client::{Client, Response};
use crate::serve::daemon::{Directory, Plan, Served};

const SCRAPER: &str = "scraper-token";
const READER: &str = "reader-token";
pub(crate) const OPERATOR: &str = "operator-token";

fn digest(token: &str) -> String {
    codeid_engine::ConfigDigest::new(token.as_bytes()).to_string()
}

fn tokens() -> String {
    format!(
        "# who\ngrafana metrics {}\nwatcher read {}\nalice operate {}\n",
        digest(SCRAPER),
        digest(READER),
        digest(OPERATOR)
    )
}

/// Returns a plan with the plane over TCP, too.
pub(crate) fn over_tcp() -> Plan {
    let plan = plan();
    let path = plan.directory.write("tokens", tokens());
    plan.set("admin.http=127.0.0.1:0")
        .set(&format!("admin.tokens-path={}", path.display()))
}

pub(crate) fn port(daemon: &Served) -> u16 {
    let address = daemon.status()["daemon"]["listeners"]["adminHttp"].clone();
    let port = address.as_str().unwrap().rsplit_once(':').unwrap().1;
    port.parse().unwrap()
}

/// Sends one request over TCP with further headers.
pub(super) fn ask(port: u16, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let mut client = Client::tcp(port);
    client.send(format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n\
         {headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    client.receive()
}

pub(super) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[test]
fn a_token_and_its_role_decide_over_tcp() {
    let daemon = over_tcp().spawn();
    let port = port(&daemon);
    let status = |headers: &str| ask(port, "GET", "/v1/status", headers, "");
    for headers in [
        "",
        &bearer(""),
        &bearer("wrong"),
        &bearer(&digest(OPERATOR)),
        &bearer(&OPERATOR.to_uppercase()),
        "Authorization: Basic b3BlcmF0b3ItdG9rZW4=\r\n",
        "Cookie: token=operator-token\r\n",
    ] {
        let answer = status(headers);
        assert_eq!(
            refusal(&answer),
            (401, "unauthorized".to_owned()),
            "{headers}"
        );
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    good(&status(&bearer(READER)));
    good(&status(&bearer(OPERATOR)));
    // A token in a URL would end up in logs.
    let in_url = ask(port, "GET", "/v1/status?token=operator-token", "", "");
    assert_eq!(in_url.status, 401);

    let apply = |headers: &str| {
        let headers = format!("{headers}If-Match: *\r\n");
        ask(port, "POST", "/v1/apply", &headers, &config("mine"))
    };
    assert_eq!(refusal(&apply("")), (401, "unauthorized".to_owned()));
    assert_eq!(
        refusal(&apply(&bearer(READER))),
        (403, "forbidden".to_owned())
    );
    assert_eq!(daemon.status()["table"]["generation"], 1);
    let done = good(&apply(&bearer(OPERATOR)));
    assert_eq!(done["freeze"]["by"], "token alice");
    good(&ask(
        port,
        "POST",
        "/v1/check",
        &bearer(READER),
        &config("x"),
    ));

    let recorded: Vec<(String, String)> = audit(&daemon)
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            (text("who"), text("outcome"))
        })
        .collect();
    let expected = [
        ("unknown 127.0.0.1", "unauthorized"),
        ("token watcher", "forbidden"),
        ("token alice", "intended"),
        ("token alice", "done"),
    ];
    let expected = expected.map(|(who, outcome)| (who.to_owned(), outcome.to_owned()));
    assert_eq!(recorded, expected);
    let log = daemon.stop().join("\n");
    assert!(!log.contains(READER) && !log.contains(OPERATOR));
}

#[test]
fn the_role_metrics_opens_the_metrics_and_nothing_else_that_needs_a_token() {
    let daemon = over_tcp().start();
    let port = port(&daemon);
    let document = good(&ask(port, "GET", "/openapi.json", "", ""));
    let mut opened = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if operation["security"].as_array().unwrap().is_empty() {
                continue;
            }
            let requested = path.replace("{generation}", "1");
            let headers = format!("{}{}", bearer(SCRAPER), super::ANYTHING);
            let answer = ask(port, &method.to_uppercase(), &requested, &headers, "");
            if answer.status == 200 {
                opened.push(path.as_str());
                continue;
            }
            assert_eq!(
                refusal(&answer),
                (403, "forbidden".to_owned()),
                "{method} {path}"
            );
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(
                detail.starts_with("The token has the role metrics; this path needs "),
                "{detail}"
            );
        }
    }
    assert_eq!(opened, ["/metrics", "/v1/metrics"]);
    for token in [READER, OPERATOR] {
        for path in opened.iter().copied() {
            assert_eq!(ask(port, "GET", path, &bearer(token), "").status, 200);
        }
    }
    assert!(daemon.status()["freeze"].is_null());
    daemon.stop();
}

/// A config whose canary names users.
const NAMING: &str = r#"{"format": "codeid/1", "version": "naming", "rules": [
    {"id": "a", "match": {"prefix": "281"}, "action": {"type": "DECODE"},
     "canary": {"percentage": 5, "group": "g", "allowlist": ["user-42", "user-43"]}}
]}"#;

#[test]
fn a_reader_sees_allowlists_as_numbers_only() {
    let daemon = over_tcp().start();
    let port = port(&daemon);
    super::apply(&daemon, NAMING);
    let generation = daemon.status()["table"]["generation"].to_string();
    let as_reader = |method: &str, path: &str, body: &str| {
        let answer = ask(port, method, path, &bearer(READER), body);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains("user-4"), "{method} {path}: {text}");
        answer
    };
    let of_history = format!("/v1/history/{generation}");
    let explained = r#"{"codeValue": "281", "openId": "user-42"}"#;
    for (method, path, body) in [
        ("GET", "/v1/config", ""),
        ("GET", &of_history, ""),
        ("POST", "/v1/explain", explained),
    ] {
        let answer = as_reader(method, path, body);
        assert_eq!(refusal(&answer), (403, "forbidden".to_owned()), "{path}");
        let operator = ask(port, method, path, &bearer(OPERATOR), body);
        assert_eq!(operator.status, 200, "{path}");
    }
    for path in [
        "/v1/status",
        "/v1/figures",
        "/v1/history",
        "/v1/metrics",
        "/metrics",
    ] {
        assert_eq!(as_reader("GET", path, "").status, 200);
    }
    let counted = serde_json::json!({"percentage": 5, "group": "g", "allowlistCount": 2});
    let rules = good(&as_reader("GET", "/v1/rules", ""));
    assert_eq!(rules["rules"][0]["canary"], counted);

    // A right guess of the allowlist looks like a wrong one.
    for guess in ["user-42", "user-99"] {
        let candidate = NAMING.replace("user-42", guess);
        let answer = ask(port, "POST", "/v1/check", &bearer(READER), &candidate);
        let checked = good(&answer);
        assert_eq!(checked["changes"]["unchanged"], 1, "{guess}: {checked}");
    }
    let longer = NAMING.replace(r#"["user-42""#, r#"["other", "user-42""#);
    let changes = good(&as_reader("POST", "/v1/check", &longer))["changes"].clone();
    assert_eq!(changes["changed"], serde_json::json!(["a"]));
    assert_eq!(changes["rules"][0]["before"]["canary"], counted);
    assert_eq!(changes["rules"][0]["after"]["canary"]["allowlistCount"], 3);

    // Operators, by a token or on the Unix socket, see them whole.
    let over_tcp = good(&ask(port, "GET", "/v1/rules", &bearer(OPERATOR), ""));
    for rules in [over_tcp, daemon.admin("GET", "/v1/rules").json()] {
        let allowlist = &rules["rules"][0]["canary"]["allowlist"];
        assert_eq!(*allowlist, serde_json::json!(["user-42", "user-43"]));
    }
    let other = NAMING.replace("user-42", "user-99");
    let checked = good(&super::post(&daemon, "/v1/check", &other));
    assert_eq!(checked["changes"]["changed"], serde_json::json!(["a"]));
    daemon.stop();
}

#[test]
fn probes_need_no_token_and_every_other_path_does() {
    let daemon = over_tcp().start();
    let port = port(&daemon);
    for path in ["/livez", "/readyz", "/openapi.json"] {
        good(&ask(port, "GET", path, "", ""));
    }
    let document = good(&ask(port, "GET", "/openapi.json", "", ""));
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let path = path
                .replace("{generation}", "1")
                .replace("{module}", "api.js");
            let answer = ask(port, &method.to_uppercase(), &path, "", "");
            let open = operation["security"].as_array().unwrap().is_empty();
            assert_eq!(answer.status != 401, open, "{method} {path}");
        }
    }
    daemon.stop();
}

#[test]
fn foreign_hosts_and_pages_are_refused_on_both_listeners() {
    let daemon = over_tcp().set("admin.hosts=codeid.example").start();
    let port = port(&daemon);
    let send = |over_tcp: bool, host: &str, headers: &str| {
        let mut client = if over_tcp {
            Client::tcp(port)
        } else {
            client(&daemon)
        };
        let operator = bearer(OPERATOR);
        client.send(format!(
            "POST /v1/freeze HTTP/1.1\r\n{host}Content-Type: application/json\r\n{operator}\
             {headers}Content-Length: 0\r\n\r\n"
        ));
        client.receive()
    };
    for over_tcp in [false, true] {
        for (host, headers) in [
            ("Host: evil.example\r\n", ""),
            ("Host: localhost.evil.example\r\n", ""),
            ("Host: localhost\r\n", "Origin: http://evil.example\r\n"),
            ("Host: localhost\r\n", "Origin: null\r\n"),
            ("Host: localhost:1\r\n", "Origin: http://localhost:2\r\n"),
        ] {
            let answer = send(over_tcp, host, headers);
            assert_eq!(
                refusal(&answer),
                (403, "foreignOrigin".to_owned()),
                "{host}{headers}"
            );
        }
        // The media types that a form of a foreign page can send without a preflight request.
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ] {
            let headers = format!("Content-Type: {media_type}\r\n");
            assert_eq!(send(over_tcp, "Host: localhost\r\n", &headers).status, 415);
        }
        for (host, detail) in [
            (
                "",
                "The request has no Host header, which HTTP/1.1 requires.",
            ),
            (
                "Host: localhost\r\nHost: localhost\r\n",
                "The request has more than one Host header.",
            ),
            (
                "Host: evil.example\r\nHost: localhost\r\n",
                "The request has more than one Host header.",
            ),
            (
                "Host: user@localhost\r\n",
                "The Host header of the request is not a host, with or without a port.",
            ),
        ] {
            let answer = send(over_tcp, host, "");
            assert_eq!(refusal(&answer), (400, "malformed".to_owned()), "{host}");
            assert_eq!(answer.json()["detail"], detail);
            let mut client = if over_tcp {
                Client::tcp(port)
            } else {
                client(&daemon)
            };
            client.send(format!("GET /nowhere HTTP/1.1\r\n{host}\r\n"));
            assert_eq!(client.receive().status, 400, "{host}");
        }
        for (headers, detail) in [
            (
                "Content-Encoding: gzip\r\n",
                "The body has the Content-Encoding gzip; it must have none.",
            ),
            (
                "Content-Type: text/plain\r\n",
                "The Content-Type must be application/json, once.",
            ),
            (
                "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n",
                "The Content-Type must be application/json, once. The body has the Content-Encoding gzip; it \
                 must have none.",
            ),
        ] {
            let answer = send(over_tcp, "Host: localhost\r\n", headers);
            assert_eq!(refusal(&answer), (415, "mediaType".to_owned()), "{headers}");
            assert_eq!(answer.json()["detail"], detail);
        }
        assert!(daemon.status()["freeze"].is_null());
        for (host, headers) in [
            ("Host: localhost:7\r\n", "Origin: http://localhost:7\r\n"),
            (
                "Host: codeid.example\r\n",
                "Origin: https://codeid.example\r\n",
            ),
            ("Host: 127.0.0.1\r\n", ""),
            ("Host: localhost.:7\r\n", ""),
            ("Host: localhost:\r\n", "Origin: http://localhost\r\n"),
            ("Host: codeid.example.\r\n", ""),
        ] {
            good(&send(over_tcp, host, headers));
        }
        good(&super::post(&daemon, "/v1/thaw", ""));
    }
    daemon.stop();
}

#[test]
fn tokens_are_read_again_and_a_bad_file_changes_nothing() {
    let mut daemon = over_tcp().spawn();
    let port = port(&daemon);
    let may = |token: &str| ask(port, "GET", "/v1/status", &bearer(token), "").status == 200;
    daemon.directory.write("tokens", "nonsense\n");
    let line = daemon.wait_for_line("the file of tokens is refused");
    assert!(line.contains("line 1: "), "{line}");
    assert!(may(READER) && may(OPERATOR));
    daemon
        .directory
        .write("tokens", format!("bob read {}\n", digest("third")));
    daemon.wait_for_line("the tokens were read again");
    assert!(!may(READER) && !may(OPERATOR) && may("third"));
    daemon.stop();
}

#[test]
fn a_start_without_tokens_or_tls_fails() {
    let without_tokens = plan().set("admin.http=127.0.0.1:0").fail();
    assert!(
        without_tokens.contains("admin.tokens-path is not"),
        "{without_tokens}"
    );
    let in_clear = over_tcp().set("admin.http=0.0.0.0:0").fail();
    assert!(in_clear.contains("admin.tls-cert-path"), "{in_clear}");
    let directory = Directory::new();
    let path = directory.path().join("tokens");
    let missing = plan()
        .set("admin.http=127.0.0.1:0")
        .set(&format!("admin.tokens-path={}", path.display()))
        .fail();
    assert!(
        missing.starts_with("PARAM_ILLEGAL: admin.tokens-path "),
        "{missing}"
    );
    directory.write("tokens", tokens());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let writable = plan()
        .set("admin.http=127.0.0.1:0")
        .set(&format!("admin.tokens-path={}", path.display()))
        .fail();
    assert!(writable.contains("its mode 0666"), "{writable}");
}

#[test]
fn a_new_token_is_accepted_once_its_line_is_in_the_file() {
    let daemon = over_tcp().start();
    let port = port(&daemon);
    let made = Command::new(env!("CARGO_BIN_EXE_codeid"))
        .args(["admin", "token", "bob", "read", "--json"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let (token, line) = (
        made["token"].as_str().unwrap(),
        made["line"].as_str().unwrap(),
    );
    let status = || ask(port, "GET", "/v1/status", &bearer(token), "").status;
    assert_eq!(status(), 401);
    let path = daemon.directory.path().join("tokens");
    fs::write(&path, format!("{}{line}\n", tokens())).unwrap();
    wait_until("the new token", || (status() == 200).then_some(()));
    daemon.stop();
    let refused = Command::new(env!("CARGO_BIN_EXE_codeid"))
        .args(["admin", "token", "#bob", "read"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("must not begin with #"));
}
