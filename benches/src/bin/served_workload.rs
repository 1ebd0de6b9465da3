//! Writes a workload for programs other than the benches into a directory: the rules as `routes.json`
//! for codeid, `map.nginx.conf`, `map.haproxy` and `patterns.txt`, the codes as `codes.txt`, and as
//! `winners.txt` the index of the first rule that accepts each code, counted from 0, or -1. With
//! `families`, prints the names of families, one a line.
//!
//! ```sh
//! served_workload DIRECTORY RULES CODES usual|near-misses|automata|FAMILY
//! served_workload families
//! ```

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs, io};

use codeid_benches::{
    CodeMix, Codeid, Engine, FamilyCodes, LazyDfa, Rule, RuleKinds, Template, Workload, cannot,
    families,
};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let usage = || {
        let message = "usage: served_workload DIRECTORY RULES CODES usual|near-misses|automata|FAMILY, or families";
        io::Error::new(io::ErrorKind::InvalidInput, message)
    };
    let families = families()?;
    let (directory, rules, codes, kind) = match &arguments[..] {
        [families_only] if families_only == "families" => {
            let names = families.iter().map(|family| format!("{}\n", family.name()));
            return io::stdout().write_all(names.collect::<String>().as_bytes());
        }
        [directory, rules, codes, kind] => (directory, rules, codes, kind),
        _ => return Err(usage()),
    };
    let count = |text: &String| text.parse::<usize>().map_err(|_| usage());
    let (rules, codes) = (count(rules)?, count(codes)?);
    let of_kinds = |kinds, mix| {
        let workload = Workload::new(kinds, rules, mix, codes);
        let engine: Box<dyn Engine> = Box::new(Codeid::new(&workload));
        (workload, engine)
    };
    let (workload, mut engine) = match kind.as_str() {
        "usual" => of_kinds(RuleKinds::Patterns, CodeMix::Usual),
        "near-misses" => of_kinds(RuleKinds::Patterns, CodeMix::NearMisses),
        "automata" => of_kinds(RuleKinds::WithAutomata, CodeMix::Usual),
        name => {
            let family = families.iter().find(|family| family.name() == name);
            let family = family.ok_or_else(usage)?;
            let workload = family.workload(rules, Template::Code, FamilyCodes::Usual, codes);
            // codeid may refuse a family.
            let engine: Box<dyn Engine> = Box::new(LazyDfa::new(&workload));
            (workload, engine)
        }
    };
    let write = |name: &str, content: String| {
        let path = Path::new(directory).join(name);
        fs::write(&path, content).map_err(cannot("write", &path))
    };
    write("routes.json", workload.config_json())?;
    write("map.nginx.conf", nginx_map(&workload.rules))?;
    write("map.haproxy", haproxy_map(&workload.rules))?;
    write("patterns.txt", patterns(&workload.rules))?;
    // The peers read a code from a header or a line, where control characters are not allowed.
    let codes = || {
        workload
            .codes
            .iter()
            .filter(|code| !code.contains(char::is_control))
    };
    write(
        "codes.txt",
        codes().map(|code| format!("{code}\n")).collect(),
    )?;
    let winner = |code: &String| match engine.winner(code) {
        Some(rule) => format!("{rule}\n"),
        None => "-1\n".to_owned(),
    };
    write("winners.txt", codes().map(winner).collect())
}

/// Renders one pattern a line, to search for. Each begins with `\A`.
fn patterns(rules: &[Rule]) -> String {
    let lines = rules.iter().map(|rule| format!("{}\n", rule.peer_pattern));
    lines.collect()
}

/// Renders a `map` from the header `X-Code` to the variable `$supported`.
fn nginx_map(rules: &[Rule]) -> String {
    let mut text = String::from("map $http_x_code $supported {\n  default false;\n");
    for rule in rules {
        // In quotes, nginx removes a backslash before another backslash or a quote.
        let quoted = rule
            .peer_pattern
            .replace("\\\\", "\\\\\\\\")
            .replace('"', "\\\"");
        writeln!(text, "  \"~{quoted}\" true;").expect("writing to memory cannot fail");
    }
    text.push_str("}\n");
    text
}

/// Renders a map file for `map_reg`: a pattern, a space and a value a line.
fn haproxy_map(rules: &[Rule]) -> String {
    let mut text = String::new();
    for rule in rules {
        let pattern = rule.peer_pattern.replace(' ', r"\x20");
        writeln!(text, "{pattern} true").expect("writing to memory cannot fail");
    }
    text
}
