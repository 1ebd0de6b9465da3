//! One lookup whose template inserts groups of the pattern, by each of the engines that find
//! them, beside one whose template inserts the code value.

use std::time::Duration;

use codeid_engine::{CodeValue, CompileLimits, OpenId, RouteTable, Scratch};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;

fn groups(criterion: &mut Criterion) {
    let open_id = OpenId::new("user-42").expect("a valid openId");
    let mut group = criterion.benchmark_group("groups");
    for (name, pattern, template, text) in [
        ("none", r"28(\d{8})(\d+)", "id/{code}", digits(38)),
        // Both groups begin and end where they must.
        ("walk", r"28(\d{8})(\d+)", "id/{1}/{2}", digits(38)),
        // What is read decides what is next, but not how often something was repeated.
        (
            "one-pass",
            r"28(?:\d-)*(-\d+)(?:-(.*))?",
            "id/{1}/{2}",
            format!("28{}-{}-777", "7-".repeat(9), "7".repeat(15)),
        ),
        // Each digit may belong to either group until the end is seen.
        (
            "backtracking",
            r"28(\d+)(\d{8}\d*)",
            "id/{1}/{2}",
            digits(38),
        ),
        // Behind the two first characters, each of 200 adds a state that stays active.
        (
            "simulated-200-states",
            r"28(\d+)(\d{200}\d*)",
            "id/{1}/{2}",
            digits(2000),
        ),
    ] {
        let config = json!({"format": "codeid/1", "version": "1", "rules": [
            {"id": "order", "match": {"regex": pattern},
             "action": {"type": "DECODE", "codeValue": template}}]})
        .to_string();
        let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default())
            .expect("the rule compiles");
        let code = CodeValue::new(&text).expect("a code value of an allowed length");
        let mut scratch = Scratch::new();
        let verdict = table.identify(code, open_id, &mut scratch);
        assert!(verdict.rule.is_some());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let code = std::hint::black_box(code);
                std::hint::black_box(table.identify(code, open_id, &mut scratch));
            });
        });
    }
    group.finish();
}

/// Returns a code of `28` and `count` other digits.
fn digits(count: usize) -> String {
    format!("28{}", "7".repeat(count))
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20);
    targets = groups
}
criterion_main!(benches);
