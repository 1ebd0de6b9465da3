//! A candidate: a route config that was checked, and did not become live by that.

use std::sync::Arc;

use codeid_engine::{ConfigDigest, Problem};

use super::check::{CompiledConfig, ConfigRefused};
use super::config_text::ConfigText;
use super::history::Entry;

/// The result of checking a candidate.
pub(crate) struct CheckReport {
    /// The digest of the candidate.
    pub(crate) sha256: ConfigDigest,
    /// The candidate, or the reason why it cannot become live.
    pub(crate) candidate: Result<Candidate, ConfigRefused>,
    /// The table that was live when the candidate was checked.
    pub(crate) live: Option<Arc<Entry>>,
}

/// A candidate that can become live.
pub(crate) struct Candidate {
    /// The `version` of the config, 1 to 64 characters.
    pub(crate) version: String,
    /// The number of its rules.
    pub(crate) rule_count: usize,
    /// The approximate size of its table in memory, in bytes.
    pub(crate) memory_bytes: usize,
    /// The most steps that a lookup in its table can take.
    pub(crate) max_code_steps: u64,
    /// The time that parsing, checking and compiling took, in microseconds.
    pub(crate) compile_us: u64,
    /// The warnings about it, in document order.
    pub(crate) warnings: Vec<Problem>,
    /// Its text.
    pub(crate) config: Arc<ConfigText>,
}

impl From<CompiledConfig> for Candidate {
    fn from(config: CompiledConfig) -> Self {
        Self {
            version: config.table.version().to_owned(),
            rule_count: config.table.rule_count(),
            memory_bytes: config.table.memory_usage(),
            max_code_steps: config.table.max_code_steps(),
            compile_us: u64::try_from(config.compile_time.as_micros()).unwrap_or(u64::MAX),
            warnings: config.warnings,
            config: Arc::new(ConfigText::new(config.text)),
        }
    }
}
