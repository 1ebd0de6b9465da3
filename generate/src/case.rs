//! A route config, with code values and openIds to look up in it.

use std::fmt;

use serde_json::json;

use crate::vocabulary::word;
use crate::{Entropy, Match, Rule, code, family};

/// A valid route config, and codes and openIds to identify with it.
///
/// Its `Debug` form is JSON, which can be pasted into a test.
#[derive(Clone)]
pub struct Case {
    /// The rules, in order.
    pub rules: Vec<Rule>,
    /// Code values of 1 to 8192 characters, at least one.
    pub codes: Vec<String>,
    /// OpenIds of 3 to 256 characters, at least one.
    pub open_ids: Vec<String>,
}

impl Case {
    /// Draws a case: up to about fifty rules, eight codes and two openIds.
    #[must_use]
    pub fn draw(entropy: &mut Entropy<'_>) -> Self {
        let mut matches: Vec<Match> = (0..entropy.within(1..=6))
            .map(|_| Match::draw(entropy))
            .collect();
        for _ in 0..entropy.below(3) {
            matches.append(&mut family::draw(entropy));
        }
        if entropy.chance(50) {
            shuffle(&mut matches, entropy);
        }
        let number = |(i, matching)| Rule::new(format!("r{i}"), matching, entropy);
        let rules: Vec<Rule> = matches.into_iter().enumerate().map(number).collect();
        let codes = (0..entropy.within(1..=8))
            .map(|_| code::draw(&rules, entropy))
            .collect();
        let open_ids = (0..entropy.within(1..=2))
            .map(|_| open_id(entropy))
            .collect();
        Self {
            rules,
            codes,
            open_ids,
        }
    }

    /// Returns the route config as JSON.
    #[must_use]
    pub fn config_json(&self) -> String {
        let rules: Vec<_> = self.rules.iter().map(Rule::json).collect();
        json!({ "format": "codeid/1", "version": "1", "rules": rules }).to_string()
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (codes, open_ids) = (json!(self.codes), json!(self.open_ids));
        let config = self.config_json();
        write!(
            f,
            r#"{{"config":{config},"codes":{codes},"openIds":{open_ids}}}"#
        )
    }
}

fn open_id(entropy: &mut Entropy<'_>) -> String {
    match entropy.below(6) {
        0 => "user-1".to_owned(),
        1 => "user-2".to_owned(),
        2 => "user-3".to_owned(),
        3 => format!("id-{}", word(entropy)),
        4 => "é".repeat(entropy.within(3..=256)),
        _ => format!("id-{}", entropy.below(65_536)),
    }
}

fn shuffle(matches: &mut [Match], entropy: &mut Entropy<'_>) {
    for i in (1..matches.len()).rev() {
        matches.swap(i, entropy.below(i + 1));
    }
}
