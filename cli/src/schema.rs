//! `codeid schema`: prints the JSON Schema of route configs, for editors and other tools.

use std::io::Write;
use std::process::ExitCode;

use super::output;

/// The committed schema. `codeid check` also verifies the rules that a schema cannot express.
const SCHEMA: &str = include_str!("../../config/route-config.schema.json");

/// The command line of `codeid schema`.
#[derive(Debug, clap::Args)]
pub(crate) struct PrintSchema {}

impl PrintSchema {
    /// Prints the schema.
    pub(crate) fn run(self) -> ExitCode {
        output::run(|stdout| {
            stdout.write_all(SCHEMA.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
