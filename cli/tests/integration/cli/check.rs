//! `codeid check`: the position of each error, as text and as JSON.

use std::process::Stdio;

use serde_json::Value;

use super::{Ran, codeid, file, project_file, run, run_with_input};

/// Returns a config with this rule, which is on the third line.
fn config_with(rule: &str) -> String {
    format!("{{\"format\": \"codeid/1\", \"version\": \"1\", \"rules\": [\n\n{rule}\n]}}")
}

fn check(config: impl AsRef<[u8]>) -> Ran {
    run_with_input(["check", "-"], config)
}

fn check_json(config: impl AsRef<[u8]>) -> Vec<Value> {
    let ran = run_with_input(["check", "--json", "-"], config);
    let mut findings: Vec<Value> = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    // The cost of the rules has tests of its own.
    findings.retain(|finding| finding["severity"] != "note");
    let has_error = findings
        .iter()
        .any(|finding| finding["severity"] == "error");
    assert_eq!(ran.status, i32::from(has_error), "{}", ran.stdout);
    findings
}

#[test]
fn our_own_configs_are_clean() {
    let (preset, example) = (
        project_file("config/routes.preset.json"),
        project_file("config/routes.example.json"),
    );
    let ran = run([&"check".into(), &preset, &example]);
    let findings = |stdout: &str| -> Vec<String> {
        let lines = stdout.lines().map(str::to_owned);
        lines
            .filter(|line| !line.contains("a lookup") && !line.starts_with("  "))
            .collect()
    };
    assert_eq!(
        findings(&ran.stdout),
        ["2 files checked: 0 errors, 0 warnings"]
    );
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    let ran = run([&"check".into(), &"--json".into(), &preset, &example]);
    let notes: Vec<Value> = serde_json::from_str(&ran.stdout).expect(&ran.stdout);
    let codes: Vec<&str> = notes
        .iter()
        .filter_map(|note| note["code"].as_str())
        .collect();
    assert_eq!((ran.status, codes), (0, vec!["code-cost", "code-cost"]));
}

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
fn findings_of_several_files_name_their_file() {
    let good = project_file("config/routes.example.json");
    let bad = file("bad.json", "[]");
    let missing = bad.with_file_name("no-such-file.json");
    let ran = run([&"check".into(), &good, &*bad, &missing]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout.contains(&format!("--> {}:1:1\n", bad.display())),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains(&format!("--> {}\n", missing.display())),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .ends_with("3 files checked: 2 errors, 0 warnings\n"),
        "{}",
        ran.stdout
    );

    let ran = run([&"check".into(), &"--json".into(), &good, &*bad, &missing]);
    assert_eq!(ran.status, 1);
    let mut findings: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(findings.remove(0)["severity"], "note");
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[0]["file"], bad.to_str().unwrap());
    assert_eq!(findings[1]["file"], missing.to_str().unwrap());
    assert_eq!(findings[1]["position"], Value::Null);
}

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
fn a_pattern_beyond_the_limits_is_refused() {
    let config = config_with(
        r#"{"id": "a", "match": {"regex": "(?:a{100}){1000}"}, "action": {"type": "DECODE"}}"#,
    );
    let findings = check_json(config);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0]["message"].as_str().unwrap().contains("states"),
        "{findings:?}"
    );
}

