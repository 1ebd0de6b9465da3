//! A candidate: a route config that was checked, and did not become live by that.

use std::sync::Arc;

use codeid_engine::{ConfigDigest, Problem};

use super::check::{CompiledConfig, ConfigRefused};
use super::config_text::ConfigText;
use super::history::Entry;

/// The result of checking a candidate.
pub(crate) struct CheckReport {
    pub(crate) sha256: ConfigDigest,
    pub(crate) candidate: Result<Candidate, ConfigRefused>,
    /// The table that was live when the candidate was checked.
    pub(crate) live: Option<Arc<Entry>>,
}

/// A candidate that can become live.
pub(crate) struct Candidate {
    pub(crate) version: String,
    pub(crate) rule_count: usize,
    pub(crate) memory_bytes: usize,
    pub(crate) max_code_steps: u64,
    pub(crate) compile_us: u64,
    pub(crate) warnings: Vec<Problem>,
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
