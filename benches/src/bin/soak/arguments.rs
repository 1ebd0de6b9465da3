//! The command line.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;

/// Runs a real daemon while everything around it goes wrong, and checks every answer.
#[derive(Debug, Parser)]
#[command(name = "soak")]
pub(crate) struct Arguments {
    /// The duration in minutes, 1 to 10080; 20 without this and --hours
    #[arg(long, conflicts_with = "hours", value_parser = clap::value_parser!(u32).range(1..=10_080))]
    minutes: Option<u32>,

    /// The duration in hours, 1 to 168
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=168))]
    hours: Option<u32>,

    /// The seed of the random choices
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// The directory of the report; by default a new one in target/campaign
    #[arg(long)]
    output: Option<PathBuf>,
}

impl Arguments {
    /// Reads the command line. Prints the problem and ends the process if it is wrong.
    pub(crate) fn read() -> Self {
        Self::parse()
    }

    pub(crate) fn duration(&self) -> Duration {
        match (self.minutes, self.hours) {
            (_, Some(hours)) => Duration::from_hours(hours.into()),
            (Some(minutes), None) => Duration::from_mins(minutes.into()),
            (None, None) => Duration::from_mins(20),
        }
    }

    /// Creates the directory of the report, and returns it.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub(crate) fn create_output(&self) -> io::Result<PathBuf> {
        let directory = self.output.clone().unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let seconds = now.map_or(0, |now| now.as_secs());
            PathBuf::from(format!("target/campaign/soak-{seconds}"))
        });
        fs::create_dir_all(&directory)?;
        Ok(directory)
    }
}
