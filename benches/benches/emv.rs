//! One lookup of an EMVCo payload among `emv` rules, with values in ASCII and beyond it.

use std::time::Duration;

use codeid_engine::{CodeValue, CompileLimits, OpenId, RouteTable, Scratch};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;

const RULES: usize = 100;

fn emv(criterion: &mut Criterion) {
    let rules: Vec<_> = (0..RULES)
        .map(|n| {
            json!({
                "id": format!("rule-{n}"),
                "match": {"emv": {"guid": guid(n), "checkCrc": false}},
                "action": {"type": "DECODE"},
            })
        })
        .collect();
    let config = json!({"format": "codeid/1", "version": "1", "rules": rules}).to_string();
    let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default())
        .expect("the rules compile");
    let mut scratch = Scratch::new();
    let open_id = OpenId::new("user-42").expect("a valid openId");

    let mut group = criterion.benchmark_group("emv");
    for (name, merchant, city) in [
        ("ascii", "Blossom Tea House", "Kuala Lumpur"),
        (
            "beyond-ascii",
            "茶与花与月与山与水与风的小茶馆两层",
            "吉隆坡市中心东区二街",
        ),
    ] {
        let text = payload(RULES / 2, merchant, city);
        let code = CodeValue::new(&text).expect("a code value of an allowed length");
        let verdict = table.identify(code, open_id, &mut scratch);
        assert!(verdict.rule.is_some_and(|rule| rule.as_str() == "rule-50"));
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

fn guid(n: usize) -> String {
    format!("A0000006{n:08}")
}

/// Returns a payload of the rule `n`, with the data objects that a merchant's code usually has.
fn payload(n: usize, merchant: &str, city: &str) -> String {
    let account = [
        object("00", &guid(n)),
        object("01", "ACQUIRER0017"),
        object("02", "M0123456789ABCDEF"),
    ];
    let additional = [
        object("01", "INV20261129000117"),
        object("05", "REF0123456789"),
        object("07", "TERM0042"),
    ];
    [
        object("00", "01"),
        object("01", "12"),
        object("26", &account.concat()),
        object("52", "5812"),
        object("53", "458"),
        object("54", "23.90"),
        object("58", "MY"),
        object("59", merchant),
        object("60", city),
        object("62", &additional.concat()),
        object("63", "ABCD"),
    ]
    .concat()
}

/// Returns a data object: its ID, the number of characters, its value.
fn object(id: &str, value: &str) -> String {
    format!("{id}{:02}{value}", value.chars().count())
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20);
    targets = emv
}
criterion_main!(benches);
