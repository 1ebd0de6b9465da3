//! T8: the validators of HTTP save downloads, and never hide a change.

use std::sync::{Arc, Mutex};

use super::remote::{Remote, Reply, Request, wait_until};
use super::{config, live_label, plan};
use crate::serve::daemon::{Plan, Served};

/// Returns a script that responds 304 to a request with its tag.
fn conditional(tag: &'static str, text: String) -> impl FnMut(&Request) -> Reply + Send + 'static {
    move |request| match request.header("if-none-match") {
        Some(known) if known == tag => Reply::status(304),
        _ => Reply::config(&*text).header("ETag", tag),
    }
}

fn pulling(remote: &Remote) -> Plan {
    plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("ac.route.pull-route-config-fixed-delay=100")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
}

fn generation(daemon: &Served) -> u64 {
    daemon.status()["table"]["generation"].as_u64().unwrap()
}

fn wait_for(daemon: &Served, label: &str) {
    wait_until(label, || {
        (live_label(daemon).as_deref() == Some(label)).then_some(())
    });
}

#[test]
fn an_unchanged_config_is_not_sent_again_whether_or_not_the_304_repeats_its_tag() {
    for tag in ["\"v1\"", "W/\"v1\""] {
        for repeated in [false, true] {
            let remote = Remote::http(Reply::Hang);
            remote.script(move |request| match request.header("if-none-match") {
                Some(known) if known == tag && repeated => Reply::status(304).header("ETag", tag),
                Some(known) if known == tag => Reply::status(304),
                _ => Reply::config(config("first")).header("ETag", tag),
            });
            let daemon = pulling(&remote).start();
            // The tag stays known after a 304 without one.
            let requests = remote.wait_for(5);
            assert!(requests[0].header("if-none-match").is_none());
            for request in &requests[1..] {
                assert_eq!(request.header("if-none-match"), Some(tag));
            }
            assert_eq!(generation(&daemon), 1);
            let status = daemon.status();
            assert_eq!(status["counters"]["pulls"]["downloaded"], 1);
            assert_eq!(status["counters"]["compiles"], 1);
            assert_eq!(status["counters"]["saves"], 1);
            assert_eq!(status["sources"]["remote"]["lastCheck"]["good"], true);
            remote.script(conditional("\"v2\"", config("second")));
            wait_for(&daemon, "second");
        }
    }
}

#[test]
fn an_unchanged_config_is_recognized_by_its_modification_date() {
    let date = "Sat, 21 Nov 2026 10:00:00 GMT";
    let remote = Remote::http(Reply::Hang);
    remote.script(move |request| match request.header("if-modified-since") {
        Some(known) if known == date => Reply::status(304),
        _ => Reply::config(config("first")).header("Last-Modified", date),
    });
    let daemon = pulling(&remote).start();
    let requests = remote.wait_for(3);
    assert_eq!(requests[1].header("if-modified-since"), Some(date));
    assert_eq!(daemon.status()["counters"]["pulls"]["downloaded"], 1);
}

#[test]
fn the_live_config_under_another_tag_is_not_compiled_again() {
    let remote = Remote::http(Reply::Hang);
    let mut count = 0;
    remote.script(move |_| {
        count += 1;
        Reply::config(config("same")).header("ETag", &format!("\"{count}\""))
    });
    let daemon = pulling(&remote).start();
    let requests = remote.wait_for(4);
    assert_eq!(requests[2].header("if-none-match"), Some("\"2\""));
    let status = daemon.status();
    assert_eq!(status["table"]["generation"], 1);
    assert_eq!(status["counters"]["reloads"]["activated"], 1);
    assert_eq!(status["counters"]["compiles"], 1);
    assert_eq!(status["counters"]["saves"], 1);
    assert!(
        status["counters"]["reloads"]["unchanged"].as_u64() >= Some(2),
        "{status}"
    );
}

#[test]
fn a_refused_config_is_not_compiled_again_and_does_not_hide_a_repaired_one() {
    let remote = Remote::http(Reply::Hang);
    remote.script(conditional("\"good\"", config("good")));
    let mut daemon = pulling(&remote).spawn();
    let bad = config("bad").replace("DECODE", "DEKODE");
    remote.script(conditional("\"bad\"", bad.clone()));
    let line = daemon.wait_for_line("DEKODE");
    assert!(line.contains("WARN"), "{line}");
    let refused = |status: &serde_json::Value| {
        status["sources"]["remote"]["lastCheck"]["good"] == false
            && status["sources"]["remote"]["refusal"].is_object()
    };
    // However often the config comes again, by a 304 or in full.
    for in_full in [false, true] {
        if in_full {
            remote.set(Reply::config(&*bad));
        }
        remote.wait_for_more(3);
        let status = daemon.status();
        assert!(refused(&status), "{status}");
        assert_eq!(status["counters"]["compiles"], 2, "{status}");
        assert_eq!(live_label(&daemon).as_deref(), Some("good"));
    }
    // The revision of the bad config must not be remembered as that of the live one.
    remote.script(conditional("\"repaired\"", config("repaired")));
    wait_for(&daemon, "repaired");
    let status = wait_until("the failure to be cleared", || {
        let status = daemon.status();
        (!refused(&status)).then_some(status)
    });
    assert_eq!(
        status["sources"]["remote"]["lastCheck"]["good"], true,
        "{status}"
    );
    assert!(status["sources"]["remote"]["refusal"].is_null(), "{status}");
    let log = daemon.stop();
    // The problems are logged once, however often the config came.
    let logged = |text: &str| log.iter().filter(|line| line.contains(text)).count();
    assert_eq!(logged("route config refused"), 1, "{log:?}");
    assert_eq!(logged(r#"pointer="/rules/0/action/type""#), 1, "{log:?}");
}

/// From the field: the failure stuck, since the live config had not changed.
#[test]
fn the_live_config_clears_the_failure_of_an_earlier_pull() {
    let remote = Remote::http(Reply::config(config("good")));
    let daemon = pulling(&remote).start();
    let is_good = |good: bool| {
        wait_until("the check", || {
            let status = daemon.status();
            (status["sources"]["remote"]["lastCheck"]["good"] == good).then_some(status)
        })
    };
    is_good(true);
    for failing in [
        Reply::config("not JSON"),
        Reply::status(500),
        Reply::status(304),
    ] {
        remote.set(failing);
        is_good(false);
        remote.set(Reply::config(config("good")));
        let status = is_good(true);
        assert!(status["sources"]["remote"]["refusal"].is_null(), "{status}");
    }
    assert_eq!(generation(&daemon), 1);
}

#[test]
fn a_304_after_an_outage_is_a_good_check() {
    let remote = Remote::http(Reply::Hang);
    let down = Arc::new(Mutex::new(false));
    let is_down = Arc::clone(&down);
    let mut respond = conditional("\"v1\"", config("good"));
    remote.script(move |request| match *is_down.lock().unwrap() {
        true => Reply::status(502),
        false => respond(request),
    });
    let daemon = pulling(&remote).start();
    for outage in [true, false] {
        *down.lock().unwrap() = outage;
        wait_until("the check", || {
            let status = daemon.status();
            (status["sources"]["remote"]["lastCheck"]["good"] == !outage).then_some(())
        });
    }
    let status = daemon.status();
    assert_eq!(status["counters"]["pulls"]["downloaded"], 1, "{status}");
    assert!(
        status["counters"]["pulls"]["failed"].as_u64() >= Some(1),
        "{status}"
    );
}
