//! `/v1/log-level`: how much the daemon logs.

use tracing::level_filters::LevelFilter;

use super::answer::{Refusal, json};
use super::call::{Call, Outcome};
use crate::api::log_level::{LogLevel, LogLevelDocument};
use crate::telemetry;

/// `POST /v1/log-level`
pub(super) async fn set(call: Call) -> Outcome {
    let document: LogLevelDocument = call.json()?;
    if !telemetry::set_level(to_filter(document.level)) {
        return Err(Refusal::fault());
    }
    Ok(json(&document))
}

/// Returns the level as the log has it.
const fn to_filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// Returns the level that `filter` stands for. No setting and no command turns the log off.
pub(super) fn from_filter(filter: LevelFilter) -> LogLevel {
    let is_same = |level: &LogLevel| to_filter(*level) == filter;
    let level = LogLevel::ALL.into_iter().find(is_same);
    level.unwrap_or(LogLevel::Error)
}
