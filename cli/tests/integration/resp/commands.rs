//! The replies to the commands that clients send beside `IDENTIFY`, in both versions of the protocol.

use std::io::Write;

use super::client::{Reply, RespClient, command};
use crate::serve::daemon::{Daemon, Plan, Process};

/// Returns a client of each version of the protocol, and `true` for RESP3.
pub(super) fn both(daemon: &Process) -> [(bool, RespClient); 2] {
    [(false, daemon.resp()), (true, daemon.resp3())]
}

#[test]
fn the_commands_that_clients_send_by_themselves_are_answered() {
    let daemon = Process::start();
    let ok = Reply::simple("OK");
    for (_, mut client) in both(&daemon) {
        let table: [(&[&str], Reply); 27] = [
            (&["PING"], Reply::simple("PONG")),
            (&["ping", "a\r\nb"], Reply::bulk("a\r\nb")),
            (&["PING", "a", "b"], wrong_count("ping")),
            (&["ECHO", ""], Reply::bulk("")),
            (&["ECHO"], wrong_count("echo")),
            (&["SELECT", "0"], ok.clone()),
            (
                &["SELECT", "1"],
                Reply::error("ERR DB index is out of range"),
            ),
            (
                &["SELECT", "x"],
                Reply::error("ERR value is not an integer or out of range"),
            ),
            (&["AUTH", "password"], ok.clone()),
            (&["AUTH", "user", "password"], ok.clone()),
            (
                &["AUTH", "user", "password", "x"],
                Reply::error("ERR syntax error"),
            ),
            (&["CLIENT", "GETNAME"], Reply::Null),
            (&["CLIENT", "SETNAME", "pool-1"], ok.clone()),
            (&["client", "getname"], Reply::bulk("pool-1")),
            (
                &["CLIENT", "SETNAME", "a b"],
                Reply::error(
                    "ERR Client names cannot contain spaces, newlines or special characters.",
                ),
            ),
            (&["CLIENT", "SETINFO", "LIB-NAME", "redis-py"], ok.clone()),
            (&["CLIENT", "SETINFO", "lib-ver", "5.0"], ok.clone()),
            (
                &["CLIENT", "SETINFO", "lib-name", "a b"],
                Reply::error("ERR lib-name cannot contain spaces, newlines or special characters."),
            ),
            (
                &["CLIENT", "SETINFO", "x", "y"],
                Reply::error("ERR Unrecognized option 'x'"),
            ),
            (&["CLIENT", "SETINFO", "x"], wrong_count("client|setinfo")),
            (
                &["CLIENT", "KILL", "x"],
                Reply::error("ERR unknown subcommand 'KILL'. Try CLIENT HELP."),
            ),
            (&["CLIENT"], wrong_count("client")),
            (&["COMMAND", "COUNT"], Reply::Integer(18)),
            (
                &["CONFIG", "SET", "save", ""],
                Reply::error("ERR unknown subcommand 'SET'. Try CONFIG HELP."),
            ),
            (
                &["GET", "a\r\nb", "c"],
                Reply::error("ERR unknown command 'GET', with args beginning with: 'a  b' 'c' "),
            ),
            (
                &["NOPE"],
                Reply::error("ERR unknown command 'NOPE', with args beginning with: "),
            ),
            (
                &["GET", &"x".repeat(200), "y"],
                Reply::Error(format!(
                    "ERR unknown command 'GET', with args beginning with: '{}' ",
                    "x".repeat(128)
                )),
            ),
        ];
        for (arguments, expected) in table {
            assert_eq!(client.command(arguments), expected, "{arguments:?}");
        }
        let Reply::Integer(first) = client.command(&["CLIENT", "ID"]) else {
            panic!("not an integer")
        };
        let second = daemon.resp().command(&["CLIENT", "ID"]);
        assert!(first > 0 && second != Reply::Integer(first));
        let config = client.command(&["CONFIG", "GET", "save", "appendonly"]);
        assert_eq!(
            (config.pairs(), config.get("appendonly")),
            (2, Some(&Reply::bulk("no")))
        );
        assert_eq!(client.command(&["CONFIG", "GET", "maxmemory"]).pairs(), 0);
        let docs = client.command(&["COMMAND", "DOCS", "identify", "nope"]);
        let summary = docs.get("identify").and_then(|docs| docs.get("summary"));
        assert_eq!(docs.pairs(), 1);
        assert!(
            summary
                .and_then(Reply::text)
                .is_some_and(|text| !text.is_empty())
        );
        assert_eq!(client.command(&["COMMAND", "DOCS"]).pairs(), 18);
        let Reply::Array(commands) = client.command(&["COMMAND"]) else {
            panic!("not an array")
        };
        assert_eq!(commands.len(), 18);
        let names = ["multi", "exec", "discard", "watch", "unwatch", "nope"];
        let Reply::Array(entries) = client.command(&[&["COMMAND", "INFO"], &names[..]].concat())
        else {
            panic!("not an array")
        };
        assert!(entries[..5].iter().all(|entry| commands.contains(entry)));
        assert_eq!(entries[5], Reply::Null);
        assert_eq!(client.command(&["COMMAND", "INFO"]), Reply::Array(commands));
        let info = client.command(&["INFO"]);
        let info = info.text().unwrap();
        for line in [
            "loading:0\r\n",
            "role:master\r\n",
            "generation:1\r\n",
            "version:test-7\r\n",
        ] {
            assert!(info.contains(line), "{info}");
        }
        let only = client.command(&["INFO", "replication", "nope"]);
        let only = only.text().unwrap().trim_start_matches("txt:");
        assert_eq!(only, "# Replication\r\nrole:master\r\n");
    }
}

