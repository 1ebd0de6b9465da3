use crate::{CompileLimits, Problem, ProblemCode, RouteConfig, RouteTable};

/// Returns the warnings for a config of rules with these matches and canaries (empty: none), whose
/// ids are a, b, …
fn lint(rules: &[(&str, &str)]) -> Vec<Problem> {
    lint_with(rules, "")
}

/// Returns the warnings for a config that also has these members at the top.
fn lint_with(rules: &[(&str, &str)], top: &str) -> Vec<Problem> {
    let rules: Vec<String> = rules
        .iter()
        .zip('a'..)
        .map(|((rule_match, canary), id)| {
            let canary = match *canary {
                "" => String::new(),
                canary => format!(r#", "canary": {canary}"#),
            };
            format!(
                r#"{{"id": "{id}", "match": {rule_match}, "action": {{"type": "DECODE"}}{canary}}}"#
            )
        })
        .collect();
    let json = format!(
        "{{\"format\": \"codeid/1\", \"version\": \"1\", {top}\"rules\": [\n{}]}}",
        rules.join(",\n")
    );
    let limits = CompileLimits::default();
    let config = RouteConfig::from_json(json.as_bytes(), &limits).unwrap();
    config.lint(&RouteTable::compile(&config, &limits).unwrap())
}

/// Returns `true` if the second rule is reported, as shadowed by the first.
fn shadowed(first: &str, second: &str) -> bool {
    let found = lint(&[(first, ""), (second, "")]);
    let mut found = found
        .iter()
        .filter(|problem| problem.message().contains("never win"));
    let shadow = found.next();
    assert!(found.next().is_none());
    if let Some(shadow) = shadow {
        assert_eq!(shadow.rule(), Some("b"));
        assert!(shadow.message().contains("rule a (rule 1)"), "{shadow}");
    }
    shadow.is_some()
}

#[test]
fn a_rule_is_shadowed_by_one_that_accepts_all_that_it_accepts() {
    for (wide, narrow) in [
        // Equal rules.
        (r#"{"exact": "a"}"#, r#"{"exact": "a"}"#),
        (r#"{"prefix": "é"}"#, r#"{"prefix": "é"}"#),
        (r#"{"regex": "(?i)k\\d+"}"#, r#"{"regex": "(?i)k\\d+"}"#),
        (
            r#"{"url": {"host": "*.a.example"}}"#,
            r#"{"url": {"host": "*.A.example"}}"#,
        ),
        (r#"{"emv": {"guid": "a.b"}}"#, r#"{"emv": {"guid": "A.B"}}"#),
        // An exact code.
        (r#"{"prefix": "ab"}"#, r#"{"exact": "abc"}"#),
        (r#"{"regex": "a.c"}"#, r#"{"exact": "abc"}"#),
        (
            r#"{"url": {"host": "a.example"}}"#,
            r#"{"exact": "https://A.example/x"}"#,
        ),
        (
            r#"{"emv": {"tags": {"52": "5812"}, "checkCrc": false}}"#,
            r#"{"exact": "00020152045812"}"#,
        ),
        // Beginnings.
        (r#"{"prefix": "ab"}"#, r#"{"prefix": "abc"}"#),
        (r#"{"prefix": "281"}"#, r#"{"regex": "2810[0-3].+|2811"}"#),
        (r#"{"prefix": "a"}"#, r#"{"regex": "^a$"}"#),
        (r#"{"prefix": "000"}"#, r#"{"emv": {"guid": "a.b"}}"#),
        (
            r#"{"regex": "(?s)000201.*"}"#,
            r#"{"emv": {"guid": "a.b"}}"#,
        ),
        (
            r#"{"regex": "(?i)(?s)https://.*"}"#,
            r#"{"url": {"host": "a.example"}}"#,
        ),
        (r#"{"regex": "(?s).+"}"#, r#"{"prefix": "a"}"#),
        (r#"{"regex": "(?s).*"}"#, r#"{"regex": "\\d*"}"#),
        (
            r#"{"regex": ".*"}"#,
            r#"{"regex": "^(?:a.|\\d{3}(é+|k?))$"}"#,
        ),
        (r#"{"regex": ".+"}"#, r#"{"regex": "a*"}"#),
        (
            r#"{"regex": "^28(.+)$"}"#,
            r#"{"regex": "(?:280|281)\\d*"}"#,
        ),
        (r#"{"regex": "28\\d*"}"#, r#"{"regex": "(?:28){2}"}"#),
        (r#"{"regex": "(?s)a.*"}"#, r#"{"prefix": "ab"}"#),
        // Patterns.
        (
            r#"{"regex": "281\\d{3}04.+"}"#,
            r#"{"regex": "281001040[0-9A-Za-z]{4,24}"}"#,
        ),
        (r#"{"regex": "[a-z]{2,5}"}"#, r#"{"regex": "(?:ab){1,2}"}"#),
        (r#"{"regex": "a*"}"#, r#"{"regex": "(?:aa)*"}"#),
        (
            r#"{"regex": "(?i)straße|k"}"#,
            r#"{"regex": "[kK]|STRAßE"}"#,
        ),
        (r#"{"regex": "\\w+\\b.\\b\\w+"}"#, r#"{"regex": "x[-/]y"}"#),
        (
            r#"{"regex": "https://[^/]+/.*"}"#,
            r#"{"regex": "https://qr\\.example/[a-z0-9]+"}"#,
        ),
        (
            r#"{"regex": ".*A000000677010111.*"}"#,
            r#"{"regex": "000201.{5}A000000677010111\\d*"}"#,
        ),
        (r#"{"regex": "[^a]"}"#, r#"{"regex": "[店é]"}"#),
        // URLs.
        (
            r#"{"url": {"host": "a.example"}}"#,
            r#"{"url": {"host": "a.example", "path": "/m"}}"#,
        ),
        (
            r#"{"url": {"host": "a.example", "path": "/m"}}"#,
            r#"{"url": {"host": "a.example", "path": "/m/"}}"#,
        ),
        (
            r#"{"url": {"host": "a.example", "path": "/m"}}"#,
            r#"{"url": {"host": "a.example", "path": "/m/1"}}"#,
        ),
        (
            r#"{"url": {"host": "*.example", "port": 8443}}"#,
            r#"{"url": {"host": "*.a.example", "port": 8443, "path": "/"}}"#,
        ),
        (
            r#"{"url": {"host": "*.a.example"}}"#,
            r#"{"regex": "https://[a-c]\\.a\\.example(?:/\\d+)?"}"#,
        ),
        (
            r#"{"url": {"host": "a.example"}}"#,
            r#"{"prefix": "https://a.example/"}"#,
        ),
        // Payloads.
        (
            r#"{"emv": {"guid": "a.b"}}"#,
            r#"{"emv": {"guid": "a.b", "tags": {"52": "5812"}}}"#,
        ),
        (
            r#"{"emv": {"tags": {"52": "5812"}, "checkCrc": false}}"#,
            r#"{"emv": {"tags": {"53": "702", "52": "5812"}}}"#,
        ),
        (
            r#"{"emv": {"guid": "a.b"}}"#,
            r#"{"emv": {"tags": {"26.00": "A.b", "26.01": "1"}}}"#,
        ),
        (
            r#"{"emv": {"guid": "a.b", "allowEmpty": true}}"#,
            r#"{"emv": {"guid": "a.b"}}"#,
        ),
    ] {
        assert!(shadowed(wide, narrow), "{wide} covers {narrow}");
    }
}

#[test]
fn a_rule_that_accepts_one_code_more_is_not_shadowed() {
    for (first, second) in [
        (r#"{"exact": "a"}"#, r#"{"prefix": "a"}"#),
        (r#"{"prefix": "ab"}"#, r#"{"prefix": "a"}"#),
        (r#"{"regex": "a.*"}"#, r#"{"prefix": "a"}"#),
        (r#"{"regex": ".*"}"#, r#"{"regex": "(?s).*"}"#),
        (
            r#"{"regex": ".*"}"#,
            r#"{"regex": "^(?:a.|\\d{3}(\\s+|k?))$"}"#,
        ),
        (r#"{"regex": "28.+"}"#, r#"{"regex": "28\\d*"}"#),
        (r#"{"regex": "28\\d*"}"#, r#"{"regex": "(?:281|2){1,2}"}"#),
        (r#"{"regex": "28\\d*"}"#, r#"{"regex": "281|2"}"#),
        (r#"{"regex": "28\\d*"}"#, r#"{"regex": "28[0-9x]*"}"#),
        (r#"{"regex": "ab|ac"}"#, r#"{"regex": "a[bcd]"}"#),
        (r#"{"regex": "[a-z]{2,5}"}"#, r#"{"regex": "(?:ab){1,3}"}"#),
        (r#"{"regex": "(?:aa)*"}"#, r#"{"regex": "a*"}"#),
        (r#"{"regex": "(?i)k"}"#, r#"{"regex": "[kK\u212aj]"}"#),
        (
            r#"{"regex": "(?i)https://.*"}"#,
            r#"{"url": {"host": "a.example"}}"#,
        ),
        (
            r#"{"prefix": "https://"}"#,
            r#"{"url": {"host": "a.example"}}"#,
        ),
        (
            r#"{"prefix": "https://a.example"}"#,
            r#"{"url": {"host": "a.example"}}"#,
        ),
        (
            r#"{"url": {"host": "a.example"}}"#,
            r#"{"prefix": "https://a.example"}"#,
        ),
        (
            r#"{"url": {"host": "*.a.example"}}"#,
            r#"{"url": {"host": "a.example"}}"#,
        ),
        (
            r#"{"url": {"host": "*.a.example"}}"#,
            r#"{"regex": "https://a{60,64}\\.a\\.example"}"#,
        ),
        (
            r#"{"url": {"host": "a.example"}}"#,
            r#"{"url": {"host": "a.example", "port": 443}}"#,
        ),
        (
            r#"{"url": {"host": "a.example"}}"#,
            r#"{"url": {"host": "a.example", "scheme": "http"}}"#,
        ),
        (
            r#"{"url": {"host": "a.example", "path": "/m/"}}"#,
            r#"{"url": {"host": "a.example", "path": "/m"}}"#,
        ),
        (
            r#"{"url": {"host": "a.example", "path": "/m"}}"#,
            r#"{"url": {"host": "a.example", "path": "/mm"}}"#,
        ),
        (
            r#"{"emv": {"guid": "a.b"}}"#,
            r#"{"emv": {"guid": "a.b", "checkCrc": false}}"#,
        ),
        (r#"{"emv": {"guid": "a.b"}}"#, r#"{"emv": {"guid": "a.c"}}"#),
        (
            r#"{"emv": {"guid": "a.b"}}"#,
            r#"{"emv": {"tags": {"25.00": "a.b"}}}"#,
        ),
        (
            r#"{"emv": {"tags": {"52": "5812", "53": "702"}}}"#,
            r#"{"emv": {"tags": {"52": "5812"}}}"#,
        ),
        (
            r#"{"emv": {"guid": "a.b", "checkCrc": false}}"#,
            r#"{"prefix": "000201"}"#,
        ),
        (r#"{"regex": "000201.*"}"#, r#"{"emv": {"guid": "a.b"}}"#),
        (
            r#"{"emv": {"guid": "a.b"}}"#,
            r#"{"emv": {"guid": "a.b", "allowEmpty": true}}"#,
        ),
    ] {
        assert!(!shadowed(first, second), "{first} does not cover {second}");
    }
}

#[test]
fn a_rule_whose_canary_may_refuse_shadows_no_other() {
    for (canary, expected) in [
        (r#"{"percentage": 99.99}"#, false),
        (r#"{"allowlist": ["user-1"]}"#, false),
        (r#"{"percentage": 100}"#, true),
        ("", true),
    ] {
        let found = lint(&[
            (r#"{"prefix": "a"}"#, canary),
            (r#"{"exact": "ab"}"#, r#"{"percentage": 5}"#),
        ]);
        assert_eq!(found.len(), usize::from(expected), "{canary}: {found:?}");
    }
}

#[test]
fn a_warning_names_the_first_rule_that_covers_and_warnings_are_in_document_order() {
    let found = lint(&[
        (r#"{"prefix": "x"}"#, ""),
        (r#"{"prefix": "ab"}"#, r#"{"percentage": 0}"#),
        (r#"{"prefix": "a"}"#, ""),
        (r#"{"prefix": "ab"}"#, ""),
        (r#"{"prefix": "https://"}"#, ""),
        (r#"{"prefix": "abc"}"#, r#"{"allowlist": []}"#),
    ]);
    let found: Vec<_> = found
        .iter()
        .map(|problem| {
            let position = problem.position().unwrap();
            (
                problem.rule().unwrap(),
                problem.pointer(),
                position.line,
                position.column,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("b", "/rules/1/canary", 3, 80),
            ("d", "/rules/3/match", 5, 22),
            ("e", "/rules/4/match/prefix", 6, 33),
            ("f", "/rules/5/match", 7, 22),
            ("f", "/rules/5/canary", 7, 81),
        ]
    );
}

const TRIM: &str = "\"trim\": true, ";

#[test]
fn with_trim_a_match_of_untrimmed_texts_only_is_reported() {
    for untrimmed in [
        r#"{"exact": " a"}"#,
        r#"{"exact": "a\ufeff"}"#,
        r#"{"exact": "\u0000"}"#,
        r#"{"prefix": "\u3000a"}"#,
        r#"{"regex": "a\\s"}"#,
        r#"{"regex": "(?: |\\n)+(?:a|b)*"}"#,
        r#"{"regex": " a|b\\n"}"#,
    ] {
        let rules = [(untrimmed, "")];
        let found = lint_with(&rules, TRIM);
        let codes: Vec<_> = found.iter().map(Problem::code).collect();
        assert_eq!(codes, [ProblemCode::UntrimmedMatch], "{untrimmed}");
        assert_eq!(found[0].rule(), Some("a"));
        assert_eq!(found[0].pointer(), "/rules/0/match");
        assert!(lint(&rules).is_empty(), "{untrimmed}");
    }
    for other in [
        r#"{"exact": "a b"}"#,
        r#"{"exact": "\u200ba"}"#,
        r#"{"prefix": "a "}"#,
        r#"{"regex": "a\\s?"}"#,
        r#"{"regex": "\\s*a"}"#,
        r#"{"regex": "[ a]b"}"#,
        r#"{"url": {"host": "a.example", "path": "/m "}}"#,
        r#"{"emv": {"guid": "a.b"}}"#,
    ] {
        assert!(lint_with(&[(other, "")], TRIM).is_empty(), "{other}");
    }
}

#[test]
fn with_trim_only_trimmed_texts_are_compared() {
    for (wide, narrow) in [
        (r#"{"regex": "28\\d+"}"#, r#"{"regex": "28\\d+\\s?"}"#),
        (r#"{"regex": "28\\d+"}"#, r#"{"regex": "\\s*28\\d+"}"#),
        (r#"{"regex": "[a-z]+"}"#, r#"{"regex": "ab|ab\\n"}"#),
    ] {
        let rules = [(wide, ""), (narrow, "")];
        let found = lint_with(&rules, TRIM);
        let codes: Vec<_> = found.iter().map(Problem::code).collect();
        assert_eq!(codes, [ProblemCode::NeverWins], "{wide} covers {narrow}");
        assert!(lint(&rules).is_empty(), "{wide} does not cover {narrow}");
    }
    for (first, second) in [
        (r#"{"regex": "28\\d+"}"#, r#"{"regex": "28\\d+\\sx?"}"#),
        (r#"{"exact": "a"}"#, r#"{"prefix": "a"}"#),
    ] {
        assert!(lint_with(&[(first, ""), (second, "")], TRIM).is_empty());
    }
}

#[test]
fn a_host_below_a_public_suffix_is_reported() {
    let host = |host: &str| format!(r#"{{"url": {{"host": "{host}"}}}}"#);
    for public in [
        "*.com",
        "*.CO.UK",
        "*.github.io",
        "*.example",
        "*.ck",
        "*.amazonaws.com",
    ] {
        let found = lint(&[(&host(public), "")]);
        let codes: Vec<_> = found.iter().map(Problem::code).collect();
        assert_eq!(codes, [ProblemCode::PublicSuffixHost], "{public}");
        assert_eq!(found[0].pointer(), "/rules/0/match/url/host");
        assert!(found[0].hint().is_some());
    }
    for other in [
        "com",
        "*.example.com",
        "github.io",
        "*.a.example",
        "s3.amazonaws.com",
    ] {
        assert!(lint(&[(&host(other), "")]).is_empty(), "{other}");
    }
}
