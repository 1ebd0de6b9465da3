//! Compiling a route config, by rule count, beside `RegexSet` compiling the same rules.

use std::time::Duration;

use codeid_benches::{CodeMix, Codeid, RegexSets, RuleKinds, Workload};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    for count in [10, 100, 1000, 5000] {
        let workload = Workload::new(RuleKinds::Patterns, count, CodeMix::Usual, 1);
        let json = workload.config_json();
        let config = Codeid::parse(&json);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("codeid-read", count), |bencher| {
            bencher.iter(|| Codeid::parse(&json));
        });
        group.bench_function(BenchmarkId::new("codeid-compile", count), |bencher| {
            bencher.iter(|| Codeid::compile(&config));
        });
        group.bench_function(BenchmarkId::new("RegexSet", count), |bencher| {
            bencher.iter(|| RegexSets::from_search_patterns(&workload));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(10);
    targets = compile
}
criterion_main!(benches);
