//! Clients that are slow, silent, many, or do not speak the protocol.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::client::{Reply, RespClient, command};
use crate::rules::remote::wait_until;
use crate::serve::client::Client;
use crate::serve::daemon::{Daemon, Plan, Process, allow_descriptors};

/// A command that shows whether other clients are served.
const IDENTIFY: [&str; 3] = ["IDENTIFY", "28100104x", "user-42"];

fn is_served(client: &mut RespClient) -> bool {
    client.command(&IDENTIFY).get("codeValue") == Some(&Reply::bulk("28100104x"))
}

#[test]
fn a_protocol_error_gets_an_error_and_a_closed_connection() {
    let daemon = Daemon::start();
    let table: [(Vec<u8>, &str); 10] = [
        (
            b"*9223372036854775808\r\n".to_vec(),
            "invalid multibulk length",
        ),
        (b"*4097\r\n".to_vec(), "invalid multibulk length"),
        (
            b"*1\r\n$9223372036854775808\r\n".to_vec(),
            "invalid bulk length",
        ),
        (b"*1\r\n$65537\r\n".to_vec(), "invalid bulk length"),
        (b"*1\r\n".repeat(1_000_000), "expected '$', got '*'"),
        (
            b"*1\r\n$4\r\nPINGPONG\r\n".to_vec(),
            "expected CR LF after a bulk string",
        ),
        (vec![b'x'; 70_000], "too big inline request"),
        (b"PING \"x\r\n".to_vec(), "unbalanced quotes in request"),
        (b"\x16\x03\x01\n*x".to_vec(), "invalid multibulk length"),
        (
            [
                b"*4096\r\n".to_vec(),
                [b"$65536\r\n", vec![b'x'; 65536].as_slice(), b"\r\n"]
                    .concat()
                    .repeat(256),
            ]
            .concat(),
            "a command of more than 16777216 bytes",
        ),
    ];
    let mut other = daemon.resp();
    for (bytes, why) in table {
        let mut client = daemon.resp();
        client.send(command(&["PING"]));
        // The daemon may close the connection before all of it is sent.
        let _ = client.try_send(&bytes);
        let rest = String::from_utf8(client.rest()).unwrap();
        let last = rest.trim_end().lines().last().unwrap();
        assert!(rest.starts_with("+PONG\r\n"), "{rest}");
        assert_eq!(last, format!("-ERR Protocol error: {why}"));
        assert!(is_served(&mut other));
    }
    daemon.stop();
}

#[test]
fn a_client_that_speaks_http_is_dropped_and_logged() {
    let mut daemon = Process::start();
    let requests = [
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nPING\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\r\nPING\r\n",
        "post\r\nPING\r\n",
        "Host: h\r\nPING\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nPING\r\n",
    ];
    for request in requests {
        let mut client = daemon.resp();
        client.send(request);
        assert_eq!(client.rest(), b"", "{request}");
        daemon.wait_for_line("speaks HTTP to listen.resp");
    }
    // As an array, POST is a command like any other.
    let reply = daemon.resp().command(&["POST", "/", "HTTP/1.1"]);
    assert!(matches!(&reply, Reply::Error(text) if text.starts_with("ERR unknown command 'POST'")));
    // A Redis client that speaks to the HTTP listener is refused, too.
    let mut client = Client::unix(&daemon.socket());
    client.send(command(&["PING"]));
    assert!(client.rest().starts_with(b"HTTP/1.1 400"));
    let log = daemon.stop();
    assert!(!log.iter().any(|line| line.contains("PING")), "{log:?}");
}

#[test]
fn a_client_that_neither_reads_nor_writes_is_dropped() {
    let mut daemon = Plan::new().set("resp.write-timeout-ms=500").spawn();
    let mut other = daemon.resp();
    let mut client = daemon.resp();
    // More than the system buffers.
    client.send(command(&IDENTIFY).repeat(10_000));
    assert!(is_served(&mut other));
    daemon.wait_for_line("does not take its replies");
    assert!(is_served(&mut other));
    daemon.stop();
}

