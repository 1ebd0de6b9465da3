//! Sources over declared keys.

use std::ffi::OsString;

use super::declarations::Keys;
use super::layers::variable_of;
use super::{LogFormat, Settings, Sources, WatchMode};
use crate::api::log_level::LogLevel;
use crate::api::status::StalePolicy;
use crate::error_chain::ErrorChain;

fn environment(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    variables
        .iter()
        .map(|(name, value)| (OsString::from(*name), OsString::from(*value)))
        .collect()
}

fn set(given: &[(&str, &str)]) -> Sources {
    let given = given
        .iter()
        .map(|&(key, value)| (key.to_owned(), value.to_owned()));
    Sources {
        set: given.collect(),
        ..Sources::default()
    }
}

fn problems(sources: &Sources) -> String {
    ErrorChain(&Settings::read(sources).unwrap_err()).to_string()
}

#[test]
fn every_key_has_a_variable_that_leads_back_to_it() {
    let mut keys = Keys::new(Vec::new());
    Settings::declare(&mut keys, &[]);
    let declared = keys.into_declared();
    assert!(declared.len() > 50);
    for key in declared {
        let sources = Sources {
            environment: environment(&[(&variable_of(key.name()), "\u{1}")]),
            ..Sources::default()
        };
        let found = problems(&sources);
        let expected = format!("{}: {} must be", variable_of(key.name()), key.name());
        assert!(found.starts_with(&expected), "{found}");
    }
}

#[test]
fn variables_without_two_underscores_are_not_settings() {
    let sources = Sources {
        environment: environment(&[
            ("CODEID_SERVICE_HOST", "10.0.0.1"),
            ("CODEID_PORT", "tcp://10.0.0.1:80"),
            ("LISTEN__HTTP", "x"),
        ]),
        ..Sources::default()
    };
    assert!(Settings::read(&sources).is_ok());
}

#[test]
fn unknown_names_are_answered_with_the_nearest() {
    let sources = Sources {
        environment: environment(&[
            ("CODEID_LISTEN__HTPP", "off"),
            ("CODEID_listen__http", "off"),
        ]),
        ..set(&[
            ("listn.http", "off"),
            ("qqqqqqqqqqqqqqqqqqqq", "off"),
            ("proxy.public-keys.01", "x"),
            ("proxy.public-keys.2", "x"),
        ])
    };
    let expected = [
        "CODEID_LISTEN__HTPP: unknown setting listen.htpp; did you mean listen.http?",
        "unknown setting CODEID_listen__http in the environment; did you mean CODEID_LISTEN__HTTP?",
        "--set: unknown setting listn.http; did you mean listen.http?",
        "--set: unknown setting qqqqqqqqqqqqqqqqqqqq; `codeid settings` lists all settings",
        "--set: unknown setting proxy.public-keys.01: a key version is a number from 0 to 2147483647 without \
         leading zeros",
    ];
    assert_eq!(problems(&sources), expected.join("; "));
}

#[test]
fn a_value_that_is_overridden_must_be_valid_too() {
    let sources = Sources {
        environment: environment(&[("CODEID_LOG__LEVEL", "loud")]),
        ..set(&[("log.level", "warn")])
    };
    assert_eq!(
        problems(&sources),
        "CODEID_LOG__LEVEL: log.level must be one of error, warn, info, debug, trace, not \"loud\""
    );
}

#[test]
fn words_become_the_values_that_they_name() {
    let settings = Settings::read(&set(&[
        ("log.level", "error"),
        ("log.format", "json"),
        ("watch.mode", "poll"),
        ("reload.stale-policy", "unready"),
    ]))
    .unwrap();
    assert_eq!(settings.log.level, LogLevel::Error);
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(settings.watch.mode, WatchMode::Poll);
    assert_eq!(settings.reload.stale_policy, StalePolicy::Unready);
}

#[test]
fn contradictions_are_reported_only_between_valid_values() {
    let off = [
        ("listen.http", "off"),
        ("listen.unix", "off"),
        ("listen.resp", "off"),
    ];
    let nothing = "listen.http, listen.unix and listen.resp are all off: nothing to serve";
    assert_eq!(problems(&set(&off)), nothing);
    let mut invalid = off.to_vec();
    invalid.push(("listen.backlog", "0"));
    let found = problems(&set(&invalid));
    assert!(!found.contains(nothing), "{found}");
}
