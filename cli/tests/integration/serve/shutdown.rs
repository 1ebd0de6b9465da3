//! Stopping: every request is answered, and no client can delay the stop.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::client::{Client, body, request};
use super::daemon::{Plan, Process};

#[test]
fn no_request_fails_while_a_loaded_daemon_stops() {
    for signal in ["TERM", "INT"] {
        let mut daemon = Process::start();
        let (port, socket) = (daemon.port, daemon.socket());
        let clients = 16;
        let underway = Barrier::new(clients + 1);
        let answered = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for n in 0..clients {
                let (underway, answered, socket) = (&underway, &answered, &socket);
                scope.spawn(move || {
                    let connect = || match n % 2 {
                        0 => Client::try_tcp(port),
                        _ => Client::try_unix(socket),
                    };
                    let mut client = connect().unwrap();
                    for round in 0.. {
                        if round == 50 {
                            underway.wait();
                        }
                        let response = client.identify("28100104x", "user-42");
                        assert_eq!(response.header("x-codeid-rule"), Some("order"));
                        answered.fetch_add(1, Ordering::Relaxed);
                        if response.header("connection") == Some("close") {
                            assert_eq!(client.rest(), b"");
                            return;
                        }
                    }
                });
            }
            underway.wait();
            daemon.signal(signal);
        });
        assert!(daemon.wait().success());
        assert!(answered.into_inner() >= clients * 50);
        assert!(
            daemon.log.iter().any(|line| line.ends_with("stopped")),
            "{:?}",
            daemon.log
        );
        assert!(!socket.exists());
        assert!(Client::try_tcp(port).is_err());
    }
}

#[test]
fn requests_that_have_begun_are_answered_and_readiness_is_503() {
    let mut daemon = Process::start();
    let whole = request("/v1/identifyCode", body("28100104x", "user-42"));
    let (first, last) = whole.split_at(whole.len() - 1);
    let mut in_body = daemon.tcp();
    in_body.send(first);
    let mut probers = [daemon.tcp(), daemon.unix()];
    for prober in &mut probers {
        assert_eq!(prober.bare("GET", "/readyz").status, 200);
        prober.send("GET /readyz HTTP/1.1\r\nHost: h\r\n");
    }
    let mut idle = daemon.unix();
    assert_eq!(idle.bare("GET", "/livez").status, 200);
    daemon.signal("TERM");
    daemon.wait_for_line("stopping");
    for mut prober in probers {
        prober.send("\r\n");
        let response = prober.receive();
        assert_eq!(
            (response.status, response.header("connection")),
            (503, Some("close"))
        );
        assert_eq!(prober.rest(), b"");
    }
    // A body may take longer than an idle connection stays open.
    assert_eq!(idle.rest(), b"");
    in_body.send(last);
    let response = in_body.receive();
    assert_eq!(response.header("x-codeid-rule"), Some("order"));
    assert_eq!(response.header("connection"), Some("close"));
    assert!(daemon.wait().success());
}

#[test]
fn idle_connections_do_not_delay_the_stop() {
    // A connection that delayed it by a second would be cut.
    let daemon = Plan::new()
        .set("serve.drain-deadline-ms=900")
        .set("http.idle-timeout-ms=86400000")
        .set("http.header-timeout-ms=600000")
        .spawn();
    let mut kept = [daemon.tcp(), daemon.unix()];
    for client in &mut kept {
        assert_eq!(client.bare("GET", "/livez").status, 200);
    }
    let fresh = [daemon.tcp(), daemon.unix()];
    let log = daemon.stop();
    assert!(log.last().unwrap().ends_with("stopped"), "{log:?}");
    for mut client in kept.into_iter().chain(fresh) {
        assert_eq!(client.rest(), b"");
    }
}

#[test]
fn half_a_head_does_not_delay_the_stop() {
    // A connection that kept its time for the head would be cut.
    let daemon = Plan::new()
        .set("serve.drain-deadline-ms=5000")
        .set("http.header-timeout-ms=600000")
        .spawn();
    let mut halves = [daemon.tcp(), daemon.unix()];
    for half in &mut halves {
        assert_eq!(half.bare("GET", "/livez").status, 200);
        half.send("POST /v1/iden");
    }
    // Both are read by now, since later connections are answered.
    for mut client in [daemon.tcp(), daemon.unix()] {
        assert_eq!(client.bare("GET", "/livez").status, 200);
    }
    let log = daemon.stop();
    assert!(log.last().unwrap().ends_with("stopped"), "{log:?}");
    for mut half in halves {
        assert_eq!(half.rest(), b"");
    }
}

#[test]
fn a_client_that_hangs_is_cut_at_the_deadline() {
    let daemon = Plan::new()
        .set("serve.drain-deadline-ms=700")
        .set("http.body-timeout-ms=600000")
        .set("http.header-timeout-ms=600000")
        .spawn();
    let mut in_body = daemon.tcp();
    in_body.send("POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
    // It is read by now, since a later connection is answered.
    assert_eq!(daemon.tcp().bare("GET", "/livez").status, 200);
    let log = daemon.stop();
    let last = log.last().unwrap();
    assert!(
        last.contains("cut connections") && last.contains("cut=1"),
        "{last}"
    );
}

#[test]
fn a_second_signal_ends_the_daemon_at_once() {
    let mut daemon = Plan::new()
        .set("serve.drain-deadline-ms=600000")
        .set("http.body-timeout-ms=600000")
        .spawn();
    let mut hung = daemon.tcp();
    hung.send("POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
    assert_eq!(daemon.tcp().bare("GET", "/livez").status, 200);
    daemon.signal("TERM");
    daemon.wait_for_line("stopping");
    daemon.signal("INT");
    assert_eq!(daemon.wait().code(), Some(1));
    assert!(daemon.log.last().unwrap().contains("stopped at once"));
    assert!(!daemon.socket().exists());
}
