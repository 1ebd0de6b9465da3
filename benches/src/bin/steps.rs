//! Prints, as Markdown, what the most expensive code values cost: the engine's bound and a code value
//! that it constructs, in steps, with the time that a lookup takes. `engine/DESIGN.md` quotes it.
//! Arguments select sections.
//!
//! ```sh
//! cargo run --release -p codeid-benches --bin steps [workloads families hostile]
//! ```

use std::io::{self, Write};
use std::time::{Duration, Instant};

use codeid_benches::load::{largest_config, slow_rules};
use codeid_benches::report::print_sections;
use codeid_benches::{
    CodeMix, FamilyCodes, RuleKinds, Template, Workload, best_of, deep_prefixes, default_limits,
    families, limits, long_near_matches, refused_prefixes, thousand_remainders,
};
use codeid_engine::{CodeValue, CompileLimits, OpenId, RouteTable, Scratch};
use serde_json::{Value, json};

/// The sets of hostile patterns, which a test of the engine uses, too.
const HOSTILE: &str = include_str!("../../../engine/testdata/hostile/redos.json");
const ROUNDS: usize = 5;
const FAMILY_RULES: usize = 1000;

fn main() -> io::Result<()> {
    print_sections(&[
        ("workloads", workloads),
        ("families", all_families),
        ("hostile", hostile),
    ])
}

/// The configs of the benches.
fn workloads(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| rules | bound, steps | constructed, steps | share of the bound | characters | lookup, µs | \
         ns/step | constructing, ms |\n|---|---|---|---|---|---|---|---|"
    )?;
    for (name, config) in configs() {
        let table = RouteTable::from_json(config.as_bytes(), &limits());
        write_costly(out, &name, &table.map_err(io::Error::other)?)?;
    }
    Ok(())
}

fn configs() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for kinds in [RuleKinds::Patterns, RuleKinds::All, RuleKinds::WithAutomata] {
        for count in [10, 100, 1000, 5000] {
            let workload = Workload::new(kinds, count, CodeMix::Usual, 1);
            all.push((format!("{kinds:?}, {count}"), workload.config_json()));
        }
    }
    for (name, workload) in [
        ("8192-byte codes that almost match", long_near_matches(1)),
        ("one literal, a thousand remainders", thousand_remainders(1)),
        ("prefixes nested a thousand deep", deep_prefixes(1)),
        ("the same, all but one refused", refused_prefixes(1)),
    ] {
        all.push((name.to_owned(), workload.config_json()));
    }
    let (_, slowest) = largest_config(&slow_rules(2000));
    all.push(("as many states as a config can have".to_owned(), slowest));
    let emv = (0..100).map(|n| {
        let guid = format!("A0000006{n:08}");
        json!({"emv": {"guid": guid, "checkCrc": false}})
    });
    all.push(("bench `emv`".to_owned(), config(emv, "{code}")));
    for (name, pattern) in [
        ("walk", r"28(\d{8})(\d+)"),
        ("backtracking", r"28(\d+)(\d{8}\d*)"),
        ("simulated-200-states", r"28(\d+)(\d{200}\d*)"),
    ] {
        let rules = [json!({ "regex": pattern })].into_iter();
        all.push((
            format!("bench `groups`, {name}"),
            config(rules, "id/{1}/{2}"),
        ));
    }
    all
}

/// A thousand rules of each family.
fn all_families(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| rules | by default | bound, steps | constructed, steps | share of the bound | characters | \
         lookup, µs | ns/step | constructing, ms | read and compile, ms | KB |\n\
         |---|---|---|---|---|---|---|---|---|---|---|"
    )?;
    for family in families()? {
        let workload = family.workload(FAMILY_RULES, Template::Code, FamilyCodes::Usual, 1);
        let config = workload.config_json();
        let name = format!(
            "{} | {}",
            family.name(),
            accepted(&config, &default_limits())
        );
        let compile = || RouteTable::from_json(config.as_bytes(), &without_bound());
        let table = compile().map_err(io::Error::other)?;
        write_costs(out, &name, &table)?;
        let compiling = milliseconds(best_of(1, compile));
        writeln!(out, " {compiling:.0} | {} |", table.memory_usage() / 1024)?;
        out.flush()?;
    }
    Ok(())
}

