//! `codeid schema`: the committed schema, and its agreement with the engine.

use codeid_engine::{CompileLimits, RouteConfig};
use serde_json::{Value, json};

use super::schema_validator::Validator;
use super::{project_file, run};

fn committed() -> String {
    std::fs::read_to_string(project_file("config/route-config.schema.json")).unwrap()
}

#[test]
fn prints_the_committed_schema() {
    let ran = run(["schema"]);
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    assert_eq!(ran.stdout, committed());
}

#[test]
fn the_schema_accepts_our_own_configs() {
    let schema: Value = serde_json::from_str(&committed()).unwrap();
    let validator = Validator::new(&schema);
    for name in ["config/routes.preset.json", "config/routes.example.json"] {
        let text = std::fs::read_to_string(project_file(name)).unwrap();
        assert!(
            validator.is_valid(&serde_json::from_str(&text).unwrap()),
            "{name}"
        );
    }
}

/// Schema and engine must agree on everything that a schema can express.
#[test]
fn the_schema_agrees_with_the_engine() {
    let schema: Value = serde_json::from_str(&committed()).unwrap();
    let validator = Validator::new(&schema);
    let mut differences = Vec::new();
    for (expected, configs) in [(true, good_configs()), (false, bad_configs())] {
        for config in configs {
            let text = serde_json::to_vec(&config).unwrap();
            let engine = RouteConfig::from_json(&text, &CompileLimits::default());
            let valid = validator.is_valid(&config);
            if (valid, engine.is_ok()) != (expected, expected) {
                differences.push(format!(
                    "{config}\n  expected {expected}, schema {valid}, engine {:?}",
                    engine
                        .map(|config| config.len())
                        .map_err(|error| error.to_string())
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Returns a config with this rule only.
fn with_rule(rule: Value) -> Value {
    json!({"format": "codeid/1", "version": "1", "rules": [rule]})
}

/// Returns a valid rule with these members replaced, or removed where they are null.
fn rule_with(members: Value) -> Value {
    let mut rule = json!({"id": "a", "match": {"prefix": "28"}, "action": {"type": "DECODE"}});
    let fields = rule.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    with_rule(rule)
}

fn with_match(value: Value) -> Value {
    rule_with(json!({ "match": value }))
}

fn with_action(value: Value) -> Value {
    let fixed_host = json!({"regex": "https://a\\.example/(\\d+)(?<name>x)"});
    rule_with(json!({"match": fixed_host, "action": value}))
}

fn with_canary(value: Value) -> Value {
    rule_with(json!({ "canary": value }))
}

fn decode(template: impl Into<String>) -> Value {
    with_action(json!({"type": "DECODE", "codeValue": template.into()}))
}

fn open(template: &str) -> Value {
    with_action(json!({"type": "OPEN_URL", "redirectUrl": template}))
}

fn agent(user_agent: &str) -> Value {
    with_action(json!({"type": "OPEN_URL", "userAgent": user_agent}))
}

fn host(host: impl Into<String>) -> Value {
    with_match(json!({"url": {"host": host.into()}}))
}

fn good_configs() -> Vec<Value> {
    vec![
        json!({"format": "codeid/1", "version": "1", "rules": []}),
        json!({"format": "codeid/1", "version": "é".repeat(64), "rules": []}),
        json!({"format": "codeid/1", "version": "1", "rules": [], "$schema": "x", "trim": true}),
        json!({"format": "codeid/1", "version": "1", "rules": [], "$schema": "", "trim": false}),
        rule_with(json!({})),
        rule_with(json!({"id": "A-z_0.9".repeat(9)})),
        rule_with(json!({"description": ""})),
        with_match(json!({"exact": "é".repeat(8192)})),
        with_match(json!({"prefix": "\n"})),
        with_match(json!({"regex": "281\\d{3}04.+"})),
        host("example.com"),
        host("*.example.com"),
        host("127.0.0.1"),
        host("EXAMPLE.com"),
        host("a".repeat(63)),
        host(format!("{0}.{0}.{0}.{1}", "a".repeat(63), "a".repeat(61))),
        with_match(json!({"url": {"host": "a", "path": "/", "scheme": "HTTP+x-1.0", "port": 1}})),
        with_match(json!({"url": {"host": "a", "path": "/a b/%2f\\é", "port": 65535}})),
        with_match(json!({"url": {"host": "a", "scheme": "a".repeat(64)}})),
        with_match(json!({"emv": {"guid": "A0"}})),
        with_match(json!({"emv": {"guid": "é".repeat(99), "tags": {}}})),
        with_match(json!({"emv": {"tags": {"53": "764", "62.07": "x".repeat(99)}}})),
        with_match(json!({"emv": {"guid": "A0", "checkCrc": false}})),
        with_match(json!({"emv": {"guid": "A0", "allowEmpty": true}})),
        host("*.com"),
        with_action(json!({"type": "UNSUPPORTED"})),
        with_action(json!({"type": "DECODE"})),
        with_action(json!({"type": "OPEN_URL"})),
        decode("x"),
        decode("{code}"),
        decode("{{{code}}}"),
        decode("{1}{name:url}"),
        decode("{{}}"),
        decode("{code}".repeat(16)),
        decode("é".repeat(2048)),
        open("{code}"),
        open("{code}?x"),
        open("https://b.example/{code:url}"),
        open("https://b.example"),
        open("https://b.example:8443?{1}"),
        open("https://b.example#{name}"),
        agent("-"),
        agent("-/"),
        agent("-/AlipayConnect(x)~!"),
        with_canary(json!({})),
        with_canary(json!({"percentage": 0})),
        with_canary(json!({"percentage": 12.5, "group": "x"})),
        with_canary(json!({"percentage": 100, "group": "é".repeat(256), "allowlist": []})),
        with_canary(json!({"percentage": 57.29})),
        with_canary(json!({"allowlist": ["abc", "é".repeat(256), "SHA256:", " ab "]})),
        with_canary(json!({"allowlist": [format!("sha256:{}", "aF".repeat(32))]})),
    ]
}

fn bad_configs() -> Vec<Value> {
    vec![
        json!([]),
        json!({}),
        json!({"format": "codeid/2", "version": "1", "rules": []}),
        json!({"format": "codeid/1", "version": "", "rules": []}),
        json!({"format": "codeid/1", "version": "x".repeat(65), "rules": []}),
        json!({"format": "codeid/1", "version": "a\u{85}", "rules": []}),
        json!({"format": "codeid/1", "version": "a\nb", "rules": []}),
        json!({"format": "codeid/1", "version": 1, "rules": []}),
        json!({"format": "codeid/1", "version": "1"}),
        json!({"format": "codeid/1", "rules": []}),
        json!({"version": "1", "rules": []}),
        json!({"format": "codeid/1", "version": "1", "rules": {}}),
        json!({"format": "codeid/1", "version": "1", "rules": [], "$schema": 1}),
        json!({"format": "codeid/1", "version": "1", "rules": [], "schema": "x"}),
        json!({"format": "codeid/1", "version": "1", "rules": [], "trim": "true"}),
        json!({"format": "codeid/1", "version": "1", "rules": [], "trim": null}),
        with_rule(json!("a")),
        rule_with(json!({"id": null})),
        rule_with(json!({"match": null})),
        rule_with(json!({"action": null})),
        rule_with(json!({"enabled": true})),
        rule_with(json!({"id": ""})),
        rule_with(json!({"id": "a b"})),
        rule_with(json!({"id": "é"})),
        rule_with(json!({"id": "a\n"})),
        rule_with(json!({"id": "x".repeat(65)})),
        rule_with(json!({"description": 1})),
        with_match(json!({})),
        with_match(json!("28")),
        with_match(json!({"exact": "1", "prefix": "2"})),
        with_match(json!({"suffix": "1"})),
        with_match(json!({"exact": ""})),
        with_match(json!({"exact": "é".repeat(8193)})),
        with_match(json!({"prefix": ""})),
        with_match(json!({"prefix": 28})),
        with_match(json!({"regex": ["a"]})),
        with_match(json!({"url": {}})),
        with_match(json!({"url": "https://a"})),
        with_match(json!({"url": {"host": "a", "query": "x"}})),
        host(""),
        host("*"),
        host("*."),
        host("*.*.a"),
        host("a.*.b"),
        host("a."),
        host("a..b"),
        host("é.example"),
        host("a:443"),
        host("[::1]"),
        host("a/b"),
        host("a".repeat(64)),
        host(format!("{0}.{0}.{0}.{1}", "a".repeat(63), "a".repeat(62))),
        with_match(json!({"url": {"host": "a", "path": ""}})),
        with_match(json!({"url": {"host": "a", "path": "m"}})),
        with_match(json!({"url": {"host": "a", "path": "/m?x"}})),
        with_match(json!({"url": {"host": "a", "path": "/m#x"}})),
        with_match(json!({"url": {"host": "a", "path": format!("/{}", "x".repeat(8192))}})),
        with_match(json!({"url": {"host": "a", "scheme": ""}})),
        with_match(json!({"url": {"host": "a", "scheme": "https://"}})),
        with_match(json!({"url": {"host": "a", "scheme": "1a"}})),
        with_match(json!({"url": {"host": "a", "scheme": "a".repeat(65)}})),
        with_match(json!({"url": {"host": "a", "port": 0}})),
        with_match(json!({"url": {"host": "a", "port": 65536}})),
        with_match(json!({"url": {"host": "a", "port": -1}})),
        with_match(json!({"url": {"host": "a", "port": "443"}})),
        with_match(json!({"url": {"host": "a", "port": 44.3}})),
        with_match(json!({"emv": {}})),
        with_match(json!({"emv": {"checkCrc": true}})),
        with_match(json!({"emv": {"tags": {}}})),
        with_match(json!({"emv": {"guid": ""}})),
        with_match(json!({"emv": {"guid": "x".repeat(100)}})),
        with_match(json!({"emv": {"tags": {"5": "x"}}})),
        with_match(json!({"emv": {"tags": {"530": "x"}}})),
        with_match(json!({"emv": {"tags": {"62.7": "x"}}})),
        with_match(json!({"emv": {"tags": {"62.07.01": "x"}}})),
        with_match(json!({"emv": {"tags": {"٥٣": "x"}}})),
        with_match(json!({"emv": {"tags": {"53": ""}}})),
        with_match(json!({"emv": {"tags": {"53": 764}}})),
        with_match(json!({"emv": {"tags": {"53": "x".repeat(100)}}})),
        with_match(json!({"emv": {"tags": ["53"]}})),
        with_match(json!({"emv": {"guid": "A0", "checkCrc": "no"}})),
        with_match(json!({"emv": {"guid": "A0", "allowEmpty": 1}})),
        with_match(json!({"emv": {"allowEmpty": true}})),
        with_match(json!({"emv": {"guid": "A0", "aid": "x"}})),
        with_action(json!({})),
        with_action(json!("DECODE")),
        with_action(json!({"type": "decode"})),
        with_action(json!({"type": "DECODE", "redirectUrl": "{code}"})),
        with_action(json!({"type": "DECODE", "userAgent": "-"})),
        with_action(json!({"type": "OPEN_URL", "codeValue": "{code}"})),
        with_action(json!({"type": "UNSUPPORTED", "codeValue": "{code}"})),
        with_action(json!({"type": "UNSUPPORTED", "note": ""})),
        with_action(json!({"type": "DECODE", "codeValue": 1})),
        decode(""),
        decode("{"),
        decode("}"),
        decode("{code"),
        decode("{{code}"),
        decode("{}"),
        decode("{0}"),
        decode("{01}"),
        decode("{1a}"),
        decode("{code:uri}"),
        decode("{code}".repeat(17)),
        decode("é".repeat(2049)),
        open("http://b.example/"),
        open("HTTPS://b.example/"),
        open("https://{code}/"),
        open("https://b.example{code}"),
        open("https:///x"),
        open("https://user@b.example/"),
        open("https://b.example:/"),
        open("https://b.example/a b"),
        open("https://b.example/\u{7f}"),
        open("{1}"),
        open("x{code}"),
        agent(""),
        agent("x"),
        agent("-x"),
        agent("-/a b"),
        agent("-/é"),
        agent("-/a\n"),
        with_canary(json!(12)),
        with_canary(json!({"percent": 12})),
        with_canary(json!({"percentage": -0.01})),
        with_canary(json!({"percentage": 100.01})),
        with_canary(json!({"percentage": "12"})),
        with_canary(json!({"group": ""})),
        with_canary(json!({"group": "é".repeat(257)})),
        with_canary(json!({"allowlist": "abc"})),
        with_canary(json!({"allowlist": ["ab"]})),
        with_canary(json!({"allowlist": ["x".repeat(257)]})),
        with_canary(json!({"allowlist": [1]})),
        with_canary(json!({"allowlist": ["sha256:"]})),
        with_canary(json!({"allowlist": [format!("sha256:{}", "g".repeat(64))]})),
        with_canary(json!({"allowlist": [format!("sha256:{}", "a".repeat(63))]})),
    ]
}
