//! The requests that both interfaces take, and the responses of that for clients, compared with the OpenAPI
//! document.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::gateway::{Reply, response, signed};
use super::{CLIENT_SDK_PROXY, Fixture, SDK_PROXY, request_with};
use crate::described::Described;

/// Every member that a request of some client has.
const MEMBERS: [&str; 8] = [
    "scene",
    "customerId",
    "sdkRequestHeader",
    "sdkRequestData",
    "httpProxyRequestHeader",
    "httpProxyRequestData",
    "proxyRequestHeader",
    "proxyRequestData",
];

const CUSTOMER: &str = "X-Customer-Id: c-1";

fn document() -> Described {
    Described::new(codeid_daemon::api::serving::document())
}

/// Returns a request for each client, and each of them with one member that is missing or of every kind.
fn requests() -> Vec<Value> {
    let mut requests = Vec::new();
    for pair in [2, 4, 6] {
        let names = MEMBERS[..2].iter().chain(&MEMBERS[pair..pair + 2]);
        let whole: Map<String, Value> =
            names.map(|name| ((*name).to_owned(), json!("x"))).collect();
        for name in MEMBERS {
            for value in [
                json!("y"),
                json!(""),
                json!(null),
                json!(7),
                json!(true),
                json!([]),
                json!({"a": 1}),
            ] {
                let mut request = whole.clone();
                request.insert(name.to_owned(), value);
                requests.push(request.into());
            }
            let mut request = whole.clone();
            request.remove(name);
            requests.push(request.into());
        }
    }
    requests
}

#[test]
fn the_requests_that_are_taken_are_those_described() {
    let Fixture {
        runtime: _runtime,
        gateway: _gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(r#"{"result":{"resultCode":"SUCCESS"}}"#)));
    // The customer is described as the member of the body that it is by default.
    let servers = plan.start();
    let Fixture {
        runtime: _second,
        gateway: _other,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(r#"{"result":{"resultCode":"SUCCESS"}}"#)));
    let apps = plan.set("proxy.customer-from=header").start();
    let document = document();
    for (path, daemon) in [(SDK_PROXY, &servers), (CLIENT_SDK_PROXY, &apps)] {
        let mut client = daemon.unix();
        let mut counts = [0; 2];
        for request in requests() {
            let is_whole = request.get("customerId").is_some() || path == CLIENT_SDK_PROXY;
            client.send(request_with(path, &[CUSTOMER], &request.to_string()));
            let response = client.receive();
            let is_refused = String::from_utf8_lossy(&response.body).contains("PARAM_ILLEGAL");
            // That the customer may be missing depends on a setting.
            let is_described = document.takes(path, &request) && is_whole;
            assert_eq!(!is_refused, is_described, "{path}: {request}");
            counts[usize::from(is_refused)] += 1;
        }
        assert!(
            counts.iter().all(|count| *count >= 20),
            "{path}: {counts:?}"
        );
    }
    servers.stop();
    apps.stop();
}

/// Returns responses of an upstream that differ in everything that is passed on.
fn upstream_bodies() -> Vec<String> {
    let mut bodies = Vec::new();
    for result in [
        r#"{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"m"}"#,
        r#"{"resultCode":"PROCESS_FAIL","resultStatus":"F","resultMessage":"m"}"#,
        r#"{"resultCode":7,"resultMessage":null}"#,
        r#""{\"resultCode\":\"NEW\"}""#,
    ] {
        for value in ["\"h\"", "{\"a\":1}", "[1]", "1.5", "false", "null"] {
            bodies.push(format!(
                r#"{{"result":{result},"sdkResponseHeader":{value},"sdkResponseData":{value}}}"#
            ));
        }
        bodies.push(format!(r#"{{"result":{result}}}"#));
    }
    bodies
}

#[test]
fn the_responses_of_the_upstream_are_returned_as_described() {
    let Fixture {
        runtime: _runtime,
        gateway: _gateway,
        plan,
    } = Fixture::new(|request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let number = body["sdkRequestData"].as_str().unwrap().parse::<usize>();
        match number
            .ok()
            .and_then(|number| upstream_bodies().into_iter().nth(number))
        {
            Some(body) => Reply::Send(signed(&body)),
            None => {
                let refusal = r#"{"result":{"resultCode":"INVALID_CLIENT","resultStatus":"F"}}"#;
                Reply::Send(response("200 OK", &[], refusal.as_bytes()))
            }
        }
    });
    let daemon = plan.set("proxy.customer-from=header").start();
    let mut document = document();
    let mut members = BTreeSet::new();
    let mut client = daemon.tcp();
    for names in [
        ["httpProxyRequestHeader", "httpProxyRequestData"],
        ["proxyRequestHeader", "proxyRequestData"],
    ] {
        for number in 0..=upstream_bodies().len() {
            let request = json!({"scene": "s", names[0]: "h", names[1]: number.to_string()});
            client.send(request_with(
                CLIENT_SDK_PROXY,
                &[CUSTOMER],
                &request.to_string(),
            ));
            let response = client.receive();
            assert_eq!(response.status, 200);
            document.check("POST", CLIENT_SDK_PROXY, &response);
            members.extend(response.json().as_object().unwrap().keys().cloned());
        }
    }
    let unseen = document.unseen(|path, status, _| path != CLIENT_SDK_PROXY || status != 200);
    assert_eq!(unseen, []);
    let expected = [
        "errorCode",
        "errorMessage",
        "httpProxyResponseData",
        "httpProxyResponseHeader",
        "isSuccess",
        "proxyResponseData",
        "proxyResponseHeader",
    ];
    assert_eq!(members.into_iter().collect::<Vec<_>>(), expected);
    for request in ["0", "refused"] {
        let request = json!({"sdkRequestHeader": "h", "sdkRequestData": request});
        client.send(request_with(SDK_PROXY, &[CUSTOMER], &request.to_string()));
        document.check("POST", SDK_PROXY, &client.receive());
    }
    let unseen = document.unseen(|path, status, _| path != SDK_PROXY || status != 200);
    assert_eq!(unseen, []);
    for other in [
        json!({}),
        json!({"isSuccess": "true"}),
        json!({"isSuccess": false, "errorCode": null}),
        json!({"isSuccess": false, "errorMessage": null}),
        json!({"isSuccess": true, "httpProxyResponseData": null}),
        json!({"isSuccess": true, "proxyResponseHeader": null}),
        json!({"isSuccess": true, "proxyResponseHeader": "h", "httpProxyResponseData": "d"}),
    ] {
        assert!(!document.returns(CLIENT_SDK_PROXY, 200, &other), "{other}");
    }
    daemon.stop();
}
