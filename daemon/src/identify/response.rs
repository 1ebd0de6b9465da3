//! Answers, written straight into the buffer that is sent.

use std::io::Write;

use codeid_engine::{Outcome, Verdict};

use crate::result::ApiResult;

/// How every answer begins that tells a verdict; what follows is a boolean.
const SUCCESS: &[u8] = br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"Success"},"isSupported":"#;

/// Appends the answer that tells a verdict.
pub fn write_verdict(verdict: &Verdict<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(SUCCESS);
    match verdict.outcome {
        Outcome::Unsupported => out.extend_from_slice(b"false}"),
        Outcome::Decode { code_value } => {
            out.extend_from_slice(br#"true,"postCodeMatchActionType":"DECODE","codeValue":"#);
            write_string(code_value, out);
            out.extend_from_slice(b"}");
        }
        Outcome::OpenUrl {
            redirect_url,
            user_agent,
        } => {
            out.extend_from_slice(br#"true,"postCodeMatchActionType":"OPEN_URL","redirectUrl":"#);
            write_string(redirect_url, out);
            out.extend_from_slice(br#","userAgent":"#);
            write_string(user_agent, out);
            out.extend_from_slice(b"}");
        }
    }
}

/// Appends an answer that tells a failure; `detail` is one sentence for people.
pub fn write_failure(result: &ApiResult, detail: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{");
    result.write(out);
    out.extend_from_slice(br#","detail":"#);
    write_string(detail, out);
    out.extend_from_slice(b"}");
}

/// Appends `text` as a JSON string. serde_json's own writer goes through `io::Write` byte by byte
/// for short pieces; copying the stretches between characters that need an escape is what is left.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    if needs_no_escape(text) {
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !is_escaped(byte) {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[copied..at]);
        copied = at + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ => write!(out, "\\u{byte:04x}").expect("a buffer takes every text"),
        }
    }
    out.extend_from_slice(&text.as_bytes()[copied..]);
    out.push(b'"');
}

/// Looks at every byte, without a branch for each: compilers make vector instructions of that.
fn needs_no_escape(text: &str) -> bool {
    let escaped = text
        .bytes()
        .fold(0, |any, byte| any | u8::from(is_escaped(byte)));
    escaped == 0
}

const fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use codeid_engine::RuleId;

    use super::*;

    fn written(outcome: Outcome<'_>) -> String {
        let rule = RuleId::new("r").unwrap();
        let mut out = Vec::new();
        write_verdict(
            &Verdict {
                rule: Some(&rule),
                outcome,
            },
            &mut out,
        );
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_outcome_has_its_fields_and_no_others() {
        let head = r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"Success"},"isSupported":"#;
        assert_eq!(written(Outcome::Unsupported), format!("{head}false}}"));
        assert_eq!(
            written(Outcome::Decode { code_value: "28" }),
            format!(r#"{head}true,"postCodeMatchActionType":"DECODE","codeValue":"28"}}"#)
        );
        assert_eq!(
            written(Outcome::OpenUrl {
                redirect_url: "https://h/",
                user_agent: "-"
            }),
            format!(
                r#"{head}true,"postCodeMatchActionType":"OPEN_URL","redirectUrl":"https://h/","userAgent":"-"}}"#
            )
        );
    }

    #[test]
    fn strings_come_back_as_they_went_in() {
        let controls: String = (0..0x80).map(char::from).collect();
        for text in [
            "",
            "a",
            "\"",
            "\\",
            "\"a\\\"",
            "é\u{2028}😀\u{0}",
            &controls,
        ] {
            let mut out = Vec::new();
            write_string(text, &mut out);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