#[test]
fn any_bytes_are_checked_without_a_crash() {
    let whole =
        config_with(r#"{"id": "a", "match": {"prefix": "1"}, "action": {"type": "DECODE"}}"#);
    assert_eq!(check_json(&whole), [] as [Value; 0]);
    for end in 0..whole.len() {
        let ran = check(&whole[..end]);
        assert_eq!(ran.status, 1, "{end}");
        assert!(ran.stdout.starts_with("error: "), "{end}: {}", ran.stdout);
    }
    for bytes in [
        &b"\xff\xfe"[..],
        b"{\"format\":\n\"\xe9\"}",
        b"\xef\xbb\xbf{}",
        b"\0",
        b"\r\n\r\n{\r\n",
        &[b'['; 100_000],
        &[b'"'; 600_000],
    ] {
        let ran = check(bytes);
        assert_eq!((ran.status, &*ran.stderr), (1, ""));
        assert!(
            ran.stdout
                .ends_with("1 file checked: 1 error, 0 warnings\n"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn a_config_cannot_control_the_terminal() {
    let configs = [
        "{\"\\u001b[31mname\\u202e\": 1}".to_owned(),
        "{\x1b[31m}".to_owned(),
        config_with("{\"id\": \"a\", \"match\": {\"regex\": \"\\u001b]0;title\\u0007(\"}}"),
    ];
    for config in configs {
        let ran = check(&config);
        assert_eq!(ran.status, 1);
        let steering = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!ran.stdout.contains(steering), "{:?}", ran.stdout);
    }
}

#[test]
fn a_closed_output_is_not_a_failure() {
    let errors = r#"{"id": 1},"#.repeat(5_000);
    let path = file("many.json", config_with(errors.trim_end_matches(',')));
    for options in [&["check"][..], &["check", "--json"]] {
        let mut command = codeid(options);
        command
            .arg(&*path)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (output.status.code(), &*output.stderr),
            (Some(0), &b""[..]),
            "{options:?}"
        );
    }
}

#[test]
fn the_settings_set_the_limits() {
    let rule = r#"{"id": "a", "match": {"exact": "x"}, "action": {"type": "DECODE"}}"#;
    let config = config_with(&format!("{rule}{}", " ".repeat(200_000)));
    let raised = "ac.route.max-config-characters=300000";
    assert_eq!(check(&config).status, 1);
    let ran = run_with_input(["check", "--set", raised, "-"], &config);
    assert_eq!(ran.status, 0, "{}", ran.stdout);

    let ran = run_with_input(["check", "--set", "compile.max-stats=1", "-"], &config);
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(ran.stderr.starts_with("PARAM_ILLEGAL: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("compile.max-states"), "{}", ran.stderr);
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
fn the_commonest_mistakes_have_a_hint() {
    let rule = r#"{"id": "a", "match": {"regex": "28\\d+"}, "action": {"type": "DECODE"}}"#;
    let good = config_with(rule);
    assert_eq!(check_json(&good), [] as [Value; 0]);
    let with_canary = |percentage: &str| {
        let canary = format!(r#""DECODE"}}, "canary": {{"percentage": {percentage}}}}}"#);
        good.replace(r#""DECODE"}}"#, &canary)
    };
    for (mistake, hint) in [
        (
            good.replace(r"\\d", r"\d"),
            r#"write each \ of a pattern twice: "\\d" for \d"#,
        ),
        (
            good.replace("}}\n]", "}},\n]"),
            "remove the comma before the closing",
        ),
        (
            good.replace(r#""DECODE"}"#, r#""DECODE",}"#),
            "remove the comma before the closing",
        ),
        (
            good.replace("\n\n", "\n// the first rule\n"),
            "JSON has no comments",
        ),
        (
            good.replace("\n\n", "\n/* the first rule */\n"),
            "JSON has no comments",
        ),
        (
            good.replace("\n\n", "\n# the first rule\n"),
            "JSON has no comments",
        ),
        (format!("# rules\n{good}"), "JSON has no comments"),
        (
            good.replace(r#""a""#, "\u{201c}a\u{201d}"),
            "replace the typographic quotation marks",
        ),
        (
            good.replace(r#""a""#, "\"a\u{201d}"),
            "replace the typographic quotation marks",
        ),
        (
            good.replace(r#""id""#, "\u{201c}id\u{201d}"),
            "replace the typographic quotation marks",
        ),
        (good.replace(r#""a""#, "'a'"), "double quotation marks"),
        (
            good.replace(r#""id":"#, "id:"),
            "names stand between double quotation marks",
        ),
        (good.replace(r#""a","#, r#""a""#), "a comma may be missing"),
        (
            good.replace(r#""version": "1""#, r#""version": True"#),
            "in lower case",
        ),
        (
            good.replace(r#""a","#, "\"a,\n"),
            "a closing quotation mark may be missing",
        ),
        (
            "format: codeid/1\nversion: 1\nrules:\n  - id: a\n".to_owned(),
            "this looks like YAML",
        ),
        (
            "# rules\n---\nformat: codeid/1\n".to_owned(),
            "this looks like YAML",
        ),
        (
            "<!DOCTYPE html><html>".to_owned(),
            "this looks like HTML or XML",
        ),
        (
            good[..good.len() - 5].to_owned(),
            "the document may be cut off",
        ),
        (good[..60].to_owned(), "the document may be cut off"),
        (String::new(), "the document is empty"),
        (" \n".to_owned(), "the document is empty"),
        (format!("{good}{good}"), "with nothing after it"),
        (good.replace("\n\n", "\n,\n"), "remove this comma"),
        (good.replace(r#"{"id""#, r#"{,"id""#), "remove this comma"),
        (good.replace("}}\n]", "}},,\n]"), "remove this comma"),
        (with_canary(".5"), "a digit before its decimal point"),
        (with_canary("+5"), "no + in front"),
        (with_canary("0010"), "no zeros in front"),
        (with_canary("-01"), "no zeros in front"),
        (with_canary("5."), "numbers are written as 10"),
        (
            good.replace("\n\n", "\n<<<<<<< HEAD\n"),
            "this looks like a merge conflict",
        ),
        (
            format!("<<<<<<< HEAD\n{good}\n=======\n{good}\n>>>>>>> theirs\n"),
            "this looks like a merge conflict",
        ),
        (
            format!("{good}\n=======\n{good}"),
            "this looks like a merge conflict",
        ),
    ] {
        let findings = check_json(&mistake);
        assert_eq!(findings.len(), 1, "{mistake}: {findings:?}");
        assert_eq!(findings[0]["code"], "not-json", "{mistake}");
        let found = findings[0]["hint"].as_str().unwrap_or("none");
        assert!(
            found.contains(hint),
            "{mistake}\n{hint:?} is not in {found:?}"
        );
    }
    let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, code, encoding) in [
        ([&b"\xff\xfe"[..], &utf_16].concat(), "not-utf8", "UTF-16"),
        (utf_16, "not-json", "UTF-16LE"),
    ] {
        let findings = check_json(bytes);
        assert_eq!(findings[0]["code"], code);
        let hint = findings[0]["hint"].as_str().unwrap();
        assert!(
            hint.contains(&format!("iconv -f {encoding} -t UTF-8")),
            "{hint}"
        );
    }
    let in_text = |bytes: &[u8]| [b"{\"version\": \"", bytes, b"\"}"].concat();
    let described = good.replace(r#""id""#, r#""description": "支付", "id""#);
    let utf_16 = described.encode_utf16().flat_map(u16::to_le_bytes);
    for (bytes, hint) in [
        (b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "gunzip"),
        (b"\x28\xb5\x2f\xfd\x04".to_vec(), "unzstd"),
        (b"PK\x03\x04\x14\0\xff\xff".to_vec(), "unzip"),
        (in_text(b"caf\xe9"), "iconv -f WINDOWS-1252 -t UTF-8"),
        (in_text(b"\xa9 1"), "iconv -f WINDOWS-1252 -t UTF-8"),
        (in_text(b"\xd6\xa7\xb8\xb6"), "GB18030"),
        (b"{\"version\": \"\xe6\x94".to_vec(), "cut off"),
        (utf_16.collect(), "iconv -f UTF-16LE -t UTF-8"),
    ] {
        let findings = check_json(&bytes);
        assert_eq!(findings[0]["code"], "not-utf8", "{bytes:?}");
        let found = findings[0]["hint"].as_str().unwrap_or("none");
        assert!(
            found.contains(hint),
            "{bytes:?}\n{hint:?} is not in {found:?}"
        );
    }
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
