//! The engine and its peers on families of rules.

use std::io::{self, Write};

use codeid_benches::{
    Codeid, Engine, FamilyCodes, LazyDfa, RegexSets, Template, Workload, best_nanoseconds, verify,
};
use codeid_engine::ConfigError;

use crate::Selection;
use crate::compile_families::{CompileTimes, HEAD};

const CODES: usize = 20_000;
const LONG_CODES: usize = 500;
const ROUNDS: usize = 9;
const LONG_ROUNDS: usize = 5;

/// Prints the time of a lookup, and the size of the table and the time to compile, of each family.
pub(crate) fn families(selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| family, rules | hits | bytes | codeid, ns | RegexSet, ns | lazy DFA, ns | × the fastest peer | \
         RegexSet / codeid | {HEAD} |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
    )?;
    for (family, count) in selection.rows() {
        let workload = family.workload(count, Template::Code, FamilyCodes::Usual, CODES);
        let lookups = Lookups::measure(&workload, ROUNDS);
        let (median, mean) = workload.code_lengths();
        let compiled = CompileTimes::measure(&workload)?;
        writeln!(
            out,
            "| {}, {count} | {:.2} | {median}/{mean} | {} | {compiled} |",
            family.name(),
            lookups.hits,
            lookups.cells(),
        )?;
        out.flush()?;
    }
    Ok(())
}

/// Prints the time of a lookup of codes of about 8 KB.
pub(crate) fn long(selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| 8 KB, family, rules | hits | codeid, ns | RegexSet, ns | lazy DFA, ns | × the fastest peer | \
         RegexSet / codeid | ns/byte |\n|---|---|---|---|---|---|---|---|"
    )?;
    for (family, count) in selection.rows() {
        let workload = family.workload(count, Template::Code, FamilyCodes::Long, LONG_CODES);
        let lookups = Lookups::measure(&workload, LONG_ROUNDS);
        let (_, mean) = workload.code_lengths();
        let of_byte = match lookups.codeid {
            Ok(codeid) => format!("{:.2}", codeid / mean as f64),
            Err(_) => String::new(),
        };
        writeln!(
            out,
            "| {}, {count} | {:.2} | {} | {of_byte} |",
            family.name(),
            lookups.hits,
            lookups.cells(),
        )?;
        out.flush()?;
    }
    Ok(())
}

/// The nanoseconds of a lookup by each engine.
struct Lookups {
    codeid: Result<f64, ConfigError>,
    set: f64,
    dfa: f64,
    /// The share of the codes that a rule accepts.
    hits: f64,
}

impl Lookups {
    /// Checks and times all engines.
    fn measure(workload: &Workload, rounds: usize) -> Self {
        let mut engines: Vec<Box<dyn Engine>> = vec![
            Box::new(RegexSets::from_whole_patterns(workload)),
            Box::new(LazyDfa::new(workload)),
        ];
        let codeid = Codeid::within_default_limits(workload);
        let codeid = codeid.map(|codeid| engines.push(Box::new(codeid)));
        verify(&mut engines, &workload.codes);
        let best = best_nanoseconds(&mut engines, &workload.codes, rounds);
        let hits = engines[1].count_hits(&workload.codes);
        Self {
            codeid: codeid.map(|()| best[2]),
            set: best[0],
            dfa: best[1],
            hits: hits as f64 / workload.codes.len() as f64,
        }
    }

    /// Formats the times and their ratios.
    fn cells(&self) -> String {
        let Self { set, dfa, .. } = self;
        match &self.codeid {
            Ok(codeid) => format!(
                "{codeid:.0} | {set:.0} | {dfa:.0} | {:.2} | {:.1}",
                codeid / set.min(*dfa),
                set / codeid
            ),
            Err(error) => format!("{} | {set:.0} | {dfa:.0} | | ", refusal(error)),
        }
    }
}

/// Returns the first problem of a config that the engine refuses, without the rules at fault, for a
/// cell of a table.
pub(crate) fn refusal(error: &ConfigError) -> String {
    let problem = &error.problems()[0];
    let message = problem.message().split(';').next().unwrap_or_default();
    let message = message.replace('|', r"\|");
    format!("refused: {}, {message}", problem.code().as_str())
}
