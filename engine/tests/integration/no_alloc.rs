//! A lookup allocates nothing once its scratch has grown, whatever the match kind and the action.
//!
//! The counter is part of the allocator and counts each thread by itself, so other tests do not
//! disturb it.

use allocation_counter::measure;
use codeid_engine::{
    CodeValue, CompileLimits, LiveTable, OpenId, Outcome, RouteTable, Scratch, Verdict,
};

use crate::cases::{self, Check};

/// Rules of every match kind with every action, with and without a canary.
const CONFIG: &str = r#"{"format": "codeid/1", "version": "1", "rules": [
    {"id": "exact", "match": {"exact": "28100104"}, "action": {"type": "DECODE"}},
    {"id": "prefix", "match": {"prefix": "281001"},
     "action": {"type": "DECODE", "codeValue": "<{code}>"}},
    {"id": "carve-out", "match": {"regex": "28\\d{15,17}"}, "action": {"type": "UNSUPPORTED"}},
    {"id": "captures", "match": {"regex": "281(\\d{3})04(?<order>\\p{L}+|.*?)(x*)"},
     "action": {"type": "DECODE", "codeValue": "{1}/{order:url}/{3}"}},
    {"id": "url", "match": {"url": {"host": "*.good.example", "path": "/m"}},
     "action": {"type": "OPEN_URL", "redirectUrl": "{code}&x"},
     "canary": {"percentage": 99.99, "group": "é"}},
    {"id": "automaton", "match": {"regex": "(?i)(?:.*[k-s]){3}.*"},
     "action": {"type": "OPEN_URL", "redirectUrl": "https://good.example/?c={code:url}",
                "userAgent": "-/AlipayConnect"},
     "canary": {"allowlist": ["user-42"]}},
    {"id": "emv", "match": {"emv": {"guid": "A1", "tags": {"62.07": "T1"}, "checkCrc": false}},
     "action": {"type": "DECODE"},
     "canary": {"allowlist": [
        "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"], "percentage": 100}},
    {"id": "never", "match": {"regex": "(?s).*"}, "action": {"type": "DECODE"}, "canary": {}},
    {"id": "never-either", "match": {"regex": "(?s).+"}, "action": {"type": "DECODE"}, "canary": {}},
    {"id": "rest", "match": {"regex": "(?s)(.*)z"}, "action": {"type": "DECODE"}}
]}"#;

/// Code values, each with the rule that decides and the kind of its outcome.
const LOOKUPS: [(&str, Option<&str>, &str); 10] = [
    ("28100104", Some("exact"), "decode"),
    ("281001x", Some("prefix"), "decode"),
    ("28212345678901234", Some("carve-out"), "unsupported"),
    ("28123404\u{e9}\u{4e2d}", Some("captures"), "decode"),
    ("28123404/ %xxx", Some("captures"), "decode"),
    ("KkS-\u{1f600} {}", Some("automaton"), "open-url"),
    (
        "HTTPS://A.B.GOOD.EXAMPLE/m?\u{e9} \"",
        Some("url"),
        "open-url",
    ),
    ("0002012606" /* 26: 00 A1 */, None, "unsupported"),
    (
        "00020126060002A16206", /* 62: 07 T1 */
        None,
        "unsupported",
    ),
    ("a beef: \u{e9}", None, "unsupported"),
];

#[test]
fn the_counter_counts_an_allocation() {
    let counted = measure(|| drop(std::hint::black_box(vec![0_u8; 64])));
    assert_eq!(counted.count_total, 1);
}

