//! `/v1/log-level`, and the names of the levels.

use tracing::level_filters::LevelFilter;

use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;
use crate::api::log_level::{LogLevel, LogLevelDocument};
use crate::telemetry;

pub(super) async fn set(request: Request) -> Outcome {
    let document: LogLevelDocument = request.json()?;
    if !telemetry::set_level(filter(document.level)) {
        return Err(Refusal::fault());
    }
    Ok(json(&document))
}

/// Returns the level of what is logged now.
pub(super) fn live() -> LogLevel {
    let live = telemetry::level();
    let mut levels = LogLevel::ALL.into_iter();
    // No setting and no command turns the log off.
    levels
        .find(|level| filter(*level) == live)
        .unwrap_or(LogLevel::Error)
}

/// Returns the level as the log knows it.
const fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}
