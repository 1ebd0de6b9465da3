//! Figures from readings, and the screen that shows them.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Value, json};

use super::figures::Figures;
use super::keys::command;
use super::reading::Reading;
use super::screen;
use super::view::{Command, View};
use crate::output::Failure;

const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// The documents of a daemon at one moment, with counts in proportion to a scale.
struct Moment {
    status: Value,
    metrics: Value,
    rules: Value,
}

impl Moment {
    fn new(scale: u64) -> Self {
        let source = json!({
            "uri": "/routes.json", "lastGoodCheckAt": 1, "lastDownloadAt": 1, "refusal": null,
            "lastCheck": {"at": 1, "good": true, "outcome": "activated", "why": null, "failures": 0},
        });
        let latency = json!({
            "count": 100 * scale, "sumNs": 1, "p50Ns": null, "p90Ns": null, "p99Ns": null, "p999Ns": null,
            "maxNs": null, "cumulative": [50 * scale, 98 * scale, 99 * scale],
        });
        let listener = |name: &str, good: u64, bad: u64| {
            json!({
                "listener": name, "latency": latency,
                "connections": {"open": 3, "accepted": 9, "refused": 4 * scale, "displaced": 0, "overflowed": 0, "acceptFailures": 0,
                    "tlsHandshakeFailures": 0},
                "requests": [
                    {"name": "SUCCESS", "count": good * scale},
                    {"name": "PARAM_ILLEGAL", "count": bad * scale},
                ],
            })
        };
        let rule = |position: u64, id: &str, decided: u64, refused: u64| {
            json!({
                "position": position, "id": id, "description": null, "match": {"exact": "x"},
                "action": {"type": "DECODE"}, "canary": null,
                "decided": decided * scale, "refusedByCanary": refused * scale,
            })
        };
        let counters = json!({
            "pulls": {"downloaded": 1, "notModified": 0, "failed": 0},
            "reloads": {"activated": 1, "unchanged": 0, "refused": 0},
            "compiles": 1, "saves": 1, "savesFailed": 0, "restarts": {},
        });
        Self {
            status: json!({
                "health": {"ok": true, "severity": null, "sentence": "Healthy: the daemon is ready, and no problem is known.", "problems": []},
                "daemon": {
                    "version": "9.8.7", "pid": 4242, "startedAt": 1_795_000_000_000_u64, "uptimeMs": 61_000,
                    "stopping": false, "draining": false, "state": "serving",
                    "stateSince": 1_795_000_000_000_u64, "logLevel": "info", "connections": {},
                    "turnedAway": {"admin": 0, "adminHttp": 0},
                    "decisionWatchers": 0,
                    "listeners": {"http": null, "unix": null, "resp": null, "admin": null, "adminHttp": null},
                },
                "ready": true, "notReadyBecause": [],
                "table": {
                    "generation": 7, "version": "v7", "ruleCount": 3, "level": "REMOTE", "uri": "file:///r.json",
                    "sha256": SHA256, "loadedAt": 1_795_000_001_000_u64, "compileUs": 1, "memoryBytes": 1,
                },
                "staleness": {"policy": "warn", "staleAfterMs": null, "ageMs": 4000, "stale": false},
                "init": [], "sources": {"remote": source, "local": source, "preset": source},
                "nextPullAt": null, "lastActivationAt": null,
                "save": {"lastGoodAt": null, "failure": null}, "freeze": null, "counters": counters,
            }),
            metrics: json!({
                "at": 1_795_224_600_000_u64, "uptimeMs": 1, "generation": 7, "boundsNs": [1000, 2500, 4000],
                "listeners": [listener("http", 90, 10), listener("resp", 900, 0)],
                "latency": latency,
                "identifications": [{"name": "DECODE", "count": 800 * scale}, {"name": "UNSUPPORTED", "count": 0}],
                "sdkProxy": {"inFlight": 0, "requests": [{"name": "SUCCESS", "count": 0}],
                    "unverified": []},
            }),
            rules: json!({"generation": 7, "version": "v7", "sha256": SHA256, "rules": [
                rule(1, "cold", 0, 0), rule(2, "warm", 40, 60), rule(3, "hot\u{9b}31m", 700, 0),
            ]}),
        }
    }

