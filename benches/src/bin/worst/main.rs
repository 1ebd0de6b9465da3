//! Searches for the config, among those that compile within the default limits, and the code value
//! whose lookup takes the most nanoseconds a byte, and for configs that take long to compile. Prints
//! the worst as Markdown, and writes them as JSON.
//!
//! ```sh
//! cargo run --release -p codeid-benches --bin worst -- --minutes 60 --seed 7 --out worst.json
//! ```

mod candidate;
mod change_code;
mod change_config;
mod measure;
mod population;
mod report;
mod search;
mod seeds;

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::search::Search;

/// Searches for the accepted config and code value with the slowest lookup for each byte
#[derive(Debug, Parser)]
#[command(name = "worst")]
struct Arguments {
    /// The duration of the search in minutes
    #[arg(long, overrides_with = "minutes", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_080))]
    minutes: u32,

    /// The seed of what is drawn at random
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// The file that the configs and code values are written to, as JSON; replaced if it exists
    #[arg(long, default_value = "worst.json")]
    out: PathBuf,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    // Opened first, so that a long search does not end with a file that cannot be written.
    let mut file = File::create(&arguments.out)?;
    let mut search = Search::new(arguments.seed);
    search.add_seeds()?;
    search.run(Duration::from_mins(arguments.minutes.into()));
    report::write_json(&search, &mut file)?;
    file.flush()?;
    report::write_markdown(&search, &mut io::stdout().lock())
}
