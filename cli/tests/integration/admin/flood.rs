//! Callers of the admin plane that keep it from no other caller: silent, slow and unauthorised ones, in any number.

use std::net::TcpStream;

use serde_json::Value;

use super::access::{OPERATOR, ask, bearer, over_tcp, port};
use super::{client, good, post_with, refusal};
use crate::rules::config;
use crate::rules::remote::wait_until;
use crate::serve::client::Client;
use crate::serve::daemon::{Served, allow_descriptors};
use crate::serve::descriptors::under_limit;
use crate::tls::Authority;

/// More than are served at once, and more than may wait.
const MANY: usize = 80;

/// Opens connections, each of which sends the same and then nothing.
fn flood(count: usize, bytes: &str, connect: impl Fn() -> Client) -> Vec<Client> {
    let connected = (0..count).map(|_| {
        let mut client = connect();
        // The connection may be closed already.
        let _ = client.try_send(bytes);
        client
    });
    connected.collect()
}

fn turned_away(daemon: &Served, listener: &str) -> u64 {
    let status = daemon.status();
    status["daemon"]["turnedAway"][listener].as_u64().unwrap()
}

#[test]
fn no_number_of_unknown_callers_locks_a_token_holder_out() {
    let (count, _guard) = allow_descriptors(2000);
    let mut daemon = over_tcp().spawn();
    let port = port(&daemon);
    let holder = || good(&ask(port, "GET", "/v1/status", &bearer(OPERATOR), ""));
    let body = "If-Match: *\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{";
    let floods = [
        // Nothing, half a head, a wrong token with half a body, and a response that is not read.
        String::new(),
        "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX".to_owned(),
        format!("POST /v1/apply HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n{body}"),
        "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(),
    ];
    let mut open = Vec::new();
    for bytes in &floods {
        open.extend(flood(MANY, bytes, || Client::tcp(port)));
        holder();
    }
    open.extend(flood(count - open.len(), "", || Client::tcp(port)));
    for _ in 0..10 {
        holder();
    }
    // The token holder's own requests wait for no one else's, also those with a body.
    let headers = format!("{}If-Match: *\r\n", bearer(OPERATOR));
    good(&ask(port, "POST", "/v1/apply", &headers, &config("mine")));
    assert!(turned_away(&daemon, "adminHttp") >= (count - 100) as u64);
    assert_eq!(turned_away(&daemon, "admin"), 0);
    daemon.wait_for_line("too many connections without a request to the admin plane");
    drop(open);
    let log = daemon.stop();
    let lines = log.iter().filter(|line| line.contains("without a request"));
    assert!(lines.count() <= 3);
}

#[test]
fn no_number_of_silent_clients_locks_a_token_holder_out_behind_tls() {
    let authority = Authority::new();
    let pair = authority.issue("127.0.0.1");
    let plan = over_tcp()
        .set("admin.tls-cert-path=admin.pem")
        .set("admin.tls-key-path=admin.key");
    plan.directory.write("admin.pem", &pair.chain);
    plan.directory.write_secret("admin.key", &pair.key);
    let daemon = plan.start();
    let port = port(&daemon);
    let silent = flood(4 * MANY, "", || Client::tcp(port));
    let mut holder = Client::tls(port, authority.roots()).unwrap();
    holder.send(format!(
        "GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{}\r\n",
        bearer(OPERATOR)
    ));
    good(&holder.receive());
    drop(silent);
    daemon.stop();
}

#[test]
fn no_number_of_silent_processes_locks_an_operator_out() {
    let daemon = over_tcp().start();
    let silent = flood(4 * MANY, "", || client(&daemon));
    assert!(turned_away(&daemon, "admin") >= 3 * MANY as u64);
    drop(silent);
    daemon.stop();
}

#[test]
fn a_caller_without_a_role_is_refused_before_its_body() {
    let daemon = over_tcp().start();
    let port = port(&daemon);
    let head = |token: &str, length: usize| {
        format!(
            "POST /v1/apply HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n\
             {}If-Match: *\r\nContent-Length: {length}\r\n\r\n",
            bearer(token)
        )
    };
    for (token, expected) in [
        ("wrong", (401, "unauthorized")),
        ("reader-token", (403, "forbidden")),
    ] {
        let expected = (expected.0, expected.1.to_owned());
        let mut client = Client::tcp(port);
        client.send(head(token, 100_000));
        let response = client.receive();
        assert_eq!(refusal(&response), expected);
        assert_eq!(response.header("connection"), Some("close"));
        // A client that sends all of it before it reads gets the response, too.
        let mut client = Client::tcp(port);
        client.send(head(token, 10_000_000));
        client.send(vec![b' '; 10_000_000]);
        assert_eq!(refusal(&client.receive()), expected);
        assert_eq!(client.rest(), b"");
    }
    daemon.stop();
}

#[test]
fn the_admin_plane_answers_under_a_low_limit_of_open_files() {
    let plan = over_tcp();
    let mut command = under_limit(&plan, 64);
    let daemon = plan.spawn_as(&mut command);
    let port = port(&daemon);
    let tcp = flood(MANY, "GET", || daemon.tcp());
    let unix = flood(MANY, "GET", || daemon.unix());
    let resp: Vec<_> = (0..MANY).map(|_| daemon.resp()).collect();
    let over_tcp = flood(MANY, "GET", || Client::tcp(port));
    let over_unix = flood(MANY, "GET", || client(&daemon));
    for _ in 0..10 {
        good(&ask(port, "GET", "/v1/status", &bearer(OPERATOR), ""));
        let status = daemon.status();
        for listener in ["http", "unix", "resp"] {
            let connections = &status["daemon"]["connections"][listener];
            assert!(connections["refused"].as_u64() > Some(0), "{status}");
            assert_eq!(connections["acceptFailures"], 0, "{status}");
        }
    }
    // The files that a change needs can be opened, too.
    let applied = good(&post_with(
        &daemon,
        "/v1/apply",
        super::ANYTHING,
        &config("mine"),
    ));
    assert_ne!(applied["freeze"], Value::Null);
    good(&super::post(&daemon, "/v1/thaw", ""));
    drop((tcp, unix, resp, over_tcp, over_unix));
    wait_until("connections to be served again", || {
        TcpStream::connect(("127.0.0.1", daemon.port)).ok()?;
        let mut client = daemon.tcp();
        client
            .try_send("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n")
            .ok()?;
        (client.try_receive(true).ok()?.status == 200).then_some(())
    });
    let log = daemon.stop();
    assert!(
        !log.iter().any(|line| line.contains("cannot accept")),
        "{log:?}"
    );
}
