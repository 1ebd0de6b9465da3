//! The documents of `/livez` and `/readyz` on the admin plane.
//!
//! Source: SPEC.md, section 6.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The document of `/livez`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Liveness {
    /// Always `true`: the process runs.
    pub live: bool,
}

/// The document of `/readyz`: the daemon's readiness for requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Readiness {
    /// `true` if requests should be sent to this daemon.
    pub ready: bool,
    /// The reasons against it; empty if the daemon is ready.
    pub not_ready_because: Vec<Reason>,
}

/// A reason to send requests elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The reason for programs.
    pub reason: NotReady,
    /// A sentence for people.
    pub detail: String,
}

/// The reasons for which a daemon is not ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NotReady {
    /// An operator drained the daemon.
    Draining,
    /// The daemon is stopping.
    Stopping,
    /// No route table is live.
    NoTable,
    /// The live table is stale, and `reload.stale-policy` is `unready`.
    Stale,
}
