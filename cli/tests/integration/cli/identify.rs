//! `codeid identify` with one code value.

use serde_json::{Value, json};

use super::{Ran, codeid, project_file, run, run_with_input};

const ORDER_CODE: &str = "28100104df2342342";

fn identify(arguments: &[&str]) -> Ran {
    run([&["identify"][..], arguments].concat())
}

/// Runs `codeid identify` with the rules of the example.
fn with_example(arguments: &[&str]) -> Ran {
    let routes = project_file("config/routes.example.json");
    identify(&[&["--routes", routes.to_str().unwrap()][..], arguments].concat())
}

fn parse(ran: &Ran) -> Value {
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.stdout.matches('\n').count(), 1, "{}", ran.stdout);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn the_preset_is_used_by_default() {
    let ran = identify(&[ORDER_CODE, "--open-id", "user-42"]);
    let expected = "supported    yes\naction       DECODE\ncodeValue    28100104df2342342\n\
                    rule         order-code.bare\n";
    assert_eq!((ran.status, &*ran.stdout, &*ran.stderr), (0, expected, ""));
    let ran = identify(&["no code of ours", "--open-id", "user-42"]);
    assert_eq!(
        (ran.status, &*ran.stdout),
        (0, "supported    no\nrule         none\n")
    );
}

#[test]
fn json_is_the_result_of_the_contract() {
    let ran = identify(&[ORDER_CODE, "--open-id", "user-42", "--json"]);
    let success = r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"Success"},"isSupported":"#;
    let decode = r#"true,"postCodeMatchActionType":"DECODE","codeValue":"28100104df2342342"}"#;
    assert_eq!(
        (ran.status, ran.stdout),
        (0, format!("{success}{decode}\n"))
    );
    let ran = identify(&["no code of ours", "--open-id", "user-42", "--json"]);
    assert_eq!((ran.status, ran.stdout), (0, format!("{success}false}}\n")));
    let ran = with_example(&[
        "https://QR.example.com/m?x",
        "--open-id",
        "nobody",
        "--json",
    ]);
    let open = parse(&ran);
    assert_eq!(open["redirectUrl"], "https://qr.example.com/m?x");
    assert_eq!(open["userAgent"], "-/AlipayConnect");
    assert_eq!(open["postCodeMatchActionType"], "OPEN_URL");
}

#[test]
fn the_code_value_is_trimmed_if_the_config_says_so() {
    for code in [
        "28100104df2342342\r\n",
        "\u{feff} 28100104df2342342\u{3000}",
    ] {
        let ran = identify(&[code, "--open-id", "user-42", "--json", "--explain"]);
        let identified = parse(&ran);
        assert_eq!(identified["codeValue"], ORDER_CODE);
        assert_eq!(identified["explanation"][0]["rule"], "order-code.bare");
    }
    let ran = identify(&[" \n", "--open-id", "user-42", "--json", "--explain"]);
    let identified = parse(&ran);
    assert_eq!(identified["isSupported"], false);
    assert_eq!(identified["explanation"], json!([]));
}

