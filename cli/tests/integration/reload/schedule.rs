//! When the remote is pulled: after the delays, and never twice at once.

use std::time::Duration;

use super::remote::{Remote, Reply};
use super::{config, plan};
use crate::serve::daemon::Plan;

fn pulling(remote: &Remote) -> Plan {
    plan().set(&format!("ac.route.pull-route-config-url={}", remote.url()))
}

/// The shortest time from one request to the next. The pull of the first ends after the first
/// instant, and that of the second begins before the other: the delay is no longer than this.
fn shortest_pause(remote: &Remote, requests: usize) -> Duration {
    let requests = remote.wait_for(requests);
    let pauses = requests.windows(2).map(|pair| pair[1].at - pair[0].at);
    pauses.min().unwrap()
}

#[test]
fn the_delay_after_a_good_pull_is_honoured() {
    let remote = Remote::http(Reply::config(config("good")));
    let _daemon = pulling(&remote)
        .set("ac.route.pull-route-config-fixed-delay=150")
        .set("ac.route.pull-route-config-exception-retry-delay=2592000000")
        .start();
    let pause = shortest_pause(&remote, 5);
    assert!(pause >= Duration::from_millis(150), "{pause:?}");
}

#[test]
fn the_delay_after_a_failed_pull_is_another() {
    // None of these would ever be pulled again after the delay for good ones.
    for failing in [Reply::status(500), Reply::config("not JSON"), Reply::Hang] {
        let hangs = matches!(failing, Reply::Hang);
        let remote = Remote::http(failing);
        let _daemon = pulling(&remote)
            .set("remote.total-timeout-ms=100")
            .set("ac.route.pull-route-config-fixed-delay=2592000000")
            .set("ac.route.pull-route-config-exception-retry-delay=150")
            .start();
        let pause = shortest_pause(&remote, 4);
        // When a pull is cut off, the server cannot tell.
        assert!(hangs || pause >= Duration::from_millis(150), "{pause:?}");
    }
}

#[test]
fn one_pull_at_a_time_however_many_signals_come() {
    let remote = Remote::http(Reply::config(config("good")));
    let daemon = pulling(&remote)
        .set("remote.total-timeout-ms=300")
        .set("ac.route.pull-route-config-fixed-delay=100")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
        .start();
    remote.set(Reply::Hang);
    remote.wait_for_more(1);
    for _ in 0..5 {
        for _ in 0..20 {
            daemon.signal("HUP");
        }
        remote.wait_for_more(1);
    }
    assert_eq!(remote.most_at_once(), 1);
    // Cut off, it is over: the next one is answered.
    remote.set(Reply::config(config("next")));
    super::remote::wait_until("the next config", || {
        (super::serving(&daemon).as_deref() == Some("next")).then_some(())
    });
}

#[test]
fn the_next_pull_is_announced() {
    let remote = Remote::http(Reply::config(config("good")));
    let daemon = pulling(&remote).start();
    let status = daemon.status();
    let next = status["nextPullAt"].as_u64().unwrap();
    let last = status["sources"]["remote"]["lastCheck"]["at"]
        .as_u64()
        .unwrap();
    // The default, with up to a tenth of it for jitter, and what lies between the two.
    let delay = next - last;
    assert!((590_000..=670_000).contains(&delay), "{delay}");
}
