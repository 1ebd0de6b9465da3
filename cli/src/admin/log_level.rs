//! `codeid admin log-level`: how much the daemon logs.

use std::io::Write;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use codeid_daemon::api::log_level::{LogLevel, LogLevelDocument};
use codeid_daemon::api::status::Status;

use super::client::Condition;
use super::command_context::CommandContext;
use crate::output::Failure;

/// The command line of `codeid admin log-level`.
#[derive(Debug, clap::Args)]
pub(super) struct SetLogLevel {
    /// The level to set until the daemon stops; without it, prints the level that is set
    #[arg(value_parser = level_parser())]
    level: Option<LogLevel>,
}

impl SetLogLevel {
    /// Sets the level if one is given; prints the level that then applies.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let level = match self.level {
            None => {
                let status: Status = context.get("/v1/status")?;
                status.daemon.log_level
            }
            Some(level) => {
                let document = LogLevelDocument { level };
                let set: LogLevelDocument =
                    context.post("/v1/log-level", &document, Condition::default())?;
                set.level
            }
        };
        if !context.is_json() {
            writeln!(context.stdout, "{level}")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns a parser for level names.
fn level_parser() -> impl TypedValueParser<Value = LogLevel> {
    PossibleValuesParser::new(LogLevel::ALL.map(LogLevel::name)).map(|name| {
        let mut levels = LogLevel::ALL.into_iter();
        let named = levels.find(|level| level.name() == name);
        named.expect("the parser accepts only names of levels")
    })
}
