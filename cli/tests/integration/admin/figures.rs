//! The last hour of figures.

use serde_json::Value;

use super::{apply, good};
use crate::rules::remote::wait_until;
use crate::rules::{CODE, config, plan};
use crate::serve::daemon::{Plan, RULES};

/// Returns the sum of a member over all samples.
fn sum(figures: &Value, member: &str) -> u64 {
    let samples = figures["samples"].as_array().unwrap();
    samples
        .iter()
        .filter_map(|sample| sample[member].as_u64())
        .sum()
}

#[test]
fn the_last_hour_has_every_lookup_once() {
    let daemon = Plan::with_rules(RULES).start();
    let figures = || good(&daemon.admin("GET", "/v1/figures"));
    let before = figures();
    assert_eq!(before["intervalMs"], 10_000);
    assert!(before["samples"].as_array().unwrap().len() <= 1);
    let mut client = daemon.unix();
    for (code, times) in [("28100104X", 3), ("2810000", 2), ("", 1)] {
        for _ in 0..times {
            client.identify(code, "user-42");
        }
    }
    let figures = wait_until("the end of the interval", || {
        Some(figures()).filter(|figures| sum(figures, "lookups") == 6)
    });
    for (member, expected) in [
        ("supported", 3),
        ("unsupported", 2),
        ("illegal", 1),
        ("failed", 0),
        ("requests", 6),
        ("illegalRequests", 1),
        ("failedRequests", 0),
        ("refusedConnections", 0),
    ] {
        assert_eq!(sum(&figures, member), expected, "{member}: {figures}");
    }
    let samples = figures["samples"].as_array().unwrap();
    let busy = samples
        .iter()
        .find(|sample| sample["lookups"] != 0)
        .unwrap();
    assert!(busy["ms"].as_u64() >= Some(9_000), "{busy}");
    assert!(busy["p50Ns"].as_u64() <= busy["p99Ns"].as_u64(), "{busy}");
    assert!(busy["residentBytes"].as_u64() > Some(1 << 20), "{busy}");
    assert_eq!(
        (&busy["generation"], &busy["openConnections"]),
        (&1.into(), &1.into())
    );
    assert!(figures["ageMs"].is_u64());
    daemon.stop();
}

#[test]
fn the_history_counts_what_each_table_changed() {
    let daemon = plan().start();
    assert_eq!(daemon.unix().identify(CODE, "user-42").status, 200);
    apply(&daemon, &config("one"));
    apply(&daemon, &config("two"));
    let history = good(&daemon.admin("GET", "/v1/history"));
    let changes = |index: usize| &history["entries"][index]["changes"];
    let of = |index, member: &str| changes(index)[member].as_u64();
    assert_eq!((of(0, "added"), of(0, "removed")), (Some(1), Some(1)));
    assert_eq!((of(0, "changed"), of(0, "moved")), (Some(0), Some(0)));
    assert_eq!(of(1, "added"), Some(1));
    assert_eq!(changes(2), &Value::Null);
    daemon.stop();
}
