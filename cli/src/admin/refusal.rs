//! Refusals by the daemon.

use codeid_daemon::api::refusal::{ErrorCode, Refusal};

/// Returns the refusal in the body of a response; `None` if the body is not a refusal.
pub(super) fn parse(body: &[u8]) -> Option<Refusal> {
    serde_json::from_slice(body).ok()
}

/// Returns `true` if the daemon does not know the path, which means that it has another version.
pub(super) const fn is_about_the_path(refusal: &Refusal) -> bool {
    matches!(
        refusal.error,
        ErrorCode::NotFound | ErrorCode::MethodNotAllowed
    )
}

/// Returns the message for people, with the command that helps, if one does.
pub(super) fn message(refusal: &Refusal) -> String {
    let detail = refusal.detail.trim_end_matches('.');
    match refusal.error {
        ErrorCode::IfMatchStale => {
            format!("{detail}; compare with the live config, and try again if it may be replaced")
        }
        ErrorCode::Frozen => format!("{detail} (codeid admin thaw)"),
        _ => detail.to_owned(),
    }
}
