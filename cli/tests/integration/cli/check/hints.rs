//! Hints for texts that are not JSON.

use serde_json::Value;

use super::{check_json, config_with};

/// Returns a config without a mistake.
fn good() -> String {
    let rule = r#"{"id": "a", "match": {"regex": "28\\d+"}, "action": {"type": "DECODE"}}"#;
    config_with(rule)
}

#[test]
fn the_commonest_mistakes_have_a_hint() {
    let good = good();
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
}

#[test]
fn another_encoding_and_a_compressed_file_have_a_hint() {
    let good = good();
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
