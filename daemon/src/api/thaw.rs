//! The document of `/v1/thaw`.
//!
//! Source: SPEC.md, section 6.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::SourceCheck;

/// The response to `POST /v1/thaw`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Thawed {
    /// `true` if a freeze was ended; `false` if nothing was frozen.
    pub was_frozen: bool,
    /// The checks of the sources that followed, from the top until one was good. If none was, the
    /// live config stays, also one that an operator applied.
    pub checks: Vec<SourceCheck>,
}
