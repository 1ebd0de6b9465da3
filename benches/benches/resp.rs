//! A pipeline of `IDENTIFY`, from the bytes that were read to those that are written, beside the
//! lookups alone; with a byte after it that is no text, too, which has each argument checked for itself.

use std::time::Duration;

use codeid_benches::{Kinds, Mix, Workload};
use codeid_daemon::resp::Session;
use codeid_engine::{CodeValue, CompileLimits, LiveTable, OpenId, RouteTable, Scratch};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const CODES: usize = 20_000;
const DEPTH: usize = 16;
const OPEN_ID: &str = "user-42";

fn pipeline(criterion: &mut Criterion) {
    let workload = Workload::new(Kinds::Patterns, 1000, Mix::Usual, CODES);
    let live = LiveTable::new();
    let json = workload.config_json();
    let table = RouteTable::from_json(json.as_bytes(), &CompileLimits::default());
    live.publish(table.expect("the rules compile"));
    let pipelines: Vec<Vec<u8>> = workload.codes.chunks(DEPTH).map(commands).collect();
    let no_text: Vec<Vec<u8>> = pipelines
        .iter()
        .map(|bytes| [bytes.as_slice(), b"\xff"].concat())
        .collect();

    let mut group = criterion.benchmark_group("resp-pipeline");
    group.throughput(Throughput::Elements(DEPTH as u64));
    for (name, pipelines) in [("text", &pipelines), ("no-text-behind-it", &no_text)] {
        let (mut scratch, mut replies) = (Scratch::new(), Vec::new());
        group.bench_function(name, |bencher| {
            let mut pipelines = pipelines.iter().cycle();
            bencher.iter(|| {
                let bytes = pipelines.next().expect("a cycle does not end");
                replies.clear();
                let mut session = Session::new(1);
                session.answer(&live, &mut scratch, bytes, &mut replies)
            });
        });
    }
    group.bench_function("lookups-alone", |bencher| {
        let mut scratch = Scratch::new();
        let mut batches = workload.codes.chunks(DEPTH).cycle();
        let open_id = OpenId::new(OPEN_ID).expect("an openId");
        bencher.iter(|| {
            let batch = batches.next().expect("a cycle does not end");
            live.with(|table| {
                let table = table.expect("a table");
                for code in batch {
                    let code = CodeValue::new(code).expect("a code value");
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
