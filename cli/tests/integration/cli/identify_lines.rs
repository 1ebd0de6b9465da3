//! `codeid identify --file`: one code value per line.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use serde_json::Value;

use super::{Ran, codeid, file, run, run_with_input};

const ARGUMENTS: [&str; 5] = ["identify", "--open-id", "user-42", "--file", "-"];

fn identify(lines: impl AsRef<[u8]>) -> Ran {
    run_with_input(ARGUMENTS, lines)
}

fn answers(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.status, 0);
    ran.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn responses_are_in_input_order() {
    // Each line has its own response and length, so that blocks take different times.
    let code = |i: usize| format!("28100104{i:08}{}", "x".repeat(i % 41));
    let lines: String = (1..=100_000).map(|i| code(i) + "\n").collect();
    let path = file("hundred-thousand.txt", &lines);
    let from_file = run([&ARGUMENTS[..4], &[path.to_str().unwrap()]].concat());
    let found = answers(&from_file);
    assert_eq!(found.len(), 100_000);
    for (i, answer) in (1..).zip(&found) {
        assert_eq!(answer["line"], i);
        assert_eq!(answer["codeValue"], code(i));
    }
    assert!(
        identify(&lines).stdout == from_file.stdout,
        "standard input answers the same"
    );
}

#[test]
fn a_line_is_the_result_and_its_number() {
    let single = run([
        "identify",
        "28100104df2342342",
        "--open-id",
        "user-42",
        "--json",
    ]);
    let ran = identify("28100104df2342342\n");
    let expected = single.stdout.replacen('{', "{\"line\":1,", 1);
    let expected = expected.replace("}\n", ",\"rule\":\"order-code.bare\"}\n");
    assert_eq!((ran.status, ran.stdout), (0, expected));
}

#[test]
fn a_bad_line_has_a_response_in_its_place() {
    let long = "é".repeat(8192);
    let too_long = "é".repeat(8193);
    let far_too_long = "x".repeat(1_000_000);
    let mut input = Vec::new();
    for line in [
        b"28100104df2342342".as_slice(),
        b"",
        b"caf\xe9",
        long.as_bytes(),
        too_long.as_bytes(),
        far_too_long.as_bytes(),
        b"28100104df2342342\r",
        b"a\0b",
    ] {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    input.extend_from_slice(b"28100104df2342342");
    let found = answers(&identify(input));
    let expected = [
        Ok(true),
        Err("codeValue must have 1 to 8192 characters but has 0."),
        Err("codeValue is not valid UTF-8 at byte 3."),
        Ok(false),
        Err("codeValue must have 1 to 8192 characters but has 8193."),
        Err("codeValue must have 1 to 8192 characters but has more than 32768 bytes."),
        Ok(true),
        Ok(false),
        Ok(true),
    ];
    assert_eq!(found.len(), expected.len());
    for (index, (answer, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(answer["line"], index + 1);
        match expected {
            Ok(supported) => {
                assert_eq!(answer["result"]["resultCode"], "SUCCESS");
                assert_eq!(answer["isSupported"], supported, "line {}", index + 1);
            }
            Err(detail) => {
                assert_eq!(answer["result"]["resultCode"], "PARAM_ILLEGAL");
                assert_eq!(answer["detail"], detail);
            }
        }
    }
}

#[test]
fn each_response_names_the_rule_that_decided() {
    let found = answers(&identify("28100104df2342342\nno code of ours\n\n"));
    assert_eq!(found[0]["rule"], "order-code.bare");
    assert_eq!(found[1].get("rule"), Some(&Value::Null));
    assert_eq!(found[2].get("rule"), None);
    assert!(
        found
            .iter()
            .all(|answer| answer.get("explanation").is_none())
    );
}

#[test]
fn a_second_column_is_the_open_id() {
    let routes = file(
        "columns.json",
        r#"{"format": "codeid/1", "version": "1", "rules": [
            {"id": "trial", "match": {"prefix": "28"}, "action": {"type": "UNSUPPORTED"},
             "canary": {"allowlist": ["user-1"]}},
            {"id": "all", "match": {"prefix": "28"}, "action": {"type": "DECODE"}}]}"#,
    );
    let arguments = [
        "identify",
        "--routes",
        routes.to_str().unwrap(),
        "--file",
        "-",
    ];
    let long = format!("{}\t{}", "\u{1f600}".repeat(8192), "\u{1f600}".repeat(256));
    let lines = format!(
        "28\tuser-1\n28\tuser-2\r\n28\t\n28\n28\tab\n28\tuser-1\tuser-2\n{long}\n28\t{}\n",
        "x".repeat(5000)
    );
    let detail = |answer: &Value| answer["detail"].as_str().unwrap_or_default().to_owned();
    let rules = |found: &[Value]| -> Vec<String> {
        let rules = found.iter().map(|answer| answer["rule"].as_str());
        rules.map(|rule| rule.unwrap_or("-").to_owned()).collect()
    };
    let found = answers(&run_with_input(arguments, &lines));
    assert_eq!(
        rules(&found),
        ["trial", "all", "-", "-", "-", "-", "-", "-"]
    );
    let missing = "openId is missing: give it after a tab, or with --open-id for all lines.";
    assert_eq!(
        (detail(&found[2]), detail(&found[3])),
        (missing.into(), missing.into())
    );
    assert_eq!(
        detail(&found[4]),
        "openId must have 3 to 256 characters but has 2."
    );
    assert!(detail(&found[5]).starts_with("the line has more than two columns"));
    assert_eq!(found[6]["result"]["resultCode"], "SUCCESS");
    assert_eq!(
        detail(&found[7]),
        "openId must have 3 to 256 characters but has more than 1024 bytes."
    );
    // --open-id is for the lines without one.
    let arguments = [&arguments[..], &["--open-id", "user-1"]].concat();
    let found = answers(&run_with_input(arguments, &lines));
    assert_eq!(rules(&found)[..4], ["trial", "all", "trial", "trial"]);
}

