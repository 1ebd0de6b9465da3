//! The positions of errors, as text with a caret and as JSON.

use super::super::{file, run};
use super::{check, check_json, config_with};

#[test]
fn shows_the_line_and_a_hint_as_a_compiler_does() {
    let config =
        config_with(r#"{"id": "a", "match": {"regex": "28(1"}, "action": {"type": "DECOD"}}"#);
    let path = file("compiler.json", config);
    let ran = run(["check".as_ref(), path.as_os_str()]);
    let expected = format!(
        r#"error: not a valid pattern: unclosed group
 --> {path}:3:35
  |
3 | {{"id": "a", "match": {{"regex": "28(1"}}, "action": {{"type": "DECOD"}}}}
  |                                   ^
  |
  = note: in rule a, at /rules/0/match/regex
  = help: add the ), or write \( for a literal parenthesis

error: unknown action "DECOD"
 --> {path}:3:60
  |
3 | {{"id": "a", "match": {{"regex": "28(1"}}, "action": {{"type": "DECOD"}}}}
  |                                                            ^
  |
  = note: in rule a, at /rules/0/action/type
  = help: the actions are DECODE, OPEN_URL and UNSUPPORTED

1 file checked: 2 errors, 0 warnings
"#,
        path = path.display()
    );
    assert_eq!(ran.stdout, expected);
    assert_eq!((ran.status, &*ran.stderr), (1, ""));
}

#[test]
fn the_caret_is_under_the_position() {
    // The text before the pattern's open parenthesis, its column, and its displayed width.
    for (before, columns, width) in [
        ("", 0, 0),
        ("28", 2, 2),
        ("é", 1, 1),
        ("漢字", 2, 4),
        (r"\u00e9", 6, 6),
        (r"\ud83d\ude00", 12, 12),
        (r#"\\d\"\/"#, 7, 7),
    ] {
        for (indent, indent_width) in [("", 0), ("  ", 2), ("\t", 4), ("\t\t", 8)] {
            let head = r#"{"id": "a", "match": {"regex": ""#;
            let tail = r#"("}, "action": {"type": "DECODE"}}"#;
            let ran = check(config_with(&format!("{indent}{head}{before}{tail}")));
            let column = indent.len() + head.len() + columns + 1;
            assert!(
                ran.stdout.contains(&format!("--> <stdin>:3:{column}\n")),
                "{}",
                ran.stdout
            );
            let caret = ran
                .stdout
                .lines()
                .find(|line| line.trim_end().ends_with('^'))
                .unwrap();
            let place = "3 | ".len() + indent_width + head.len() + width;
            assert_eq!(caret.find('^'), Some(place), "{}", ran.stdout);
            assert_eq!(caret.matches('^').count(), 1, "{}", ran.stdout);
        }
    }
}

#[test]
fn a_long_line_is_shown_in_part() {
    // The longest allowed config, on one line, with an error in each half.
    let filler = "x".repeat(50_000);
    let rule = |id: &str| {
        format!(
            r#"{{"id": "{id}", "description": "漢{filler}", "match": {{"regex": "1("}}, "action": {{"type": "DECODE"}}}}"#
        )
    };
    let config = format!(
        r#"{{"format": "codeid/1", "version": "1", "rules": [{}, {}]}}"#,
        rule("a"),
        rule("b")
    );
    let findings = check_json(&config);
    assert_eq!(findings.len(), 2);
    let ran = check(&config);
    assert_eq!(ran.status, 1);
    let places = findings
        .iter()
        .map(|finding| finding["position"]["column"].as_u64().unwrap());
    for column in places {
        assert!(
            ran.stdout.contains(&format!("<stdin>:1:{column}\n")),
            "{}",
            ran.stdout
        );
    }
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(
        lines.iter().all(|line| line.chars().count() < 160),
        "{}",
        ran.stdout
    );
    let mut carets = 0;
    for pair in lines
        .windows(2)
        .filter(|pair| pair[1].trim_end().ends_with('^'))
    {
        let place = pair[1].chars().position(|c| c == '^').unwrap();
        assert_eq!(pair[0].chars().nth(place), Some('('), "{}", ran.stdout);
        carets += 1;
    }
    assert_eq!(carets, 2, "{}", ran.stdout);
}

#[test]
fn json_has_the_pointer_and_the_position() {
    let config = config_with(
        r#"{"id": "a", "match": {"regex": "\u00e9("}, "action": {"type": "DECODE"}, "x": 1}"#,
    );
    let findings = check_json(&config);
    assert_eq!(findings.len(), 2, "{findings:?}");
    let fields: Vec<&str> = findings[0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(fields.len(), 7, "{fields:?}");
    let pattern = &findings[0];
    assert_eq!(pattern["severity"], "error");
    assert_eq!(pattern["code"], "bad-pattern");
    assert_eq!(pattern["rule"], "a");
    assert_eq!(pattern["pointer"], "/rules/0/match/regex");
    assert_eq!(pattern["message"], "not a valid pattern: unclosed group");
    assert!(pattern["hint"].as_str().unwrap().contains("add the )"));
    let position = &pattern["position"];
    assert_eq!(position["line"], 3);
    assert_eq!(position["column"], 39);
    assert_eq!(position["inPattern"], 1);
    let offset = usize::try_from(position["offset"].as_u64().unwrap()).unwrap();
    assert!(config[offset..].starts_with("(\"}"), "{offset}");
    assert_eq!(findings[1]["code"], "unknown-field");
    assert_eq!(findings[1]["pointer"], "/rules/0/x");
    assert!(findings[1]["hint"].as_str().unwrap().contains("canary"));
}

#[test]
fn a_duplicate_id_names_both_lines() {
    let rule = r#"{"id": "a", "match": {"prefix": "1"}, "action": {"type": "DECODE"}}"#;
    let late =
        "{\"match\": {\"prefix\": \"2\"},\n \"id\": \"a\", \"action\": {\"type\": \"DECODE\"}}";
    let findings = check_json(config_with(&format!("{rule},\n{late}")));
    assert_eq!(
        findings[0]["message"],
        "duplicate id a in line 5, already used by rule 1 in line 3"
    );
    assert_eq!(findings[0]["position"]["line"], 5);
}
