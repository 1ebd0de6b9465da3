use super::RouteConfig;
use crate::{CompileLimits, ConfigError};

fn refused(rules: &str) -> ConfigError {
    let json = format!("{{\"format\":\"codeid/1\",\"version\":\"1\",\"rules\":[{rules}]}}");
    RouteConfig::from_json(json.as_bytes(), &CompileLimits::default()).unwrap_err()
}

#[test]
fn every_problem_is_reported_in_document_order_with_its_place() {
    let error = refused(
        "\n{\"id\":\"é!\",\"match\":{\"exact\":\"\"},\"action\":{\"type\":\"DECODE\",\"x\":1}},\
         \n {\"id\":\"b\",\"id\":\"c\",\"match\":{\"regex\":\"\\u0061\\\"é(\"},\"action\":{\"type\":\"DECODE\"}},\
         \n{\"id\":\"b\",\"match\":{},\"action\":{\"type\":\"GO\"},\"canary\":{\"percentage\":1.001}}",
    );
    let found: Vec<_> = error
        .problems()
        .iter()
        .map(|p| {
            (
                p.rule(),
                p.pointer(),
                p.position().map(|p| (p.line, p.column, p.in_pattern)),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (None, "/rules/0/id", Some((2, 7, None))),
            (None, "/rules/0/match/exact", Some((2, 29, None))),
            (None, "/rules/0/action/x", Some((2, 59, None))),
            (Some("b"), "/rules/1/id", Some((3, 12, None))),
            (Some("b"), "/rules/1/match/regex", Some((3, 48, Some(3)))),
            (Some("b"), "/rules/2/id", Some((4, 7, None))),
            (Some("b"), "/rules/2/match", Some((4, 19, None))),
            (Some("b"), "/rules/2/action/type", Some((4, 39, None))),
            (Some("b"), "/rules/2/canary/percentage", Some((4, 68, None))),
        ]
    );
}

#[test]
fn texts_that_are_no_json_are_refused_with_the_place() {
    for (text, line, column) in [
        ("{\n  \"a\": 1,\n  é}", 3, 3),
        ("{\"a\":\"\n\"}", 1, 6),
        ("[1,]", 1, 4),
        ("{\"a\":1", 1, 6),
        ("{} x", 1, 4),
    ] {
        let error = RouteConfig::from_json(text.as_bytes(), &CompileLimits::default()).unwrap_err();
        let position = error.problems()[0].position().unwrap();
        assert_eq!(
            (position.line, position.column),
            (line, column),
            "{text:?} {error}"
        );
    }
    for text in [&b""[..], b" ", b"\xff", b"\xef\xbb\xbf{}", &[b'['; 100_000]] {
        assert!(RouteConfig::from_json(text, &CompileLimits::default()).is_err());
    }
}

#[test]
fn all_patterns_together_are_bounded_and_the_costly_named() {
    let rule = |id: &str, n: usize| {
        format!(
            "{{\"id\":\"{id}\",\"match\":{{\"regex\":\"a{{{n}}}\"}},\"action\":{{\"type\":\"DECODE\"}}}}"
        )
    };
    let rules: Vec<String> = (0..30).map(|i| rule(&format!("r{i}"), 9000 + i)).collect();
    let error = refused(&rules.join(","));
    assert_eq!(error.problems().len(), 1);
    let message = error.problems()[0].message();
    assert!(message.contains("r29 (9029), r28 (9028)"), "{message}");
}
