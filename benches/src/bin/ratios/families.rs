//! The engine and its peers on families of rules.

use std::io::{self, Write};
use std::time::Duration;

use codeid_benches::{
    Codeid, Engine, FamilyCodes, LazyDfa, RegexSets, Template, Workload, best_nanoseconds, best_of,
    default_limits, verify,
};
use codeid_engine::{ConfigError, RouteConfig, RouteTable};

use crate::Selection;

const CODES: usize = 20_000;
const ROUNDS: usize = 9;

/// Compiling is measured again if the first time took less than this.
const COMPILED_QUICKLY: Duration = Duration::from_millis(300);

/// Prints the time of a lookup, the size of the table and the time to compile of each family.
pub(crate) fn families(selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| family, rules | hits | bytes | codeid, ns | RegexSet, ns | lazy DFA, ns | × the fastest peer | \
         RegexSet / codeid | table, KB | compile, ms | RegexSet, ms |\n\
         |---|---|---|---|---|---|---|---|---|---|---|"
    )?;
    for (family, count) in selection.rows() {
        let workload = family.workload(count, Template::Code, FamilyCodes::Usual, CODES);
        let name = format!("{}, {count}", family.name());
        write_row(out, &name, &workload)?;
    }
    Ok(())
}

fn write_row(out: &mut dyn Write, name: &str, workload: &Workload) -> io::Result<()> {
    let mut engines: Vec<Box<dyn Engine>> = vec![
        Box::new(RegexSets::from_whole_patterns(workload)),
        Box::new(LazyDfa::new(workload)),
    ];
    let table = Codeid::within_default_limits(workload).map(|codeid| {
        let bytes = codeid.table_bytes();
        engines.push(Box::new(codeid));
        bytes
    });
    verify(&mut engines, &workload.codes);
    let best = best_nanoseconds(&mut engines, &workload.codes, ROUNDS);
    let hits = engines[1].count_hits(&workload.codes) as f64 / workload.codes.len() as f64;
    let (median, mean) = workload.code_lengths();
    let (set, dfa) = (best[0], best[1]);
    let set_compile = compile_milliseconds(|| RegexSets::from_whole_patterns(workload));
    write!(out, "| {name} | {hits:.2} | {median}/{mean} | ")?;
    match table {
        Ok(bytes) => {
            let codeid = best[2];
            let json = workload.config_json();
            let config = RouteConfig::from_json(json.as_bytes(), &default_limits());
            let config = config.map_err(io::Error::other)?;
            let compile = compile_milliseconds(|| RouteTable::compile(&config, &default_limits()));
            write!(
                out,
                "{codeid:.0} | {set:.0} | {dfa:.0} | {:.2} | {:.1} | {:.0} | {compile:.2}",
                codeid / set.min(dfa),
                set / codeid,
                bytes as f64 / 1024.0,
            )?;
        }
        Err(error) => write!(out, "{} | {set:.0} | {dfa:.0} | | | |", refusal(&error))?,
    }
    writeln!(out, " | {set_compile:.2} |")?;
    out.flush()
}

/// Returns the first problem of a config that the engine refuses, for a cell of a table.
pub(crate) fn refusal(error: &ConfigError) -> String {
    let problem = &error.problems()[0];
    let message = problem.message().replace('|', r"\|");
    format!("refused: {}, {message}", problem.code().as_str())
}

fn compile_milliseconds<T>(mut compile: impl FnMut() -> T) -> f64 {
    let first = best_of(1, &mut compile);
    let best = if first < COMPILED_QUICKLY {
        best_of(5, compile).min(first)
    } else {
        first
    };
    best.as_secs_f64() * 1e3
}
