//! Rules that insert a group of their pattern, beside the same rules that insert the code value.

use std::io::{self, Write};

use codeid_benches::{
    Codeid, Engine, Family, FamilyCodes, LazyDfa, Template, best_nanoseconds, verify,
};
use codeid_engine::ConfigError;

use crate::Selection;
use crate::families::refusal;

const CODES: usize = 20_000;
const ROUNDS: usize = 9;

/// Prints the time of a lookup that finds a rule, with and without a group.
pub(crate) fn groups(selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| hits only, family, rules | {{code}}, ns | id/{{1}}, ns | ratio | difference, ns |\n\
         |---|---|---|---|---|"
    )?;
    for (family, count) in selection.rows() {
        let cells = match measure(family, count) {
            Ok([code, group]) => {
                format!(
                    "{code:.0} | {group:.0} | {:.2} | {:.0}",
                    group / code,
                    group - code
                )
            }
            Err(error) => format!("{} | | | ", refusal(&error)),
        };
        writeln!(out, "| {}, {count} | {cells} |", family.name())?;
        out.flush()?;
    }
    Ok(())
}

/// Returns the nanoseconds of a lookup without and with a group.
fn measure(family: &Family, count: usize) -> Result<[f64; 2], ConfigError> {
    let [without, with] = [Template::Code, Template::Group].map(|template| {
        let mut workload = family.workload(count, template, FamilyCodes::Usual, CODES);
        let mut dfa = LazyDfa::new(&workload);
        workload.codes.retain(|code| dfa.winner(code).is_some());
        workload
    });
    let mut engines: Vec<Box<dyn Engine>> = Vec::new();
    for workload in [&without, &with] {
        engines.push(Box::new(Codeid::within_default_limits(workload)?));
    }
    verify(&mut engines, &without.codes);
    let best = best_nanoseconds(&mut engines, &without.codes, ROUNDS);
    Ok([best[0], best[1]])
}
