//! The result for a code value, and the rules that accept it.

use serde_json::{Value, json};

use super::{good, post, refusal};
use crate::serve::daemon::Plan;

const RULES: &str = r#"{"format": "codeid/1", "version": "1", "rules": [
    {"id": "nobody", "match": {"prefix": "28"}, "action": {"type": "DECODE", "codeValue": "x"},
     "canary": {"percentage": 0, "group": "g", "allowlist": ["vip-user"]}},
    {"id": "everybody", "match": {"prefix": "281"}, "action": {"type": "DECODE"}},
    {"id": "late", "match": {"exact": "2810"}, "action": {"type": "UNSUPPORTED"}}
]}"#;

#[test]
fn each_rule_that_accepts_the_code_value_is_explained_in_order() {
    let daemon = Plan::with_rules(RULES).start();
    let explain = |open_id: &str| {
        let body = json!({"codeValue": "2810", "openId": open_id}).to_string();
        good(&post(&daemon, "/v1/explain", &body))
    };
    let explained = explain("user-42");
    assert_eq!(explained["generation"], 1);
    assert_eq!(
        explained["response"],
        daemon.tcp().identify("2810", "user-42").json()
    );
    let rules = explained["explanation"].as_array().unwrap();
    let ids: Vec<&Value> = rules.iter().map(|rule| &rule["rule"]).collect();
    assert_eq!(ids, ["nobody", "everybody", "late"]);
    assert_eq!(rules[0]["reason"], "refused");
    assert_eq!(
        (&rules[0]["admits"], &rules[0]["hundredths"]),
        (&json!(false), &json!(0))
    );
    assert!(rules[0]["bucket"].is_u64());
    assert_eq!(
        (&rules[1]["decides"], &rules[2]["decides"]),
        (&json!(true), &json!(false))
    );
    let explained = explain("vip-user");
    assert_eq!(explained["explanation"][0]["reason"], "allowlisted");
    assert_eq!(explained["response"]["codeValue"], "x");
    // An explanation does not count as traffic.
    let rules = good(&daemon.admin("GET", "/v1/rules"));
    assert_eq!(rules["rules"][1]["decided"], 1);
    daemon.stop();
}

#[test]
fn what_is_explained_is_trimmed_if_the_config_says_so() {
    let trimming = RULES.replace("\"version\"", "\"trim\": true, \"version\"");
    let daemon = Plan::with_rules(trimming).start();
    let explain = |code_value: &str| {
        let body = json!({"codeValue": code_value, "openId": "user-42"}).to_string();
        good(&post(&daemon, "/v1/explain", &body))
    };
    let trimmed = explain("2810");
    for code_value in [" 2810", "2810\r\n", "\u{feff}\u{3000}2810\u{0}"] {
        assert_eq!(explain(code_value), trimmed, "{code_value:?}");
    }
    assert_eq!(trimmed["explanation"].as_array().unwrap().len(), 3);
    let nothing = explain(" \u{feff}");
    assert_eq!(nothing["response"]["isSupported"], false);
    assert_eq!(nothing["explanation"], json!([]));
    assert_eq!(good(&daemon.admin("GET", "/v1/rules"))["trim"], true);
    daemon.stop();
}

#[test]
fn illegal_parameters_are_refused_without_being_quoted() {
    let daemon = Plan::with_rules(RULES).start();
    for body in [
        json!({"codeValue": "", "openId": "secret-user"}),
        json!({"codeValue": "secret".repeat(2000), "openId": "secret-user"}),
        json!({"codeValue": "secret", "openId": "u"}),
        json!({"codeValue": "secret"}),
        json!({"codeValue": 7, "openId": "secret-user"}),
        json!({"codeValue": "secret", "openId": "secret-user", "x": 1}),
        json!(["secret"]),
    ] {
        let answer = post(&daemon, "/v1/explain", &body.to_string());
        assert_eq!(refusal(&answer), (400, "malformed".to_owned()), "{body}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
    }
    let misspelt = json!({"codeValue": "secret", "openid": "secret-user"});
    let answer = post(&daemon, "/v1/explain", &misspelt.to_string());
    assert_eq!(
        answer.json()["detail"],
        "openId must be a string but is missing; openid is not a member that this path takes; \
         it takes codeValue and openId."
    );
    daemon.stop();
}
