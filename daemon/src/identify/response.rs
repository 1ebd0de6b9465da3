//! Response bodies, written straight into the buffer that is sent.

use codeid_engine::{Outcome, Verdict};

use crate::json::write_string;

/// The beginning of every response with a verdict, up to the boolean of `isSupported`.
const SUCCESS: &[u8] = br#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"Success"},"isSupported":"#;

/// Appends the response body for a verdict.
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
}
