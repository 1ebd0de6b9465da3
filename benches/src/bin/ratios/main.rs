//! Prints, as Markdown, the engine beside its peers and the floor. `benches/README.md` quotes it.
//!
//! ```sh
//! cargo run --release -p codeid-benches --bin ratios
//! cargo run --release -p codeid-benches --bin ratios families --family emv-text --rules 300
//! ```

mod compile_families;
mod families;
mod groups;
mod reload;
mod workload;

use std::io::{self, Write};

use clap::{Parser, ValueEnum};
use codeid_benches::{Family, families as all_families};

/// Prints the engine beside its peers and the floor
#[derive(Debug, Parser)]
struct Arguments {
    /// The parts to print, by default all
    parts: Vec<Part>,

    /// The families of the parts that are about families, by default all
    #[arg(long, value_delimiter = ',')]
    family: Vec<String>,

    /// The numbers of rules of these parts
    #[arg(long, value_delimiter = ',', default_values_t = [30, 300, 1000], value_parser = clap::value_parser!(u32).range(1..=5000))]
    rules: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Counts,
    Mixes,
    Lengths,
    Adversarial,
    Batches,
    Compile,
    Families,
    Long,
    Groups,
    Reload,
    CompileFamilies,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let selection = Selection::new(&arguments)?;
    let mut out = io::stdout().lock();
    for part in Part::value_variants() {
        if arguments.parts.is_empty() || arguments.parts.contains(part) {
            match part {
                Part::Counts => workload::counts(&mut out)?,
                Part::Mixes => workload::mixes(&mut out)?,
                Part::Lengths => workload::lengths(&mut out)?,
                Part::Adversarial => workload::adversarial(&mut out)?,
                Part::Batches => workload::batches(&mut out)?,
                Part::Compile => workload::compile(&mut out)?,
                Part::Families => families::families(&selection, &mut out)?,
                Part::Long => families::long(&selection, &mut out)?,
                Part::Groups => groups::groups(&selection, &mut out)?,
                Part::Reload => reload::reload(&selection, &mut out)?,
                Part::CompileFamilies => {
                    compile_families::compile_families(&selection, &mut out)?;
                }
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

/// The families, and the numbers of rules in each, that are measured.
struct Selection {
    families: Vec<Family>,
    rule_counts: Vec<usize>,
}

impl Selection {
    /// Selects what the command line names.
    ///
    /// # Errors
    ///
    /// If it names a family that does not exist, or the corpus cannot be read.
    fn new(arguments: &Arguments) -> io::Result<Self> {
        let mut families = all_families()?;
        if let Some(unknown) = arguments
            .family
            .iter()
            .find(|name| families.iter().all(|family| family.name() != *name))
        {
            let names: Vec<&str> = families.iter().map(Family::name).collect();
            let message = format!("no family is {unknown}; there are {}", names.join(", "));
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        families.retain(|family| {
            let is_this = |name: &String| name == family.name();
            arguments.family.is_empty() || arguments.family.iter().any(is_this)
        });
        Ok(Self {
            families,
            rule_counts: arguments
                .rules
                .iter()
                .map(|count| *count as usize)
                .collect(),
        })
    }

    /// Returns each family with each number of rules.
    fn rows(&self) -> impl Iterator<Item = (&Family, usize)> {
        let row = |family| self.rule_counts.iter().map(move |count| (family, *count));
        self.families.iter().flat_map(row)
    }
}
