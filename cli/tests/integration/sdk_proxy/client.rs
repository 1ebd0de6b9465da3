//! The interface in the model of the client SDK, over both listeners.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::gateway::{Reply, SUCCESS, response, signed};
use super::{CLIENT_SDK_PROXY, Fixture, SDK_PROXY, request_with};
use crate::described::Described;
use crate::serve::client::{Client, Response};

fn android() -> Value {
    json!({"scene": "PROXY_SCENE_PAY", "httpProxyRequestHeader": "h", "httpProxyRequestData": "d"})
}

fn ios() -> Value {
    json!({"scene": "IAPProxyScenePay", "proxyRequestHeader": "h", "proxyRequestData": "d"})
}

/// Sends a request with this header.
fn post(client: &mut Client, header: &str, body: &Value) -> Response {
    send(client, header, body);
    client.receive()
}

fn send(client: &mut Client, header: &str, body: &Value) {
    client.send(request_with(CLIENT_SDK_PROXY, &[header], &body.to_string()));
}

fn failure(response: &Response) -> (u16, String) {
    let mut document = Described::new(codeid_daemon::api::serving::document());
    document.check("POST", CLIENT_SDK_PROXY, response);
    let body = response.json();
    assert!(body["detail"].as_str().unwrap().ends_with('.'), "{body}");
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    (response.status, response.result_code())
}

const CUSTOMER: &str = "X-Customer-Id: c-1";

