//! Transactions, with the replies of Redis 7.0.15.

use super::client::{Reply, command};
use crate::rules::remote::wait_until;
use crate::serve::daemon::{Daemon, Plan};

/// Sends lines, ended with QUIT, and returns all replies.
fn replies(daemon: &Daemon, lines: &[&str]) -> String {
    let mut client = daemon.resp();
    let sent: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    client.send(format!("{sent}QUIT\r\n"));
    let replies = String::from_utf8(client.rest()).unwrap();
    replies.strip_suffix("+OK\r\n").unwrap().to_owned()
}

#[test]
fn transactions_get_the_replies_of_redis() {
    const ABORTED: &str = "-EXECABORT Transaction discarded because of previous errors.\r\n";
    let aborted = |refused: &str| format!("+OK\r\n{refused}\r\n+QUEUED\r\n{ABORTED}");
    let daemon = Daemon::start();
    let table: Vec<(&[&str], String)> = vec![
        (
            &["MULTI", "PING", "ECHO a", "EXEC"],
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+PONG\r\n$1\r\na\r\n".to_owned(),
        ),
        (&["multi", "exec"], "+OK\r\n*0\r\n".to_owned()),
        (
            &["MULTI", "", "PING", "EXEC", "PING"],
            "+OK\r\n+QUEUED\r\n*1\r\n+PONG\r\n+PONG\r\n".to_owned(),
        ),
        (
            &["EXEC", "DISCARD"],
            "-ERR EXEC without MULTI\r\n-ERR DISCARD without MULTI\r\n".to_owned(),
        ),
        (
            &["MULTI", "PING", "DISCARD", "EXEC"],
            "+OK\r\n+QUEUED\r\n+OK\r\n-ERR EXEC without MULTI\r\n".to_owned(),
        ),
        (
            &["WATCH a b", "UNWATCH", "UNWATCH x", "WATCH"],
            "+OK\r\n+OK\r\n-ERR wrong number of arguments for 'unwatch' command\r\n\
             -ERR wrong number of arguments for 'watch' command\r\n"
                .to_owned(),
        ),
        // These two refusals do not abort.
        (
            &["MULTI", "MULTI", "PING", "EXEC"],
            "+OK\r\n-ERR MULTI calls can not be nested\r\n+QUEUED\r\n*1\r\n+PONG\r\n".to_owned(),
        ),
        (
            &["MULTI", "WATCH a", "PING", "EXEC"],
            "+OK\r\n-ERR WATCH inside MULTI is not allowed\r\n+QUEUED\r\n*1\r\n+PONG\r\n"
                .to_owned(),
        ),
        (
            &["MULTI", "UNWATCH", "EXEC"],
            "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n".to_owned(),
        ),
        (
            &["MULTI", "NOPE", "PING", "EXEC"],
            aborted("-ERR unknown command 'NOPE', with args beginning with: "),
        ),
        (
            &["MULTI", "ECHO", "PING", "EXEC"],
            aborted("-ERR wrong number of arguments for 'echo' command"),
        ),
        (
            &["MULTI", "WATCH", "PING", "EXEC"],
            aborted("-ERR wrong number of arguments for 'watch' command"),
        ),
        (
            &["MULTI", "CLIENT NOPE", "PING", "EXEC"],
            aborted("-ERR unknown subcommand 'NOPE'. Try CLIENT HELP."),
        ),
        (
            &["MULTI", "CLIENT SETNAME", "PING", "EXEC"],
            aborted("-ERR wrong number of arguments for 'client|setname' command"),
        ),
        (
            &["MULTI", "MULTI x", "PING", "EXEC"],
            aborted("-ERR wrong number of arguments for 'multi' command"),
        ),
        (
            &["MULTI", "DISCARD x", "PING", "EXEC"],
            aborted("-ERR wrong number of arguments for 'discard' command"),
        ),
        (
            &["MULTI", "NOPE", "EXEC", "EXEC"],
            format!(
                "+OK\r\n-ERR unknown command 'NOPE', with args beginning with: \r\n{ABORTED}\
                 -ERR EXEC without MULTI\r\n"
            ),
        ),
        (
            &["MULTI", "NOPE", "DISCARD", "PING"],
            "+OK\r\n-ERR unknown command 'NOPE', with args beginning with: \r\n+OK\r\n+PONG\r\n"
                .to_owned(),
        ),
        (
            &["MULTI", "PING", "EXEC x", "EXEC"],
            "+OK\r\n+QUEUED\r\n-EXECABORT Transaction discarded because of: wrong number of arguments \
             for 'exec' command\r\n-ERR EXEC without MULTI\r\n"
                .to_owned(),
        ),
        (
            &["MULTI", "PING", "RESET", "EXEC"],
            "+OK\r\n+QUEUED\r\n+RESET\r\n-ERR EXEC without MULTI\r\n".to_owned(),
        ),
        // Errors of commands that run have their places.
        (
            &["MULTI", "SELECT 99", "HELLO 9", "PING", "EXEC"],
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n-ERR DB index is out of range\r\n\
             -NOPROTO unsupported protocol version\r\n+PONG\r\n"
                .to_owned(),
        ),
        (
            &["MULTI", "CLIENT SETNAME x", "CLIENT GETNAME", "EXEC"],
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n$1\r\nx\r\n".to_owned(),
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(replies(&daemon, lines), expected, "{lines:?}");
    }
    // QUIT is not queued.
    assert_eq!(replies(&daemon, &["MULTI", "PING"]), "+OK\r\n+QUEUED\r\n");
}

#[test]
fn every_command_that_identifies_can_be_part_of_a_transaction() {
    let daemon = Daemon::start();
    for is_resp3 in [false, true] {
        let mut client = match is_resp3 {
            true => daemon.resp3(),
            false => daemon.resp(),
        };
        let commands: [&[&str]; 6] = [
            &["IDENTIFY", "28100104x", "user-42"],
            &["IDENTIFY", "28100104x", "user-42", "AS", "JSON"],
            &["IDENTIFY", "28100104x", "u"],
            &[
                "MIDENTIFY",
                "28100104x",
                "user-42",
                "x",
                "user-42",
                "",
                "user-42",
            ],
            &["INFO", "replication"],
            &["COMMAND", "COUNT"],
        ];
        let alone = commands.map(|arguments| client.command(arguments));
        assert_eq!(client.command(&["MULTI"]), Reply::simple("OK"));
        for arguments in commands {
            assert_eq!(client.command(arguments), Reply::simple("QUEUED"));
        }
        assert_eq!(client.command(&["EXEC"]), Reply::Array(alone.to_vec()));
        // The version can change between two replies.
        for arguments in [
            &["MULTI"][..],
            commands[0],
            &["HELLO", "3"],
            commands[0],
            &["HELLO", "2"],
            commands[0],
        ] {
            client.command(arguments);
        }
        let Reply::Array(replies) = client.command(&["EXEC"]) else {
            panic!("not an array");
        };
        let is_map = |reply: &Reply| matches!(reply, Reply::Map(_));
        assert_eq!(
            [0, 2, 4].map(|index| is_map(&replies[index])),
            [is_resp3, true, false]
        );
    }
}

#[test]
fn a_transaction_is_run_on_the_table_that_is_live_at_exec() {
    let plan = Plan::new();
    let routes = plan.directory.path().join("routes.json");
    let mut daemon = plan.spawn();
    let mut client = daemon.resp3();
    let identify = ["IDENTIFY", "28100104x", "user-42"];
    client.command(&["MULTI"]);
    client.command(&identify);
    let empty = r#"{"format": "codeid/1", "version": "empty", "rules": []}"#;
    std::fs::write(&routes, empty).unwrap();
    daemon.signal("HUP");
    daemon.wait_for_line("generation=2");
    client.command(&identify);
    let Reply::Array(replies) = client.command(&["EXEC"]) else {
        panic!("not an array");
    };
    let supported = |reply: &Reply| reply.get("isSupported").cloned();
    let expected = [Some(Reply::Boolean(false)), Some(Reply::Boolean(false))];
    assert_eq!(replies.iter().map(supported).collect::<Vec<_>>(), expected);
}

#[test]
fn a_long_transaction_is_answered_whole() {
    let daemon = Daemon::start();
    let mut client = daemon.resp();
    let several = ["MIDENTIFY", "28100104x", "user-42", "x", "user-42"];
    let part = [
        command(&["IDENTIFY", "28100104x", "user-42"]),
        command(&several),
        b"ECHO \"a b\"\r\n".to_vec(),
    ];
    let rounds = 3000;
    // Everything is written before anything is read.
    client.send(
        [
            b"MULTI\r\n".to_vec(),
            part.concat().repeat(rounds),
            b"EXEC\r\n".to_vec(),
        ]
        .concat(),
    );
    assert_eq!(client.receive(), Reply::simple("OK"));
    for _ in 0..3 * rounds {
        assert_eq!(client.receive(), Reply::simple("QUEUED"));
    }
    let Reply::Array(replies) = client.receive() else {
        panic!("not an array");
    };
    assert_eq!(replies.len(), 3 * rounds);
    for reply in replies.chunks(3) {
        assert_eq!(reply[0].get("codeValue"), Some(&Reply::bulk("28100104x")));
        assert!(matches!(&reply[1], Reply::Array(maps) if maps.len() == 2 && maps[0] == reply[0]));
        assert_eq!(reply[2], Reply::bulk("a b"));
    }
}

#[test]
fn a_transaction_whose_client_leaves_or_discards_it_gives_its_memory_back() {
    let daemon = Plan::new().spawn();
    let before = daemon.resident_bytes();
    let long = command(&["ECHO", &"x".repeat(60_000)]).repeat(500);
    let fill = || {
        let mut client = daemon.resp();
        client.send([b"MULTI\r\n".as_slice(), &long].concat());
        for _ in 0..501 {
            client.receive();
        }
        assert!(daemon.resident_bytes() > before + (16 << 20));
        client
    };
    let is_released = || {
        wait_until("the memory of the transaction", || {
            (daemon.resident_bytes() < before + (8 << 20)).then_some(())
        });
    };
    drop(fill());
    is_released();
    let mut client = fill();
    assert_eq!(client.command(&["DISCARD"]), Reply::simple("OK"));
    is_released();
    daemon.stop();
}
