//! The document of `/v1/drain`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The response to `POST /v1/drain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drained {
    /// Always `true`: the daemon drains.
    pub draining: bool,
}
