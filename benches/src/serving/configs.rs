//! Route configs as texts of a given size.

use std::iter;

use serde_json::{Value, json};

use crate::Rule;

/// How many characters a route config has at most.
const BOUND: usize = 131_072;

/// What a description adds to a rule beside its own text.
const DESCRIPTION: usize = r#""description":"","#.len();

/// The route config of `rules`, with descriptions as long as fit, filled up with spaces to exactly
/// 131072 characters, the most that there may be.
///
/// # Panics
///
/// If the rules take more even without descriptions.
#[must_use]
pub fn config_of(rules: &[Rule], version: &str) -> String {
    let bare = text(rules, version, 0);
    let room = BOUND.checked_sub(bare.len()).expect("rules that fit");
    let description = (room / rules.len()).saturating_sub(DESCRIPTION);
    let mut config = text(rules, version, description);
    config.extend(iter::repeat_n(' ', BOUND - config.len()));
    config
}

/// As many of `rules`, from the first, as fit 131072 characters, and how many that is.
#[must_use]
pub fn largest_config(rules: &[Rule]) -> (usize, String) {
    let (mut fits, mut exceeds) = (0, rules.len() + 1);
    while exceeds - fits > 1 {
        let middle = fits.midpoint(exceeds);
        if text(&rules[..middle], "largest", 0).len() <= BOUND {
            fits = middle;
        } else {
            exceeds = middle;
        }
    }
    (fits, text(&rules[..fits], "largest", 0))
}

/// Rules that take nearly all the automaton states there may be, when they fill a config.
#[must_use]
pub fn slow_rules(count: usize) -> Vec<Rule> {
    let rule = |n| {
        let regex = format!("{n:04}(?:[a-f]{{1,9}}[0-9]|x[0-9]{{2,3}}y){{1,3}}z");
        Rule::new(json!({ "regex": regex }), format!(r"\A(?:{regex})\z"))
    };
    (0..count).map(rule).collect()
}

/// `description`: how long the description of each rule is; 0: there is none.
fn text(rules: &[Rule], version: &str, description: usize) -> String {
    let rule = |(i, rule): (usize, &Rule)| {
        let mut object = json!({
            "id": format!("r{i}"),
            "match": rule.match_json,
            "action": { "type": "DECODE" },
        });
        if description > 0 {
            object["description"] = json!("x".repeat(description));
        }
        object
    };
    let rules: Vec<Value> = rules.iter().enumerate().map(rule).collect();
    json!({ "format": "codeid/1", "version": version, "rules": rules }).to_string()
}

#[cfg(test)]
mod tests {
    use codeid_engine::{CompileLimits, RouteTable};

    use super::*;
    use crate::{Kinds, Mix, Workload};

    #[test]
    fn configs_have_the_size_that_they_claim() {
        let rules = Workload::new(Kinds::Patterns, 2000, Mix::Usual, 0).rules;
        let config = config_of(&rules[..1000], "a");
        assert_eq!(config.len(), BOUND);
        let (count, largest) = largest_config(&rules);
        assert!((1000..2000).contains(&count) && largest.len() > BOUND - 200);
        let (slow, slowest) = largest_config(&slow_rules(2000));
        assert!((1000..2000).contains(&slow));
        for (rules, config) in [(1000, config), (count, largest), (slow, slowest)] {
            assert!(config.len() <= BOUND);
            let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default());
            assert_eq!(table.unwrap().rule_count(), rules);
        }
    }
}
