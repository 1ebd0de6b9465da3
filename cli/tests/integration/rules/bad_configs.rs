//! T4: a corpus of bad configs, none of which ever becomes live.

use codeid_engine::ConfigDigest;
use serde_json::{Value, json};

use super::remote::{Remote, Reply, wait_until};
use super::{config, live_label, plan};
use crate::serve::daemon::{Process, Served};

/// The most characters of a config.
const MAX_CHARACTERS: usize = 131_072;

/// The least number of configs in the corpus, most of which are cut off or have one wrong value.
const AT_LEAST: usize = 800;

/// The codes of problems without a line and a column: the message says where they are, or they are of the
/// whole.
const WITHOUT_POSITION: [&str; 4] = [
    "missing-field",
    "not-utf8",
    "byte-order-mark",
    "config-too-long",
];

/// A config that is wrong, and what the reason must name.
struct Bad {
    config: Vec<u8>,
    /// The rule with the problem, if it is inside of one whose ID can be read.
    rule: Option<&'static str>,
    /// The JSON pointer of the problem or of what is around it, if one value is wrong.
    pointer: Option<String>,
}

impl<T: Into<Vec<u8>>> From<T> for Bad {
    fn from(config: T) -> Self {
        let config = config.into();
        Self {
            config,
            rule: None,
            pointer: None,
        }
    }
}

/// Returns a config that uses every feature.
fn rich() -> String {
    json!({"format": "codeid/1", "version": "rich", "rules": [
        {"id": "exact", "description": "é", "match": {"exact": "a"}, "action": {"type": "UNSUPPORTED"}},
        {"id": "regex", "match": {"regex": "a(?<n>b+)[c-e]{2,3}"},
         "action": {"type": "DECODE", "codeValue": "{n}-{1:url}"},
         "canary": {"percentage": 12.5, "group": "g", "allowlist": ["user-42"]}},
        {"id": "url", "match": {"url": {"host": "qr.example.com", "path": "/m", "port": 8443}},
         "action": {"type": "OPEN_URL", "redirectUrl": "{code}", "userAgent": "-/A"}},
        {"id": "emv", "match": {"emv": {"guid": "A000000677010111", "tags": {"53": "764"}}},
         "action": {"type": "DECODE"}},
    ]})
    .to_string()
}

