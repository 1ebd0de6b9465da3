//! The help that errors point to.

use super::client::Reply;
use crate::serve::daemon::Daemon;

#[test]
fn every_help_that_an_error_names_exists() {
    let daemon = Daemon::start();
    let mut client = daemon.resp();
    let Reply::Array(commands) = client.command(&["COMMAND"]) else {
        panic!("not an array")
    };
    let mut helped = Vec::new();
    for entry in commands {
        let Reply::Array(entry) = entry else {
            panic!("not an array")
        };
        let name = entry[0].text().unwrap().to_ascii_uppercase();
        // QUIT closes its connection.
        let mut client = daemon.resp();
        let Reply::Error(error) = client.command(&[&name, "NOPE"]) else {
            continue;
        };
        let Some(at) = error.find("Try ") else {
            continue;
        };
        assert_eq!(error[at..], format!("Try {name} HELP."));
        let Reply::Array(lines) = client.command(&[&name, "help"]) else {
            panic!("no help for {name}")
        };
        let lines: Vec<_> = lines.iter().map(|line| line.text().unwrap()).collect();
        assert!(
            lines[0].starts_with(&format!("{name} <subcommand> ")),
            "{lines:?}"
        );
        assert_eq!(lines[lines.len() - 2..], ["HELP", "    Print this help."]);
        // Each subcommand that is listed exists.
        for words in lines[1..]
            .iter()
            .filter(|line| !line.starts_with([' ', '(']))
        {
            let subcommand = words.split(' ').next().unwrap();
            if let Reply::Error(error) = client.command(&[&name, subcommand]) {
                assert!(
                    error.starts_with("ERR wrong number of arguments"),
                    "{error}"
                );
            }
        }
        assert_eq!(
            client.command(&[&name, "HELP", "x"]),
            Reply::Error(format!(
                "ERR wrong number of arguments for '{}|help' command",
                name.to_ascii_lowercase()
            ))
        );
        helped.push(name);
    }
    assert_eq!(helped, ["CLIENT", "COMMAND", "CONFIG"]);
}
