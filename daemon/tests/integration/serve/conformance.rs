//! The conformance cases, replayed over both sockets of daemons that were started with their route
//! configs.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use super::client::Client;
use super::daemon::Plan;

#[path = "../../../../engine/testdata/cases.rs"]
mod cases;

use cases::{Answer, Case, Check, Lookup};

#[test]
fn every_case_holds_over_both_sockets() {
    // One daemon for all cases that share a config.
    let mut by_config: BTreeMap<Vec<u8>, Vec<Case>> = BTreeMap::new();
    for case in cases::load() {
        by_config.entry(case.config.clone()).or_default().push(case);
    }
    let configs = Mutex::new(by_config.into_iter());
    let seen = Mutex::new((0, 0));
    let next = || configs.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((config, cases)) = next() {
                    let (lookups, refusals) = replay(&config, &cases);
                    let mut seen = seen.lock().unwrap();
                    *seen = (seen.0 + lookups, seen.1 + refusals);
                }
            });
        }
    });
    let (lookups, refusals) = seen.into_inner().unwrap();
    assert!(
        lookups >= 300 && refusals >= 100,
        "{lookups} lookups, {refusals} refusals"
    );
}

/// Replays the cases of one config; counts lookups, and refusals of the config.
fn replay(config: &[u8], cases: &[Case]) -> (usize, usize) {
    let plan = Plan::with_rules(config);
    if cases
        .iter()
        .any(|case| matches!(case.check, Check::Refused(_)))
    {
        let line = plan.fail();
        let name = &cases[0].name;
        assert!(
            line.starts_with("INIT_CONFIG_IS_INVALID: the preset "),
            "{name}: {line}"
        );
        return (0, 1);
    }
    let daemon = plan.start();
    let mut clients = [daemon.tcp(), daemon.unix()];
    let lookups = cases.iter().filter_map(|case| match &case.check {
        Check::Lookup(lookup) => Some((case, lookup)),
        _ => None,
    });
    let mut count = 0;
    for (case, lookup) in lookups {
        for client in &mut clients {
            check(client, case, lookup);
        }
        count += 1;
    }
    (count, 0)
}

fn check(client: &mut Client, case: &Case, lookup: &Lookup) {
    let at = format!(
        "{}, case {} (SPEC.md, section {})",
        case.file, case.name, case.source
    );
    let answer = client.identify(&lookup.code, &lookup.open_id);
    assert_eq!(answer.status, 200, "{at}");
    let json = answer.json();
    let rule = answer.header("x-codeid-rule");
    let field = |name: &str| json.get(name).and_then(Value::as_str);
    let expected_rule = match &lookup.answer {
        Answer::Illegal { parameter } => {
            assert_eq!(answer.result_code(), "PARAM_ILLEGAL", "{at}");
            assert!(
                field("detail").unwrap().starts_with(parameter),
                "{at}: {json}"
            );
            return;
        }
        Answer::Unsupported { rule } => {
            assert_eq!(json["isSupported"], false, "{at}");
            assert_eq!(json.as_object().unwrap().len(), 2, "{at}: {json}");
            rule.as_deref()
        }
        Answer::Decode { code_value, rule } => {
            assert_eq!(field("postCodeMatchActionType"), Some("DECODE"), "{at}");
            assert_eq!(field("codeValue"), Some(code_value.as_str()), "{at}");
            assert_eq!(json.as_object().unwrap().len(), 4, "{at}: {json}");
            Some(rule.as_str())
        }
        Answer::OpenUrl {
            redirect_url,
            user_agent,
            rule,
        } => {
            assert_eq!(field("postCodeMatchActionType"), Some("OPEN_URL"), "{at}");
            assert_eq!(field("redirectUrl"), Some(redirect_url.as_str()), "{at}");
            assert_eq!(field("userAgent"), Some(user_agent.as_str()), "{at}");
            assert_eq!(json.as_object().unwrap().len(), 5, "{at}: {json}");
            Some(rule.as_str())
        }
    };
    assert_eq!(answer.result_code(), "SUCCESS", "{at}");
    assert_eq!(rule, expected_rule, "{at}");
}
