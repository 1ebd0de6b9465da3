use codeid_engine::{CodeValue, Outcome, RouteTable, Scratch};
use regex::Regex;
use serde_json::{Value, json};

use super::{Family, FamilyCodes, Template, families};
use crate::engines::open_id;
use crate::{Codeid, Engine, LazyDfa, RegexSets, Rule, Workload, default_limits, verify};

const CODES: usize = 100;

fn every_family(codes: FamilyCodes, code_count: usize) -> Vec<(Family, Workload)> {
    let with_workload = |family: Family| {
        let workload = family.workload(26, Template::Code, codes, code_count);
        (family, workload)
    };
    families().unwrap().into_iter().map(with_workload).collect()
}

/// Returns `true` if the default limits may refuse 26 rules of `family`.
fn is_refused(family: &Family) -> bool {
    matches!(family.name(), "secrets")
}

#[test]
fn in_every_family_the_peers_find_the_same_rules() {
    for (family, workload) in every_family(FamilyCodes::Usual, CODES) {
        let mut engines: Vec<Box<dyn Engine>> = vec![
            Box::new(RegexSets::from_whole_patterns(&workload)),
            Box::new(LazyDfa::new(&workload)),
        ];
        match Codeid::within_default_limits(&workload) {
            Ok(codeid) => engines.push(Box::new(codeid)),
            Err(error) => assert!(is_refused(&family), "{}: {error}", family.name()),
        }
        verify(&mut engines, &workload.codes);
    }
}

/// The families before the public ones. Those of which a thousand rules take most of the steps that are
/// allowed are compiled with as many; the others with three hundred, to save time.
#[test]
fn the_rules_of_a_family_are_accepted_by_default() {
    const COSTLY: [&str; 5] = [
        "optional-subdomains",
        "emv-text",
        "bech32",
        "mixed",
        "derived",
    ];
    for family in families().unwrap().iter().take(15) {
        let count = match COSTLY.contains(&family.name()) {
            true => 1000,
            false => 300,
        };
        let workload = family.workload(count, Template::Code, FamilyCodes::Usual, 1);
        let table = RouteTable::from_json(workload.config_json().as_bytes(), &default_limits());
        table.unwrap_or_else(|error| panic!("{}: {error}", family.name()));
    }
}

/// A third of the rules as shops write them, and the rest prefixes.
#[test]
fn a_thousand_rules_of_shops_and_prefixes_are_accepted_by_default() {
    let rule = |n: usize| {
        let pattern = format!(
            r"https?://(?:www\.|m\.)?shop{n}\.co/(?:checkout/v2|scan/in|r/store)/[A-Z0-9]{{6,20}}(?:[/?#].*)?"
        );
        let rule_match = match n % 3 {
            0 => json!({ "regex": pattern }),
            _ => json!({ "prefix": format!("2810{n}") }),
        };
        json!({ "id": format!("r{n}"), "match": rule_match, "action": { "type": "DECODE" } })
    };
    let rules: Vec<Value> = (0..1000).map(rule).collect();
    let config = json!({ "format": "codeid/1", "version": "1", "rules": rules }).to_string();
    let table = RouteTable::from_json(config.as_bytes(), &default_limits()).unwrap();
    assert!(
        table.max_code_steps() < 100_000,
        "{}",
        table.max_code_steps()
    );
}

#[test]
fn half_of_the_codes_of_every_family_are_hits_and_hardly_more() {
    for (family, workload) in every_family(FamilyCodes::Usual, 500) {
        let hits = LazyDfa::new(&workload).count_hits(&workload.codes);
        assert!((220..330).contains(&hits), "{}: {hits}", family.name());
    }
}

#[test]
fn rules_of_a_family_differ_and_codes_rarely_repeat() {
    for family in families().unwrap() {
        let workload = family.workload(400, Template::Code, FamilyCodes::Usual, CODES);
        let mut patterns: Vec<_> = workload
            .rules
            .iter()
            .map(|rule| &rule.peer_pattern)
            .collect();
        patterns.sort_unstable();
        patterns.dedup();
        assert!(
            patterns.len() > 395,
            "{}: {} rules",
            family.name(),
            patterns.len()
        );
        let mut codes = workload.codes;
        codes.sort_unstable();
        codes.dedup();
        assert!(
            codes.len() > CODES / 2,
            "{}: {} codes",
            family.name(),
            codes.len()
        );
    }
}

#[test]
fn long_codes_are_long() {
    for (family, workload) in every_family(FamilyCodes::Long, 20) {
        for code in workload.codes {
            let length = code.len();
            assert!(
                (7900..=8192).contains(&length),
                "{}: {length}",
                family.name()
            );
        }
    }
}

#[test]
fn a_template_inserts_the_group_that_the_regex_crate_finds() {
    for family in families().unwrap() {
        let workload = family.workload(26, Template::Group, FamilyCodes::Usual, CODES);
        let regex = |rule: &Rule| Regex::new(&rule.peer_pattern).unwrap();
        let regexes: Vec<Regex> = workload.rules.iter().map(regex).collect();
        let json = workload.config_json();
        let table = match RouteTable::from_json(json.as_bytes(), &default_limits()) {
            Ok(table) => table,
            Err(error) => {
                assert!(is_refused(&family), "{}: {error}", family.name());
                continue;
            }
        };
        let (mut scratch, open_id) = (Scratch::new(), open_id());
        for code in &workload.codes {
            let value = CodeValue::new(code).unwrap();
            let verdict = table.identify(value, open_id, &mut scratch);
            let group = match verdict.outcome {
                Outcome::Decode { code_value } => code_value.strip_prefix("id/"),
                _ => None,
            };
            let captures = regexes.iter().find_map(|regex| regex.captures(code));
            let expected = captures.map(|captures| captures.get(1).unwrap().as_str());
            assert_eq!(group, expected, "{}: {code}", family.name());
        }
    }
}
