//! The document of `/v1/history`.
//!
//! Source: SPEC.md, section 6.

use codeid_engine::{ConfigDigest, InitLevel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::{Sha256, SourceLevel};

/// The most tables of the history, including the live one.
pub const MAX_ENTRIES: usize = 20;

/// The last 20 tables since the daemon started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// The tables, the newest first; at most 20.
    pub entries: Vec<HistoryEntry>,
}

/// A table that is live or was live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// The generation of the table: 1 for the first since the start.
    pub generation: u64,
    /// The digest of the route config.
    #[schemars(with = "Sha256")]
    pub sha256: ConfigDigest,
    /// The `version` of the route config, 1 to 64 characters; never interpreted.
    pub version: String,
    /// The number of rules in the table.
    pub rule_count: usize,
    /// The level of the source.
    #[schemars(with = "SourceLevel")]
    pub level: InitLevel,
    /// The source: a path, or a URI without user-info, query and fragment.
    pub uri: String,
    /// The time at which the route config was compiled, in milliseconds since the beginning of 1970, UTC.
    pub loaded_at: u64,
    /// The time that parsing, checking and compiling took, in microseconds.
    pub compile_us: u64,
    /// The approximate size of the table in memory, in bytes.
    pub memory_bytes: usize,
    /// `true` for the live table.
    pub live: bool,
    /// The operator who made the table live; `null` if the daemon loaded it from a source by itself.
    pub by: Option<String>,
    /// The difference from the table before, rule by rule; `null` for the oldest of the list.
    pub changes: Option<ChangeCounts>,
}

/// The numbers of the rules in which two route configs differ. Rules are the same if their ids are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeCounts {
    /// The number of rules that were added.
    pub added: usize,
    /// The number of rules that were removed.
    pub removed: usize,
    /// The number of rules with another content.
    pub changed: usize,
    /// The number of rules with the same content and another place among the others.
    pub moved: usize,
}
