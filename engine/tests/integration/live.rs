//! Lookups while tables are published see one whole table each, and never go back to an older one.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use codeid_engine::{
    CodeValue, CompileLimits, LiveTable, OpenId, Outcome, ReplacedTable, RouteTable, Scratch,
};

const READERS: usize = 3;
const TABLES: u64 = 300;

/// Compiles a table whose version, rule and outcome all contain `number`.
fn table(number: u64) -> RouteTable {
    let config = format!(
        r#"{{"format":"codeid/1","version":"{number}","rules":[{{"id":"rule-{number}",
            "match":{{"prefix":"28"}},"action":{{"type":"DECODE","codeValue":"{number}"}}}}]}}"#
    );
    RouteTable::from_json(config.as_bytes(), &CompileLimits::default()).expect("it is valid")
}

#[test]
fn lookups_see_whole_tables_whose_generations_only_rise() {
    let live = LiveTable::new();
    let begin = Barrier::new(READERS + 1);
    let published_all = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                begin.wait();
                let mut last = 0;
                while last < TABLES {
                    let done = published_all.load(Ordering::Acquire);
                    last = look_up(&live, last);
                    assert!(
                        !done || last == TABLES,
                        "the last table was published, but an older one was seen"
                    );
                }
            });
        }
        begin.wait();
        for number in 1..=TABLES {
            assert_eq!(live.publish(table(number)).generation.get(), number);
        }
        published_all.store(true, Ordering::Release);
    });
}

/// T3: with the live table and one that is compiled there are at most two more tables than lookups in
/// progress, of which each thread has one.
#[test]
fn replaced_tables_are_held_by_lookups_in_progress_alone() {
    let live = LiveTable::new();
    live.publish(table(1));
    let published_all = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                let mut last = 1;
                while !published_all.load(Ordering::Acquire) {
                    last = look_up(&live, last);
                }
            });
        }
        let mut held: Vec<ReplacedTable> = Vec::new();
        for number in 2..=TABLES {
            held.extend(live.publish(table(number)).replaced);
            held = held
                .into_iter()
                .filter_map(|replaced| replaced.try_free().err())
                .collect();
            if held.len() > READERS {
                published_all.store(true, Ordering::Release);
                panic!("{} replaced tables at {READERS} readers", held.len());
            }
        }
        published_all.store(true, Ordering::Release);
    });
}

/// Looks up once, and returns the generation of the table; 0 if none was published yet.
fn look_up(live: &LiveTable, last: u64) -> u64 {
    let mut scratch = Scratch::new();
    let code = CodeValue::new("2810").expect("of an allowed length");
    let open_id = OpenId::new("user-42").expect("of an allowed length");
    live.with(|table| {
        let Some(table) = table else {
            assert_eq!(last, 0, "a table was live before");
            return 0;
        };
        let generation = table.generation().get();
        let number = generation.to_string();
        let verdict = table.identify(code, open_id, &mut scratch);
        assert!(generation >= last, "{generation} after {last}");
        assert_eq!(table.version(), number);
        assert_eq!(
            verdict.rule.map(|id| id.to_string()),
            Some(format!("rule-{number}"))
        );
        assert_eq!(
            verdict.outcome,
            Outcome::Decode {
                code_value: &number
            }
        );
        generation
    })
}
