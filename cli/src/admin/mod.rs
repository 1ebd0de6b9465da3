//! `codeid admin`: what operators ask of a running daemon, over its admin socket.
//!
//! Exit status: 0 if it is done, 1 if the daemon refused it or a config has errors, 2 if the command
//! line is wrong, 3 if no daemon gave an answer that is understood.

mod answer;
mod candidate;
pub(super) mod client;
mod config;
mod desk;
mod difference;
mod explain;
mod history;
pub(super) mod hold;
mod process;
mod refusal;
mod reload;
mod rules;
mod status;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use self::client::{Client, PATIENCE};
use self::desk::Desk;
use super::output::{self, Failure};
use super::settings::{self, SettingsArgs};

/// The command line of `codeid admin`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_STATUSES)]
pub(crate) struct Admin {
    #[command(flatten)]
    place: Place,
    /// Print what the daemon's API answers, as it is; of a refusal too
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: AdminCommand,
}

const EXIT_STATUSES: &str = "\
Exit status: 0 if it is done; 1 if the daemon refused it, or a config has errors; 2 if the command \
line is wrong; 3 if no daemon gave an answer that is understood.";

/// Where the daemon is.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// The socket of the daemon's admin plane [default: the setting admin.unix]
    #[arg(long, value_name = "PATH", global = true)]
    socket: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Show what serves, where it came from, and how the sources do
    #[command(after_help = EXIT_STATUSES)]
    Status(status::ShowStatus),
    /// Show the rules that serve, with how often each decided
    #[command(after_help = EXIT_STATUSES)]
    Rules(rules::ShowRules),
    /// Show what the daemon would say to a route config, and what it would change
    #[command(after_help = EXIT_STATUSES)]
    Check(candidate::CheckCandidate),
    /// Check a route config, show what it changes, and have it serve
    ///
    /// It replaces exactly what it was compared with: if something else serves by then, it is refused,
    /// and nothing is changed. What was applied holds against the sources until codeid admin thaw.
    #[command(after_help = EXIT_STATUSES)]
    Apply(candidate::Apply),
    /// Have the daemon look at its sources now
    #[command(after_help = EXIT_STATUSES)]
    Reload(reload::Reload),
    /// Show the route tables that served last
    #[command(after_help = EXIT_STATUSES)]
    History(history::ShowHistory),
    /// Have a route table of the history serve again
    #[command(after_help = EXIT_STATUSES)]
    Rollback(history::Rollback),
    /// Show what the daemon answers to a code value, and which rules had a part in that
    #[command(after_help = EXIT_STATUSES)]
    Explain(explain::Explain),
    /// Hold what serves: nothing is pulled, watched or reloaded until thaw
    #[command(after_help = EXIT_STATUSES)]
    Freeze(hold::Freeze),
    /// End a hold: the daemon follows its sources again
    #[command(after_help = EXIT_STATUSES)]
    Thaw(hold::Thaw),
    /// Take the daemon out of service: not ready, no new connections, what is in flight finished
    #[command(after_help = EXIT_STATUSES)]
    Drain(process::Drain),
    /// Show or set how much the daemon logs
    #[command(after_help = EXIT_STATUSES)]
    LogLevel(process::SetLogLevel),
    /// Print the route config that serves, or one of the history, byte for byte
    #[command(after_help = EXIT_STATUSES)]
    Config(config::PrintConfig),
}

impl Admin {
    pub(crate) fn run(self) -> ExitCode {
        let socket = match self.place.find() {
            Ok(socket) => socket,
            Err(status) => return status,
        };
        output::run(|stdout| {
            let client = Client::new(socket, PATIENCE)?;
            let desk = &mut Desk::new(client, self.json, stdout);
            match self.command {
                AdminCommand::Status(command) => command.run(desk),
                AdminCommand::Rules(command) => command.run(desk),
                AdminCommand::Check(command) => command.run(desk),
                AdminCommand::Apply(command) => command.run(desk),
                AdminCommand::Reload(command) => command.run(desk),
                AdminCommand::History(command) => command.run(desk),
                AdminCommand::Rollback(command) => command.run(desk),
                AdminCommand::Explain(command) => command.run(desk),
                AdminCommand::Freeze(command) => command.run(desk),
                AdminCommand::Thaw(command) => command.run(desk),
                AdminCommand::Drain(command) => command.run(desk),
                AdminCommand::LogLevel(command) => command.run(desk),
                AdminCommand::Config(command) => command.run(desk),
            }
        })
    }
}

impl Place {
    /// The path of the socket. Says what is wrong if there is none, and with which exit status the
    /// program ends then.
    pub(super) fn find(&self) -> Result<PathBuf, ExitCode> {
        if let Some(socket) = &self.socket {
            return Ok(socket.clone());
        }
        let settings = self.settings.read();
        let settings = settings.map_err(|error| settings::report(&error.into()))?;
        settings.admin.unix.ok_or_else(|| {
            let message = "the setting admin.unix is off, so that there is no socket to ask; \
                           --socket names one";
            output::finish(Err(Failure::Message(message.to_owned())))
        })
    }
}
