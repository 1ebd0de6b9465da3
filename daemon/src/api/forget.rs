//! The document of `/v1/forget`.
//!
//! Source: SPEC.md, section 6.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::SourceCheck;

/// The response to `POST /v1/forget`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Forgotten {
    /// `true` if a route config was saved; `false` if there was none.
    pub was_saved: bool,
    /// The reason why no source was asked, so that the live route config stays; `null` if they were.
    pub not_asked_because: Option<NotAsked>,
    /// The checks of the sources that followed, from the top until one was good. If none was, the live
    /// route config stays.
    pub checks: Vec<SourceCheck>,
}

/// The reasons why no source is asked after a saved route config was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NotAsked {
    /// A remote source is configured: it decides, and its next route config is saved again.
    Remote,
    /// The live route config is frozen.
    Frozen,
    /// The daemon is stopping or drained.
    Stopping,
}

/// Displays as it serializes.
impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
