//! A request for one code value, from its body to the body of the response, beside the lookup alone.
//! One variant has a member more than the two parameters, which `identify::request::plain` leaves to the
//! general reader.

use std::time::Duration;

use codeid_benches::{CodeMix, RuleKinds, Workload};
use codeid_daemon::identify::Identifier;
use codeid_engine::{CodeValue, CompileLimits, LiveTable, OpenId, RouteTable, Scratch};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;

const CODES: usize = 20_000;
const OPEN_ID: &str = "user-42";

fn request(criterion: &mut Criterion) {
    let workload = Workload::new(RuleKinds::Patterns, 1000, CodeMix::Usual, CODES);
    let live = LiveTable::new();
    let config = workload.config_json();
    let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default());
    live.publish(table.expect("the rules compile"));
    let plain = |code: &String| json!({"codeValue": code, "openId": OPEN_ID}).to_string();
    let with_more =
        |code: &String| json!({"codeValue": code, "openId": OPEN_ID, "x": 1}).to_string();
    let bodies: [(&str, Vec<String>); 2] = [
        ("plain", workload.codes.iter().map(plain).collect()),
        (
            "one-member-more",
            workload.codes.iter().map(with_more).collect(),
        ),
    ];

    // Both variants have the same answers.
    let (mut plain, mut general) = (Identifier::new(), Identifier::new());
    for (body, body_with_more) in bodies[0].1.iter().zip(&bodies[1].1) {
        let plain = plain.identify_code(&live, body.as_bytes());
        let more = general.identify_code(&live, body_with_more.as_bytes());
        let [plain, more] = [plain, more].map(|answer| answer.expect("a well-formed request"));
        assert_eq!(plain.body, more.body);
    }

    let mut group = criterion.benchmark_group("request");
    group.throughput(Throughput::Elements(1));
    for (name, bodies) in &bodies {
        let mut identifier = Identifier::new();
        let mut bodies = bodies.iter().cycle();
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let body = bodies.next().expect("a cycle never ends");
                let response = identifier.identify_code(&live, body.as_bytes());
                response.expect("a well-formed request").body.len()
            });
        });
    }
    group.bench_function("lookup-alone", |bencher| {
        let mut scratch = Scratch::new();
        let mut codes = workload.codes.iter().cycle();
        let open_id = OpenId::new(OPEN_ID).expect("a valid openId");
        bencher.iter(|| {
            let code = codes.next().expect("a cycle never ends");
            let code = CodeValue::new(code).expect("codes have an allowed length");
            live.with(|table| {
                let table = table.expect("a table is live");
                std::hint::black_box(table.identify(code, open_id, &mut scratch));
            });
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .sample_size(30);
    targets = request
}
criterion_main!(benches);
