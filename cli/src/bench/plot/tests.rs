//! Plots of runs, as SVG.

use super::*;
use crate::bench::address::Address;
use crate::bench::figures::Setup;
use crate::bench::run_stats::RunStats;
use crate::bench::schedule::{Pace, Schedule};
use crate::bench::target::{Protocol, Target};
use std::num::NonZero;

fn run(name: &str, pace: Pace, latencies: impl Iterator<Item = u64>) -> Run {
    let mut stats = RunStats::new();
    latencies.for_each(|latency| stats.latencies.record(latency).unwrap());
    let target = Target {
        name: name.to_owned(),
        address: Address::Tcp("127.0.0.1:1".to_owned()),
        protocol: Protocol::IdentifyResp,
        batch: None,
    };
    let setup = Setup {
        connections: 16,
        depth: 1,
        threads: 1,
        schedule: Schedule {
            pace,
            start: 0,
            end: 10_000_000_000,
        },
        interrupted_at: None,
    };
    Run::new(&target, &setup, &stats)
}

/// Returns the texts of the picture; panics if it is not well-formed XML.
fn texts(svg: &str) -> Vec<String> {
    let (mut open, mut texts) = (Vec::new(), Vec::new());
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        let end = tag.find('>').expect("a tag that ends");
        assert!(!before.contains('>'), "{before}");
        for reference in before.split('&').skip(1) {
            assert!(
                ["amp;", "lt;", "gt;", "quot;"]
                    .iter()
                    .any(|r| reference.starts_with(r))
            );
        }
        if !before.trim().is_empty() {
            texts.push(before.trim().to_owned());
        }
        let inside = &tag[1..end];
        assert_eq!(inside.matches('"').count() % 2, 0, "{inside}");
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !inside.ends_with('/') {
            open.push(inside.split(' ').next().unwrap());
        }
        rest = &tag[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    texts
}

#[test]
fn a_plot_has_a_title_a_legend_and_labelled_axes() {
    let runs = [
        run(
            "codeid <&\"\u{1}>",
            Pace::Closed,
            (1..=100_000).map(|n| n * 10),
        ),
        run("nginx", Pace::Closed, (1..=1000).map(|n| n * 10_000)),
    ];
    let picture = svg(&runs);
    let texts = texts(&picture);
    let has = |wanted: &str| texts.iter().any(|text| text.contains(wanted));
    for wanted in [
        "Latency by percentile",
        "closed loop, 16 connections, 10 s",
        "codeid &lt;&amp;",
        "nginx: ",
        "p99 9.9",
        "from the time a request was sent",
        "Percentile",
        "50 %",
        "99.99 %",
        "1 ms",
        "10 µs",
    ] {
        assert!(has(wanted), "{wanted}: {texts:?}");
    }
    assert!(!picture.contains("NaN") && !picture.contains("inf"));
    assert_eq!(picture.matches("<polyline").count(), 2);
}

#[test]
fn runs_of_different_loads_and_without_responses_are_plotted() {
    let open = Pace::Open {
        rate: NonZero::new(10_000).unwrap(),
    };
    let runs = [
        run("a", Pace::Closed, [7].into_iter()),
        run("b", open, std::iter::empty()),
    ];
    let picture = svg(&runs);
    let texts = texts(&picture);
    let has = |wanted: &str| texts.iter().any(|text| text.contains(wanted));
    assert!(
        has("b: no good response (open loop at 10,000 requests/s"),
        "{texts:?}"
    );
    assert!(has("due (open loop) or sent (closed loop)"));
    assert!(!picture.contains("NaN") && !picture.contains("inf"));
    self::texts(&svg(&[]));
}
