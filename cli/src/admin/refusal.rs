//! Refusals by the daemon.

use codeid_daemon::api::refusal::{ErrorCode, Refusal};

/// Parses the refusal in the body of a response.
///
/// # Errors
///
/// The parser's error if the body is not a refusal, or one of a kind that this program does not know.
pub(super) fn parse(body: &[u8]) -> Result<Refusal, serde_json::Error> {
    serde_json::from_slice(body)
}

/// Returns `true` if the daemon does not know the path, which means that it has another version.
pub(super) const fn is_about_the_path(refusal: &Refusal) -> bool {
    matches!(
        refusal.error,
        ErrorCode::NotFound | ErrorCode::MethodNotAllowed
    )
}

/// Returns the message for people as a clause, with the command that helps, if one does.
pub(super) fn message(refusal: &Refusal) -> String {
    let detail = as_clause(&refusal.detail);
    match refusal.error {
        ErrorCode::IfMatchStale => {
            format!("{detail}; compare with the live config, and try again if it may be replaced")
        }
        ErrorCode::Frozen => {
            format!("{detail} (codeid admin thaw; apply and rollback also have --override)")
        }
        _ => detail,
    }
}

/// Returns a sentence without its full stop, and with a small first letter unless it begins with an
/// abbreviation.
fn as_clause(sentence: &str) -> String {
    let clause = sentence.trim_end_matches('.');
    let mut letters = clause.chars();
    let first = letters.next();
    match (first, letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => clause.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::as_clause;

    #[test]
    fn a_clause_has_neither_a_full_stop_nor_a_capital() {
        for (sentence, expected) in [
            ("The history is empty.", "the history is empty"),
            ("A token is missing.", "a token is missing"),
            ("JSON is expected.", "JSON is expected"),
            ("", ""),
        ] {
            assert_eq!(as_clause(sentence), expected);
        }
    }
}
