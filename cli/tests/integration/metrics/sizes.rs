//! T34: however many rules there are, the series are at most 2000.

use serde_json::json;

use super::prometheus::check_metrics;
use crate::serve::daemon::Plan;

const MOST: usize = 2000;

fn rule(index: usize) -> String {
    format!(r#"{{"id":"{index}","match":{{"exact":"{index}"}},"action":{{"type":"DECODE"}}}}"#)
}

/// As many rules as fit the default bound on a config's characters.
fn largest() -> (usize, String) {
    let mut text = r#"{"format":"codeid/1","version":"1","rules":["#.to_owned();
    let mut count = 0;
    while text.len() + rule(count).len() + 3 <= 131_072 {
        if count > 0 {
            text.push(',');
        }
        text.push_str(&rule(count));
        count += 1;
    }
    text.push_str("]}");
    (count, text)
}

#[test]
fn at_the_bound_on_rules_there_are_at_most_2000_series() {
    let (count, rules) = largest();
    assert!(count > 2000, "{count}");
    let daemon = Plan::with_rules(rules).start();
    let mut client = daemon.tcp();
    let element = |rule: usize| json!({"codeValue": rule.to_string(), "openId": "user-42"});
    // The last rule first, so that it is busy before 800 others are.
    client.identify(&(count - 1).to_string(), "user-42");
    let busiest = format!(r#"codeid_rule_decided_total{{rule="{}"}}"#, count - 1);
    assert_eq!(daemon.metrics().get(&busiest), 1.0);
    let all: Vec<_> = (0..count).map(element).collect();
    for batch in all.chunks(1024) {
        let answer = client.post("/v1/identifyCodes", json!(batch).to_string());
        assert_eq!(answer.status, 200);
    }
    let text = daemon.metrics_text();
    let samples = super::Samples::of(&text);
    assert!(samples.len() <= MOST, "{}", samples.len());
    // Little of it hangs on how much there is room for.
    assert!(samples.len() > MOST / 2, "{}", samples.len());
    assert_eq!(samples.get(&busiest), 2.0);
    assert_eq!(samples.sum("codeid_rule_decided_total"), count as f64 + 1.0);
    let others = samples.get(r#"codeid_rule_decided_total{rule="(others)"}"#);
    assert_eq!(others, count as f64 - 800.0);
    check_metrics(&text);
}