    /// Returns the reading of the moment, at which the daemon had been up for `seconds`.
    fn at(mut self, seconds: u64) -> Reading {
        self.metrics["uptimeMs"] = json!(seconds * 1000);
        Reading {
            status: serde_json::from_value(self.status).unwrap(),
            metrics: serde_json::from_value(self.metrics).unwrap(),
            rules: Some(serde_json::from_value(self.rules).unwrap()),
        }
    }
}

/// A view of two readings, two seconds apart, in which everything doubled.
fn view() -> View {
    let mut view = View::default();
    view.take(Ok(Moment::new(1).at(0)));
    view.take(Ok(Moment::new(2).at(2)));
    view
}

/// Draws a screen of this size, and returns its text with one space between words.
fn words(view: &View, width: u16, height: u16) -> String {
    let lines = drawn(view, width, height);
    let lines = lines.lines().map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        format!("{}\n", words.join(" "))
    });
    lines.collect()
}

/// Draws a screen of this size, and returns its text line by line.
fn drawn(view: &View, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| screen::draw(frame, view, "run/codeid.admin.sock"))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let lines = buffer.content.chunks(usize::from(width)).map(|line| {
        let line: String = line.iter().map(|cell| cell.symbol()).collect();
        format!("{}\n", line.trim_end())
    });
    lines.collect()
}

fn lost(message: &str) -> Failure {
    Failure::Unanswered(message.into())
}

#[test]
fn figures_are_the_difference_of_two_readings() {
    let before = Moment::new(1).at(0);
    let figures = Figures::between(&before, &Moment::new(3).at(4)).unwrap();
    // 2 × 100 requests by http and 2 × 900 by resp, in 4 s.
    assert_eq!(figures.seconds, 4.0);
    assert_eq!(figures.total.requests_per_second, 500.0);
    assert_eq!(figures.total.error_ratio, Some(5.0 / 500.0));
    assert_eq!(figures.listeners[0].error_ratio, Some(0.1));
    assert_eq!(figures.listeners[1].requests_per_second, 450.0);
    assert_eq!(figures.total.open_connections, 6);
    // Of 200: 100 within the first bound, 196 within the second, 198 within the last.
    let latency = figures.total.latency;
    assert_eq!((latency.count, latency.p50_ns), (200, Some(1000)));
    assert_eq!((latency.p90_ns, latency.p99_ns), (Some(2500), Some(4000)));
    assert_eq!((latency.p999_ns, latency.max_ns), (None, None));
    assert_eq!(figures.identifications[0].per_second, 400.0);
    let rules: Vec<_> = figures
        .rules
        .iter()
        .map(|rule| (&*rule.id, rule.decided_per_second, rule.refused_per_second))
        .collect();
    let expected = [
        ("hot\u{9b}31m", 350.0, 0.0),
        ("warm", 20.0, 30.0),
        ("cold", 0.0, 0.0),
    ];
    assert_eq!(rules, expected);
    let quiet = Figures::between(&before, &Moment::new(1).at(1)).unwrap();
    assert_eq!(quiet.total.error_ratio, None);
    assert_eq!(quiet.total.latency.p50_ns, None);
}

#[test]
fn a_rate_is_over_the_time_between_the_counts_and_not_between_the_responses() {
    // The daemon stalled: two readings arrived together, whose counts are 26 s apart.
    let before = Moment::new(1).at(1);
    let figures = Figures::between(&before, &Moment::new(53).at(27)).unwrap();
    assert_eq!(figures.total.requests_per_second, 2000.0);
    assert!(Figures::between(&before, &Moment::new(2).at(1)).is_none());
}

