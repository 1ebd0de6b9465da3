//! The engine and its peers on the workloads of docs/performance.md.

use std::io::{self, Write};

use codeid_benches::{
    CodeMix, Codeid, Engine, LiveCodeid, ReadEveryByte, RegexLoop, RegexSets, RuleKinds, Workload,
    best_nanoseconds, best_of, deep_prefixes, long_near_matches, refused_prefixes,
    refusing_canaries, thousand_remainders, verify,
};

const CODES: usize = 100_000;
const ROUNDS: usize = 11;
const RULE_COUNTS: [usize; 4] = [10, 100, 1000, 5000];

pub(crate) fn counts(out: &mut dyn Write) -> io::Result<()> {
    write_head(out, "rules, by count")?;
    for kinds in [RuleKinds::Patterns, RuleKinds::All, RuleKinds::WithAutomata] {
        for count in RULE_COUNTS {
            let workload = Workload::new(kinds, count, CodeMix::Usual, CODES);
            write_row(out, &format!("{kinds:?}, {count}"), &workload)?;
        }
    }
    Ok(())
}

pub(crate) fn mixes(out: &mut dyn Write) -> io::Result<()> {
    write_head(out, "1000 rules, by codes")?;
    for mix in [CodeMix::Hits, CodeMix::Misses, CodeMix::NearMisses] {
        write_row(
            out,
            &format!("{mix:?}"),
            &Workload::new(RuleKinds::Patterns, 1000, mix, CODES),
        )?;
    }
    Ok(())
}

pub(crate) fn lengths(out: &mut dyn Write) -> io::Result<()> {
    write_head(out, "1000 rules, by length of the code")?;
    for length in [20, 60, 200, 1000, 8000] {
        let code_count = (20_000_000 / length).min(CODES);
        let workload = Workload::new(
            RuleKinds::Patterns,
            1000,
            CodeMix::OfLength(length),
            code_count,
        );
        write_row(out, &format!("{length} bytes"), &workload)?;
    }
    Ok(())
}

pub(crate) fn adversarial(out: &mut dyn Write) -> io::Result<()> {
    write_head(out, "1000 adversarial rules")?;
    write_row(
        out,
        "8192-byte codes that almost match",
        &long_near_matches(2000),
    )?;
    write_row(
        out,
        "one literal, a thousand remainders",
        &thousand_remainders(CODES),
    )?;
    write_row(
        out,
        "prefixes nested a thousand deep",
        &deep_prefixes(20_000),
    )?;
    write_row(
        out,
        "the same, all but one refused",
        &refused_prefixes(20_000),
    )?;
    for groups in [1, 13] {
        let name = format!("33 rules accept, 13 refuse in {groups} groups");
        write_row(out, &name, &refusing_canaries(groups, CODES))?;
    }
    Ok(())
}

fn write_head(out: &mut dyn Write, title: &str) -> io::Result<()> {
    writeln!(
        out,
        "| {title} | bytes | codeid, ns | ns/byte | floor, ns | × floor | RegexSet, whole, ns | times \
         faster | RegexSet, searching, ns | times faster | one by one, ns |\n\
         |---|---|---|---|---|---|---|---|---|---|---|"
    )
}

/// Checks and times all engines on one workload, and writes a row of the table.
fn write_row(out: &mut dyn Write, name: &str, workload: &Workload) -> io::Result<()> {
    let codes = &workload.codes;
    let mut engines: Vec<Box<dyn Engine>> = vec![
        Box::new(Codeid::new(workload)),
        Box::new(RegexSets::from_whole_patterns(workload)),
        Box::new(RegexSets::from_search_patterns(workload)),
        Box::new(RegexLoop::new(workload)),
    ];
    verify(&mut engines, codes);
    engines.push(Box::new(ReadEveryByte));
    let best = best_nanoseconds(&mut engines, codes, ROUNDS);
    let [codeid, whole, searching, one_by_one, floor] = best[..] else {
        unreachable!("a time for each engine")
    };
    let (median, mean) = workload.code_lengths();
    writeln!(
        out,
        "| {name} | {median}/{mean} | {codeid:.0} | {:.2} | {floor:.0} | {:.2} | {whole:.0} | {:.1} | \
         {searching:.0} | {:.1} | {one_by_one:.0} |",
        codeid / mean as f64,
        codeid / floor,
        whole / codeid,
        searching / codeid,
    )?;
    out.flush()
}

/// Measures lookups as a server makes them: one for each request, and several for a batch.
pub(crate) fn batches(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| from the live table | one at a time, ns | batches of 16, ns each | ratio |\n|---|---|---|---|"
    )?;
    for count in [10, 100, 1000] {
        let workload = Workload::new(RuleKinds::Patterns, count, CodeMix::Usual, CODES);
        let mut engines: Vec<Box<dyn Engine>> = [1, 16]
            .map(|batch| {
                let table = Codeid::new(&workload).into_table();
                Box::new(LiveCodeid::new(table, batch)) as Box<dyn Engine>
            })
            .into();
        verify(&mut engines, &workload.codes);
        let best = best_nanoseconds(&mut engines, &workload.codes, ROUNDS);
        let [single, batch] = best[..] else {
            unreachable!("a time for each engine")
        };
        let ratio = batch / single;
        writeln!(
            out,
            "| Patterns, {count} | {single:.0} | {batch:.0} | {ratio:.2} |"
        )?;
        out.flush()?;
    }
    Ok(())
}

pub(crate) fn compile(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| compile | read, ms | compile, ms | both, ms | RegexSet, ms | times faster | table, KB |\n\
         |---|---|---|---|---|---|---|"
    )?;
    for kinds in [RuleKinds::Patterns, RuleKinds::All, RuleKinds::WithAutomata] {
        for count in RULE_COUNTS {
            let workload = Workload::new(kinds, count, CodeMix::Usual, 1);
            let json = workload.config_json();
            let config = Codeid::parse(&json);
            let rounds = if count > 1000 { 5 } else { ROUNDS };
            let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
            let read = milliseconds(best_of(rounds, || Codeid::parse(&json)));
            let compile = milliseconds(best_of(rounds, || Codeid::compile(&config)));
            let set = milliseconds(best_of(rounds, || {
                RegexSets::from_search_patterns(&workload)
            }));
            writeln!(
                out,
                "| {kinds:?}, {count} | {read:.2} | {compile:.2} | {:.2} | {set:.2} | {:.1} | {:.0} |",
                read + compile,
                set / compile,
                Codeid::compile(&config).table_bytes() as f64 / 1024.0,
            )?;
            out.flush()?;
        }
    }
    Ok(())
}
