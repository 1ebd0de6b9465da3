//! `codeid admin drain` and `log-level`: the process itself.

use std::io::Write;
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::Desk;
use super::documents::Status;
use crate::output::{Failure, printable};

/// The command line of `codeid admin drain`.
#[derive(Debug, clap::Args)]
pub(super) struct Drain {}

/// The command line of `codeid admin log-level`.
#[derive(Debug, clap::Args)]
pub(super) struct LogLevel {
    /// The level from now on, until the daemon ends; without it, the level is shown
    level: Option<Level>,
}

/// What is logged: this and what is graver.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
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

impl LogLevel {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        #[derive(Deserialize)]
        struct Set {
            level: String,
        }
        let level = match self.level {
            None => {
                let status: Status = desk.get("/v1/status")?;
                status
                    .daemon
                    .log_level
                    .unwrap_or_else(|| "not known".to_owned())
            }
            Some(level) => {
                let value = level.to_possible_value();
                let word = value.expect("no level is hidden").get_name().to_owned();
                let set: Set = desk.post("/v1/log-level", &json!({"level": word}), None)?;
                set.level
            }
        };
        if !desk.is_json() {
            writeln!(desk.stdout, "{}", printable(&level))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
