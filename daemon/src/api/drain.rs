//! The document of `/v1/drain` and `/v1/undrain`.
//!
//! Source: SPEC.md, section 6.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The response to `POST /v1/drain` and `POST /v1/undrain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drained {
    /// `true` if the daemon drains, which begins with the time `serve.lame-duck-ms`; `false` after the drain was
    /// taken back.
    pub draining: bool,
}
