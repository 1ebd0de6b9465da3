//! `codeid serve`: runs the daemon until it is told to stop.

use std::process::ExitCode;

use super::settings::SettingsArgs;
use codeid_daemon::run;
use codeid_daemon::run::StartError;

/// The command line of `codeid serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    settings: SettingsArgs,
}

impl Serve {
    pub(crate) fn run(self) -> ExitCode {
        self.settings
            .read()
            .map_err(StartError::from)
            .and_then(|settings| run::serve(&settings))
            .unwrap_or_else(|error| super::settings::report(&error))
    }
}
