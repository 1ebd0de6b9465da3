//! A table counts what its rules decide and refuse, if its live table was made to count.

use codeid_engine::{CodeValue, CompileLimits, LiveTable, OpenId, RouteTable, Scratch};

/// The matcher reports the second rule from two searches, since its pattern also accepts the Kelvin
/// sign, and may count it only once.
const CONFIG: &str = r#"{"format": "codeid/1", "version": "1", "rules": [
    {"id": "refusing", "match": {"prefix": "28"}, "action": {"type": "DECODE"},
     "canary": {"percentage": 0}},
    {"id": "refusing-too", "match": {"regex": "(?:28|2|)(?i)8?k.*|28.*"},
     "action": {"type": "DECODE"}, "canary": {"percentage": 0}},
    {"id": "one", "match": {"prefix": "2810"}, "action": {"type": "UNSUPPORTED"}},
    {"id": "behind", "match": {"prefix": "281"}, "action": {"type": "DECODE"},
     "canary": {"percentage": 0}},
    {"id": "unrelated", "match": {"exact": "29"}, "action": {"type": "DECODE"}}
]}"#;

fn table() -> RouteTable {
    RouteTable::from_json(CONFIG.as_bytes(), &CompileLimits::default()).expect("it is valid")
}

fn look_up(live: &LiveTable, code: &str, scratch: &mut Scratch) {
    let code = CodeValue::new(code).expect("it has an allowed length");
    let user = OpenId::new("user-42").expect("it has an allowed length");
    live.with(|table| {
        let table = table.expect("a table was published");
        let _ = table.identify(code, user, scratch);
    });
}

fn counts(live: &LiveTable) -> Vec<(String, u64, u64)> {
    live.with(|table| {
        let counts = table.expect("a table was published").rule_counts();
        let owned = counts.map(|rule| (rule.rule.to_string(), rule.decided, rule.refused));
        owned.collect()
    })
}

fn expected(counts: [(u64, u64); 5]) -> Vec<(String, u64, u64)> {
    let ids = ["refusing", "refusing-too", "one", "behind", "unrelated"];
    let all = ids.into_iter().zip(counts);
    all.map(|(id, (decided, refused))| (id.to_owned(), decided, refused))
        .collect()
}

#[test]
fn the_winner_and_each_earlier_rule_that_refused_are_counted_once() {
    let live = LiveTable::with_counts(2);
    live.publish(table());
    let (mut one, mut other) = (Scratch::with_shard(0), Scratch::with_shard(1));
    look_up(&live, "28100", &mut one);
    assert_eq!(
        counts(&live),
        expected([(0, 1), (0, 1), (1, 0), (0, 0), (0, 0)])
    );
    look_up(&live, "2811", &mut other);
    look_up(&live, "28\u{212a}", &mut one);
    look_up(&live, "3", &mut one);
    assert_eq!(
        counts(&live),
        expected([(0, 3), (0, 3), (1, 0), (0, 1), (0, 0)])
    );
    one.reset();
    look_up(&live, "2810", &mut one);
    assert_eq!(
        counts(&live),
        expected([(0, 4), (0, 4), (2, 0), (0, 1), (0, 0)])
    );
    // The next table has counts of its own.
    live.publish(table());
    assert_eq!(counts(&live), expected([(0, 0); 5]));
}

#[test]
fn lookups_without_a_shard_of_the_table_are_not_counted() {
    let live = LiveTable::new();
    live.publish(table());
    look_up(&live, "2810", &mut Scratch::with_shard(0));
    assert_eq!(counts(&live), expected([(0, 0); 5]));
    let live = LiveTable::with_counts(1);
    live.publish(table());
    look_up(&live, "2810", &mut Scratch::new());
    look_up(&live, "2810", &mut Scratch::with_shard(1));
    assert_eq!(counts(&live), expected([(0, 0); 5]));
}

#[test]
fn counts_of_concurrent_threads_are_not_lost() {
    const LOOKUPS: u64 = 2000;
    let live = LiveTable::with_counts(4);
    live.publish(table());
    std::thread::scope(|scope| {
        for shard in 0..4 {
            let live = &live;
            scope.spawn(move || {
                let mut scratch = Scratch::with_shard(shard);
                for _ in 0..LOOKUPS {
                    look_up(live, "2810", &mut scratch);
                }
            });
        }
    });
    let all = 4 * LOOKUPS;
    assert_eq!(
        counts(&live),
        expected([(0, all), (0, all), (all, 0), (0, 0), (0, 0)])
    );
}
