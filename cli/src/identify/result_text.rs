//! A verdict as text.

use std::io::{self, Write};

use codeid_engine::{Outcome, Verdict};

use crate::output::printable;

/// Writes the verdict, with the field names of the contract.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn verdict(output: &mut impl Write, verdict: &Verdict<'_>) -> io::Result<()> {
    let mut field = |name: &str, value: &str| writeln!(output, "{name:<12} {}", printable(value));
    field(
        "supported",
        if verdict.outcome == Outcome::Unsupported {
            "no"
        } else {
            "yes"
        },
    )?;
    match verdict.outcome {
        Outcome::Unsupported => {}
        Outcome::Decode { code_value } => {
            field("action", "DECODE")?;
            field("codeValue", code_value)?;
        }
        Outcome::OpenUrl {
            redirect_url,
            user_agent,
        } => {
            field("action", "OPEN_URL")?;
            field("redirectUrl", redirect_url)?;
            field("userAgent", user_agent)?;
        }
    }
    match verdict.rule {
        Some(rule) => field("rule", rule.as_str()),
        None => field("rule", "none"),
    }
}
