//! The times of pulls: after the configured delays, and never two at once.

use std::time::Duration;

use super::remote::{Remote, Reply};
use super::{config, plan};
use crate::serve::daemon::Plan;

fn pulling(remote: &Remote) -> Plan {
    plan().set(&format!("ac.route.pull-route-config-url={}", remote.url()))
}

/// Returns the time from the first request, which is that of the start, to the second, and the
/// shortest time from one to the next of the `further` ones after it. Each is at least the delay: a pull
/// ends after its request, and the next one begins before its own.
fn pauses(remote: &Remote, further: usize) -> (Duration, Duration) {
    let requests = remote.wait_for(2 + further);
    let mut pauses = requests.windows(2).map(|pair| pair[1].at - pair[0].at);
    (pauses.next().unwrap(), pauses.min().unwrap())
}

#[test]
fn a_pull_is_due_the_fixed_delay_after_a_good_one() {
    let remote = Remote::http(Reply::config(config("good")));
    let _daemon = pulling(&remote)
        .set("ac.route.pull-route-config-fixed-delay=150")
        .set("ac.route.pull-route-config-exception-retry-delay=2592000000")
        .start();
    let (first, pause) = pauses(&remote, 4);
    assert!(first >= Duration::from_millis(15), "{first:?}");
    assert!(pause >= Duration::from_millis(150), "{pause:?}");
}

#[test]
fn a_pull_is_due_the_retry_delay_after_a_failed_one() {
    // The delay after good pulls is longer than the test.
    for failing in [Reply::status(500), Reply::config("not JSON"), Reply::Hang] {
        let hangs = matches!(failing, Reply::Hang);
        let remote = Remote::http(failing);
        let _daemon = pulling(&remote)
            .set("remote.total-timeout-ms=100")
            .set("ac.route.pull-route-config-fixed-delay=2592000000")
            .set("ac.route.pull-route-config-exception-retry-delay=150")
            .start();
        let (_, pause) = pauses(&remote, 3);
        // The server does not know when a pull is cut off.
        assert!(hangs || pause >= Duration::from_millis(150), "{pause:?}");
    }
}

#[test]
fn only_one_pull_runs_at_a_time_however_many_signals_come() {
    let remote = Remote::http(Reply::config(config("good")));
    let daemon = pulling(&remote)
        .set("remote.total-timeout-ms=300")
        .set("ac.route.pull-route-config-fixed-delay=100")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
        .spawn();
    remote.set(Reply::Hang);
    remote.wait_for_more(1);
    for _ in 0..5 {
        for _ in 0..20 {
            daemon.signal("HUP");
        }
        remote.wait_for_more(1);
    }
    assert_eq!(remote.most_concurrent(), 1);
    // A pull that was cut off does not delay the next one.
    remote.set(Reply::config(config("next")));
    super::remote::wait_until("the next config", || {
        (super::live_label(&daemon).as_deref() == Some("next")).then_some(())
    });
}

#[test]
fn the_status_has_the_time_of_the_next_pull() {
    let remote = Remote::http(Reply::config(config("good")));
    let daemon = pulling(&remote).start();
    let status = daemon.status();
    let next = status["nextPullAt"].as_u64().unwrap();
    let last = status["sources"]["remote"]["lastCheck"]["at"]
        .as_u64()
        .unwrap();
    // A part of the default delay, and the time between the two readings.
    let delay = next - last;
    assert!((60_000..=610_000).contains(&delay), "{delay}");
}

/// T12: a fleet that was started at one moment does not pull at one moment again.
#[test]
fn daemons_that_start_together_pull_next_at_different_times() {
    let remote = Remote::http(Reply::config(config("good")));
    let daemons: Vec<_> = (0..8).map(|_| pulling(&remote).start()).collect();
    let next = daemons
        .iter()
        .map(|daemon| daemon.status()["nextPullAt"].as_u64());
    let next: Vec<u64> = next.map(Option::unwrap).collect();
    // With a tenth of jitter they would be within a minute of each other.
    let (first, last) = (next.iter().min().unwrap(), next.iter().max().unwrap());
    assert!(last - first > 60_000, "{next:?}");
}
