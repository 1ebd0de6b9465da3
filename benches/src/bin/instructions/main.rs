//! Counts the instructions of lookups in families of rules, by callgrind, and compares them with
//! `benches/instructions.json`. Counts, unlike times, are the same in every run, so that `scripts/test`
//! can fail by them.
//!
//! ```sh
//! cargo run --release -p codeid-benches --bin instructions            # compares
//! cargo run --release -p codeid-benches --bin instructions -- accept  # writes a new baseline
//! ```

mod baseline;
mod callgrind;
mod comparison;
mod lookups;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use codeid_benches::families;

use crate::baseline::{Baseline, Counts, Environment};
use crate::comparison::Comparison;

/// Counts the instructions of lookups in families of rules
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// The file of the baseline
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json"))]
    baseline: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare with the baseline, which is what happens without a command
    Check,
    /// Write the counts as the new baseline
    Accept,
    /// Look codes up, to be run by callgrind
    #[command(hide = true)]
    LookUp { family: String },
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    match arguments.command.unwrap_or(Command::Check) {
        Command::LookUp { family } => lookups::look_up(&family).map(|()| ExitCode::SUCCESS),
        Command::Accept => {
            let baseline = Baseline {
                environment: Environment::of_this_machine()?,
                instructions: count_all()?,
            };
            baseline.write(&arguments.baseline)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check => check(&arguments.baseline),
    }
}

/// Compares with the baseline, unless it was made by another compiler or for another processor.
fn check(path: &std::path::Path) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let baseline = Baseline::read(path)?;
    let environment = Environment::of_this_machine()?;
    if environment != baseline.environment {
        writeln!(
            out,
            "note: instructions NOT compared: the baseline is of {}, but this is {environment}",
            baseline.environment,
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let comparison = Comparison::new(&baseline.instructions, &count_all()?);
    write!(out, "{comparison}")?;
    Ok(if comparison.is_within_tolerance() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Counts the instructions of all families, except the corpus.
fn count_all() -> io::Result<Counts> {
    let families = families()?;
    let names = families.iter().map(|family| family.name());
    let names: Vec<&str> = names.filter(|name| *name != "corpus").collect();
    callgrind::count(&names)
}