fn wrong_count(name: &str) -> Reply {
    Reply::Error(format!(
        "ERR wrong number of arguments for '{name}' command"
    ))
}

#[test]
fn hello_chooses_the_version_and_describes_the_server() {
    let daemon = Daemon::start();
    let mut client = daemon.resp();
    let check = |hello: &Reply, version| {
        let names = [
            "server", "version", "proto", "id", "mode", "role", "modules",
        ];
        assert_eq!(hello.pairs(), names.len());
        assert!(
            names.iter().all(|name| hello.get(name).is_some()),
            "{hello:?}"
        );
        assert_eq!(hello.get("proto"), Some(&Reply::Integer(version)));
        assert_eq!(hello.get("mode"), Some(&Reply::bulk("standalone")));
        assert_eq!(matches!(hello, Reply::Map(_)), version == 3);
    };
    check(&client.command(&["HELLO"]), 2);
    check(&client.command(&["HELLO", "3"]), 3);
    check(&client.command(&["HELLO"]), 3);
    let whole = ["hello", "2", "auth", "default", "secret", "setname", "me"];
    check(&client.command(&whole), 2);
    assert_eq!(client.command(&["CLIENT", "GETNAME"]), Reply::bulk("me"));
    let refused: [(&[&str], &str); 7] = [
        (&["HELLO", "4"], "NOPROTO unsupported protocol version"),
        (&["HELLO", "1"], "NOPROTO unsupported protocol version"),
        (
            &["HELLO", "x"],
            "ERR Protocol version is not an integer or out of range",
        ),
        (
            &["HELLO", "3", "AUTH", "x"],
            "ERR Syntax error in HELLO option 'AUTH'",
        ),
        (
            &["HELLO", "3", "SETNAME"],
            "ERR Syntax error in HELLO option 'SETNAME'",
        ),
        (
            &["HELLO", "3", "NOPE"],
            "ERR Syntax error in HELLO option 'NOPE'",
        ),
        (
            &["HELLO", "3", "SETNAME", "a b"],
            "ERR Client names cannot contain spaces, newlines or special characters.",
        ),
    ];
    for (arguments, error) in refused {
        assert_eq!(client.command(arguments), Reply::error(error));
        // A refused HELLO changes nothing.
        assert!(matches!(client.command(&["HELLO"]), Reply::Array(_)));
    }
    client.command(&["HELLO", "3"]);
    assert_eq!(client.command(&["RESET"]), Reply::simple("RESET"));
    assert_eq!(client.command(&["CLIENT", "GETNAME"]), Reply::Null);
    check(&client.command(&["HELLO"]), 2);
    assert_eq!(client.command(&["QUIT"]), Reply::simple("OK"));
    assert_eq!(client.rest(), b"");
}

#[test]
fn lines_are_commands_too_up_to_quit() {
    let daemon = Daemon::start();
    let mut client = daemon.resp();
    client.send("PING\r\n\r\n  \n*0\r\nECHO \"a \\x41\"\nidentify x user-42\nQUIT\nPING\n");
    let replies = "+PONG\r\n$3\r\na A\r\n*2\r\n$11\r\nisSupported\r\n:0\r\n+OK\r\n";
    assert_eq!(String::from_utf8(client.rest()).unwrap(), replies);
}

#[test]
fn replies_come_in_order_in_whatever_pieces_their_pipeline_arrives() {
    let daemon = Daemon::start();
    let commands = 5000;
    let pipeline: Vec<u8> = (0..commands)
        .flat_map(|n| match n % 3 {
            0 => command(&["ECHO", &n.to_string()]),
            1 => command(&["IDENTIFY", &format!("28100104-{n}"), "user-42"]),
            _ => format!("ECHO {n}\r\n").into_bytes(),
        })
        .collect();
    for piece in [pipeline.len(), 65_536, 1000, 77] {
        let mut client = daemon.resp3();
        let (mut sender, pipeline) = (client.sender(), &pipeline);
        std::thread::scope(|scope| {
            let mut send = |bytes| sender.write_all(bytes).unwrap();
            scope.spawn(move || pipeline.chunks(piece).for_each(&mut send));
            for n in 0..commands {
                let reply = client.receive();
                if n % 3 == 1 {
                    let code = reply.get("codeValue").and_then(Reply::text);
                    assert_eq!(code, Some(format!("28100104-{n}").as_str()));
                } else {
                    assert_eq!(reply, Reply::Bulk(n.to_string()));
                }
            }
        });
    }
}

#[test]
fn commands_after_a_reload_use_the_new_table() {
    let plan = Plan::new();
    let routes = plan.directory.path().join("routes.json");
    let mut daemon = plan.spawn();
    let mut client = daemon.resp3();
    let supported = |client: &mut RespClient| {
        let reply = client.command(&["IDENTIFY", "28100104x", "user-42"]);
        reply.get("isSupported").cloned()
    };
    assert_eq!(supported(&mut client), Some(Reply::Boolean(true)));
    let empty = r#"{"format": "codeid/1", "version": "empty", "rules": []}"#;
    std::fs::write(&routes, empty).unwrap();
    daemon.signal("HUP");
    daemon.wait_for_line("generation=2");
    assert_eq!(supported(&mut client), Some(Reply::Boolean(false)));
}