#[test]
fn a_client_that_never_reads_delays_no_others() {
    let daemon = Plan::new()
        .set("resp.max-pending-reply-bytes=8388608")
        .spawn();
    let mut other = daemon.resp();
    assert!(is_served(&mut other));
    let before = daemon.resident_bytes();
    let stream = UnixStream::connect(daemon.resp_socket()).unwrap();
    let commands = 1_000_000;
    let sender = std::thread::spawn(move || {
        let mut stream = stream;
        let thousand = command(&IDENTIFY).repeat(1000);
        let mut sent = 0;
        while sent < commands / 1000 && stream.write_all(&thousand).is_ok() {
            sent += 1;
        }
        sent
    });
    let mut most = 0;
    // Other clients are served meanwhile.
    while !sender.is_finished() {
        for _ in 0..100 {
            assert!(is_served(&mut other));
        }
        most = most.max(daemon.resident_bytes());
    }
    assert!(sender.join().unwrap() < commands / 1000);
    let grown = most.saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes");
    assert!(is_served(&mut other));
    daemon.stop();
}

#[test]
fn a_slow_reader_gets_every_reply() {
    let daemon = Daemon::start();
    let mut client = daemon.resp();
    let commands = 20_000;
    let mut sender = client.sender();
    let sending = std::thread::spawn(move || {
        let pipeline: Vec<u8> = (0..commands)
            .flat_map(|n| command(&["IDENTIFY", &format!("28100104-{n}"), "user-42"]))
            .collect();
        sender.write_all(&pipeline).unwrap();
    });
    for n in 0..commands {
        let reply = client.receive();
        let code = reply.get("codeValue").and_then(Reply::text);
        assert_eq!(code, Some(format!("28100104-{n}").as_str()));
    }
    sending.join().unwrap();
}

#[test]
fn slow_clients_are_closed_and_delay_no_others() {
    let daemon = Plan::new()
        .set("resp.command-timeout-ms=1000")
        .set("resp.idle-timeout-ms=600000")
        .start();
    let mut slow: Vec<_> = (0..200).map(|_| daemon.resp()).collect();
    let endless = [
        b"*3\r\n$8\r\nIDENTIFY\r\n$60000\r\n".to_vec(),
        vec![b'x'; 60_000],
    ]
    .concat();
    let mut legitimate = daemon.resp();
    let mut at = 0;
    while !slow.is_empty() {
        let byte = [endless[at]];
        slow.retain_mut(|client| client.try_send(byte).is_ok());
        at += 1;
        assert!(is_served(&mut legitimate));
    }
    // A slow client that was served before is closed, too; a silent one is not.
    let mut silent = daemon.resp();
    assert!(is_served(&mut silent));
    legitimate.send("*3\r\n$8\r\nIDEN");
    assert_eq!(legitimate.rest(), b"");
    assert!(is_served(&mut silent));
    daemon.stop();
}

#[test]
fn idle_connections_are_closed() {
    let daemon = Plan::new()
        .set("resp.idle-timeout-ms=200")
        .set("resp.command-timeout-ms=600000")
        .start();
    let mut served = daemon.resp();
    assert!(is_served(&mut served));
    assert_eq!(served.rest(), b"");
    assert_eq!(daemon.resp().rest(), b"");
}

#[test]
fn one_connection_more_than_are_served_is_refused() {
    let daemon = Plan::new().set("http.max-connections=2").start();
    let mut first = daemon.resp();
    assert!(is_served(&mut first));
    let mut second = daemon.resp();
    assert_eq!(second.rest(), b"-ERR max number of clients reached\r\n");
    assert!(is_served(&mut first));
    drop(first);
    let is_answered = |mut client: RespClient| {
        let sent = client.try_send(command(&["PING"]));
        sent.is_ok() && matches!(client.try_receive(), Ok(Reply::Simple(_)))
    };
    while !is_answered(daemon.resp()) {
        std::thread::yield_now();
    }
}

