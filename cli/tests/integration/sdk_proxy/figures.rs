//! What became of requests shows in the figures.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Notify;

use super::gateway::{Reply, SUCCESS, signed};
use super::{SDK_PROXY, Scene};
use crate::rules::remote::wait_until;
use crate::serve::client::request;

fn body() -> String {
    json!({"sdkRequestHeader": "{}", "sdkRequestData": "d", "customerId": "c-1"}).to_string()
}

fn result(code: &str) -> String {
    format!(r#"codeid_sdk_proxy_requests_total{{result="{code}"}}"#)
}

#[test]
fn each_request_is_counted_once_by_its_result_code() {
    let Scene {
        runtime: _runtime,
        gateway,
        plan,
    } = Scene::new(|request| match request.body.len() % 3 {
        0 => Reply::Send(signed(SUCCESS)),
        1 => Reply::Send(signed(
            r#"{"result":{"resultCode":"PROCESS_FAIL","resultStatus":"F"}}"#,
        )),
        _ => Reply::Send(signed(
            r#"{"result":{"resultCode":"NEW_CODE","resultStatus":"F"}}"#,
        )),
    });
    let daemon = plan.start();
    let mut client = daemon.tcp();
    for more in 0..6 {
        let padded = body().replace("\"d\"", &format!("\"{}\"", "d".repeat(1 + more)));
        assert_eq!(client.post(SDK_PROXY, padded).status, 200);
    }
    let forwarded = gateway.requests().len();
    assert_eq!(forwarded, 6);
    client.post(SDK_PROXY, "{}");
    client.post(SDK_PROXY, "{");
    client.bare("GET", SDK_PROXY);
    let samples = daemon.metrics();
    for (code, count) in [
        ("SUCCESS", 2.0),
        ("PROCESS_FAIL", 2.0),
        ("other", 2.0),
        ("PARAM_ILLEGAL", 2.0),
        ("METHOD_NOT_SUPPORTED", 1.0),
        ("UNKNOWN_EXCEPTION", 0.0),
    ] {
        assert_eq!(samples.get(&result(code)), count, "{code}");
    }
    assert_eq!(samples.get("codeid_sdk_proxy_in_flight"), 0.0);
    // Those that were well-formed enough to be looked at.
    assert_eq!(samples.get("codeid_sdk_proxy_duration_seconds_count"), 7.0);
    assert!(samples.get("codeid_sdk_proxy_duration_seconds_sum") > 0.0);
    assert_eq!(
        samples.get(r#"codeid_requests_total{listener="http",result="SUCCESS"}"#),
        0.0
    );
    daemon.stop();
}

#[test]
fn a_request_in_flight_shows_and_counts_though_its_caller_is_gone() {
    let go_on = Arc::new(Notify::new());
    let held = Arc::clone(&go_on);
    let Scene {
        runtime: _runtime,
        gateway: _gateway,
        plan,
    } = Scene::new(move |_| Reply::Await(Arc::clone(&held), signed(SUCCESS)));
    let daemon = plan.set("proxy.max-in-flight=1").start();
    let mut caller = daemon.tcp();
    caller.send(request(SDK_PROXY, body()));
    wait_until("the request to be in flight", || {
        (daemon.metrics().get("codeid_sdk_proxy_in_flight") == 1.0).then_some(())
    });
    daemon.tcp().post(SDK_PROXY, body());
    let refused = result("REQUEST_TRAFFIC_EXCEED_LIMIT");
    assert_eq!(daemon.metrics().get(&refused), 1.0);
    drop(caller);
    go_on.notify_one();
    wait_until("it to end", || {
        let samples = daemon.metrics();
        let ended = samples.get(&result("SUCCESS")) == 1.0;
        (ended && samples.get("codeid_sdk_proxy_in_flight") == 0.0).then_some(())
    });
}
