//! Draining: no new connections, requests in flight finish, and the process stays.

use super::{good, post, refusal};
use crate::rules::{CODE, plan};
use crate::serve::client::{Client, body, request};

#[test]
fn a_drained_daemon_finishes_requests_in_flight_accepts_no_others_and_stays() {
    let mut daemon = plan().spawn();
    let mut in_flight = daemon.tcp();
    let bytes = request("/v1/identifyCode", body(CODE, "user-42"));
    let (first, rest) = bytes.split_at(60);
    in_flight.send(first);
    // The worker has the first part once this request is answered.
    assert_eq!(daemon.tcp().bare("GET", "/livez").status, 200);
    assert_eq!(good(&post(&daemon, "/v1/drain", ""))["draining"], true);
    daemon.wait_for_line("draining");
    let answer = daemon.admin("GET", "/readyz");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["notReadyBecause"][0]["reason"], "draining");

    in_flight.send(rest);
    let answer = in_flight.receive();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("connection"), Some("close"));
    daemon.wait_for_line("drained");
    assert!(Client::try_tcp(daemon.port).is_err());
    assert!(!daemon.socket().exists());
    let status = daemon.status();
    assert_eq!(status["daemon"]["draining"], true);
    assert_eq!(status["ready"], false);
    good(&post(&daemon, "/v1/drain", "{}"));
    let reload = refusal(&post(&daemon, "/v1/reload", ""));
    assert_eq!(reload, (409, "stopping".to_owned()));
    daemon.stop();
}
