//! Prints, as Markdown, how the engine compares with its peers and with the floor: what
//! `benches/README.md` quotes. Name sections to see only those.
//!
//! ```sh
//! cargo run --release -p codeid-benches --bin ratios [counts mixes lengths adversarial batches compile]
//! ```

use std::io::{self, Write};

use codeid_benches::{
    Codeid, Engine, Kinds, Mix, OneByOne, ReadEveryByte, Set, Workload, best_nanoseconds, best_of,
    deep_prefixes, long_near_matches, refused_prefixes, thousand_remainders, verify,
};
use codeid_engine::{CodeValue, CompileLimits, LiveTable, OpenId, RouteTable, Scratch};

const CODES: usize = 100_000;
const ROUNDS: usize = 11;
const RULE_COUNTS: [usize; 4] = [10, 100, 1000, 5000];

fn main() -> io::Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut out = io::stdout().lock();
    let sections = [
        "counts",
        "mixes",
        "lengths",
        "adversarial",
        "batches",
        "compile",
    ];
    for section in sections {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == section) {
            continue;
        }
        match section {
            "counts" => counts(&mut out)?,
            "mixes" => mixes(&mut out)?,
            "lengths" => lengths(&mut out)?,
            "adversarial" => adversarial(&mut out)?,
            "batches" => batches(&mut out)?,
            _ => compile(&mut out)?,
        }
        writeln!(out)?;
    }
    Ok(())
}

fn counts(out: &mut dyn Write) -> io::Result<()> {
    head(out, "rules, by count")?;
    for kinds in [Kinds::Patterns, Kinds::All, Kinds::WithAutomata] {
        for count in RULE_COUNTS {
            let workload = Workload::new(kinds, count, Mix::Usual, CODES);
            row(out, &format!("{kinds:?}, {count}"), &workload)?;
        }
    }
    Ok(())
}

fn mixes(out: &mut dyn Write) -> io::Result<()> {
    head(out, "1000 rules, by codes")?;
    for mix in [Mix::Hits, Mix::Misses, Mix::NearMisses] {
        row(
            out,
            &format!("{mix:?}"),
            &Workload::new(Kinds::Patterns, 1000, mix, CODES),
        )?;
    }
    Ok(())
}

fn lengths(out: &mut dyn Write) -> io::Result<()> {
    head(out, "1000 rules, by length of the code")?;
    for length in [20, 60, 200, 1000, 8000] {
        let code_count = (20_000_000 / length).min(CODES);
        let workload = Workload::new(Kinds::Patterns, 1000, Mix::OfLength(length), code_count);
        row(out, &format!("{length} bytes"), &workload)?;
    }
    Ok(())
}

fn adversarial(out: &mut dyn Write) -> io::Result<()> {
    head(out, "1000 rules that are meant to hurt")?;
    row(
        out,
        "8192-byte codes that almost match",
        &long_near_matches(2000),
    )?;
    row(
        out,
        "one literal, a thousand remainders",
        &thousand_remainders(CODES),
    )?;
    row(
        out,
        "prefixes nested a thousand deep",
        &deep_prefixes(20_000),
    )?;
    row(
        out,
        "the same, all but one refused",
        &refused_prefixes(20_000),
    )
}

fn head(out: &mut dyn Write, title: &str) -> io::Result<()> {
    writeln!(
        out,
        "| {title} | bytes | codeid, ns | ns/byte | floor, ns | × floor | RegexSet, whole, ns | times \
         faster | RegexSet, searching, ns | times faster | one by one, ns |\n\
         |---|---|---|---|---|---|---|---|---|---|---|"
    )
}

fn row(out: &mut dyn Write, name: &str, workload: &Workload) -> io::Result<()> {
    let codes = &workload.codes;
    let mut matchers: Vec<Box<dyn Engine>> = vec![
        Box::new(Codeid::new(workload)),
        Box::new(Set::whole(workload)),
        Box::new(Set::searching(workload)),
        Box::new(OneByOne::new(workload)),
    ];
    verify(&mut matchers, codes);
    matchers.push(Box::new(ReadEveryByte));
    let best = best_nanoseconds(&mut matchers, codes, ROUNDS);
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

/// What a server does that answers requests one by one, and one that got several at once.
fn batches(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| from the live table | one at a time, ns | batches of 16, ns each | ratio |\n|---|---|---|---|"
    )?;
    for count in [10, 100, 1000] {
        let workload = Workload::new(Kinds::Patterns, count, Mix::Usual, CODES);
        let mut matchers: Vec<Box<dyn Engine>> = [1, 16]
            .map(|at_once| Box::new(Batches::new(&workload, at_once)) as Box<dyn Engine>)
            .into();
        verify(&mut matchers, &workload.codes);
        let best = best_nanoseconds(&mut matchers, &workload.codes, ROUNDS);
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

/// Borrows the live table once for so many lookups.
struct Batches {
    live: LiveTable,
    scratch: Scratch,
    at_once: usize,
}

impl Batches {
    fn new(workload: &Workload, at_once: usize) -> Self {
        let json = workload.config_json();
        let table = RouteTable::from_json(json.as_bytes(), &CompileLimits::default());
        let live = LiveTable::new();
        live.publish(table.unwrap_or_else(|error| panic!("{error}")));
        Self {
            live,
            scratch: Scratch::new(),
            at_once,
        }
    }

    /// Calls `answered` with each code's rule.
    fn look_up(&mut self, codes: &[impl AsRef<str>], mut answered: impl FnMut(Option<&str>)) {
        let open_id = OpenId::new("user-42").expect("three characters or more");
        for batch in codes.chunks(self.at_once) {
            self.live.with(|table| {
                let table = table.expect("a table was published");
                for code in batch {
                    let code = CodeValue::new(code.as_ref()).expect("codes have an allowed length");
                    let rule = table.identify(code, open_id, &mut self.scratch).rule;
                    answered(rule.map(|rule| rule.as_str()));
                }
            });
        }
    }
}

impl Engine for Batches {
    fn name(&self) -> &'static str {
        "the live table"
    }

    fn winner(&mut self, code: &str) -> Option<usize> {
        let mut winner = None;
        self.look_up(&[code], |rule| {
            winner = rule.and_then(|rule| rule[1..].parse().ok());
        });
        winner
    }

    fn run(&mut self, codes: &[String]) -> usize {
        let mut hits = 0;
        self.look_up(codes, |rule| hits += usize::from(rule.is_some()));
        hits
    }
}

fn compile(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| compile | read, ms | compile, ms | both, ms | RegexSet, ms | times faster | table, KB |\n\
         |---|---|---|---|---|---|---|"
    )?;
    for kinds in [Kinds::Patterns, Kinds::All, Kinds::WithAutomata] {
        for count in RULE_COUNTS {
            let workload = Workload::new(kinds, count, Mix::Usual, 1);
            let json = workload.config_json();
            let config = Codeid::parse(&json);
            let rounds = if count > 1000 { 5 } else { ROUNDS };
            let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
            let read = milliseconds(best_of(rounds, || Codeid::parse(&json)));
            let compile = milliseconds(best_of(rounds, || Codeid::compile(&config)));
            let set = milliseconds(best_of(rounds, || Set::searching(&workload)));
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