#[test]
fn an_illegal_parameter_exits_1() {
    for (code, open_id, detail) in [
        (
            "",
            "user-42",
            "codeValue must have 1 to 8192 characters but has 0.",
        ),
        ("x", "ab", "openId must have 3 to 256 characters but has 2."),
    ] {
        let ran = identify(&[code, "--open-id", open_id]);
        assert_eq!((ran.status, &*ran.stdout), (1, ""));
        assert_eq!(ran.stderr, format!("error: PARAM_ILLEGAL: {detail}\n"));
        let ran = identify(&[code, "--open-id", open_id, "--json"]);
        assert_eq!(ran.status, 1);
        let body = parse(&ran);
        assert_eq!(body["result"]["resultCode"], "PARAM_ILLEGAL");
        assert_eq!(body["result"]["resultStatus"], "F");
        assert_eq!(body["detail"], detail);
        assert_eq!(body["isSupported"], Value::Null);
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf8_is_an_illegal_parameter() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bad = OsStr::from_bytes(b"caf\xe9");
    let good = OsStr::new("user-42");
    for (code, open_id, name) in [(bad, good, "codeValue"), (good, bad, "openId")] {
        let arguments = [
            "identify".as_ref(),
            code,
            "--open-id".as_ref(),
            open_id,
            "--json".as_ref(),
        ];
        let ran = run(arguments);
        assert_eq!(ran.status, 1);
        let body = parse(&ran);
        assert_eq!(body["result"]["resultCode"], "PARAM_ILLEGAL");
        assert!(body["detail"].as_str().unwrap().starts_with(name), "{body}");
    }
}

#[test]
fn explains_each_rule_that_matches() {
    let code = "https://qr.example.com/m/1";
    let ran = with_example(&[code, "--open-id", "user-42", "--explain"]);
    assert_eq!(ran.status, 0);
    let expected = "\
The rules that accept this code value, in order:
  POSITION  RULE                  PART         CANARY
         5  canary-by-percentage  refuses      bucket 16.27 % is not below 12.50 %, and not on the allowlist
         6  canary-by-allowlist   decides      on the allowlist
         7  url-host-and-path     comes later  no canary
";
    assert!(ran.stdout.ends_with(expected), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("rule         canary-by-allowlist\n"),
        "{}",
        ran.stdout
    );

    let ran = with_example(&[code, "--open-id", "user-42", "--explain", "--json"]);
    let mut body = parse(&ran);
    let explanation = body.as_object_mut().unwrap().remove("explanation").unwrap();
    let expected = json!([
        {"rule": "canary-by-percentage", "position": 5, "pointer": "/rules/4", "decides": false, "admits": false,
         "reason": "refused", "bucket": 1627, "hundredths": 1250},
        {"rule": "canary-by-allowlist", "position": 6, "pointer": "/rules/5", "decides": true, "admits": true,
         "reason": "allowlisted"},
        {"rule": "url-host-and-path", "position": 7, "pointer": "/rules/6", "decides": false, "admits": true,
         "reason": "noCanary"},
    ]);
    assert_eq!(explanation, expected);
    let plain = with_example(&[code, "--open-id", "user-42", "--json"]);
    assert_eq!(body, parse(&plain), "the rest is the result");

    let ran = with_example(&["nothing", "--open-id", "user-42", "--explain"]);
    assert!(
        ran.stdout.ends_with("\nNo rule accepts this code value.\n"),
        "{}",
        ran.stdout
    );
    let ran = with_example(&["nothing", "--open-id", "user-42", "--explain", "--json"]);
    assert_eq!(parse(&ran)["explanation"], json!([]));
}

#[test]
fn a_bad_route_config_exits_1_and_says_why() {
    let routes = r#"{"format": "codeid/1", "version": "1", "rules": [{"id": "a"}]}"#;
    let arguments = ["identify", "x", "--open-id", "user-42", "--routes", "-"];
    let ran = run_with_input(arguments, routes);
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr.contains("error: missing field \"match\"\n"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains(" --> <stdin>:1:50\n"), "{}", ran.stderr);
    let ran = identify(&[
        "x",
        "--open-id",
        "user-42",
        "--routes",
        "no/such/file",
        "--json",
    ]);
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(ran.stderr.contains("no/such/file"), "{}", ran.stderr);
}

#[test]
fn a_failure_without_standard_error_still_exits_1() {
    let mut command = codeid(["identify", "x", "--open-id", "user-42", "--routes", "/"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(command.stderr(writer).status().unwrap().code(), Some(1));
}

#[test]
fn a_route_config_can_come_from_standard_input() {
    let routes = std::fs::read(project_file("config/routes.example.json")).unwrap();
    let arguments = [
        "identify",
        "EXAMPLEPAY:1",
        "--open-id",
        "user-42",
        "--routes",
        "-",
    ];
    let ran = run_with_input(arguments, routes);
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    assert!(
        ran.stdout.ends_with("rule         prefix\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_code_value_cannot_control_the_terminal() {
    let ran = with_example(&["EXAMPLEPAY:\u{1b}[31m\u{202e}\nx", "--open-id", "user-42"]);
    assert_eq!(ran.status, 0);
    let shown = "codeValue    EXAMPLEPAY:\\u{1b}[31m\\u{202e}\\u{a}x\n";
    assert!(ran.stdout.contains(shown), "{}", ran.stdout);
}