#[test]
fn each_line_can_be_explained() {
    let example = super::project_file("config/routes.example.json");
    let explain = ["--routes", example.to_str().unwrap(), "--explain"];
    let code = "https://QR.example.com/m?x";
    let ran = run_with_input(
        [&ARGUMENTS[..], &explain].concat(),
        format!("{code}\nno code\n"),
    );
    let found = answers(&ran);
    let single = [
        &["identify", code, "--open-id", "user-42", "--json"][..],
        &explain,
    ]
    .concat();
    let single: Value = serde_json::from_str(&run(single).stdout).unwrap();
    assert_eq!(found[0]["explanation"], single["explanation"]);
    let deciding = found[0]["explanation"].as_array().unwrap();
    let deciding = deciding
        .iter()
        .find(|rule| rule["decides"] == true)
        .unwrap();
    assert_eq!(deciding["rule"], found[0]["rule"]);
    assert_eq!(found[1]["explanation"], serde_json::json!([]));
}

#[test]
fn a_byte_order_mark_is_skipped_and_other_encodings_are_refused() {
    let found = answers(&identify("\u{feff}28100104df2342342\r\n"));
    assert_eq!(
        (found.len(), &found[0]["codeValue"]),
        (1, &"28100104df2342342".into())
    );
    let text = "28100104df2342342\tuser-1\r\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (bytes, encoding) in [
        ([b"\xff\xfe", &*little].concat(), "UTF-16"),
        ([b"\xfe\xff", &*big].concat(), "UTF-16"),
        (little, "UTF-16LE"),
        (big, "UTF-16BE"),
        (b"2\0\n\0".to_vec(), "UTF-16LE"),
        (b"\n\x002\x008\0\n\0".to_vec(), "UTF-16LE"),
        (b"\xe9\x002\0\n\0".to_vec(), "UTF-16LE"),
        (b"\x2f\x65\xd8\x4e\n\0".to_vec(), "UTF-16LE"),
        (b"2\0\0\0\n\0\0\0".to_vec(), "UTF-32LE"),
    ] {
        let ran = identify(bytes);
        assert_eq!((ran.status, &*ran.stdout), (1, ""));
        let expected = format!(
            "error: - cannot be read: the text is in {encoding} and must be in UTF-8; convert it with: \
             iconv -f {encoding} -t UTF-8 FILE\n"
        );
        assert_eq!(ran.stderr, expected);
    }
}

#[test]
fn nul_characters_in_utf_8_are_no_other_encoding_however_they_arrive() {
    for input in [&b"a\0bc\n"[..], b"ab\0\n", b"1\0aa\n", b"ab\0\0cd\n"] {
        let found = answers(&identify(input));
        assert_eq!(found.len(), 1, "{input:?}");
    }
    let mut child = codeid(ARGUMENTS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    // Each piece but the last ends a line, whose response shows that the piece was read.
    for piece in [&b"1\0a\n"[..], b"\0bc\n28100104df2342342\n"] {
        stdin.write_all(piece).unwrap();
        for _ in piece.iter().filter(|byte| **byte == b'\n') {
            let mut answer = String::new();
            stdout.read_line(&mut answer).unwrap();
            assert!(answer.contains("\"line\":"), "{answer}");
        }
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn empty_input_has_no_responses() {
    let ran = identify("");
    assert_eq!((ran.status, &*ran.stdout, &*ran.stderr), (0, "", ""));
    assert_eq!(answers(&identify("\n")).len(), 1);
}

#[test]
fn lines_are_answered_as_they_arrive() {
    let mut child = codeid(ARGUMENTS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for number in 1..=20 {
        // The end of a line, and the beginning of the next, which must not be answered.
        stdin.write_all(b"28100104df2342342\n2810").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert!(
            answer.starts_with(&format!("{{\"line\":{number},")),
            "{answer}"
        );
    }
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert!(
        rest.starts_with("{\"line\":21,") && rest.lines().count() == 1,
        "{rest}"
    );
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_closed_output_ends_the_program_quietly() {
    let mut command = codeid(ARGUMENTS);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdin.write_all(b"28100104df2342342\n").unwrap();
    let mut answer = String::new();
    stdout.read_line(&mut answer).unwrap();
    assert!(answer.starts_with("{\"line\":1,"), "{answer}");
    drop(stdout);
    // A response without a reader ends the program, although its input continues. (The first
    // response may still have a reader: a process that another test is just starting.)
    let gone = (0..1_000_000).any(|_| stdin.write_all(b"28100104df2342342\n").is_err());
    assert!(gone, "the program continues to read");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[test]
fn unreadable_input_exits_1() {
    for path in ["no/such/file", "/"] {
        let ran = run(["identify", "--open-id", "user-42", "--file", path]);
        assert_eq!((ran.status, &*ran.stdout), (1, ""));
        assert!(
            ran.stderr
                .starts_with(&format!("error: {path} cannot be read: ")),
            "{}",
            ran.stderr
        );
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    let ran = run_with_input(["identify", "--open-id", "ab", "--file", "-"], "x\n");
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr.starts_with("error: PARAM_ILLEGAL: openId must"),
        "{}",
        ran.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_output_exits_1() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let path = file("one-line.txt", "28100104df2342342\n");
    let mut command = codeid([&ARGUMENTS[..4], &[path.to_str().unwrap()]].concat());
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("error: standard output cannot be written: "),
        "{stderr}"
    );
}
