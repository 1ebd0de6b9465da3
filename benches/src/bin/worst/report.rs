//! Prints the findings of a search as Markdown, and writes them as JSON.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::measure::SLOW_COMPILATION;
use crate::population::Measured;
use crate::search::Search;

/// The most candidates of each kind in the Markdown.
const MAX_ROWS: usize = 12;

/// Writes the slowest lookups and compilations as tables.
pub(crate) fn write_markdown(search: &Search, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{} configs accepted, {} refused, {} code values; {} configs took more than {} ms to read \
         and compile.\n",
        search.accepted,
        search.refused,
        search.codes,
        search.slow_count,
        SLOW_COMPILATION.as_millis(),
    )?;
    writeln!(
        out,
        "| ns/byte | lookup, µs | bytes | rules | read and compile, ms | seed | found after, s |\n\
         |---|---|---|---|---|---|---|"
    )?;
    for measured in search.slow_lookups.best().iter().take(MAX_ROWS) {
        let bytes = measured.candidate.code.len();
        writeln!(
            out,
            "| {:.2} | {:.1} | {bytes} | {} | {:.1} | {} | {} |",
            measured.figure,
            measured.figure * bytes.max(64) as f64 / 1e3,
            measured.candidate.rules.len(),
            measured.compilation.as_secs_f64() * 1e3,
            measured.candidate.origin,
            measured.found_after.as_secs(),
        )?;
    }
    writeln!(
        out,
        "\n| read and compile, ms | | rules | seed | found after, s |\n|---|---|---|---|---|"
    )?;
    for measured in search.slow_compilations.best().iter().take(MAX_ROWS) {
        writeln!(
            out,
            "| {:.1} | {} | {} | {} | {} |",
            measured.compilation.as_secs_f64() * 1e3,
            if measured.is_accepted {
                "accepted"
            } else {
                "refused"
            },
            measured.candidate.rules.len(),
            measured.candidate.origin,
            measured.found_after.as_secs(),
        )?;
    }
    Ok(())
}

/// Writes the configs and code values of all that was found.
pub(crate) fn write_json(search: &Search, out: &mut dyn Write) -> io::Result<()> {
    let lookups = search.slow_lookups.best().iter().map(|measured| {
        let mut object = document(measured);
        object["nanosecondsPerByte"] = json!(measured.figure);
        object["codeValue"] = json!(measured.candidate.code);
        object
    });
    let slow = |measured: &&Measured| measured.compilation > SLOW_COMPILATION;
    let compilations = search.slow_compilations.best().iter().filter(slow);
    let document = json!({
        "slowLookups": lookups.collect::<Vec<Value>>(),
        "slowCompilations": compilations.map(document).collect::<Vec<Value>>(),
    });
    writeln!(out, "{document:#}")
}

fn document(measured: &Measured) -> Value {
    let config: Value = serde_json::from_str(&measured.candidate.clone().fitted_config_json())
        .expect("it was written as JSON");
    json!({
        "seed": measured.candidate.origin,
        "accepted": measured.is_accepted,
        "compileMilliseconds": measured.compilation.as_secs_f64() * 1e3,
        "foundAfterSeconds": measured.found_after.as_secs(),
        "config": config,
    })
}
