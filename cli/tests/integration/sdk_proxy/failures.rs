//! Failures are logged at the level info, with what was wrong and a bound for each kind, and refusals
//! without a signature are counted.

use serde_json::json;

use super::gateway::{Reply, SUCCESS, response, signed};
use super::{Fixture, SDK_PROXY};
use crate::serve::client::request;

fn body(data: &str) -> String {
    json!({"sdkRequestHeader": "planted", "sdkRequestData": data, "customerId": "planted"})
        .to_string()
}

#[test]
fn each_kind_of_failure_is_logged_though_others_come_in_masses() {
    let Fixture {
        runtime: _runtime,
        gateway: _gateway,
        plan,
    } = Fixture::new(|request| match String::from_utf8_lossy(&request.body) {
        body if body.contains("broken") => Reply::Send(response("503 planted", &[], b"planted")),
        body if body.contains("unsigned") => {
            Reply::Send(response("200 OK", &[], SUCCESS.as_bytes()))
        }
        _ => Reply::Send(signed(SUCCESS)),
    });
    let daemon = plan.spawn();
    let mut client = daemon.tcp();
    let illegal = request(SDK_PROXY, r#"{"sdkRequestHeader": "planted"}"#);
    client.send(illegal.repeat(300));
    for _ in 0..300 {
        let response = client.receive();
        let detail = response.json()["detail"].to_string();
        assert!(
            detail.contains("sdkRequestData must be a string"),
            "{detail}"
        );
    }
    for data in ["broken", "unsigned"] {
        assert_eq!(client.post(SDK_PROXY, body(data)).status, 200);
    }
    let mut other = daemon.unix();
    assert_eq!(other.post(SDK_PROXY, "planted").status, 400);
    assert_eq!(other.bare("GET", SDK_PROXY).status, 405);
    let log = daemon.stop();
    let lines = |parts: &[&str]| {
        let matches = |line: &&String| parts.iter().all(|part| line.contains(part));
        log.iter().filter(matches).count()
    };
    let illegal = [
        " INFO ",
        "a request of sdkProxy is illegal",
        "code=\"PARAM_ILLEGAL\"",
        "why=sdkRequestData must be a string that is not empty but is missing; customerId must be a \
         string that is not empty but is missing",
    ];
    // A machine that stands still for some seconds admits a few more than 32.
    assert!((1..200).contains(&lines(&illegal)), "{log:#?}");
    for parts in [
        &[
            " INFO ",
            "the upstream response to a request cannot be used",
            "code=\"UNKNOWN_EXCEPTION\"",
            "HTTP status 503",
        ][..],
        &[
            " INFO ",
            "the upstream response to a request is not verified",
            "code=\"INVALID_SIGNATURE\"",
            "has no signature header",
        ],
        &[
            " INFO ",
            "a request of sdkProxy was refused unread",
            "code=\"PARAM_ILLEGAL\"",
            "status=400",
            "The body is not JSON",
        ],
        &[
            " INFO ",
            "code=\"METHOD_NOT_SUPPORTED\"",
            "status=405",
            "This path allows POST only",
        ],
    ] {
        assert_eq!(lines(parts), 1, "{parts:?}\n{log:#?}");
    }
    assert_eq!(lines(&["planted"]), 0, "{log:#?}");
}

#[test]
fn refusals_without_a_signature_are_counted_by_their_code() {
    let refusal = |code: &str| {
        format!(r#"{{"result":{{"resultCode":"{code}","resultStatus":"F","resultMessage":"m"}}}}"#)
    };
    let Fixture {
        runtime: _runtime,
        gateway: _gateway,
        plan,
    } = Fixture::new(move |request| {
        let body = String::from_utf8_lossy(&request.body);
        let code = match () {
            () if body.contains("client") => "INVALID_CLIENT",
            () if body.contains("key") => "KEY_NOT_FOUND",
            () => "planted-NEW-CODE",
        };
        Reply::Send(response("200 OK", &[], refusal(code).as_bytes()))
    });
    let daemon = plan.spawn();
    let mut client = daemon.tcp();
    for (data, code) in [
        ("client", "INVALID_CLIENT"),
        ("client", "INVALID_CLIENT"),
        ("key", "KEY_NOT_FOUND"),
        ("new", "planted-NEW-CODE"),
    ] {
        let response = client.post(SDK_PROXY, body(data));
        assert_eq!(
            (response.status, response.result_code()),
            (200, code.to_owned())
        );
        assert_eq!(response.body, refusal(code).as_bytes());
        assert_eq!(response.header("x-codeid-unverified"), Some("true"));
    }
    let samples = daemon.metrics();
    for family in [
        "codeid_sdk_proxy_unverified_total",
        "codeid_sdk_proxy_requests_total",
    ] {
        for (code, count) in [
            ("INVALID_CLIENT", 2.0),
            ("KEY_NOT_FOUND", 1.0),
            ("other", 1.0),
        ] {
            let sample = format!(r#"{family}{{result="{code}"}}"#);
            assert_eq!(samples.get(&sample), count, "{sample}");
        }
        assert_eq!(samples.sum(family), 4.0);
    }
    let log = daemon.stop();
    let refused = "the upstream refused a request, without a signature";
    let lines: Vec<_> = log.iter().filter(|line| line.contains(refused)).collect();
    assert_eq!(lines.len(), 4, "{log:#?}");
    assert!(lines[0].contains("code=\"INVALID_CLIENT\""), "{}", lines[0]);
    assert!(!log.iter().any(|line| line.contains("planted")), "{log:#?}");
}
