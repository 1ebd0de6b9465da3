//! Writes the workload for servers, ours and others, into a directory: `routes.json` for codeid,
//! `map.nginx.conf` and `map.haproxy` with the same rules, and `codes.txt`.
//!
//! ```sh
//! served_workload DIRECTORY RULES CODES
//! ```

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

use codeid_benches::{Kinds, Mix, Rule, Workload};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let usage = || {
        let message = "usage: served_workload DIRECTORY RULES CODES";
        io::Error::new(io::ErrorKind::InvalidInput, message)
    };
    let [directory, rules, codes] = &arguments[..] else {
        return Err(usage());
    };
    let count = |text: &String| text.parse::<usize>().map_err(|_| usage());
    let workload = Workload::new(Kinds::Patterns, count(rules)?, Mix::Usual, count(codes)?);
    let write = |name: &str, content: String| fs::write(Path::new(directory).join(name), content);
    write("routes.json", workload.config_json())?;
    write("map.nginx.conf", nginx_map(&workload.rules))?;
    write("map.haproxy", haproxy_map(&workload.rules))?;
    // The peers are given the code in a header, which takes no controls.
    let mut lines = String::new();
    for code in &workload.codes {
        if !code.contains(char::is_control) {
            lines.push_str(code);
            lines.push('\n');
        }
    }
    write("codes.txt", lines)
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
