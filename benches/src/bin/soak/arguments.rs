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
    /// The duration in minutes: 20 unless this or --hours says otherwise
    #[arg(long, conflicts_with = "hours", value_parser = clap::value_parser!(u32).range(1..=10_080))]
    minutes: Option<u32>,

    /// The duration in hours
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=168))]
    hours: Option<u32>,

    /// The seed of what is drawn at random
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// The directory of the report; by default a new one in target/campaign
    #[arg(long)]
    output: Option<PathBuf>,
}

impl Arguments {
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

    /// Returns the directory of the report, which it creates.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub(crate) fn output(&self) -> io::Result<PathBuf> {
        let directory = self.output.clone().unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let seconds = now.map_or(0, |now| now.as_secs());
            PathBuf::from(format!("target/campaign/soak-{seconds}"))
        });
        fs::create_dir_all(&directory)?;
        Ok(directory)
    }
}
