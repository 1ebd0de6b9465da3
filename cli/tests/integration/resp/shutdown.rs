//! Stopping: every command that was sent is answered, and no more can be sent.

use std::io::{ErrorKind, Write};

use super::client::{Reply, RespClient, command};
use crate::serve::daemon::{Plan, Process};

#[test]
fn every_command_that_could_be_sent_is_answered_while_a_loaded_daemon_stops() {
    let mut daemon = Process::start();
    let socket = daemon.resp_socket();
    let (clients, depth) = (8, 50);
    let underway = std::sync::Barrier::new(clients + 1);
    std::thread::scope(|scope| {
        for _ in 0..clients {
            let (underway, socket) = (&underway, &socket);
            scope.spawn(move || {
                let mut client = RespClient::connect(socket);
                let mut sender = client.sender();
                let one = command(&["IDENTIFY", "28100104x", "user-42"]);
                for round in 0.. {
                    if round == 20 {
                        underway.wait();
                    }
                    // One write for each command: it is sent as a whole, or refused.
                    let sent = (0..depth).take_while(|_| {
                        let sent = sender.write(&one);
                        if let Err(error) = &sent {
                            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
                        }
                        sent.is_ok()
                    });
                    let sent = sent.count();
                    for _ in 0..sent {
                        let reply = client.receive();
                        assert_eq!(reply.get("codeValue"), Some(&Reply::bulk("28100104x")));
                    }
                    if sent < depth {
                        assert_eq!(client.rest(), b"");
                        return;
                    }
                }
            });
        }
        underway.wait();
        daemon.signal("TERM");
    });
    assert!(daemon.wait().success());
    assert!(!socket.exists());
    assert!(RespClient::try_connect(&socket).is_err());
}

#[test]
fn idle_connections_and_incomplete_commands_do_not_delay_the_stop() {
    // The deadline and the time-outs are longer than the test waits.
    let daemon = Plan::new()
        .set("serve.drain-deadline-ms=600000")
        .set("resp.idle-timeout-ms=86400000")
        .set("resp.command-timeout-ms=600000")
        .spawn();
    let mut served = daemon.resp();
    assert_eq!(served.command(&["PING"]), Reply::simple("PONG"));
    let mut half = daemon.resp();
    half.send(command(&["PING"]));
    half.send("*1\r\n$4\r\nPI");
    assert_eq!(half.receive(), Reply::simple("PONG"));
    let mut fresh = daemon.resp();
    let log = daemon.stop();
    assert!(log.last().unwrap().ends_with("stopped"), "{log:?}");
    for client in [&mut served, &mut half, &mut fresh] {
        assert_eq!(client.rest(), b"");
    }
}

#[test]
fn a_client_that_takes_no_replies_is_cut_at_the_deadline() {
    let daemon = Plan::new()
        .set("serve.drain-deadline-ms=700")
        .set("resp.write-timeout-ms=600000")
        .spawn();
    let mut client = daemon.resp();
    // More than the system buffers.
    client.send(command(&["IDENTIFY", "28100104x", "user-42"]).repeat(10_000));
    client.wait_for_reply();
    let log = daemon.stop();
    assert!(log.last().unwrap().contains("cut=1"), "{log:?}");
}

#[test]
fn the_socket_has_the_permissions_and_the_lock_of_the_http_socket() {
    use std::os::unix::fs::PermissionsExt;
    let daemon = Plan::new().set("listen.unix-mode=0600").start();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(daemon.resp_socket()), 0o600);
    let line = Plan::new()
        .set(&format!("listen.resp={}", daemon.resp_socket().display()))
        .fail();
    assert!(line.starts_with("PARAM_ILLEGAL: listen.resp "), "{line}");
    assert!(line.contains("another daemon serves there"), "{line}");
    // It can be the only listener.
    let only = Plan::bare()
        .set("listen.http=off")
        .set("listen.unix=off")
        .start();
    assert_eq!(only.resp().command(&["PING"]), Reply::simple("PONG"));
    only.stop();
    let off = Plan::new().set("listen.resp=off").start();
    assert!(!off.resp_socket().exists());
    off.stop();
}
