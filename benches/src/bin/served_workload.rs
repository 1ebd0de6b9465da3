//! Writes a workload for programs other than the benches into a directory: the rules as `routes.json`
//! for codeid, `map.nginx.conf`, `map.haproxy` and `patterns.txt`, the codes as `codes.txt`, and as
//! `winners.txt` the index of the first rule that accepts each code, counted from 0, or -1.
//!
//! ```sh
//! served_workload DIRECTORY RULES CODES usual|near-misses|automata
//! ```

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

use codeid_benches::{CodeMix, Codeid, Engine, Rule, RuleKinds, Workload, cannot};

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
        "usual" => (RuleKinds::Patterns, CodeMix::Usual),
        "near-misses" => (RuleKinds::Patterns, CodeMix::NearMisses),
        "automata" => (RuleKinds::WithAutomata, CodeMix::Usual),
        _ => return Err(usage()),
    };
    let count = |text: &String| text.parse::<usize>().map_err(|_| usage());
    let workload = Workload::new(kinds, count(rules)?, mix, count(codes)?);
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
    let mut codeid = Codeid::new(&workload);
    let winner = |code: &String| match codeid.winner(code) {
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
