//! `codeid admin drain` and `log-level`: the process itself.

use std::io::Write;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use codeid_daemon::api::log_level::{LogLevel, LogLevelDocument};
use codeid_daemon::api::status::Status;
use serde_json::{Value, json};

use super::desk::Desk;
use crate::output::Failure;

/// The command line of `codeid admin drain`.
#[derive(Debug, clap::Args)]
pub(super) struct Drain {}

/// The command line of `codeid admin log-level`.
#[derive(Debug, clap::Args)]
pub(super) struct SetLogLevel {
    /// The level from now on, until the daemon ends; without it, the level is shown
    #[arg(value_parser = level_parser())]
    level: Option<LogLevel>,
}

impl Drain {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let _: Value = desk.post("/v1/drain", &json!({}), None)?;
        if !desk.is_json() {
            writeln!(
                desk.stdout,
                "draining: not ready any more, no new connections; the process stays until SIGTERM"
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl SetLogLevel {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let level = match self.level {
            None => {
                let status: Status = desk.get("/v1/status")?;
                status.daemon.log_level
            }
            Some(level) => {
                let document = LogLevelDocument { level };
                let set: LogLevelDocument = desk.post("/v1/log-level", &document, None)?;
                set.level
            }
        };
        if !desk.is_json() {
            writeln!(desk.stdout, "{level}")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Parses the name of a level.
fn level_parser() -> impl TypedValueParser<Value = LogLevel> {
    PossibleValuesParser::new(LogLevel::ALL.map(LogLevel::name)).map(|name| {
        let mut levels = LogLevel::ALL.into_iter();
        let named = levels.find(|level| level.name() == name);
        named.expect("the names are those of the levels")
    })
}