#[test]
fn identify_allocates_nothing() {
    let table = RouteTable::from_json(CONFIG.as_bytes(), &CompileLimits::default()).unwrap();
    let emv = "00020126060002A162060702T1";
    let long_miss = "a".repeat(CodeValue::MAX_CHARACTERS);
    let long_hit = format!("{}z", "\u{e9}".repeat(CodeValue::MAX_CHARACTERS - 1));
    let lookups = LOOKUPS.into_iter().chain([
        (emv, Some("emv"), "decode"),
        (long_miss.as_str(), None, "unsupported"),
        (long_hit.as_str(), Some("rest"), "decode"),
    ]);

    let mut scratch = Scratch::new();
    for (code, rule, outcome) in lookups {
        let code = CodeValue::new(code).unwrap();
        for open_id in ["user-42", "user-43", "u\u{17c}ytkownik"] {
            let open_id = OpenId::new(open_id).unwrap();
            let first = identify(&table, code, open_id, &mut scratch);
            let mut second = None;
            let counted = measure(|| second = Some(identify(&table, code, open_id, &mut scratch)));
            assert_eq!(counted.count_total, 0, "{} allocates", code.as_str());
            assert_eq!(second, Some(first));
        }
        let verdict = table.identify(code, OpenId::new("user-42").unwrap(), &mut scratch);
        assert_eq!(
            verdict.rule.map(|rule| rule.as_str()),
            rule,
            "{}",
            code.as_str()
        );
        assert_eq!(kind_of(&verdict), outcome, "{}", code.as_str());
    }
}

#[test]
fn identify_allocates_nothing_for_any_conformance_case() {
    let mut lookups = 0;
    for case in cases::load() {
        let Check::Lookup(lookup) = &case.check else {
            continue;
        };
        let Ok(code) = CodeValue::new(&lookup.code) else {
            continue;
        };
        let Ok(open_id) = OpenId::new(&lookup.open_id) else {
            continue;
        };
        let table = RouteTable::from_json(&case.config, &CompileLimits::default()).unwrap();
        let mut scratch = Scratch::new();
        identify(&table, code, open_id, &mut scratch);
        let counted = measure(|| {
            identify(&table, code, open_id, &mut scratch);
        });
        assert_eq!(counted.count_total, 0, "{} allocates", case.name);
        lookups += 1;
    }
    assert!(lookups >= 1000, "{lookups} lookups were measured");
}

/// Neither borrowing the live table nor counting what rules decide and refuse allocates.
#[test]
fn a_lookup_through_the_live_table_allocates_nothing() {
    let live = LiveTable::with_counts(1);
    live.publish(RouteTable::from_json(CONFIG.as_bytes(), &CompileLimits::default()).unwrap());
    let mut scratch = Scratch::with_shard(0);
    let mut look_up = || {
        live.with(|table| {
            let table = table.expect("a table was published");
            for (code, ..) in LOOKUPS {
                let code = CodeValue::new(code).unwrap();
                identify(table, code, OpenId::new("user-42").unwrap(), &mut scratch);
            }
        });
    };
    look_up();
    assert_eq!(measure(look_up).count_total, 0);
    let refused: u64 = live.with(|table| {
        let counts = table.expect("a table was published").rule_counts();
        counts.map(|rule| rule.refused).sum()
    });
    assert!(refused >= 2 || !cfg!(feature = "counts"));
}

/// Looks up, and returns the kind of the outcome and the length of its text, which borrow nothing.
fn identify(
    table: &RouteTable,
    code: CodeValue<'_>,
    open_id: OpenId<'_>,
    scratch: &mut Scratch,
) -> (&'static str, usize) {
    let verdict = table.identify(code, open_id, scratch);
    let rendered = match verdict.outcome {
        Outcome::Unsupported => 0,
        Outcome::Decode { code_value } => code_value.len(),
        Outcome::OpenUrl { redirect_url, .. } => redirect_url.len(),
    };
    (kind_of(&verdict), rendered)
}

fn kind_of(verdict: &Verdict<'_>) -> &'static str {
    match verdict.outcome {
        Outcome::Unsupported => "unsupported",
        Outcome::Decode { .. } => "decode",
        Outcome::OpenUrl { .. } => "open-url",
    }
}
