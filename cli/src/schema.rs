//! `codeid schema`: the route config's JSON Schema, for editors and other tools.

use std::io::Write;
use std::process::ExitCode;

use super::output;

/// The schema as it is committed; what it cannot say, `codeid check` knows.
const SCHEMA: &str = include_str!("../../config/route-config.schema.json");

/// The command line of `codeid schema`.
#[derive(Debug, clap::Args)]
pub(crate) struct PrintSchema {}

impl PrintSchema {
    pub(crate) fn run(self) -> ExitCode {
        output::run(|stdout| {
            stdout.write_all(SCHEMA.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
