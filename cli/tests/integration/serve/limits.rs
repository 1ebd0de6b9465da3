//! The limits of bodies, heads, connections, and of the memory for all of them.

use serde_json::json;

use super::client::{Client, body, request};
use super::daemon::{Daemon, Plan};
use super::endpoints::{CLIENT_SDK_PROXY, SDK_PROXY, clients};

#[test]
fn a_body_may_be_as_long_as_its_endpoint_allows() {
    let daemon = Daemon::start();
    let table = [
        ("/v1/identifyCode", 128 << 10, '{', '}', 200),
        ("/v1/identifyCodes", 16 << 20, '[', ']', 200),
        // Neither is configured.
        (SDK_PROXY, 1 << 20, '{', '}', 200),
        (CLIENT_SDK_PROXY, 1 << 20, '{', '}', 503),
    ];
    for (path, most, open, close, status) in table {
        let sized = |n: usize| format!("{open}{}{close}", " ".repeat(n - 2));
        for transport in 0..2 {
            let client = || clients(&daemon).into_iter().nth(transport).unwrap();
            assert_eq!(client().post(path, sized(most)).status, status, "{path}");
            // The client sees the response, whether it finishes sending before it reads or not.
            let mut after = client();
            after.send(request(path, sized(most + 1)));
            let response = after.receive();
            assert_eq!(
                (response.status, response.result_code().as_str()),
                (413, "PARAM_ILLEGAL")
            );
            let mut chunked = client();
            chunked.send(format!(
                "POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
                 Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
                most + 1,
                sized(most + 1)
            ));
            assert_eq!(chunked.receive().status, 413, "{path}");
            // A client does not get 100 Continue for a body that will not be read.
            let mut waiting = client();
            waiting.send(format!(
                "POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
                 Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n"
            ));
            let response = waiting.receive();
            assert_eq!(
                (response.status, response.header("connection")),
                (413, Some("close"))
            );
            assert_eq!(waiting.rest(), b"");
        }
    }
}

#[test]
fn one_connection_more_than_are_served_is_refused() {
    // Each listener has one connection.
    let daemon = Plan::new().set("http.max-connections=3").start();
    let mut first = daemon.tcp();
    assert_eq!(first.bare("GET", "/livez").status, 200);
    let mut third = daemon.tcp();
    let response = third.identify("28100104x", "user-42");
    assert_eq!(
        (response.status, response.result_code().as_str()),
        (503, "UNKNOWN_EXCEPTION")
    );
    assert_eq!(response.header("connection"), Some("close"));
    assert_eq!(third.rest(), b"");
    for path in [SDK_PROXY, CLIENT_SDK_PROXY] {
        let response = daemon.tcp().post(path, "{}");
        assert_eq!(
            (response.status, response.result_code().as_str()),
            (503, "REQUEST_TRAFFIC_EXCEED_LIMIT")
        );
        assert_eq!(response.json()["detail"], "There are too many connections.");
    }
    // The served connections continue, and once one of them is closed there is room again.
    assert_eq!(first.identify("28100104x", "user-42").status, 200);
    let mut other = daemon.unix();
    assert_eq!(other.identify("28100104x", "user-42").status, 200);
    drop(first);
    loop {
        let response = daemon.tcp().identify("28100104x", "user-42");
        match response.status {
            200 => break,
            503 => std::thread::yield_now(),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn bodies_beyond_the_budget_are_503() {
    // Of these, the buffers of one listener have 32 MiB.
    let daemon = Plan::new().set("memory.max-bytes=53687096").start();
    let path = "/v1/identifyCodes";
    let code = format!("28100104{}", "x".repeat(7892));
    let batch = format!("[{}]", vec![body(&code, "user-42"); 1024].join(","));
    // Four batches have 32.5 million bytes, and are held until the clients take their responses.
    let mut waiting: Vec<Client> = (0..4).map(|_| daemon.unix()).collect();
    for client in &mut waiting {
        client.send(request(path, &batch));
        client.wait_for_response();
    }
    // There is no room for another, and none for a million bytes.
    let response = daemon.unix().post(path, &batch);
    assert_eq!(
        (response.status, response.result_code().as_str()),
        (503, "UNKNOWN_EXCEPTION")
    );
    assert_eq!(response.json()["detail"], "Too much is being read at once.");
    let million = json!({"x": "x".repeat(1_000_000)}).to_string();
    let response = daemon.unix().post(SDK_PROXY, million);
    assert_eq!(
        (response.status, response.result_code().as_str()),
        (503, "REQUEST_TRAFFIC_EXCEED_LIMIT")
    );
    // Small bodies need no room, and the four responses arrive.
    assert_eq!(daemon.unix().identify("28100104x", "user-42").status, 200);
    for mut client in waiting {
        let response = client.receive();
        assert_eq!(response.status, 200);
        assert_eq!(response.json().as_array().unwrap().len(), 1024);
    }
    // Soon after the last byte was taken there is room again.
    loop {
        match daemon.unix().post(path, &batch).status {
            200 => break,
            503 => std::thread::yield_now(),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn connections_beyond_the_budget_are_503() {
    // A connection takes 24 KiB, and those of a listener have 6.4 MiB beside its buffers.
    // Of these, the buffers of one listener have 32 MiB.
    let daemon = Plan::new().set("memory.max-bytes=53687096").start();
    let path = "/v1/identifyCodes";
    let code = format!("28100104{}", "x".repeat(7792));
    let batch = format!("[{}]", vec![body(&code, "user-42"); 1024].join(","));
    let mut waiting: Vec<Client> = (0..4).map(|_| daemon.unix()).collect();
    for client in &mut waiting {
        client.send(request(path, &batch));
        client.wait_for_response();
    }
    let counted = || {
        let samples = daemon.metrics();
        let requests = samples.get(r#"codeid_memory_refusals_total{listener="unix"}"#);
        let labels = r#"{listener="unix",reason="memory"}"#;
        (
            requests,
            samples.get(&format!("codeid_connections_refused_total{labels}")),
        )
    };
    let (refused_requests, _) = counted();
    let mut served = Vec::new();
    let refused = loop {
        let mut client = daemon.unix();
        let response = client.identify("28100104x", "user-42");
        match response.status {
            200 => served.push(client),
            _ => break response,
        }
    };
    assert_eq!(
        (refused.status, refused.header("connection")),
        (503, Some("close"))
    );
    let detail = "There is no memory for another connection.";
    assert_eq!(refused.json()["detail"], detail);
    assert!((265..350).contains(&served.len()), "{}", served.len());
    // The connection counts once, and not as a request.
    assert_eq!(counted(), (refused_requests, 1.0));
    // Another listener has what it needs.
    assert_eq!(daemon.tcp().bare("GET", "/livez").status, 200);
    served.clear();
    drop(waiting);
    loop {
        match daemon.unix().identify("28100104x", "user-42").status {
            200 => break,
            503 => std::thread::yield_now(),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_head_that_is_too_long_is_431() {
    let daemon = Daemon::start();
    let mut client = daemon.tcp();
    client.send(format!(
        "GET /livez HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n",
        "x".repeat(20_000)
    ));
    assert_eq!(client.receive().status, 431);
}
