//! The daemon's own judgement of its state, a part of the document of `/v1/status`.
//!
//! Source: SPEC.md, section 6.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The health of a daemon: one sentence, and each problem with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `true` if no problem is critical or a warning.
    pub ok: bool,
    /// The most severe of the problems; `null` without any.
    pub severity: Option<Severity>,
    /// A sentence that says whether the daemon is healthy, and names its worst problems.
    pub sentence: String,
    /// The problems, the most severe first.
    pub problems: Vec<HealthProblem>,
}

/// A problem of a daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthProblem {
    /// The problem for programs.
    pub code: HealthCode,
    /// The effect on requests.
    pub severity: Severity,
    /// A sentence that says what the problem is.
    pub what: String,
    /// A sentence that says what to do about it.
    pub do_this: String,
}

/// The severities of problems, the most severe first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Requests are not answered, or many of them fail.
    Critical,
    /// Requests are answered, and that or an operator's work is at risk.
    Warning,
    /// A state that is not a fault, and that operators should know.
    Info,
}

/// The problems of a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HealthCode {
    /// An operator drained the daemon.
    Draining,
    /// The daemon is stopping.
    Stopping,
    /// No route table is live.
    NoTable,
    /// The remote source has not confirmed the live table for too long.
    Stale,
    /// More than one percent of the requests of the last five minutes failed.
    RequestsFailing,
    /// More than five percent of the sdkProxy requests of the last five minutes failed.
    SdkProxyFailing,
    /// A source gives a route config that is refused.
    ConfigRefused,
    /// The last checks of a source failed.
    SourceFailing,
    /// The live route config is not saved.
    NotSaved,
    /// A file of the preset is not used because of a saved route config.
    HiddenPreset,
    /// Connections were refused in the last five minutes.
    ConnectionsRefused,
    /// Requests were refused for want of memory in the last five minutes.
    MemoryUsedUp,
    /// The certificate of a listener has expired.
    CertificateExpired,
    /// The certificate of a listener expires within two weeks.
    CertificateExpiring,
    /// The audit log cannot be written.
    AuditUnwritten,
    /// A task of the daemon met an internal fault in the last fifteen minutes.
    Fault,
    /// Lines of the last fifteen minutes are missing from the log.
    LogIncomplete,
    /// An operator has frozen the live route config.
    Frozen,
}

/// Displays as it serializes.
impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Displays as it serializes.
impl fmt::Display for HealthCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
