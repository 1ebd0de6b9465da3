//! The connections that each listener has, and those that make room for others.

use super::client::{Client, body, request};
use super::daemon::{Plan, Served};
use crate::resp::client::Reply;
use crate::rules::remote::wait_until;

/// Identifies a code value on a new connection, which may be closed instead.
pub(super) fn is_served(client: &mut Client) -> bool {
    let one = request("/v1/identifyCode", body("28100104x", "user-42"));
    let sent = client.try_send(one);
    sent.is_ok()
        && client
            .try_receive(true)
            .is_ok_and(|response| response.status == 200)
}

/// Returns what the status says of a listener's connections.
fn of_status(daemon: &Served, listener: &str, member: &str) -> u64 {
    let status = daemon.status();
    let number = &status["daemon"]["connections"][listener][member];
    number.as_u64().unwrap()
}

#[test]
fn no_listener_takes_the_connections_of_another() {
    // Each of the three has one of its own, and nine are common.
    let daemon = Plan::new().set("http.max-connections=12").start();
    let mut open: Vec<Client> = (0..10).map(|_| daemon.tcp()).collect();
    assert!(open.iter_mut().all(is_served));
    assert!(!is_served(&mut daemon.tcp()));
    let mut unix = daemon.unix();
    assert!(is_served(&mut unix));
    assert!(!is_served(&mut daemon.unix()));
    assert_eq!(
        daemon.resp().command(&["PING"]),
        Reply::Simple("PONG".to_owned())
    );
    // What one gives back, another may have.
    drop(open);
    wait_until("a common connection", || {
        is_served(&mut daemon.unix()).then_some(())
    });
    assert!(is_served(&mut unix));
    daemon.stop();
}

#[test]
fn a_newcomer_displaces_an_idle_connection_of_the_peer_that_has_most() {
    let daemon = Plan::new().set("http.max-connections=12").spawn();
    let mut few: Vec<Client> = (0..2).map(|_| daemon.tcp()).collect();
    let port = daemon.port;
    let mut many: Vec<Client> = (0..8)
        .map(|_| Client::tcp_from([127, 0, 0, 2], port))
        .collect();
    assert!(few.iter_mut().chain(&mut many).all(is_served));
    // Nothing has been idle for ten seconds.
    assert!(!is_served(&mut daemon.tcp()));
    assert!(!is_served(&mut Client::tcp_from([127, 0, 0, 3], port)));
    let mut newcomer = wait_until("room for a newcomer", || {
        let mut newcomer = Client::tcp_from([127, 0, 0, 3], port);
        is_served(&mut newcomer).then_some(newcomer)
    });
    assert_eq!(of_status(&daemon, "http", "displaced"), 1);
    assert!(of_status(&daemon, "http", "refused") >= 2);
    // It is the connection that was idle for the longest time, and is closed without another byte.
    assert_eq!(many.remove(0).rest(), b"");
    assert!(few.iter_mut().chain(&mut many).all(is_served));
    assert!(is_served(&mut newcomer));
    let log = daemon.stop();
    assert!(
        log.iter().any(|line| line.contains("displaced=1")),
        "{log:?}"
    );
}

#[test]
fn refusals_are_counted_and_summed_in_the_log() {
    let mut daemon = Plan::new()
        .set("http.max-connections=3")
        .set("log.format=json")
        .spawn();
    let mut served = daemon.tcp();
    assert!(is_served(&mut served));
    let refused: u32 = 500;
    let mut clients: Vec<Client> = (0..refused).map(|_| daemon.tcp()).collect();
    wait_until("all to be refused", || {
        (of_status(&daemon, "http", "refused") == u64::from(refused)).then_some(())
    });
    // Those that are being refused are open, too, and are not counted among those that are served.
    assert_eq!(of_status(&daemon, "http", "open"), 1);
    // As many as are answered at once, and the others are closed.
    let answered = clients.iter_mut().filter_map(|client| {
        client
            .try_send("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n")
            .ok()?;
        Some(client.try_receive(true).ok()?.status)
    });
    let answered: Vec<u16> = answered.collect();
    assert!(answered.iter().all(|status| *status == 503), "{answered:?}");
    assert!(!answered.is_empty() && answered.len() < clients.len());
    // A connection that was answered leaves its room to another.
    let samples = daemon.metrics();
    let by_reason = ["limit", "unanswered"].map(|reason| {
        let labels = format!(r#"{{listener="http",reason="{reason}"}}"#);
        samples.get(&format!("codeid_connections_refused_total{labels}"))
    });
    assert_eq!(by_reason.iter().sum::<f64>(), f64::from(refused));
    assert!(by_reason[0] >= 64.0 && by_reason[1] > 0.0, "{by_reason:?}");
    assert!(is_served(&mut served));
    daemon.signal("TERM");
    assert!(daemon.wait().success());
    // One line at the first, and one with the rest.
    let lines = daemon
        .log
        .iter()
        .filter(|line| line.contains("too many connections"));
    let sums = lines.map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&line["unix"], &line["resp"], &line["displaced"]),
            (&0.into(), &0.into(), &0.into())
        );
        line["http"].as_u64().unwrap()
    });
    let sums: Vec<u64> = sums.collect();
    assert_eq!(sums.iter().sum::<u64>(), u64::from(refused));
    assert!(sums.len() <= 3, "{sums:?}");
}
