//! Route configs of a given size.

use std::iter;

use serde_json::{Value, json};

use crate::Rule;

/// The most characters that a route config may have.
const MAX_CHARACTERS: usize = 131_072;

/// The member that a description adds to a rule, without the text.
const DESCRIPTION_MEMBER: usize = r#""description":"","#.len();

/// Renders `rules` as a route config of exactly 131072 characters, the most that are allowed. The
/// descriptions of the rules fill the space, and blanks the remainder.
///
/// # Panics
///
/// If there are no rules, or they need more characters even without descriptions.
#[must_use]
pub fn padded_config(rules: &[Rule], version: &str) -> String {
    let bare = config_json(rules, version, 0);
    let room = MAX_CHARACTERS
        .checked_sub(bare.len())
        .expect("the rules fit without descriptions");
    let description = (room / rules.len()).saturating_sub(DESCRIPTION_MEMBER);
    let mut config = config_json(rules, version, description);
    config.extend(iter::repeat_n(' ', MAX_CHARACTERS - config.len()));
    config
}

/// Renders the largest number of `rules`, from the first, that fit 131072 characters, and returns
/// that number and the config: 0 and a config without rules if not one fits.
#[must_use]
pub fn largest_config(rules: &[Rule]) -> (usize, String) {
    let (mut fits, mut exceeds) = (0, rules.len() + 1);
    while exceeds - fits > 1 {
        let middle = fits.midpoint(exceeds);
        if config_json(&rules[..middle], "largest", 0).len() <= MAX_CHARACTERS {
            fits = middle;
        } else {
            exceeds = middle;
        }
    }
    (fits, config_json(&rules[..fits], "largest", 0))
}

/// Builds rules that need nearly all automaton states that the limits allow when they fill a config.
#[must_use]
pub fn slow_rules(count: usize) -> Vec<Rule> {
    let rule = |n| {
        let regex = format!("{n:04}(?:[a-f]{{1,9}}[0-9]|x[0-9]{{2,3}}y){{1,3}}z");
        Rule::new(json!({ "regex": regex }), format!(r"\A(?:{regex})\z"))
    };
    (0..count).map(rule).collect()
}

/// Renders a route config whose rules have descriptions of `description` characters. With 0 they
/// have none.
fn config_json(rules: &[Rule], version: &str, description: usize) -> String {
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
    use crate::{CodeMix, RuleKinds, Workload};

    #[test]
    fn configs_have_the_promised_size_and_compile() {
        let rules = Workload::new(RuleKinds::Patterns, 2000, CodeMix::Usual, 0).rules;
        let config = padded_config(&rules[..1000], "a");
        assert_eq!(config.len(), MAX_CHARACTERS);
        let (count, largest) = largest_config(&rules);
        assert!((1000..2000).contains(&count) && largest.len() > MAX_CHARACTERS - 200);
        let (slow, slowest) = largest_config(&slow_rules(2000));
        assert!((1000..2000).contains(&slow));
        for (rules, config) in [(1000, config), (count, largest), (slow, slowest)] {
            assert!(config.len() <= MAX_CHARACTERS);
            let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default());
            assert_eq!(table.unwrap().rule_count(), rules);
        }
    }
}