#[test]
fn each_platform_has_its_names_and_the_customer_of_the_gateway() {
    let Fixture {
        runtime: _runtime,
        gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
    let daemon = plan.set("proxy.customer-from=header").start();
    for mut client in [daemon.tcp(), daemon.unix()] {
        for (mut body, expected) in [
            (
                android(),
                r#"{"isSuccess":true,"httpProxyResponseHeader":"{}","httpProxyResponseData":"{\"a\":1}"}"#,
            ),
            (
                ios(),
                r#"{"isSuccess":true,"proxyResponseHeader":"{}","proxyResponseData":"{\"a\":1}"}"#,
            ),
        ] {
            body["customerId"] = json!("attacker");
            let response = post(&mut client, CUSTOMER, &body);
            assert_eq!(response.status, 200);
            assert_eq!(response.body, expected.as_bytes());
            assert_eq!(response.header("content-type"), Some("application/json"));
            assert_eq!(response.header("tracer-id"), Some("tracer-1"));
            assert_eq!(response.header("signature"), None);
            let sent: Value =
                serde_json::from_slice(&gateway.requests().pop().unwrap().body).unwrap();
            let expected =
                json!({"sdkRequestHeader": "h", "sdkRequestData": "d", "customerId": "c-1"});
            assert_eq!(sent, expected);
        }
    }
    // The requests are counted with those of the other interface.
    let samples = daemon.metrics();
    let succeeded = r#"codeid_sdk_proxy_requests_total{result="SUCCESS"}"#;
    assert_eq!(samples.get(succeeded), 4.0);
    daemon.stop();
}

#[test]
fn an_app_cannot_choose_the_customer() {
    let Fixture {
        runtime: _runtime,
        gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
    let daemon = plan.start();
    let mut body = android();
    body["customerId"] = json!("attacker");
    let mut client = daemon.tcp();
    let response = post(&mut client, CUSTOMER, &body);
    assert_eq!(failure(&response), (403, "ACCESS_DENIED".to_owned()));
    assert!(gateway.requests().is_empty());
    daemon.stop();
}

#[test]
fn each_failure_has_its_status() {
    let gate = Arc::new(Notify::new());
    let held = Arc::clone(&gate);
    let Fixture {
        runtime,
        gateway,
        plan,
    } = Fixture::new(move |request| {
        let data = String::from_utf8_lossy(&request.body).into_owned();
        match () {
            () if data.contains("hold") => Reply::Await(Arc::clone(&held), signed(SUCCESS)),
            () if data.contains("stall") => Reply::Stall(Vec::new()),
            () if data.contains("unsigned") => {
                Reply::Send(response("200 OK", &[], SUCCESS.as_bytes()))
            }
            () => Reply::Send(response("500 x", &[], b"")),
        }
    });
    let daemon = plan
        .set("proxy.customer-from=header")
        .set("proxy.max-in-flight=2")
        // The least that is allowed.
        .set("proxy.total-timeout-ms=10001")
        .start();
    let with = |data: &str| {
        let mut body = android();
        body["httpProxyRequestData"] = json!(data);
        body
    };
    let mut late = daemon.tcp();
    send(&mut late, CUSTOMER, &with("stall"));
    runtime.block_on(gateway.wait_for(1));
    let mut client = daemon.unix();
    for (header, body, expected) in [
        (CUSTOMER, json!({}), (400, "PARAM_ILLEGAL")),
        (CUSTOMER, json!([]), (400, "PARAM_ILLEGAL")),
        ("X-Other: c", with("d"), (403, "ACCESS_DENIED")),
        (CUSTOMER, with("unsigned"), (502, "INVALID_SIGNATURE")),
        (CUSTOMER, with("broken"), (502, "UNKNOWN_EXCEPTION")),
    ] {
        let (status, code) = failure(&post(&mut client, header, &body));
        assert_eq!((status, &*code), expected, "{body}");
    }
    let mut holding = daemon.tcp();
    let before = gateway.requests().len();
    send(&mut holding, CUSTOMER, &with("hold"));
    runtime.block_on(gateway.wait_for(before + 1));
    let (status, code) = failure(&post(&mut client, CUSTOMER, &with("d")));
    assert_eq!((status, &*code), (503, "REQUEST_TRAFFIC_EXCEED_LIMIT"));
    gate.notify_one();
    assert_eq!(holding.receive().status, 200);
    let (status, code) = failure(&late.receive());
    assert_eq!((status, &*code), (504, "UNKNOWN_EXCEPTION"));
    daemon.stop();
}

#[test]
fn a_login_check_names_the_customer_of_an_app() {
    let Fixture {
        runtime: _runtime,
        gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
    let login = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", login.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in login.incoming() {
            let mut stream = stream.unwrap();
            let mut question = [0; 4096];
            let length = stream.read(&mut question).unwrap();
            let question = String::from_utf8_lossy(&question[..length]).to_ascii_lowercase();
            let admits = question.contains("authorization: bearer good");
            let head = match admits {
                true => "HTTP/1.1 200 OK\r\nX-Customer-Id: c-7\r\n",
                false => "HTTP/1.1 401 Unauthorized\r\n",
            };
            let rest = "Connection: close\r\nContent-Length: 0\r\n\r\n";
            stream
                .write_all(format!("{head}{rest}").as_bytes())
                .unwrap();
        }
    });
    let daemon = plan
        .set("proxy.customer-from=login-check")
        .set(&format!("proxy.login-check-url={url}"))
        .start();
    let mut client = daemon.tcp();
    let denied = post(&mut client, "Authorization: Bearer bad", &ios());
    assert_eq!(failure(&denied), (403, "ACCESS_DENIED".to_owned()));
    assert_eq!(
        denied.json()["detail"],
        "The login check responded with HTTP status 401."
    );
    let admitted = post(&mut client, "Authorization: Bearer good", &ios());
    assert_eq!(admitted.json()["isSuccess"], true);
    let sent: Value = serde_json::from_slice(&gateway.request().body).unwrap();
    assert_eq!(sent["customerId"], "c-7");
    daemon.stop();
}

#[test]
fn the_two_paths_are_two_interfaces() {
    let Fixture {
        runtime: _runtime,
        gateway: _gateway,
        plan,
    } = Fixture::new(|_| Reply::Send(signed(SUCCESS)));
    let daemon = plan.set("proxy.customer-from=header").start();
    let mut client = daemon.tcp();
    // Without a scene, and with the names of servers.
    let server = json!({"sdkRequestHeader": "h", "sdkRequestData": "d"});
    let refused = post(&mut client, CUSTOMER, &server);
    assert_eq!(failure(&refused), (400, "PARAM_ILLEGAL".to_owned()));
    client.send(request_with(SDK_PROXY, &[CUSTOMER], &android().to_string()));
    assert_eq!(client.receive().body, SUCCESS.as_bytes());
    daemon.stop();
}
