//! The command line: its definition, and one module for each subcommand.
//!
//! Exit status: 0 on success, 1 if the command failed, 2 if the command line itself is wrong.

mod admin;
mod bench;
mod bucket;
mod check;
mod completions;
mod duration;
mod identify;
mod man;
mod mock_gateway;
mod moment;
mod output;
mod quantity;
mod route_config;
mod schema;
mod serve;
mod settings;
mod table;
mod top;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Answers whether a scanned code is an Alipay+ code, and what to do with it.
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
    /// Ask a running daemon, and steer it
    Admin(Box<admin::Admin>),
    /// Watch a running daemon at work
    Top(top::Top),
    /// Show every setting, its value, and which source gave it
    Settings(settings::ShowSettings),
    /// Identify code values here, without a daemon
    Identify(identify::Identify),
    /// Show what is wrong with route configs, and what is questionable
    Check(check::Check),
    /// Show in which canary bucket of a group an openId lies
    Bucket(bucket::ShowBucket),
    /// Measure how fast a server answers: codeid, or a peer, with the same client
    Bench(Box<bench::Bench>),
    /// Stand in for Alipay+, on this machine, to try sdkProxy out
    MockGateway(mock_gateway::MockGateway),
    /// Print the JSON Schema of route configs
    Schema(schema::PrintSchema),
    /// Print what a shell needs to complete command lines of codeid
    Completions(completions::PrintCompletions),
    /// Print a manual page, in roff
    Man(man::PrintManual),
}

/// Reads the command line, runs the subcommand it names, and tells the exit status.
#[must_use]
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Admin(admin) => admin.run(),
        Command::Top(top) => top.run(),
        Command::Settings(settings) => settings.run(),
        Command::Identify(identify) => identify.run(),
        Command::Check(check) => check.run(),
        Command::Bucket(bucket) => bucket.run(),
        Command::Bench(bench) => bench.run(),
        Command::MockGateway(gateway) => gateway.run(),
        Command::Schema(schema) => schema.run(),
        Command::Completions(completions) => completions.run(Cli::command()),
        Command::Man(man) => man.run(Cli::command()),
    }
}