/// Returns configs that are wrong, each for another reason.
fn corpus() -> Vec<Bad> {
    let rich = rich();
    let mut corpus: Vec<Bad> = Vec::new();
    // Cut off after every byte, also inside of a character.
    corpus.extend((0..rich.len()).map(|end| Bad::from(&rich.as_bytes()[..end])));
    // Every value of another type, every field missing, and one too many in every object.
    let whole: Value = serde_json::from_str(&rich).unwrap();
    let mut pointers = Vec::new();
    collect(&whole, String::new(), &mut pointers);
    for pointer in &pointers {
        for wrong in [
            json!(null),
            json!(true),
            json!(-1),
            json!({"": 0}),
            json!([[]]),
            json!(""),
        ] {
            // A description and a pattern may be empty.
            let may_be_empty = ["/description", "/regex"];
            if wrong == "" && may_be_empty.iter().any(|end| pointer.ends_with(end)) {
                continue;
            }
            let mut config = whole.clone();
            *config.pointer_mut(pointer).unwrap() = wrong;
            corpus.push(Bad {
                config: config.to_string().into(),
                rule: rule_of(pointer),
                pointer: Some(pointer.clone()),
            });
        }
        let mut config = whole.clone();
        if let Some(object) = config.pointer_mut(pointer).unwrap().as_object_mut() {
            object.insert("unknown".to_owned(), json!(1));
            corpus.push(Bad {
                config: config.to_string().into(),
                rule: rule_of(&format!("{pointer}/unknown")),
                pointer: Some(pointer.clone()),
            });
        }
    }
    for (parent, member) in [
        ("", "format"),
        ("", "version"),
        ("", "rules"),
        ("/rules/0", "id"),
        ("/rules/0", "match"),
        ("/rules/0", "action"),
        ("/rules/0/action", "type"),
        ("/rules/2/match/url", "host"),
    ] {
        let mut config = whole.clone();
        let object = config.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        object.remove(member).unwrap();
        corpus.push(Bad {
            config: config.to_string().into(),
            rule: rule_of(&format!("{parent}/{member}")),
            pointer: Some(parent.to_owned()),
        });
    }
    // Duplicates.
    let twice = |from: &str, to: &str| rich.replacen(from, to, 1).into_bytes();
    for (from, to, rule) in [
        (
            r#""version":"rich""#,
            r#""version":"rich","version":"rich""#,
            None,
        ),
        (r#""id":"url""#, r#""id":"url","id":"url""#, None),
        (r#""id":"url""#, r#""id":"emv""#, Some("emv")),
        (r#""host":"#, r#""host":"a.example","host":"#, Some("url")),
    ] {
        corpus.push(Bad {
            config: twice(from, to),
            rule,
            pointer: None,
        });
    }
    // Text that is not JSON in UTF-8.
    for start in ["\u{feff}", "\u{0}", "// comment\n"] {
        corpus.push(format!("{start}{rich}").into());
    }
    corpus.push([rich.as_bytes(), b"\xff"].concat().into());
    corpus.push(twice("user-42", "user-\\ud800").into());
    let utf_16: Vec<u8> = rich.encode_utf16().flat_map(u16::to_le_bytes).collect();
    corpus.push(utf_16.into());
    for end in ["x", "{}", ",", "]", "\u{0}"] {
        corpus.push(format!("{rich}{end}").into());
    }
    // Too long, too deep, too many, too costly.
    corpus.push(
        format!(
            "{rich}{}",
            " ".repeat(MAX_CHARACTERS + 1 - rich.chars().count())
        )
        .into(),
    );
    corpus.push(" ".repeat(MAX_CHARACTERS).into());
    let zeros = format!(r#""rules":[{},"#, "0,".repeat(50_000) + "0");
    corpus.push(twice(r#""rules":["#, &zeros).into());
    for depth in [129, 10_000] {
        corpus.push(format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into());
    }
    for (field, value) in [
        ("regex", "("),
        ("regex", "a{2,1}"),
        ("regex", "(a{1000}){1000}"),
        ("regex", "(?=a)"),
        ("regex", "\\1"),
        ("regex", "a++a"),
        ("regex", "[z-a]"),
        ("regex", "\\"),
        ("regex", "(?u)a"),
        ("prefix", ""),
        ("exact", ""),
        ("suffix", "a"),
    ] {
        corpus.push(one_rule(json!({field: value}), json!({"type": "DECODE"})));
    }
    corpus.push(one_rule(
        json!({"prefix": "a".repeat(8193)}),
        json!({"type": "DECODE"}),
    ));
    corpus.push(one_rule(
        json!({"prefix": "a", "exact": "a"}),
        json!({"type": "DECODE"}),
    ));
    for action in [
        json!({"type": "OPEN_URL"}),
        json!({"type": "OPEN_URL", "redirectUrl": "http://a.example/"}),
        json!({"type": "OPEN_URL", "redirectUrl": "https://{code}/"}),
        json!({"type": "DECODE", "codeValue": "{"}),
        json!({"type": "DECODE", "codeValue": "{0}"}),
        json!({"type": "DECODE", "codeValue": ""}),
        json!({"type": "DECODE", "codeValue": "{code}".repeat(17)}),
        json!({"type": "DECODE", "codeValue": "a".repeat(2049)}),
        json!({"type": "DELETE"}),
    ] {
        corpus.push(one_rule(json!({"prefix": "a"}), action));
    }
    for version in ["", "\n", &"v".repeat(65)] {
        corpus.push(
            json!({"format": "codeid/1", "version": version, "rules": []})
                .to_string()
                .into(),
        );
    }
    corpus.push(
        json!({"format": "codeid/2", "version": "v", "rules": []})
            .to_string()
            .into(),
    );
    corpus
}

/// Collects the pointers of all values.
fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    let children: Vec<_> = match value {
        Value::Object(object) => object.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(array) => array
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        collect(child, format!("{pointer}/{key}"), pointers);
    }
    pointers.push(pointer);
}

fn one_rule(matches: Value, action: Value) -> Bad {
    let config = json!({"format": "codeid/1", "version": "v", "rules": [
        {"id": "r", "match": matches, "action": action}]});
    Bad {
        config: config.to_string().into(),
        rule: Some("r"),
        pointer: Some("/rules/0".to_owned()),
    }
}

/// Returns the ID of the rule that a problem at a pointer of [`rich`] names: none for the rule as a
/// whole and its ID, which cannot be read then.
fn rule_of(pointer: &str) -> Option<&'static str> {
    let (index, inside) = pointer.strip_prefix("/rules/")?.split_once('/')?;
    let ids = ["exact", "regex", "url", "emv"];
    (inside != "id").then(|| ids[index.parse::<usize>().unwrap()])
}

/// Checks that the reason of a refusal names the rule and the position.
fn check_reason(bad: &Bad, refusal: &Value) {
    assert!(refusal["problemCount"].as_u64() > Some(0), "{refusal}");
    let problems = refusal["problems"].as_array().unwrap();
    for problem in problems {
        assert!(problem["message"].as_str() > Some(""), "{problem}");
        let position = &problem["position"];
        let has_position =
            position["line"].as_u64() > Some(0) && position["column"].as_u64() > Some(0);
        let code = problem["code"].as_str().unwrap();
        assert!(
            has_position || WITHOUT_POSITION.contains(&code),
            "{problem}"
        );
    }
    let names = |problem: &&Value| {
        let pointer = problem["pointer"].as_str().unwrap();
        let is_there = bad
            .pointer
            .as_ref()
            .is_none_or(|expected| pointer.starts_with(expected) || expected.starts_with(pointer));
        is_there && (bad.rule.is_none() || problem["rule"].as_str() == bad.rule)
    };
    assert!(problems.iter().any(|problem| names(&problem)), "{refusal}");
}

/// Returns the value of the gauge that alerts watch.
fn refused_gauge(daemon: &Served) -> f64 {
    let gauge = r#"codeid_source_config_refused{source="remote"}"#;
    daemon.metrics().get(gauge)
}

#[test]
fn no_config_of_the_corpus_ever_becomes_live() {
    let corpus = corpus();
    assert!(corpus.len() >= AT_LEAST, "{}", corpus.len());
    let remote = Remote::http(Reply::config(config("good")));
    let mut daemon = plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .spawn();
    let mut client = daemon.unix();
    assert_eq!(refused_gauge(&daemon), 0.0);
    for (index, bad) in corpus.iter().enumerate() {
        let begin = &bad.config[..bad.config.len().min(300)];
        // Shown only if an assertion fails.
        println!("{index}: {:?}", String::from_utf8_lossy(begin));
        remote.set(Reply::config(&*bad.config));
        let digest = ConfigDigest::new(&bad.config).to_string();
        let status = reload(&daemon, "the refusal", |status| {
            assert_eq!(status["table"]["version"], "good");
            let remote = &status["sources"]["remote"];
            remote["refusal"]["sha256"] == *digest && remote["lastCheck"]["outcome"] == "refused"
        });
        check_reason(bad, &status["sources"]["remote"]["refusal"]);
        assert_eq!(refused_gauge(&daemon), 1.0);
        let answer = client.identify(super::CODE, "user-42");
        assert_eq!(answer.header("x-codeid-rule"), Some("good"));
    }
    // A million rules are more than is read of a response.
    let rule = r#"{"id":"r","match":{"exact":"a"},"action":{"type":"UNSUPPORTED"}}"#;
    let million = format!("{rule},").repeat(999_999) + rule;
    remote.set(Reply::config(format!(
        r#"{{"format":"codeid/1","version":"v","rules":[{million}]}}"#
    )));
    let status = reload(&daemon, "the failure", |status| {
        let check = &status["sources"]["remote"]["lastCheck"];
        let why = check["why"].as_str().unwrap_or_default();
        check["outcome"] == "failed" && why.contains("longer than")
    });
    assert_eq!(status["table"]["version"], "good");
    // Neither the live nor the saved config has changed.
    let saved = std::fs::read_to_string(super::store(daemon.directory.path())).unwrap();
    assert_eq!(saved, config("good"));
    // The live config clears the refusal, and so does a new one, here of the greatest length.
    let mut longest = config("better");
    longest += &" ".repeat(MAX_CHARACTERS - longest.chars().count());
    for (label, repaired) in [("good", config("good")), ("better", longest)] {
        remote.set(Reply::config(repaired));
        reload(&daemon, "the repaired config", |status| {
            let remote = &status["sources"]["remote"];
            let is_clear = remote["lastCheck"]["good"] == true && remote["refusal"].is_null();
            is_clear && status["table"]["version"] == label
        });
        assert_eq!(refused_gauge(&daemon), 0.0);
        assert_eq!(live_label(&daemon).as_deref(), Some(label));
    }
    daemon.signal("TERM");
    assert!(daemon.wait().success());
}

/// Has the daemon pull, and waits until the status shows what is expected. Returns the status then.
fn reload(daemon: &Process, what: &str, shows: impl Fn(&Value) -> bool) -> Value {
    daemon.signal("HUP");
    wait_until(what, || {
        let status = daemon.status();
        shows(&status).then_some(status)
    })
}