#[test]
fn five_thousand_idle_connections_take_little_memory() {
    let (count, _guard) = allow_descriptors(5000);
    let daemon = Plan::new().set("http.max-connections=7000").spawn();
    let mut other = daemon.resp();
    assert!(is_served(&mut other));
    let before = daemon.resident_bytes();
    let mut idle: Vec<_> = (0..count).map(|_| daemon.resp()).collect();
    // Every client was served, one in ten with a large command, and has sent the beginning of another.
    let large = "x".repeat(60_000);
    for (n, client) in idle.iter_mut().enumerate() {
        let text = if n % 10 == 0 { &large } else { "x" };
        assert_eq!(client.command(&["ECHO", text]), Reply::bulk(text));
        client.send("*3\r\n$8\r\nIDENTIFY\r\n");
    }
    assert!(is_served(&mut other));
    let grown = daemon.resident_bytes().saturating_sub(before) / idle.len();
    assert!(grown < 8 << 10, "{grown} bytes for each");
    for client in &mut idle {
        client.send("$9\r\n28100104x\r\n$7\r\nuser-42\r\n");
        assert_eq!(client.receive().pairs(), 3);
    }
    assert!(is_served(&mut other));
    daemon.stop();
}

#[test]
fn large_commands_and_replies_share_a_budget() {
    // Of these, the buffers of one listener have 32 MiB.
    let daemon = Plan::new().set("memory.max-bytes=53687096").start();
    let code = format!("28100104{}", "x".repeat(6992));
    let pairs = [code.as_str(), "user-42"].repeat(1024);
    let batch = command(&[["MIDENTIFY"].as_slice(), &pairs].concat());
    // Three replies have seven megabytes, of which the clients take only the beginning.
    let mut waiting: Vec<_> = (0..3).map(|_| daemon.resp()).collect();
    for client in &mut waiting {
        client.send(&batch);
        client.wait_for_reply();
    }
    // The budget is too small for a command of thirteen.
    let part = [b"$65536\r\n", vec![b'x'; 65536].as_slice(), b"\r\n"].concat();
    let thirteen = [b"*201\r\n$4\r\nECHO\r\n".to_vec(), part.repeat(200)].concat();
    let mut refused = daemon.resp();
    // The connection is closed before all of it is sent.
    let _ = refused.try_send(&thirteen);
    let text = "-UNKNOWN_EXCEPTION Too much is being read at once.\r\n";
    assert_eq!(String::from_utf8(refused.rest()).unwrap(), text);
    // Small commands need little room, and the three replies arrive.
    wait_until("the room of the refused command", || {
        let mut client = daemon.resp();
        client.try_send(command(&["PING"])).ok()?;
        let reply = client.try_receive().ok()?;
        matches!(reply, Reply::Simple(_)).then_some(())
    });
    for client in &mut waiting {
        let Reply::Array(replies) = client.receive() else {
            panic!("not an array");
        };
        assert_eq!(replies.len(), 1024);
        assert!(is_served(client));
    }
    let mut client = daemon.resp();
    client.send(&thirteen);
    assert!(matches!(client.receive(), Reply::Error(_)));
    assert!(is_served(&mut client));
}

#[test]
fn the_daemon_survives_clients_that_disconnect_at_any_time() {
    let daemon = Daemon::start();
    for _ in 0..100 {
        let mut stream = UnixStream::connect(daemon.resp_socket()).unwrap();
        stream.write_all(&command(&IDENTIFY).repeat(1000)).unwrap();
        drop(stream);
        let mut half = UnixStream::connect(daemon.resp_socket()).unwrap();
        half.write_all(b"*3\r\n$8\r\nIDENT").unwrap();
        half.shutdown(std::net::Shutdown::Write).unwrap();
        half.set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut rest = Vec::new();
        match half.read_to_end(&mut rest) {
            Ok(_) => assert_eq!(rest, b""),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
    assert!(is_served(&mut daemon.resp()));
}
