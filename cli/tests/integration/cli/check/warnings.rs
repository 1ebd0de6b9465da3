//! Warnings: what is allowed and hardly meant, and the exit status with them.

use serde_json::Value;

use super::super::run_with_input;
use super::{check, check_json, config_with};

#[test]
fn warnings_alone_exit_0() {
    let config = config_with(
        r#"{"id": "a", "match": {"prefix": "https://qr.example/"}, "action": {"type": "DECODE"}}"#,
    );
    let ran = check(&config);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("warning: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("--> <stdin>:3:33\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("= help: a url match"), "{}", ran.stdout);
    assert!(
        ran.stdout
            .ends_with("1 file checked: 0 errors, 1 warning\n"),
        "{}",
        ran.stdout
    );
    let findings = check_json(&config);
    assert_eq!(findings[0]["severity"], "warning");
}

#[test]
fn warnings_can_be_denied() {
    let questionable = config_with(
        r#"{"id": "a", "match": {"prefix": "https://qr.example/"}, "action": {"type": "DECODE"}}"#,
    );
    let clean =
        config_with(r#"{"id": "a", "match": {"prefix": "1"}, "action": {"type": "DECODE"}}"#);
    for (config, status) in [(&questionable, 1), (&clean, 0)] {
        for options in [&["--deny-warnings"][..], &["--deny-warnings", "--json"]] {
            let ran = run_with_input([&["check"], options, &["-"]].concat(), config);
            assert_eq!(ran.status, status, "{}", ran.stdout);
        }
    }
}

#[test]
fn a_rule_that_can_never_win_is_a_warning() {
    let config = config_with(concat!(
        r#"{"id": "all", "match": {"prefix": "281"}, "action": {"type": "DECODE"}},"#,
        "\n",
        r#"{"id": "some", "match": {"regex": "28101\\d+"}, "action": {"type": "UNSUPPORTED"}}"#,
    ));
    let ran = check(&config);
    let expected = r#"warning: this rule can never win: the earlier rule all (rule 1) accepts all that it accepts
 --> <stdin>:4:25
  |
4 | {"id": "some", "match": {"regex": "28101\\d+"}, "action": {"type": "UNSUPPORTED"}}
  |                         ^
  |
  = note: in rule some, at /rules/1/match
  = help: move this rule above all, make all accept less, or remove this rule

1 file checked: 0 errors, 1 warning
"#;
    let (before, after) = expected.split_once("1 file checked").unwrap();
    assert!(ran.stdout.starts_with(before), "{}", ran.stdout);
    assert!(ran.stdout.ends_with(after), "{}", ran.stdout);
    assert_eq!(ran.status, 0);
    let findings = check_json(&config);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["severity"], "warning");
    assert_eq!(findings[0]["rule"], "some");
    assert_eq!(findings[0]["pointer"], "/rules/1/match");
    assert_eq!(findings[0]["position"]["line"], 4);
    assert!(findings[0]["hint"].as_str().unwrap().contains("above all"));
}

#[test]
fn templates_and_patterns_that_are_hardly_meant_are_warnings() {
    let found = |rule_match: &str, action: &str| -> Vec<(String, String, u64)> {
        let rule = format!(r#"{{"id": "a", "match": {rule_match}, "action": {action}}}"#);
        let findings = check_json(config_with(&rule));
        let of = |finding: &Value| {
            assert_eq!(finding["severity"], "warning");
            (
                finding["code"].as_str().unwrap().to_owned(),
                finding["hint"].as_str().unwrap().to_owned(),
                finding["position"]["inPattern"]
                    .as_u64()
                    .unwrap_or_default(),
            )
        };
        findings.iter().map(of).collect()
    };
    let (any, url) = (
        r#"{"regex": "28(.+)"}"#,
        r#"{"url": {"host": "qr.example.com"}}"#,
    );
    let digits = r#"{"regex": "28(\\d+)"}"#;
    let decode = |template: &str| format!(r#"{{"type": "DECODE", "codeValue": "{template}"}}"#);
    let open = |template: &str| format!(r#"{{"type": "OPEN_URL", "redirectUrl": "{template}"}}"#);
    for (rule_match, action, code, hint, place) in [
        (any, decode("28"), "fixed-code-value", "{code}", 0),
        (any, decode("{{code}}"), "foreign-placeholder", "{code}", 0),
        (any, decode("é$1"), "foreign-placeholder", "{1}", 1),
        (any, decode("${1}"), "foreign-placeholder", "{1}", 0),
        (any, decode(r"x\\1"), "foreign-placeholder", "{1}", 1),
        (
            any,
            open("https://e.example/$1"),
            "foreign-placeholder",
            "{1}",
            18,
        ),
        (
            url,
            open("https://e.example/?c={code}"),
            "unencoded-query",
            "{code:url}",
            21,
        ),
        (
            any,
            open("https://e.example/?c={code}"),
            "unencoded-query",
            "{code:url}",
            21,
        ),
        (
            r#"{"regex": "^abc$"}"#,
            decode("{code}x"),
            "matches-one-text",
            r#"{"exact": "abc"}"#,
            0,
        ),
        (
            r#"{"regex": "a\\bb"}"#,
            decode("{code}x"),
            "matches-nothing",
            "correct the pattern",
            0,
        ),
        (
            r#"{"regex": "x{9000}"}"#,
            decode("{code}x"),
            "matches-nothing",
            "correct the pattern",
            0,
        ),
    ] {
        let findings = found(rule_match, &action);
        assert_eq!(findings.len(), 1, "{rule_match} {action}: {findings:?}");
        let (found_code, found_hint, found_place) = &findings[0];
        assert_eq!(
            (&**found_code, *found_place),
            (code, place),
            "{rule_match} {action}"
        );
        assert!(found_hint.contains(hint), "{found_hint}");
    }
    for (rule_match, action) in [
        (r#"{"exact": "abc"}"#, decode("def")),
        (any, decode("{1}")),
        (any, decode("US$ {code}")),
        (url, open("https://e.example/?c={code:url}")),
        (url, open("https://e.example/{code:url}#?{code}")),
        (digits, open("https://e.example/?c={code}")),
        (r#"{"regex": "ab?"}"#, decode("{code}")),
    ] {
        assert_eq!(found(rule_match, &action), [], "{rule_match} {action}");
    }
}