#[test]
fn counts_of_another_table_or_process_are_not_compared() {
    let before = Moment::new(5).at(0);
    let mut reloaded = Moment::new(1);
    reloaded.rules["generation"] = json!(8);
    let figures = Figures::between(&before, &reloaded.at(1)).unwrap();
    assert_eq!(figures.rules[0].decided_per_second, 700.0);
    for (member, value) in [
        ("pid", json!(4243)),
        ("startedAt", json!(1_795_000_000_001_u64)),
    ] {
        let mut restarted = Moment::new(6);
        restarted.status["daemon"][member] = value;
        assert!(Figures::between(&before, &restarted.at(1)).is_none());
    }
}

#[test]
fn the_screen_shows_the_live_table_and_the_traffic() {
    let view = view();
    let screen = words(&view, 100, 40);
    for text in [
        "codeid 9.8.7, process 4242, up 1 min 1 s run/codeid.admin.sock",
        "2026-11-21 01:30:00 UTC",
        "health Healthy: the daemon is ready, and no problem is known.",
        "table generation 7, version v7, 3 rules, loaded ",
        "from REMOTE file:///r.json",
        "sources good; REMOTE confirmed the live config 4 s ago",
        "LISTENER REQUESTS/S ERRORS OPEN P50 P90 P99 P99.9 MAX",
        "all 500 1.00 % 6 1 µs 2.50 µs 4 µs longer longer",
        "http 50 10.00 % 3 1 µs",
        "resp 450 0.00 % 3 1 µs",
        "results/s SUCCESS 495 PARAM_ILLEGAL 5",
        "codes/s DECODE 400",
        "sdkProxy/s none",
        "requests/s, at most 500 in 1 interval",
        "RULE, BUSIEST FIRST (3)",
        "q quit p pause ↑ ↓ scroll ? keys",
    ] {
        assert!(screen.contains(text), "no {text:?} in\n{screen}");
    }
    // Control characters are escaped.
    let place = |text| {
        screen
            .find(text)
            .unwrap_or_else(|| panic!("no {text:?} in\n{screen}"))
    };
    assert!(place("hot\\u{9b}31m") < place("warm") && place("warm") < place("cold"));
    // On 80 by 24 the trend is left out, and the time is not.
    let small = drawn(&view, 80, 24);
    assert!(small.contains("  2026-11-21 01:30:00 UTC"), "{small}");
    assert!(
        small.contains("cold") && !small.contains("intervals"),
        "{small}"
    );
    // The smallest screens do not panic.
    for (width, height) in [(1, 1), (20, 5), (80, 8)] {
        drawn(&view, width, height);
    }
}

#[test]
fn before_the_second_reading_there_are_no_figures() {
    let mut view = View::default();
    drawn(&view, 80, 24);
    view.take(Ok(Moment::new(1).at(0)));
    let screen = drawn(&view, 80, 24);
    assert!(screen.contains("measuring the first interval"), "{screen}");
    assert!(screen.contains("generation 7"), "{screen}");
}

#[test]
fn trouble_is_shown_at_the_top() {
    let mut view = view();
    view.take(Err(lost("no daemon listens there")));
    let screen = drawn(&view, 100, 40);
    assert!(
        screen.contains("LOST       no daemon listens there; trying again"),
        "{screen}"
    );
    assert!(screen.contains("generation 7"), "{screen}");

    let mut restarted = Moment::new(0);
    restarted.status["daemon"]["pid"] = json!(5000);
    restarted.status["ready"] = json!(false);
    restarted.status["notReadyBecause"] = json!([{"reason": "draining", "detail": "It drains."}]);
    restarted.status["freeze"] = json!({"since": 1, "by": "uid 7", "action": "rollback", "sha256": SHA256,
        "reason": "at 3 a.m."});
    restarted.status["sources"]["remote"]["lastCheck"] =
        json!({"at": 1, "good": false, "outcome": "failed", "why": "no route", "failures": 12});
    view.take(Ok(restarted.at(3)));
    let screen = drawn(&view, 120, 40);
    for text in [
        "note       the daemon restarted at 2026-11-18 11:06:40 UTC as process 5000",
        "NOT READY  It drains.",
        "FROZEN     since 1970-01-01 00:00:00 UTC",
        "by uid 7, who rolled back; reason: at 3 a.m.",
        "sources    REMOTE failed 12 times, ",
        "no route",
        "measuring",
    ] {
        assert!(screen.contains(text), "no {text:?} in\n{screen}");
    }
    assert!(!screen.contains("LOST"));
}

