//! Rules that insert a group of their pattern, beside the same rules that insert the code value.

use std::io::{self, Write};

use codeid_benches::{
    Codeid, Engine, Family, FamilyCodes, LazyDfa, Template, best_nanoseconds, verify,
};
use codeid_engine::ConfigError;

use crate::Selection;
use crate::families::refusal;

/// The number of codes, before those are left out that no rule matches.
const CODES: usize = 20_000;

/// The number of rounds; the best time of each chunk of codes counts.
const ROUNDS: usize = 9;

/// The result of measuring one family.
struct Figures {
    /// The nanoseconds of one lookup without and with a group, see [`best_nanoseconds`].
    nanoseconds: [f64; 2],
    /// The numbers of rules whose group is found by a walk, by a one-pass automaton, and by
    /// backtracking.
    searches: [usize; 3],
}

/// Prints the time of a lookup that finds a rule, with and without a group, and how the groups are
/// found.
pub(crate) fn groups(selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| hits only, family, rules | {{code}}, ns | id/{{1}}, ns | ratio | difference, ns | rules by walk, one-pass, \
         backtracking |\n|---|---|---|---|---|---|"
    )?;
    for (family, count) in selection.rows() {
        let cells = match measure(family, count) {
            Ok(figures) => {
                let [code, group] = figures.nanoseconds;
                let [walk, one_pass, backtracking] = figures.searches;
                format!(
                    "{code:.0} | {group:.0} | {:.2} | {:.0} | {walk}, {one_pass}, {backtracking}",
                    group / code,
                    group - code
                )
            }
            Err(error) => format!("{} | | | | ", refusal(&error)),
        };
        writeln!(out, "| {}, {count} | {cells} |", family.name())?;
        out.flush()?;
    }
    Ok(())
}

fn measure(family: &Family, count: usize) -> Result<Figures, ConfigError> {
    let [without, with] = [Template::Code, Template::Group].map(|template| {
        let mut workload = family.workload(count, template, FamilyCodes::Usual, CODES);
        let mut dfa = LazyDfa::new(&workload);
        // A code that no rule matches inserts nothing.
        workload.codes.retain(|code| dfa.winner(code).is_some());
        workload
    });
    let with_groups = Codeid::within_default_limits(&with)?;
    let searches = with_groups.group_searches();
    let mut engines: Vec<Box<dyn Engine>> = vec![
        Box::new(Codeid::within_default_limits(&without)?),
        Box::new(with_groups),
    ];
    verify(&mut engines, &without.codes);
    let best = best_nanoseconds(&mut engines, &without.codes, ROUNDS);
    Ok(Figures {
        nanoseconds: [best[0], best[1]],
        searches,
    })
}
