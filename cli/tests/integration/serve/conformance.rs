//! The conformance cases, replayed over every socket of daemons that were started with their route
//! configs, and in both versions of the Redis protocol.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use super::client::Client;
use super::daemon::Plan;
use crate::resp::client::{Reply, RespClient};

#[path = "../../../../engine/testdata/cases.rs"]
mod cases;

use cases::{Answer, Case, Check, Lookup};

#[test]
fn every_case_holds_over_every_socket() {
    // One daemon for all cases that share a config.
    let mut by_config: BTreeMap<Vec<u8>, Vec<Case>> = BTreeMap::new();
    let mut written = 0;
    for case in cases::load() {
        written += usize::from(matches!(case.check, Check::Lookup(_)));
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
    assert_eq!(lookups, written, "a lookup was not replayed");
    assert!(
        lookups >= 1050 && refusals >= 350,
        "{lookups} lookups, {refusals} refusals"
    );
}

/// Replays the cases of one config. Returns the numbers of lookups and of refusals of the config.
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
    let mut resp_clients = [daemon.resp(), daemon.resp3()];
    let lookups = cases.iter().filter_map(|case| match &case.check {
        Check::Lookup(lookup) => Some((case, lookup)),
        _ => None,
    });
    let mut count = 0;
    for (case, lookup) in lookups {
        for client in &mut clients {
            check(client, case, lookup);
        }
        for client in &mut resp_clients {
            check_resp(client, case, lookup);
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
    let response = client.identify(&lookup.code, &lookup.open_id);
    assert_eq!(response.status, 200, "{at}");
    let json = response.json();
    let rule = response.header("x-codeid-rule");
    let field = |name: &str| json.get(name).and_then(Value::as_str);
    let expected_rule = match &lookup.answer {
        Answer::Illegal { parameter } => {
            assert_eq!(response.result_code(), "PARAM_ILLEGAL", "{at}");
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
    assert_eq!(response.result_code(), "SUCCESS", "{at}");
    assert_eq!(rule, expected_rule, "{at}");
}

/// Checks a reply like [`check`], without the rule, which a reply does not name.
fn check_resp(client: &mut RespClient, case: &Case, lookup: &Lookup) {
    let at = format!(
        "{}, case {} (SPEC.md, section {})",
        case.file, case.name, case.source
    );
    let reply = client.command(&["IDENTIFY", &lookup.code, &lookup.open_id]);
    let field = |name: &str| reply.get(name).and_then(Reply::text);
    let (is_supported, fields) = match &lookup.answer {
        Answer::Illegal { parameter } => {
            let expected = format!("PARAM_ILLEGAL {parameter}");
            let is_error = matches!(&reply, Reply::Error(text) if text.starts_with(&expected));
            return assert!(is_error, "{at}: {reply:?}");
        }
        Answer::Unsupported { .. } => (false, vec![]),
        Answer::Decode { code_value, .. } => (
            true,
            vec![
                ("postCodeMatchActionType", "DECODE"),
                ("codeValue", code_value.as_str()),
            ],
        ),
        Answer::OpenUrl {
            redirect_url,
            user_agent,
            ..
        } => (
            true,
            vec![
                ("postCodeMatchActionType", "OPEN_URL"),
                ("redirectUrl", redirect_url.as_str()),
                ("userAgent", user_agent.as_str()),
            ],
        ),
    };
    match reply.get("isSupported") {
        Some(Reply::Boolean(supported)) => assert_eq!(*supported, is_supported, "{at}"),
        Some(Reply::Integer(supported)) => assert_eq!(*supported, i64::from(is_supported), "{at}"),
        other => panic!("{at}: {other:?}"),
    }
    assert_eq!(reply.pairs(), 1 + fields.len(), "{at}: {reply:?}");
    for (name, value) in fields {
        assert_eq!(field(name), Some(value), "{at}");
    }
}
