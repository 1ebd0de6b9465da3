//! The command line: its definition, and one module for each subcommand.
//!
//! Exit status: 0 on success, 1 if the command failed, 2 if the command line itself is wrong.

mod serve;
mod settings;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Answers whether a scanned code is an Alipay+ code, and what to do with it.
#[derive(Debug, Parser)]
#[command(name = "codeid", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon
    Serve(serve::Serve),
    /// Show every setting, its value, and which source gave it
    Settings(settings::ShowSettings),
}

/// Reads the command line, runs the subcommand it names, and tells the exit status.
#[must_use]
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Settings(settings) => settings.run(),
    }
}
