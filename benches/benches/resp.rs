//! A pipeline of `IDENTIFY` commands, from the bytes read to the bytes written, beside the lookups
//! alone. One variant ends with a byte that is not UTF-8, so that each argument is checked by itself.

use std::time::{Duration, Instant};

use codeid_benches::{CodeMix, RuleKinds, Workload};
use codeid_daemon::resp::Session;
use codeid_daemon::slice::Slice;
use codeid_engine::{CodeValue, CompileLimits, LiveTable, OpenId, RouteTable, Scratch};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const CODES: usize = 20_000;
const DEPTH: usize = 16;
const OPEN_ID: &str = "user-42";

fn pipeline(criterion: &mut Criterion) {
    let workload = Workload::new(RuleKinds::Patterns, 1000, CodeMix::Usual, CODES);
    let live = LiveTable::new();
    let json = workload.config_json();
    let table = RouteTable::from_json(json.as_bytes(), &CompileLimits::default());
    live.publish(table.expect("the rules compile"));
    let pipelines: Vec<Vec<u8>> = workload.codes.chunks(DEPTH).map(commands).collect();
    let not_utf8: Vec<Vec<u8>> = pipelines
        .iter()
        .map(|bytes| [bytes.as_slice(), b"\xff"].concat())
        .collect();

    let mut group = criterion.benchmark_group("resp-pipeline");
    group.throughput(Throughput::Elements(DEPTH as u64));
    for (name, pipelines) in [("text", &pipelines), ("not-utf8-at-its-end", &not_utf8)] {
        let (mut scratch, mut replies) = (Scratch::new(), Vec::new());
        group.bench_function(name, |bencher| {
            let mut pipelines = pipelines.iter().cycle();
            bencher.iter(|| {
                let bytes = pipelines.next().expect("a cycle never ends");
                replies.clear();
                let mut session = Session::new(1);
                let mut slice = Slice::begin(Instant::now());
                session.answer(&live, &mut scratch, &mut slice, bytes, &mut replies)
            });
        });
    }
    group.bench_function("lookups-alone", |bencher| {
        let mut scratch = Scratch::new();
        let mut batches = workload.codes.chunks(DEPTH).cycle();
        let open_id = OpenId::new(OPEN_ID).expect("a valid openId");
        bencher.iter(|| {
            let batch = batches.next().expect("a cycle never ends");
            live.with(|table| {
                let table = table.expect("a table is live");
                for code in batch {
                    let code = CodeValue::new(code).expect("codes have an allowed length");
                    std::hint::black_box(table.identify(code, open_id, &mut scratch));
                }
            });
        });
    });
    group.finish();
}

fn commands(codes: &[String]) -> Vec<u8> {
    let command = |code: &String| {
        format!(
            "*3\r\n$8\r\nIDENTIFY\r\n${}\r\n{code}\r\n${}\r\n{OPEN_ID}\r\n",
            code.len(),
            OPEN_ID.len()
        )
    };
    codes.iter().map(command).collect::<String>().into_bytes()
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .sample_size(30);
    targets = pipeline
}
criterion_main!(benches);
