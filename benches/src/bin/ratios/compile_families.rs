//! The time to compile families of rules, and the size of their tables.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use codeid_benches::{FamilyCodes, RegexSets, Template, Workload, best_of, default_limits};
use codeid_engine::{ConfigError, RouteConfig, RouteTable};

use crate::Selection;
use crate::families::refusal;

/// The heads of the columns that [`CompileTimes`] formats.
pub(crate) const HEAD: &str = "compile, ms | RegexSet, ms | codeid / RegexSet | table, KB";

/// Compiling is measured again if the first time took less than this.
const COMPILED_QUICKLY: Duration = Duration::from_millis(300);

/// Prints them for each family.
pub(crate) fn compile_families(selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| family, rules | {HEAD} |\n|---|---|---|---|---|")?;
    for (family, count) in selection.rows() {
        let workload = family.workload(count, Template::Code, FamilyCodes::Usual, 0);
        let compiled = CompileTimes::measure(&workload)?;
        writeln!(out, "| {}, {count} | {compiled} |", family.name())?;
        out.flush()?;
    }
    Ok(())
}

/// The time that compiling takes, without reading the config, by each engine.
pub(crate) struct CompileTimes {
    /// The milliseconds, and the bytes of the table.
    codeid: Result<(f64, usize), ConfigError>,
    set: f64,
}

impl CompileTimes {
    /// Compiles a workload several times.
    ///
    /// # Errors
    ///
    /// If the config is refused before it is compiled for another reason than its size.
    pub(crate) fn measure(workload: &Workload) -> io::Result<Self> {
        let json = workload.config_json();
        let compile = |config: RouteConfig| {
            let bytes = RouteTable::compile(&config, &default_limits())?.memory_usage();
            let time = milliseconds(|| RouteTable::compile(&config, &default_limits()));
            Ok((time, bytes))
        };
        Ok(Self {
            codeid: RouteConfig::from_json(json.as_bytes(), &default_limits()).and_then(compile),
            set: milliseconds(|| RegexSets::from_whole_patterns(workload)),
        })
    }
}

impl fmt::Display for CompileTimes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.set;
        match &self.codeid {
            Ok((codeid, bytes)) => write!(
                out,
                "{codeid:.2} | {set:.2} | {:.2} | {:.0}",
                codeid / set,
                *bytes as f64 / 1024.0
            ),
            Err(error) => write!(out, "{} | {set:.2} | | ", refusal(error)),
        }
    }
}

fn milliseconds<T>(mut compile: impl FnMut() -> T) -> f64 {
    let first = best_of(1, &mut compile);
    let best = if first < COMPILED_QUICKLY {
        best_of(5, compile).min(first)
    } else {
        first
    };
    best.as_secs_f64() * 1e3
}
