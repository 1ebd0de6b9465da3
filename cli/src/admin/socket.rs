//! The path of the daemon's admin socket.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::output::{self, Failure};
use crate::settings::{self, SettingsArgs};

/// The options that lead to a daemon.
#[derive(Debug, clap::Args)]
pub(crate) struct SocketArgs {
    /// The socket of the daemon's admin plane [default: the setting admin.unix]
    #[arg(long, value_name = "PATH", global = true)]
    socket: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
}

impl SocketArgs {
    /// Returns the path: that of the option, otherwise that of the settings.
    ///
    /// # Errors
    ///
    /// The exit status if the settings are not valid or `admin.unix` is off; already reported on
    /// standard error.
    pub(crate) fn path(&self) -> Result<PathBuf, ExitCode> {
        if let Some(socket) = &self.socket {
            return Ok(socket.clone());
        }
        let settings = self.settings.read();
        let settings = settings.map_err(|error| settings::report(&error.into()))?;
        settings.admin.unix.ok_or_else(|| {
            let message = "the setting admin.unix is off, so the daemon has no admin socket; \
                           --socket names one";
            output::finish(Err(Failure::other(message)))
        })
    }
}
