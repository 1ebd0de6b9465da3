//! The command line: its definition, and the subcommand that each part of it runs.
//!
//! Exit status: 0 on success, 1 if the command failed, 2 if the command line itself is wrong.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

#[cfg(feature = "bench")]
use crate::bench;
#[cfg(feature = "mock-gateway")]
use crate::mock_gateway;
#[cfg(feature = "top")]
use crate::top;
use crate::{admin, bucket, check, completions, identify, man, schema, serve, settings};

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
    #[cfg(feature = "top")]
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
    #[cfg(feature = "bench")]
    Bench(Box<bench::Bench>),
    /// Stand in for Alipay+, on this machine, to try sdkProxy out
    #[cfg(feature = "mock-gateway")]
    MockGateway(mock_gateway::MockGateway),
    /// Print the JSON Schema of route configs
    Schema(schema::PrintSchema),
    /// Print what a shell needs to complete command lines of codeid
    Completions(completions::PrintCompletions),
    /// Print a manual page, in roff
    Man(man::PrintManual),
}

/// Parses the command line, runs the subcommand that it names, and returns its exit status.
pub(crate) fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Admin(admin) => admin.run(),
        #[cfg(feature = "top")]
        Command::Top(top) => top.run(),
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
