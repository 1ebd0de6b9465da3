//! T4: a corpus of bad configs, none of which ever becomes live.

use serde_json::{Value, json};

use super::remote::{Remote, Reply, wait_until};
use super::{config, live_label, plan};

/// The most characters of a config.
const MAX_CHARACTERS: usize = 131_072;

/// The least number of configs in the corpus.
const AT_LEAST: usize = 300;

/// Returns a config that uses every feature.
fn rich() -> String {
    json!({"format": "codeid/1", "version": "rich", "rules": [
        {"id": "exact", "description": "é", "match": {"exact": "a"}, "action": {"type": "UNSUPPORTED"}},
        {"id": "regex", "match": {"regex": "a(?P<n>b+)[c-e]{2,3}"},
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
fn corpus() -> Vec<Vec<u8>> {
    let rich = rich();
    let mut corpus: Vec<Vec<u8>> = Vec::new();
    // Cut off at any place.
    corpus.extend(
        (0..rich.len())
            .step_by(4)
            .map(|end| rich.as_bytes()[..end].to_vec()),
    );
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
        ] {
            let mut config = whole.clone();
            *config.pointer_mut(pointer).unwrap() = wrong;
            corpus.push(config.to_string().into());
        }
        let mut config = whole.clone();
        if let Some(object) = config.pointer_mut(pointer).unwrap().as_object_mut() {
            object.insert("unknown".to_owned(), json!(1));
            corpus.push(config.to_string().into());
        }
    }
    // Duplicates.
    let twice = |from: &str, to: &str| rich.replacen(from, to, 1).into_bytes();
    corpus.push(twice(
        r#""version":"rich""#,
        r#""version":"rich","version":"rich""#,
    ));
    corpus.push(twice(r#""id":"url""#, r#""id":"url","id":"url""#));
    corpus.push(twice(r#""id":"url""#, r#""id":"emv""#));
    corpus.push(twice(r#""host":"#, r#""host":"a.example","host":"#));
    // Text that is not JSON in UTF-8.
    for start in ["\u{feff}", "\u{0}", "// comment\n"] {
        corpus.push(format!("{start}{rich}").into());
    }
    corpus.push([rich.as_bytes(), b"\xff"].concat());
    corpus.push(twice("user-42", "user-\\ud800"));
    corpus.push(rich.encode_utf16().flat_map(u16::to_le_bytes).collect());
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
    corpus.push(twice(
        r#""rules":["#,
        &format!(r#""rules":[{},"#, "0,".repeat(50_000) + "0"),
    ));
    for depth in [129, 10_000] {
        corpus.push(format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into());
    }
    for (field, value) in [
        ("regex", "("),
        ("regex", "a{2,1}"),
        ("regex", "(a{1000}){1000}"),
        ("regex", "(?=a)"),
        ("regex", "\\1"),
        ("regex", "a++"),
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

fn one_rule(matches: Value, action: Value) -> Vec<u8> {
    json!({"format": "codeid/1", "version": "v", "rules": [
        {"id": "r", "match": matches, "action": action}]})
    .to_string()
    .into()
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
    for (index, bad) in corpus.iter().enumerate() {
        let context = || {
            format!(
                "{index}: {:?}",
                String::from_utf8_lossy(&bad[..bad.len().min(300)])
            )
        };
        remote.set(Reply::config(&**bad));
        let checked = |status: &Value| -> u64 {
            let reloads = status["counters"]["reloads"].as_object().unwrap();
            reloads.values().map(|count| count.as_u64().unwrap()).sum()
        };
        let before = checked(&daemon.status());
        daemon.signal("HUP");
        let status = wait_until("the pull", || {
            let status = daemon.status();
            (checked(&status) > before).then_some(status)
        });
        let source = &status["sources"]["remote"];
        assert_eq!(
            source["lastCheck"]["outcome"],
            "refused",
            "{}: {status}",
            context()
        );
        assert!(
            source["refusal"]["problemCount"].as_u64() > Some(0),
            "{}: {status}",
            context()
        );
        let problem = &source["refusal"]["problems"][0];
        assert!(problem["message"].is_string(), "{}: {status}", context());
        assert_eq!(status["table"]["version"], "good");
        let answer = client.identify(super::CODE, "user-42");
        assert_eq!(
            answer.header("x-codeid-rule"),
            Some("good"),
            "{}",
            context()
        );
    }
    // Neither the live nor the saved config has changed.
    let saved = std::fs::read_to_string(super::store(daemon.directory.path())).unwrap();
    assert_eq!(saved, config("good"));
    // The live config clears the refusal, and so does a new one.
    for label in ["good", "better"] {
        remote.set(Reply::config(config(label)));
        daemon.signal("HUP");
        wait_until("the repaired config", || {
            let status = daemon.status();
            let source = &status["sources"]["remote"];
            let is_clear = source["lastCheck"]["good"] == true && source["refusal"].is_null();
            (is_clear && status["table"]["version"] == label).then_some(())
        });
        assert_eq!(live_label(&daemon).as_deref(), Some(label));
    }
    daemon.signal("TERM");
    assert!(daemon.wait().success());
}
