//! Writes the workload for programs other than the benches into a directory: `routes.json` for
//! codeid; `map.nginx.conf`, `map.haproxy` and `patterns.txt` with the same rules; `codes.txt`, and
//! in `winners.txt` for each of them the first rule that accepts it, counted from 0, or -1.
//!
//! ```sh
//! served_workload DIRECTORY RULES CODES usual|near-misses|automata
//! ```

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

use codeid_benches::{Codeid, Engine, Kinds, Mix, Rule, Workload};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let usage = || {
        let message = "usage: served_workload DIRECTORY RULES CODES usual|near-misses|automata";
        io::Error::new(io::ErrorKind::InvalidInput, message)
    };
    let [directory, rules, codes, kind] = &arguments[..] else {
        return Err(usage());
    };
    let (kinds, mix) = match kind.as_str() {
        "usual" => (Kinds::Patterns, Mix::Usual),
        "near-misses" => (Kinds::Patterns, Mix::NearMisses),
        "automata" => (Kinds::WithAutomata, Mix::Usual),
        _ => return Err(usage()),
    };
    let count = |text: &String| text.parse::<usize>().map_err(|_| usage());
    let workload = Workload::new(kinds, count(rules)?, mix, count(codes)?);
    let write = |name: &str, content: String| fs::write(Path::new(directory).join(name), content);
    write("routes.json", workload.config_json())?;
    write("map.nginx.conf", nginx_map(&workload.rules))?;
    write("map.haproxy", haproxy_map(&workload.rules))?;
    write("patterns.txt", patterns(&workload.rules))?;
    // The peers are given the code in a header or a line, which take no controls.
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
    let mut codeid = Codeid::new(&workload);
    let winner = |code: &String| match codeid.winner(code) {
        Some(rule) => format!("{rule}\n"),
        None => "-1\n".to_owned(),
    };
    write("winners.txt", codes().map(winner).collect())
}

/// A pattern a line, each of which begins `\A`, to be searched for.
fn patterns(rules: &[Rule]) -> String {
    let lines = rules.iter().map(|rule| format!("{}\n", rule.peer_pattern));
    lines.collect()
}

/// A `map` that gives `$supported` for the header `X-Code`.
fn nginx_map(rules: &[Rule]) -> String {
    let mut text = String::from("map $http_x_code $supported {\n  default false;\n");
    for rule in rules {
        // In quotes, nginx takes a backslash away from another one, and from a quote.
        let quoted = rule
            .peer_pattern
            .replace("\\\\", "\\\\\\\\")
            .replace('"', "\\\"");
        writeln!(text, "  \"~{quoted}\" true;").expect("writing to memory cannot fail");
    }
    text.push_str("}\n");
    text
}

/// A map file for `map_reg`: a pattern, a space, a value.
fn haproxy_map(rules: &[Rule]) -> String {
    let mut text = String::new();
    for rule in rules {
        let pattern = rule.peer_pattern.replace(' ', r"\x20");
        writeln!(text, "{pattern} true").expect("writing to memory cannot fail");
    }
    text
}
