//! One lookup by the engine, its peers and the floor: by rule count, by the mix of codes, by their
//! length, and on adversarial workloads. All winners are compared before anything is timed.

use codeid_benches::{
    CodeMix, Codeid, Engine, ReadEveryByte, RegexLoop, RegexSets, RuleKinds, Workload,
    deep_prefixes, long_near_matches, refused_prefixes, thousand_remainders, verify,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const CODES: usize = 100_000;

fn rule_count(criterion: &mut Criterion) {
    for count in [10, 100, 1000, 5000] {
        let workload = Workload::new(RuleKinds::Patterns, count, CodeMix::Usual, CODES);
        bench(criterion, "rules", &count.to_string(), &workload);
    }
    for count in [10, 100, 1000, 5000] {
        let workload = Workload::new(RuleKinds::All, count, CodeMix::Usual, CODES);
        bench(criterion, "rules-all-kinds", &count.to_string(), &workload);
    }
    let workload = Workload::new(RuleKinds::WithAutomata, 1000, CodeMix::Usual, CODES);
    bench(criterion, "rules-with-automata", "1000", &workload);
}

fn codes(criterion: &mut Criterion) {
    for (name, mix) in [
        ("hit", CodeMix::Hits),
        ("miss", CodeMix::Misses),
        ("near-miss", CodeMix::NearMisses),
    ] {
        let workload = Workload::new(RuleKinds::Patterns, 1000, mix, CODES);
        bench(criterion, "codes", name, &workload);
    }
    for length in [20, 60, 200, 1000, 8000] {
        let count = (20_000_000 / length).min(CODES);
        let workload = Workload::new(RuleKinds::Patterns, 1000, CodeMix::OfLength(length), count);
        bench(criterion, "length", &length.to_string(), &workload);
    }
}

fn adversarial(criterion: &mut Criterion) {
    bench(
        criterion,
        "adversarial",
        "long-near-matches",
        &long_near_matches(1000),
    );
    bench(
        criterion,
        "adversarial",
        "thousand-remainders",
        &thousand_remainders(CODES),
    );
    bench(
        criterion,
        "adversarial",
        "deep-prefixes",
        &deep_prefixes(10_000),
    );
    bench(
        criterion,
        "adversarial",
        "refused-prefixes",
        &refused_prefixes(10_000),
    );
}

/// Times each engine on one code after the other, in the order of the workload.
fn bench(criterion: &mut Criterion, group: &str, parameter: &str, workload: &Workload) {
    let mut engines: Vec<Box<dyn Engine>> = vec![
        Box::new(Codeid::new(workload)),
        Box::new(RegexSets::from_search_patterns(workload)),
        Box::new(RegexLoop::new(workload)),
    ];
    verify(&mut engines, &workload.codes);
    engines.push(Box::new(ReadEveryByte));
    let mut group = criterion.benchmark_group(group);
    let (_, mean) = workload.code_lengths();
    group.throughput(Throughput::Bytes(mean as u64));
    for engine in &mut engines {
        let name = engine.name().replace('`', "").replace(' ', "-");
        group.bench_function(BenchmarkId::new(name, parameter), |bencher| {
            let mut codes = workload.codes.chunks(1).cycle();
            bencher.iter(|| engine.count_hits(codes.next().expect("a cycle never ends")));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_millis(1500))
        .sample_size(20);
    targets = rule_count, codes, adversarial
}
criterion_main!(benches);
