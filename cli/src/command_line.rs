//! The command line: its definition, and the subcommand that each part of it runs.
//!
//! Exit status: 0 on success, 1 if the command failed, 2 if the command line itself is wrong.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};
use codeid_daemon::uri;

#[cfg(feature = "bench")]
use crate::bench;
#[cfg(feature = "mock-gateway")]
use crate::mock_gateway;
#[cfg(feature = "top")]
use crate::top;
use crate::{
    admin, audit, bucket, check, completions, identify, man, schema, serve, show_settings, tail,
};

/// Decides whether a scanned code is an Alipay+ code, and what to do with it.
#[derive(Debug, Parser)]
#[command(
    name = "codeid",
    version,
    arg_required_else_help = true,
    after_help = "Exit status: 0 on success, 1 if the command failed, 2 if the command line is wrong."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon
    Serve(serve::Serve),
    /// Query and control a running daemon
    Admin(Box<admin::Admin>),
    /// Check the audit log
    Audit(audit::Audit),
    /// Show the activity of a running daemon
    #[cfg(feature = "top")]
    Top(top::Top),
    /// Show the decisions of a running daemon as they are made, with masked values
    Tail(tail::Tail),
    /// Show every setting, its value and its source
    Settings(show_settings::ShowSettings),
    /// Identify code values without a daemon
    Identify(identify::Identify),
    /// Check route configs for errors and questionable rules
    Check(check::Check),
    /// Show the canary bucket of an openId in a group
    Bucket(bucket::ShowBucket),
    /// Measure how fast codeid, or a comparable server, answers
    #[cfg(feature = "bench")]
    Bench(Box<bench::Bench>),
    /// Run a stand-in for Alipay+ on this machine, to try out sdkProxy
    #[cfg(feature = "mock-gateway")]
    MockGateway(mock_gateway::MockGateway),
    /// Print the JSON Schema of route configs
    Schema(schema::PrintSchema),
    /// Print shell completions
    Completions(completions::PrintCompletions),
    /// Print a manual page, in roff
    Man(man::PrintManual),
}

/// Parses the command line, runs the subcommand that it names, and returns its exit status.
pub(crate) fn run() -> ExitCode {
    let parsed = Cli::try_parse().map_err(without_secrets);
    match parsed.unwrap_or_else(|error| error.exit()).command {
        Command::Serve(serve) => serve.run(),
        Command::Admin(admin) => admin.run(),
        Command::Audit(audit) => audit.run(),
        #[cfg(feature = "top")]
        Command::Top(top) => top.run(),
        Command::Tail(tail) => tail.run(),
        Command::Settings(settings) => settings.run(),
        Command::Identify(identify) => identify.run(),
        Command::Check(check) => check.run(),
        Command::Bucket(bucket) => bucket.run(),
        #[cfg(feature = "bench")]
        Command::Bench(bench) => bench.run(),
        #[cfg(feature = "mock-gateway")]
        Command::MockGateway(gateway) => gateway.run(),
        Command::Schema(schema) => schema.run(),
        Command::Completions(completions) => completions.run(Cli::command()),
        Command::Man(man) => man.run(Cli::command()),
    }
}

/// The options whose values are never quoted, since they may be secrets as a whole.
const SECRET_OPTIONS: [&str; 1] = ["--header"];

/// Returns the error with the arguments that it quotes as they may be shown, since each may be a URL.
fn without_secrets(mut error: clap::Error) -> clap::Error {
    let of_secret = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(option)) => SECRET_OPTIONS
            .iter()
            .any(|secret| option.split(' ').next() == Some(secret)),
        _ => false,
    };
    let shown: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| {
            let ContextValue::String(text) = value else {
                return None;
            };
            match uri::shown(text) {
                _ if of_secret && kind == ContextKind::InvalidValue => {
                    Some((kind, ContextValue::String("(hidden)".to_owned())))
                }
                shown if shown == *text => None,
                shown => Some((kind, ContextValue::String(shown.into_owned()))),
            }
        })
        .collect();
    if !shown.is_empty() {
        // A suggestion repeats the argument.
        error.remove(ContextKind::Suggested);
    }
    for (kind, value) in shown {
        error.insert(kind, value);
    }
    error
}
