//! Draining: no new connections, requests in flight finish, and the process stays.

use super::{audit, good, post, refusal};
use crate::resp::client::Reply;
use crate::rules::{CODE, plan};
use crate::serve::client::{Client, body, request};
use crate::serve::daemon::Process;

/// Longer than any test waits.
const LONG: &str = "serve.lame-duck-ms=600000";
/// Long enough for a few requests.
const SHORT: &str = "serve.lame-duck-ms=1500";

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
    assert_eq!(status["daemon"]["state"], "draining");
    assert_eq!(status["ready"], false);
    let undrain = refusal(&post(&daemon, "/v1/undrain", ""));
    assert_eq!(undrain, (409, "drained".to_owned()));
    assert_eq!(daemon.status()["daemon"]["draining"], true);
    good(&post(&daemon, "/v1/drain", "{}"));
    let reload = refusal(&post(&daemon, "/v1/reload", ""));
    assert_eq!(reload, (409, "stopping".to_owned()));
    daemon.stop();
}

/// Requires that every port has this readiness, and serves.
fn assert_serves(daemon: &Process, readiness: u16) {
    for mut client in [daemon.tcp(), daemon.unix()] {
        assert_eq!(client.bare("GET", "/readyz").status, readiness);
        let response = client.identify(CODE, "user-42");
        assert_eq!(
            (response.status, response.header("connection")),
            (200, None)
        );
    }
    assert_eq!(daemon.resp().command(&["PING"]), Reply::simple("PONG"));
    assert_eq!(daemon.admin("GET", "/readyz").status, readiness);
}

#[test]
fn a_drain_first_makes_the_daemon_unready_and_can_be_taken_back() {
    let daemon = plan().set(LONG).spawn();
    let mut kept = daemon.tcp();
    assert_eq!(kept.bare("GET", "/readyz").status, 200);
    let status = daemon.status();
    assert_eq!(status["daemon"]["state"], "serving");
    let serving_since = status["daemon"]["stateSince"].as_u64().unwrap();
    // Nothing is to be taken back.
    assert_eq!(good(&post(&daemon, "/v1/undrain", ""))["draining"], false);

    for _ in 0..2 {
        assert_eq!(good(&post(&daemon, "/v1/drain", ""))["draining"], true);
        // A second one has no effect.
        assert_eq!(good(&post(&daemon, "/v1/drain", ""))["draining"], true);
        assert_serves(&daemon, 503);
        assert_eq!(kept.bare("GET", "/readyz").status, 503);
        let status = daemon.status();
        assert_eq!(status["daemon"]["state"], "lameDuck");
        assert!(status["daemon"]["stateSince"].as_u64().unwrap() >= serving_since);
        assert_eq!(status["notReadyBecause"][0]["reason"], "draining");

        assert_eq!(good(&post(&daemon, "/v1/undrain", "{}"))["draining"], false);
        assert_serves(&daemon, 200);
        assert_eq!(kept.bare("GET", "/readyz").status, 200);
        let status = daemon.status();
        assert_eq!(status["daemon"]["state"], "serving");
        assert_eq!(
            (&status["daemon"]["draining"], &status["daemon"]["stopping"]),
            (&false.into(), &false.into())
        );
    }
    let actions = audit(&daemon);
    let actions: Vec<&str> = actions
        .iter()
        .map(|line| line["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions
            .iter()
            .filter(|action| **action == "undrain")
            .count(),
        // An intent and an outcome for each.
        6
    );
    // A stop has a lame duck of its own, which a second signal ends.
    daemon.signal("TERM");
    let mut daemon = daemon;
    daemon.wait_for_line("signal=\"SIGTERM\"");
    assert_serves(&daemon, 503);
    assert_eq!(daemon.status()["notReadyBecause"][0]["reason"], "stopping");
    let undrain = refusal(&post(&daemon, "/v1/undrain", ""));
    assert_eq!(undrain, (409, "stopping".to_owned()));
    daemon.signal("TERM");
    assert_eq!(daemon.wait().code(), Some(1));
    assert!(daemon.log.last().unwrap().contains("stopped at once"));
    assert!(!daemon.socket().exists());
}

#[test]
fn a_stop_serves_on_as_a_lame_duck_before_it_drains() {
    let mut daemon = plan().set(SHORT).spawn();
    let mut kept = daemon.tcp();
    assert_eq!(kept.bare("GET", "/livez").status, 200);
    daemon.signal("TERM");
    daemon.wait_for_line("not ready any more");
    assert_serves(&daemon, 503);
    daemon.wait_for_line("stopping");
    assert!(daemon.wait().success());
    assert!(
        daemon.log.last().unwrap().ends_with("stopped"),
        "{:?}",
        daemon.log
    );
    assert_eq!(kept.rest(), b"");
}

#[test]
fn a_drain_takes_effect_after_its_lame_duck_and_a_signal_makes_it_a_stop() {
    let mut daemon = plan().set(SHORT).spawn();
    good(&post(&daemon, "/v1/drain", ""));
    assert_serves(&daemon, 503);
    daemon.wait_for_line("drained; the daemon can be stopped");
    assert!(Client::try_tcp(daemon.port).is_err());
    assert_eq!(daemon.status()["daemon"]["state"], "draining");
    assert!(daemon.stop().last().unwrap().ends_with("stopped"));

    let mut daemon = plan().set(SHORT).spawn();
    good(&post(&daemon, "/v1/drain", ""));
    daemon.signal("TERM");
    daemon.wait_for_line("stopping");
    assert!(daemon.wait().success());
}
