//! After known requests the figures are known, by each listener.

use serde_json::{Value, json};

use super::Samples;
use crate::rules::remote::wait_until;
use crate::serve::daemon::{Daemon, Plan};

/// `users` decides for one user, and is refused to all others.
const RULES: &str = r#"{"format": "codeid/1", "version": "1", "rules": [
    {"id": "users", "match": {"prefix": "28"}, "action": {"type": "DECODE"},
     "canary": {"allowlist": ["user-42"]}},
    {"id": "nobody", "match": {"prefix": "281"}, "action": {"type": "DECODE"}, "canary": {}},
    {"id": "page", "match": {"url": {"host": "qr.example.com"}}, "action": {"type": "OPEN_URL"}},
    {"id": "none", "match": {"prefix": "281"}, "action": {"type": "UNSUPPORTED"}}
]}"#;

const PAGE: &str = "https://qr.example.com/x";

fn daemon() -> Daemon {
    Plan::with_rules(RULES)
        .set("serve.worker-threads=3")
        .start()
}

fn requests(samples: &Samples, listener: &str) -> [f64; 3] {
    ["SUCCESS", "PARAM_ILLEGAL", "UNKNOWN_EXCEPTION"].map(|result| {
        let labels = format!(r#"{{listener="{listener}",result="{result}"}}"#);
        samples.get(&format!("codeid_requests_total{labels}"))
    })
}

fn identifications(samples: &Samples) -> [f64; 5] {
    let answers = [
        "DECODE",
        "OPEN_URL",
        "UNSUPPORTED",
        "PARAM_ILLEGAL",
        "UNKNOWN_EXCEPTION",
    ];
    answers.map(|answer| {
        samples.get(&format!(
            r#"codeid_identifications_total{{answer="{answer}"}}"#
        ))
    })
}

/// The numbers of decisions and refusals of each rule.
fn rules(samples: &Samples) -> [(f64, f64); 4] {
    ["users", "nobody", "page", "none"].map(|rule| {
        let of = |name| samples.get(&format!(r#"codeid_rule_{name}_total{{rule="{rule}"}}"#));
        (of("decided"), of("refused_by_canary"))
    })
}

fn durations(samples: &Samples, listener: &str) -> f64 {
    let labels = format!(r#"{{listener="{listener}"}}"#);
    let count = samples.get(&format!("codeid_identify_duration_seconds_count{labels}"));
    let sum = samples.get(&format!("codeid_identify_duration_seconds_sum{labels}"));
    assert_eq!(count > 0.0, sum > 0.0);
    let bucket = |bound| {
        let labels = format!(r#"{{listener="{listener}",le="{bound}"}}"#);
        samples.get(&format!("codeid_identify_duration_seconds_bucket{labels}"))
    };
    assert_eq!(bucket("+Inf"), count);
    assert!(bucket("0.000000064") <= bucket("0.067108864"));
    count
}

#[test]
fn nothing_was_done_at_first() {
    let samples = daemon().metrics();
    for listener in ["http", "unix", "resp"] {
        assert_eq!(requests(&samples, listener), [0.0; 3]);
        assert_eq!(durations(&samples, listener), 0.0);
    }
    assert_eq!(identifications(&samples), [0.0; 5]);
    assert_eq!(rules(&samples), [(0.0, 0.0); 4]);
    assert_eq!(samples.get("codeid_table_rules"), 4.0);
    assert_eq!(samples.get("codeid_table_generation"), 1.0);
    assert_eq!(samples.get("codeid_ready"), 1.0);
    assert_eq!(samples.get("codeid_sdk_proxy_in_flight"), 0.0);
}

#[test]
fn requests_over_http_are_counted_by_what_they_are_answered() {
    for listener in ["http", "unix"] {
        let daemon = daemon();
        // On several workers.
        let mut clients: Vec<_> = (0..3)
            .map(|_| match listener {
                "http" => daemon.tcp(),
                _ => daemon.unix(),
            })
            .collect();
        for client in &mut clients {
            client.identify("28100", "user-42");
            client.identify("28100", "user-43");
            client.identify(PAGE, "user-42");
            client.identify("", "user-42");
        }
        let client = &mut clients[0];
        client.post("/v1/identifyCode", "{");
        client.post("/v1/elsewhere", "{}");
        client.bare("GET", "/v1/identifyCode");
        let batch = json!([
            {"codeValue": "28", "openId": "user-42"}, {"codeValue": "29", "openId": "user-42"},
            7, {"codeValue": "28"}
        ]);
        client.post("/v1/identifyCodes", batch.to_string());
        client.post("/v1/identifyCodes", "[]");
        client.post("/v1/identifyCodes", "{}");
        clients[2].send("nonsense\r\n\r\n");
        clients[2].receive();
        let client = &mut clients[0];
        // Probes are not requests, and sdkProxy has figures of its own.
        client.bare("GET", "/readyz");
        client.post("/livez", "{}");
        client.post("/aps/api/v1/mobile/sdkProxy", "{}");

        let samples = daemon.metrics();
        assert_eq!(requests(&samples, listener), [9.0 + 2.0, 3.0 + 5.0, 0.0]);
        let other = if listener == "http" { "unix" } else { "http" };
        assert_eq!(requests(&samples, other), [0.0; 3]);
        let expected = [3.0 + 1.0, 3.0, 3.0 + 1.0, 3.0 + 2.0, 0.0];
        assert_eq!(identifications(&samples), expected);
        assert_eq!(durations(&samples, listener), expected.iter().sum::<f64>());
        let expected = [(4.0, 3.0), (0.0, 3.0), (3.0, 0.0), (3.0, 0.0)];
        assert_eq!(rules(&samples), expected);
        let invalid = r#"codeid_sdk_proxy_requests_total{result="INVALID_API"}"#;
        assert_eq!(samples.get(invalid), 1.0);
        assert_eq!(samples.sum("codeid_sdk_proxy_requests_total"), 1.0);
    }
}

#[test]
fn commands_of_redis_clients_are_counted_however_many_come_at_once() {
    let daemon = daemon();
    let mut client = daemon.resp3();
    client.command(&["IDENTIFY", "28100", "user-42"]);
    client.command(&[
        "MIDENTIFY",
        "28100",
        "user-43",
        PAGE,
        "user-42",
        "",
        "user-42",
    ]);
    client.command(&["IDENTIFY", "28100"]);
    client.command(&["IDENTIFY", "28100", "user-42", "more"]);
    client.command(&["MIDENTIFY", "28100", "user-42", "more"]);
    client.command(&["PING"]);
    client.command(&["NONE"]);
    let samples = daemon.metrics();
    assert_eq!(requests(&samples, "resp"), [2.0, 3.0, 0.0]);
    assert_eq!(identifications(&samples), [1.0, 1.0, 1.0, 2.0, 0.0]);
    assert_eq!(durations(&samples, "resp"), 5.0);
    // Written at once, and read in as many turns as it takes.
    let many = "IDENTIFY 28100 user-42\r\nPING\r\n".repeat(500);
    client.send(many);
    (0..1000).for_each(|_| drop(client.receive()));
    let samples = daemon.metrics();
    assert_eq!(requests(&samples, "resp"), [502.0, 3.0, 0.0]);
    assert_eq!(durations(&samples, "resp"), 505.0);
    let expected = [(501.0, 1.0), (0.0, 1.0), (1.0, 0.0), (1.0, 0.0)];
    assert_eq!(rules(&samples), expected);
}

#[test]
fn connections_are_counted_while_they_are_open_and_when_they_are_refused() {
    let daemon = Plan::new()
        .set("http.max-connections=2")
        .set("listen.resp=off")
        .start();
    let mut one = daemon.tcp();
    one.identify("28", "user-42");
    let mut two = daemon.unix();
    two.identify("28", "user-42");
    let mut many = daemon.unix();
    many.identify("28", "user-42");
    let of = |samples: &Samples, name: &str, listener: &str| {
        let labels = format!(r#"{{listener="{listener}"}}"#);
        samples.get(&format!("codeid_connections_{name}{labels}"))
    };
    let refused_of = |samples: &Samples, listener: &str, reason: &str| {
        let labels = format!(r#"{{listener="{listener}",reason="{reason}"}}"#);
        samples.get(&format!("codeid_connections_refused_total{labels}"))
    };
    let samples = daemon.metrics();
    for (listener, open, refused) in [("http", 1.0, 0.0), ("unix", 2.0, 1.0), ("resp", 0.0, 0.0)] {
        assert_eq!(of(&samples, "accepted_total", listener), open);
        assert_eq!(refused_of(&samples, listener, "limit"), refused);
        assert_eq!(refused_of(&samples, listener, "unanswered"), 0.0);
        assert_eq!(of(&samples, "displaced_total", listener), 0.0);
    }
    assert_eq!(of(&samples, "open", "http"), 1.0);
    assert_eq!(requests(&samples, "unix"), [1.0, 0.0, 1.0]);
    drop((one, two, many));
    wait_until("the connections to be closed", || {
        (daemon.metrics().sum("codeid_connections_open") == 0.0).then_some(())
    });
}

#[test]
fn the_snapshot_has_the_same_counts() {
    let daemon = daemon();
    let mut client = daemon.tcp();
    (0..20).for_each(|_| drop(client.identify("28100", "user-42")));
    daemon.resp().command(&["IDENTIFY", "", "user-42"]);
    let snapshot = daemon.snapshot();
    let http = &snapshot["listeners"][0];
    assert_eq!(http["listener"], "http");
    let counts = |list: &Value| -> Vec<u64> {
        let counts = list.as_array().unwrap().iter();
        counts.map(|one| one["count"].as_u64().unwrap()).collect()
    };
    assert_eq!(counts(&http["requests"]), [20, 0, 0]);
    assert_eq!(counts(&snapshot["listeners"][2]["requests"]), [0, 1, 0]);
    assert_eq!(counts(&snapshot["identifications"]), [20, 0, 0, 1, 0]);
    assert_eq!(http["connections"]["open"], 1);
    assert_eq!(snapshot["generation"], 1);
    assert_eq!(snapshot["sdkProxy"]["inFlight"], 0);
    let bounds = snapshot["boundsNs"].as_array().unwrap();
    let all = &snapshot["latency"];
    assert_eq!(all["count"], 21);
    for latency in [all, &http["latency"]] {
        let cumulative = latency["cumulative"].as_array().unwrap();
        assert_eq!(cumulative.len(), bounds.len());
        assert!(cumulative.is_sorted_by_key(|count| count.as_u64()));
        assert!(latency["sumNs"].as_u64() > Some(0));
        let percentiles = ["p50Ns", "p90Ns", "p99Ns", "p999Ns"];
        let percentiles = percentiles.map(|name| latency[name].as_u64());
        assert!(percentiles.is_sorted());
        // A lookup of more than 67 ms would have no bound.
        assert!(percentiles[0].is_some());
    }
    assert_eq!(snapshot["listeners"][1]["latency"]["p99Ns"], Value::Null);
}

#[test]
fn metrics_are_served_on_the_admin_plane_only() {
    let daemon = daemon();
    for mut client in [daemon.tcp(), daemon.unix()] {
        for path in ["/metrics", "/v1/metrics"] {
            assert_eq!(client.bare("GET", path).status, 404);
        }
    }
    for path in ["/metrics", "/v1/metrics"] {
        assert_eq!(daemon.admin("POST", path).status, 405);
        let head = daemon.admin("HEAD", path);
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
}
