//! `codeid admin`: commands for a running daemon, over its admin socket.
//!
//! Exit status: 0 on success, 1 if the daemon refused the command or a config has errors, 2 if the
//! command line is wrong, 3 without a daemon or without a response that this program understands.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod apply;
mod candidate;
mod check;
pub(crate) mod client;
mod command_context;
mod config;
mod difference;
mod drain;
mod explain;
mod forget;
pub(super) mod freeze;
mod history;
mod log_level;
mod refusal;
mod reload;
mod response;
mod rollback;
mod rule_text;
mod rules;
mod socket;
mod status;
mod token;

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;

use self::client::{Client, TIMEOUT};
use self::command_context::CommandContext;
pub(super) use self::socket::SocketArgs;
use super::output;

/// The command line of `codeid admin`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_STATUSES)]
pub(crate) struct Admin {
    #[command(flatten)]
    socket: SocketArgs,
    /// Print the response of the daemon's API as it is, also that of a refusal
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: AdminCommand,
}

const EXIT_STATUSES: &str = "\
Exit status: 0 on success; 1 if the daemon refused the command, or a config has errors; 2 if the \
command line is wrong; 3 without a daemon, or without a response that this program understands.";

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Show the live table, where it came from, and the state of the sources
    #[command(after_help = EXIT_STATUSES)]
    Status(status::ShowStatus),
    /// Show the live rules, with how often each decided
    #[command(after_help = EXIT_STATUSES)]
    Rules(rules::ShowRules),
    /// Check a route config, and show what it would change
    #[command(after_help = EXIT_STATUSES)]
    Check(check::CheckCandidate),
    /// Check a route config, show what it changes, and make it live
    ///
    /// It replaces exactly the config that it was compared with: if another one is live by then, the
    /// command is refused and nothing is changed. The applied config is frozen against the sources
    /// until codeid admin thaw.
    #[command(after_help = EXIT_STATUSES)]
    Apply(apply::Apply),
    /// Read the sources again, now, and wait until that is done
    ///
    /// A reload that already runs, and the compiling of its config, end first. Then the sources are read once
    /// more, so that what they hold now is considered in any case. The command is done when a config is live
    /// or was refused, and its exit status is that outcome.
    #[command(after_help = EXIT_STATUSES)]
    Reload(reload::Reload),
    /// Show the last route tables
    #[command(after_help = EXIT_STATUSES)]
    History(history::ShowHistory),
    /// Make a route config of the history live again
    #[command(after_help = EXIT_STATUSES)]
    Rollback(rollback::Rollback),
    /// Show the result for a code value, and the rules that accept it
    #[command(after_help = EXIT_STATUSES)]
    Explain(explain::Explain),
    /// Freeze the live config: nothing is pulled, watched or reloaded until codeid admin thaw
    #[command(after_help = EXIT_STATUSES)]
    Freeze(freeze::FreezeConfig),
    /// End a freeze: the daemon follows its sources again
    #[command(after_help = EXIT_STATUSES)]
    Thaw(freeze::Thaw),
    /// Forget the config that is saved in the local storage, and read the sources now
    ///
    /// A config that a remote source gave once is saved for a start without that source, and comes before
    /// the file of ac.route.preset-route-config-path. With a remote source, the live config stays, and the
    /// next one that the remote gives is saved again.
    #[command(after_help = EXIT_STATUSES)]
    Forget(forget::Forget),
    /// Take the daemon out of service: not ready, no new connections, requests in flight finish
    #[command(after_help = EXIT_STATUSES)]
    Drain(drain::Drain),
    /// Take a drain back, which is possible during serve.lame-duck-ms
    #[command(after_help = EXIT_STATUSES)]
    Undrain(drain::Undrain),
    /// Show or set the log level
    #[command(after_help = EXIT_STATUSES)]
    LogLevel(log_level::SetLogLevel),
    /// Make a token for admin.http, and print its line for the file of tokens
    ///
    /// The daemon is not asked: add the line to the file of admin.tokens-path. The file has only the
    /// SHA-256 of the token, so the token cannot be printed again.
    Token(token::MakeToken),
    /// Print the live route config, or one of the history, byte for byte
    #[command(after_help = EXIT_STATUSES)]
    Config(config::PrintConfig),
}

impl Admin {
    /// Runs the command, and returns its exit status as the module describes it.
    pub(crate) fn run(self) -> ExitCode {
        if let AdminCommand::Token(command) = &self.command {
            return output::run(|stdout| command.run(self.json, stdout));
        }
        let socket = match self.socket.path() {
            Ok(socket) => socket,
            Err(status) => return status,
        };
        output::run(|stdout| {
            let client = Client::new(socket, self.command.timeout())?;
            let context = &mut CommandContext::new(client, self.json, stdout);
            match self.command {
                AdminCommand::Status(command) => command.run(context),
                AdminCommand::Rules(command) => command.run(context),
                AdminCommand::Check(command) => command.run(context),
                AdminCommand::Apply(command) => command.run(context),
                AdminCommand::Reload(command) => command.run(context),
                AdminCommand::History(command) => command.run(context),
                AdminCommand::Rollback(command) => command.run(context),
                AdminCommand::Explain(command) => command.run(context),
                AdminCommand::Freeze(command) => command.run(context),
                AdminCommand::Thaw(command) => command.run(context),
                AdminCommand::Forget(command) => command.run(context),
                AdminCommand::Drain(command) => command.run(context),
                AdminCommand::Undrain(command) => command.run(context),
                AdminCommand::LogLevel(command) => command.run(context),
                AdminCommand::Config(command) => command.run(context),
                AdminCommand::Token(command) => command.run(self.json, context.stdout),
            }
        })
    }
}

impl AdminCommand {
    /// Returns the limit on the time until the response is complete.
    fn timeout(&self) -> Duration {
        match self {
            Self::Status(command) => command.timeout(),
            Self::Reload(command) => command.timeout(),
            _ => TIMEOUT,
        }
    }
}