#[test]
fn a_change_of_the_live_table_is_noted() {
    let mut view = view();
    let mut reloaded = Moment::new(3);
    reloaded.status["table"]["generation"] = json!(8);
    view.take(Ok(reloaded.at(3)));
    let screen = drawn(&view, 120, 40);
    assert!(
        screen.contains("note       generation 8 has been live since 2026-11-18 11:06:41 UTC"),
        "{screen}"
    );
}

#[test]
fn a_pause_is_one_long_interval() {
    let mut view = view();
    assert!(view.execute(Command::Pause).is_continue());
    view.take(Ok(Moment::new(50).at(3)));
    view.take(Err(lost("gone")));
    let screen = words(&view, 100, 40);
    assert!(
        screen.contains("PAUSED") && screen.contains("p resume"),
        "{screen}"
    );
    assert!(
        screen.contains("all 500") && !screen.contains("LOST"),
        "{screen}"
    );
    assert!(view.execute(Command::Pause).is_continue());
    view.take(Ok(Moment::new(12).at(12)));
    assert_eq!(view.figures.unwrap().seconds, 10.0);
}

#[test]
fn keys_scroll_help_and_end() {
    let mut view = view();
    let key = |code| command(KeyEvent::new(code, KeyModifiers::NONE)).unwrap();
    assert!(view.execute(key(KeyCode::Char('j'))).is_continue());
    let screen = drawn(&view, 100, 40);
    assert!(
        !screen.contains("hot") && screen.contains("warm"),
        "{screen}"
    );
    assert!(view.execute(key(KeyCode::PageDown)).is_continue());
    assert!(view.execute(key(KeyCode::Down)).is_continue());
    assert!(drawn(&view, 100, 40).contains("cold"));
    assert!(view.execute(key(KeyCode::Up)).is_continue());
    assert_eq!(view.scrolled, 1);
    assert!(view.execute(key(KeyCode::End)).is_continue());
    assert_eq!(view.scrolled, 2);
    assert!(view.execute(key(KeyCode::Home)).is_continue());
    assert!(view.execute(key(KeyCode::Char('k'))).is_continue());
    assert_eq!(view.scrolled, 0);
    assert!(view.execute(key(KeyCode::Char('?'))).is_continue());
    assert!(drawn(&view, 80, 24).contains("pause or resume"));
    assert!(view.execute(key(KeyCode::Char('?'))).is_continue());
    assert!(!drawn(&view, 80, 24).contains("pause or resume"));
    assert!(view.execute(key(KeyCode::Char('q'))).is_break());
    let with_control = |c| command(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL));
    assert_eq!(
        (with_control('c'), with_control('j')),
        (Some(Command::Quit), None)
    );
}

/// Every number on a narrow screen is one of those on a wide screen: none is cut.
#[test]
fn a_narrow_screen_omits_columns_and_cuts_no_number() {
    let view = view();
    let numbers = |width| -> Vec<String> {
        // The name of a rule is not a number.
        let has_digit =
            |word: &&str| word.contains(|c: char| c.is_ascii_digit()) && !word.starts_with("hot");
        let text = words(&view, width, 40);
        let words = text.split_whitespace().filter(has_digit);
        words
            .map(|word| word.trim_end_matches('…').to_owned())
            .collect()
    };
    let all = numbers(250);
    for width in 1..250 {
        for number in numbers(width) {
            assert!(all.contains(&number), "{number} at a width of {width}");
        }
    }
    let narrow = words(&view, 50, 40);
    assert!(
        narrow.contains("REQUESTS/S") && narrow.contains("P99"),
        "{narrow}"
    );
    assert!(!narrow.contains("P90"), "{narrow}");
}
