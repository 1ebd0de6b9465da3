//! The memory of transactions, and what it leaves for others.

use std::io::Write;
use std::net::Shutdown;
use std::thread::{self, sleep};
use std::time::Duration;

use super::client::{Reply, RespClient, command};
use crate::rules::remote::wait_until;
use crate::serve::daemon::{Plan, Process};

const ABORTED: &str = "EXECABORT Transaction discarded because of previous errors.";
const NO_ROOM: &str = "OOM memory.max-bytes has no room for the transaction";

fn small() -> Plan {
    Plan::new().set("memory.max-bytes=33554432")
}

fn connections(daemon: &Process, name: &str, reason: &str) -> f64 {
    let labels = format!(r#"{{listener="resp",reason="{reason}"}}"#);
    daemon
        .metrics()
        .get(&format!("codeid_connections_{name}_total{labels}"))
}

/// Begins a transaction, and queues commands of some 4 KB until one is refused or `most` are queued. A longer
/// command would need room while it is read, too. Returns the number of commands, and the refusal.
fn fill(client: &mut RespClient, most: usize) -> (usize, Option<Reply>) {
    let long = "x".repeat(3900);
    assert_eq!(client.command(&["MULTI"]), Reply::simple("OK"));
    for queued in 0..most {
        match client.command(&["ECHO", &long]) {
            Reply::Simple(text) => assert_eq!(text, "QUEUED"),
            refused => return (queued, Some(refused)),
        }
    }
    (most, None)
}

/// Returns a client whose transaction holds as much memory as its listener can.
fn hold_all(daemon: &Process) -> RespClient {
    let (most, refused) = fill(&mut daemon.resp(), 10_000);
    assert_eq!(refused, Some(Reply::error(NO_ROOM)));
    // The memory of the first client is free again once its connection has ended.
    wait_until("a transaction that holds all", || {
        let mut holder = daemon.resp();
        (fill(&mut holder, most) == (most, None)).then_some(holder)
    })
}

fn wait_for_memory(daemon: &Process, before: usize) {
    wait_until("the memory of the transaction", || {
        (daemon.resident_bytes() < before + (8 << 20)).then_some(())
    });
}

#[test]
fn transactions_leave_memory_for_connections_and_for_http() {
    let daemon = small().spawn();
    let mut holder = hold_all(&daemon);
    // They take what is left for connections of their listener, or a part of it.
    let mut others: Vec<RespClient> = (0..64).map(|_| daemon.resp()).collect();
    for mut client in [daemon.tcp(), daemon.unix()] {
        assert_eq!(client.bare("GET", "/livez").status, 200);
        assert_eq!(client.identify("28100104x", "user-42").status, 200);
        let long = "x".repeat(4000);
        let codes = vec![format!(r#"{{"codeValue":"{long}","openId":"u"}}"#); 200];
        let batch = format!("[{}]", codes.join(","));
        assert_eq!(client.post("/v1/identifyCodes", batch).status, 200);
    }
    assert_eq!(daemon.status()["ready"], true);
    for other in &mut others {
        assert_eq!(other.command(&["PING"]), Reply::simple("PONG"));
    }
    assert_eq!(holder.command(&["DISCARD"]), Reply::simple("OK"));
    daemon.stop();
}

#[test]
fn connections_without_memory_are_refused_counted_and_logged_as_such() {
    let mut daemon = small().set("log.format=json").spawn();
    let holder = hold_all(&daemon);
    let mut open = Vec::new();
    let refused = loop {
        let mut client = daemon.resp();
        // A connection that is refused may be closed before it sends.
        let _ = client.try_send(command(&["PING"]));
        match client.receive() {
            Reply::Simple(_) => open.push(client),
            refused => break refused,
        }
    };
    let expected = "OOM memory.max-bytes has no room for another connection";
    assert_eq!(refused, Reply::error(expected));
    let line = daemon.wait_for_line("memory.max-bytes is used up: connections were refused");
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["http"], &line["resp"]), (&0.into(), &1.into()));
    // The peer that has most: this user, with the holder and the others.
    let peer = line["peer"].as_str();
    assert!(peer.is_some_and(|peer| peer.starts_with("uid ")), "{line}");
    assert_eq!(line["has"], 1 + open.len());
    assert_eq!(connections(&daemon, "refused", "memory"), 1.0);
    assert_eq!(connections(&daemon, "refused", "limit"), 0.0);
    assert_eq!(daemon.unix().bare("GET", "/livez").status, 200);
    drop((holder, open));
    let log = daemon.stop();
    assert!(
        !log.iter().any(|line| line.contains("too many connections")),
        "{log:?}"
    );
}

#[test]
fn an_aborted_transaction_gives_its_memory_back_at_once_and_holds_no_more() {
    let daemon = small().spawn();
    let before = daemon.resident_bytes();
    let mut client = daemon.resp();
    assert_eq!(fill(&mut client, 10_000).1, Some(Reply::error(NO_ROOM)));
    let refusals = r#"codeid_memory_refusals_total{listener="resp"}"#;
    assert_eq!(daemon.metrics().get(refusals), 1.0);
    wait_for_memory(&daemon, before);
    // Others can have it, and the client has not ended its transaction.
    let mut other = daemon.resp();
    assert_eq!(fill(&mut other, 4000).1, None);
    let unknown = other.command(&["NOPE"]);
    assert!(matches!(&unknown, Reply::Error(text) if text.starts_with("ERR unknown command")));
    wait_for_memory(&daemon, before);
    for client in [&mut client, &mut other] {
        // More than there is room for.
        for _ in 0..600 {
            let queued = client.command(&["ECHO", &"x".repeat(60_000)]);
            assert_eq!(queued, Reply::simple("QUEUED"));
        }
        let wrong = client.command(&["ECHO"]);
        assert!(matches!(&wrong, Reply::Error(text) if text.contains("wrong number")));
        wait_for_memory(&daemon, before);
        assert_eq!(client.command(&["EXEC"]), Reply::error(ABORTED));
        assert_eq!(client.command(&["PING"]), Reply::simple("PONG"));
    }
    daemon.stop();
}

#[test]
fn an_aborted_transaction_gives_its_memory_back_although_its_client_reads_nothing() {
    let daemon = Plan::new().set("resp.write-timeout-ms=600000").spawn();
    let before = daemon.resident_bytes();
    let mut client = daemon.resp();
    // The replies are more than the system takes.
    let queued = 60_000;
    client.send("MULTI\r\n");
    client.send(command(&["ECHO", &"x".repeat(500)]).repeat(queued));
    assert!(daemon.resident_bytes() > before + (16 << 20));
    client.send("NOPE\r\nPING\r\n");
    wait_for_memory(&daemon, before);
    assert_eq!(client.receive(), Reply::simple("OK"));
    for _ in 0..queued {
        assert_eq!(client.receive(), Reply::simple("QUEUED"));
    }
    assert!(matches!(client.receive(), Reply::Error(text) if text.starts_with("ERR unknown")));
    assert_eq!(client.receive(), Reply::simple("QUEUED"));
    assert_eq!(client.command(&["EXEC"]), Reply::error(ABORTED));
    daemon.stop();
}

#[test]
fn a_large_transaction_has_a_deadline_and_a_small_one_has_none() {
    let mut daemon = Plan::new().set("resp.command-timeout-ms=500").spawn();
    let (mut small, mut silent, mut busy, mut unread) =
        (daemon.resp(), daemon.resp(), daemon.resp(), daemon.resp());
    small.command(&["MULTI"]);
    small.command(&["ECHO", &"x".repeat(4000)]);
    let long = "x".repeat(5000);
    for client in [&mut silent, &mut busy] {
        client.command(&["MULTI"]);
        assert_eq!(client.command(&["ECHO", &long]), Reply::simple("QUEUED"));
    }
    // The replies of this one wait for it.
    unread.send(
        [
            b"MULTI\r\n".to_vec(),
            command(&["ECHO", "x"]).repeat(40_000),
        ]
        .concat(),
    );
    let too_long = Reply::error(
        "ERR a transaction of more than 4096 bytes is open for longer than resp.command-timeout-ms and a \
         second for each 262144 bytes",
    );
    assert_eq!(silent.receive(), too_long);
    assert_eq!(silent.rest(), b"");
    let line = daemon.wait_for_line("whose transaction was open for too long");
    assert!(line.contains("bytes=5"), "{line}");
    // Further commands do not move the deadline. A client that is fast would be served for longer.
    let last = loop {
        if busy.try_send(command(&["PING"])).is_err() {
            break busy.receive();
        }
        match busy.receive() {
            Reply::Simple(_) => sleep(Duration::from_millis(10)),
            last => break last,
        }
    };
    assert_eq!(last, too_long);
    wait_until("the third to be closed", || {
        (connections(&daemon, "overflowed", "transaction") == 3.0).then_some(())
    });
    let Reply::Array(replies) = small.command(&["EXEC"]) else {
        panic!("not an array");
    };
    assert_eq!(replies.len(), 1);
    daemon.stop();
}

#[test]
fn a_client_that_never_stops_sending_has_the_deadline_of_its_transaction() {
    let daemon = Plan::new().set("resp.command-timeout-ms=100").spawn();
    let mut client = daemon.resp();
    client.command(&["MULTI"]);
    client.command(&["ECHO", &"x".repeat(5000)]);
    let mut sender = client.sender();
    let sending = thread::spawn(move || {
        let many = b"MULTI\r\n".repeat(20_000);
        // Far more than the daemon reads before the deadline.
        let is_open = (0..300).all(|_| sender.write_all(&many).is_ok());
        let _ = sender.shutdown(Shutdown::Both);
        is_open
    });
    while let Ok(reply) = client.try_receive() {
        let Reply::Error(text) = reply else {
            panic!("not an error");
        };
        if text.contains("is open for longer") {
            break;
        }
    }
    assert!(!sending.join().unwrap(), "the connection is still open");
    assert_eq!(connections(&daemon, "overflowed", "transaction"), 1.0);
    daemon.stop();
}

#[test]
fn the_deadline_is_that_of_each_transaction_by_itself() {
    let daemon = Plan::new().set("resp.command-timeout-ms=300").spawn();
    let mut client = daemon.resp();
    let begin = [b"MULTI\r\n".to_vec(), command(&["ECHO", &"x".repeat(5000)])].concat();
    client.send(&begin);
    // A transaction is always open, for a second in all.
    for _ in 0..50 {
        client.send([b"EXEC\r\n".to_vec(), begin.clone()].concat());
        assert_eq!(client.receive(), Reply::simple("OK"));
        assert_eq!(client.receive(), Reply::simple("QUEUED"));
        assert!(matches!(client.receive(), Reply::Array(replies) if replies.len() == 1));
        sleep(Duration::from_millis(20));
    }
    assert_eq!(client.receive(), Reply::simple("OK"));
    daemon.stop();
}

#[test]
fn a_transaction_of_a_hundred_thousand_commands_is_run() {
    let daemon = Process::start();
    let mut client = daemon.resp();
    let count = 100_000;
    client.send("MULTI\r\n");
    client.send(command(&["IDENTIFY", "28100104x", "user-42", "AS", "JSON"]).repeat(count));
    client.send("EXEC\r\n");
    assert_eq!(client.receive(), Reply::simple("OK"));
    for _ in 0..count {
        assert_eq!(client.receive(), Reply::simple("QUEUED"));
    }
    let Reply::Array(replies) = client.receive() else {
        panic!("not an array");
    };
    assert_eq!(replies.len(), count);
    assert!(replies.iter().all(|reply| reply == &replies[0]));
    assert!(replies[0].text().unwrap().contains("28100104x"));
    daemon.stop();
}
