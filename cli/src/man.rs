//! `codeid man`: prints manual pages, generated from the definition of the command line.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap_mangen::Man;

use super::output;

/// The command line of `codeid man`.
#[derive(Debug, clap::Args)]
pub(crate) struct PrintManual {
    /// The subcommand, such as admin status; by default codeid itself
    command: Vec<String>,
}

impl PrintManual {
    /// Writes a page of `command`, the whole command line.
    pub(crate) fn run(self, mut command: clap::Command) -> ExitCode {
        command.build();
        let version = command.render_version();
        let mut page = command.clone();
        for name in &self.command {
            page = match page.find_subcommand(name) {
                Some(subcommand) => subcommand.clone(),
                None => {
                    let message = format!("there is no subcommand {name:?}");
                    command.error(ErrorKind::InvalidSubcommand, message).exit()
                }
            };
        }
        output::run(|stdout| {
            Man::new(page).source(version.trim_end()).render(stdout)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
