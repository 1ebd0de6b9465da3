//! Clients that write a whole pipeline before they read, as most do.

use super::client::{Reply, RespClient, command};
use crate::rules::remote::wait_until;
use crate::serve::daemon::{Plan, Process};

const IDENTIFY: [&str; 3] = ["IDENTIFY", "28100104x", "user-42"];

fn is_served(client: &mut RespClient) -> bool {
    client.command(&IDENTIFY).get("codeValue") == Some(&Reply::bulk("28100104x"))
}

/// Writes commands with long replies until the connection is closed. Returns how many were written.
fn write_without_reading(client: &mut RespClient) -> usize {
    let echo = command(&["ECHO", &"x".repeat(60_000)]);
    let most = 10_000;
    let written = (0..most)
        .take_while(|_| client.try_send(&echo).is_ok())
        .count();
    assert!(written < most, "the connection stays open");
    written
}

/// Waits until the memory of the daemon is less than `bytes` above `before`.
fn wait_for_memory(daemon: &Process, before: usize, bytes: usize) {
    wait_until("the memory of the replies", || {
        (daemon.resident_bytes() < before + bytes).then_some(())
    });
}

#[test]
fn two_hundred_thousand_commands_that_are_written_before_a_reply_is_read_are_answered() {
    let daemon = Process::start();
    let mut other = daemon.resp();
    assert!(is_served(&mut other));
    let before = daemon.resident_bytes();
    let count = 200_000;
    let mut client = daemon.resp();
    client.send(command(&IDENTIFY).repeat(count));
    // They are not held up, and the replies are in memory now.
    assert!(is_served(&mut other));
    assert!(daemon.resident_bytes() > before + (8 << 20));
    let mut one = daemon.resp();
    one.send([command(&IDENTIFY), b"QUIT\r\n".to_vec()].concat());
    let reply = one.rest();
    let reply = reply.strip_suffix(b"+OK\r\n").unwrap();
    client.send("QUIT\r\n");
    let replies = client.rest();
    assert_eq!(replies.len(), count * reply.len() + b"+OK\r\n".len());
    let mut each = replies.chunks_exact(reply.len()).take(count);
    assert!(each.all(|each| each == reply));
    wait_for_memory(&daemon, before, 4 << 20);
    daemon.stop();
}

#[test]
fn long_replies_wait_too_while_their_client_writes() {
    let daemon = Plan::new().start();
    let code = format!("28100104{}", "x".repeat(6992));
    let pairs = [code.as_str(), "user-42"].repeat(256);
    let batch = command(&[["MIDENTIFY"].as_slice(), &pairs].concat());
    let mut client = daemon.resp();
    client.send(batch.repeat(8));
    for _ in 0..8 {
        let Reply::Array(replies) = client.receive() else {
            panic!("not an array");
        };
        let code_of = |reply: &Reply| reply.get("codeValue").cloned();
        assert_eq!(replies.len(), 256);
        assert!(
            replies
                .iter()
                .all(|reply| code_of(reply) == Some(Reply::bulk(&code)))
        );
    }
}

#[test]
fn a_client_for_which_too_many_replies_wait_is_closed_counted_and_logged() {
    let mut daemon = Plan::new()
        .set("resp.max-pending-reply-bytes=4194304")
        .set("resp.write-timeout-ms=600000")
        .spawn();
    let mut other = daemon.resp();
    assert!(is_served(&mut other));
    let before = daemon.resident_bytes();
    let metric = "codeid_connections_overflowed_total{listener=\"resp\",reason=\"pending\"}";
    assert_eq!(daemon.metrics().find(metric), Some(0.0));
    let mut client = daemon.resp();
    let written = write_without_reading(&mut client) * 60_000;
    // Beside the limit, what the system and one read hold.
    assert!((4 << 20..8 << 20).contains(&written), "{written}");
    let line = daemon.wait_for_line("more replies wait for it than resp.max-pending-reply-bytes");
    assert!(line.contains("bytes=4194304"), "{line}");
    assert_eq!(daemon.metrics().find(metric), Some(1.0));
    let connections = daemon.status()["daemon"]["connections"].clone();
    assert_eq!(connections["resp"]["overflowed"], 1);
    wait_for_memory(&daemon, before, 4 << 20);
    assert!(is_served(&mut other));
    daemon.stop();
}

#[test]
fn replies_that_wait_share_the_budget_of_all_clients() {
    let mut daemon = Plan::new()
        .set("memory.max-bytes=33554432")
        .set("resp.write-timeout-ms=600000")
        .spawn();
    let mut other = daemon.resp();
    assert!(is_served(&mut other));
    let before = daemon.resident_bytes();
    let mut client = daemon.resp();
    let written = write_without_reading(&mut client) * 60_000;
    assert!(written < 40 << 20, "{written}");
    daemon.wait_for_line("memory.max-bytes is used up");
    let metric = "codeid_connections_overflowed_total{listener=\"resp\",reason=\"memory\"}";
    assert_eq!(daemon.metrics().find(metric), Some(1.0));
    wait_for_memory(&daemon, before, 8 << 20);
    assert!(is_served(&mut other));
    daemon.stop();
}

#[test]
fn replies_are_not_made_ahead_for_a_client_that_has_written_everything() {
    let daemon = Plan::new().set("memory.max-bytes=54525952").spawn();
    let before = daemon.resident_bytes();
    let code = format!("28100104{}", "x".repeat(6992));
    let pairs = [code.as_str(), "user-42"].repeat(1024);
    let batch = command(&[["MIDENTIFY"].as_slice(), &pairs].concat());
    // The commands of four clients have 28 MB, and so would their replies.
    let mut waiting: Vec<_> = (0..4).map(|_| daemon.resp()).collect();
    for client in &mut waiting {
        client.send(&batch);
        client.wait_for_reply();
    }
    assert!(is_served(&mut daemon.resp()));
    let grown = daemon.resident_bytes() - before;
    assert!(grown < 40 << 20, "{grown}");
    for client in &mut waiting {
        assert!(matches!(client.receive(), Reply::Array(replies) if replies.len() == 1024));
        assert!(is_served(client));
    }
    daemon.stop();
}

#[test]
fn a_pipeline_that_was_written_before_the_stop_is_answered() {
    let mut daemon = Process::start();
    let count = 20_000;
    let mut client = daemon.resp();
    client.send(command(&IDENTIFY).repeat(count));
    daemon.signal("TERM");
    for _ in 0..count {
        let reply = client.receive();
        assert_eq!(reply.get("codeValue"), Some(&Reply::bulk("28100104x")));
    }
    assert_eq!(client.rest(), b"");
    assert!(daemon.wait().success());
}
