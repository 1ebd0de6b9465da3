//! `codeid check`: which files and texts it takes, and its output as a whole.

mod hints;
mod positions;
mod warnings;

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