/// Patterns that make backtracking engines slow, alone, and with a text for each.
fn hostile(out: &mut dyn Write) -> io::Result<()> {
    let sets: Value = serde_json::from_str(HOSTILE)?;
    writeln!(
        out,
        "| patterns | by default | bound, steps | constructed, steps | constructed, lookup, µs | text, \
         steps | text, lookup, µs | read and compile, ms |\n|---|---|---|---|---|---|---|---|"
    )?;
    for set in sets["sets"].as_array().into_iter().flatten() {
        let patterns = set["patterns"].as_array().into_iter().flatten();
        let config = config(
            patterns.map(|pattern| json!({ "regex": pattern })),
            "{code}",
        );
        let by_default = accepted(&config, &CompileLimits::default());
        let compile = || RouteTable::from_json(config.as_bytes(), &without_bound());
        let table = compile().map_err(io::Error::other)?;
        let costly = table.costly_code();
        let [unit, end] = ["unit", "end"].map(|member| set[member].as_str().unwrap_or_default());
        let length = CodeValue::MAX_CHARACTERS - end.chars().count();
        let text: String = unit
            .chars()
            .cycle()
            .take(length)
            .chain(end.chars())
            .collect();
        let code = CodeValue::new(&text).map_err(io::Error::other)?;
        let steps = table.code_cost(code, &mut Scratch::new()).steps;
        writeln!(
            out,
            "| {} | {by_default} | {} | {} | {:.0} | {steps} | {:.0} | {:.1} |",
            set["name"].as_str().unwrap_or_default(),
            table.cost_bound().steps,
            costly.cost.steps,
            lookup_microseconds(&table, &costly.code_value),
            lookup_microseconds(&table, &text),
            milliseconds(best_of(ROUNDS, compile)),
        )?;
        out.flush()?;
    }
    Ok(())
}

/// Returns what becomes of `config` within `limits`: `accepted`, or the code of the first problem.
fn accepted(config: &str, limits: &CompileLimits) -> &'static str {
    match RouteTable::from_json(config.as_bytes(), limits) {
        Ok(_) => "accepted",
        Err(error) => error.problems()[0].code().as_str(),
    }
}

fn write_costly(out: &mut dyn Write, name: &str, table: &RouteTable) -> io::Result<()> {
    write_costs(out, name, table)?;
    writeln!(out)?;
    out.flush()
}

/// Writes a row without its end.
fn write_costs(out: &mut dyn Write, name: &str, table: &RouteTable) -> io::Result<()> {
    let begun = Instant::now();
    let costly = table.costly_code();
    let constructing = begun.elapsed();
    let (bound, steps) = (table.cost_bound().steps, costly.cost.steps);
    let microseconds = lookup_microseconds(table, &costly.code_value);
    write!(
        out,
        "| {name} | {bound} | {steps} | {:.2} | {} | {microseconds:.0} | {:.2} | {:.0} |",
        steps as f64 / bound as f64,
        costly.code_value.chars().count(),
        microseconds * 1e3 / steps as f64,
        milliseconds(constructing),
    )
}

/// Returns the microseconds of the slower of two lookups of `code`: one that finds every rule that
/// accepts it, and one that stops at the first and renders its action.
fn lookup_microseconds(table: &RouteTable, code: &str) -> f64 {
    let code = CodeValue::new(code).expect("of an allowed length");
    let open_id = OpenId::new("user-42").expect("of an allowed length");
    let mut scratch = Scratch::new();
    let all = best_of(ROUNDS, || table.explain(code, open_id, &mut scratch).len());
    let first = best_of(ROUNDS, || {
        std::hint::black_box(table.identify(code, open_id, &mut scratch));
    });
    milliseconds(all.max(first)) * 1e3
}

fn config(matches: impl Iterator<Item = Value>, template: &str) -> String {
    let rule = |(n, of_rule): (usize, Value)| {
        json!({
            "id": format!("r{n}"), "match": of_rule,
            "action": { "type": "DECODE", "codeValue": template },
        })
    };
    let rules: Vec<Value> = matches.enumerate().map(rule).collect();
    json!({ "format": "codeid/1", "version": "bench", "rules": rules }).to_string()
}

fn without_bound() -> CompileLimits {
    let mut limits = default_limits();
    limits.max_states = 100_000_000;
    limits.max_rule_states = 100_000;
    limits.max_code_steps = u64::MAX;
    limits
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
