//! A route config, with code values and openIds to look up in it.

use std::fmt;

use serde_json::json;

use crate::vocabulary::word;
use crate::{Entropy, Match, Rule, code, family, shapes};

/// A valid route config, and codes and openIds to identify with it.
///
/// Its `Debug` form is JSON, which can be pasted into a test.
#[derive(Clone)]
pub struct Case {
    /// The rules, in order.
    pub rules: Vec<Rule>,
    /// `trim`, if it is not left out.
    pub trim: Option<bool>,
    /// Code values of 1 to 8192 characters, at least one.
    pub codes: Vec<String>,
    /// OpenIds of 3 to 256 characters, at least one.
    pub open_ids: Vec<String>,
}

impl Case {
    /// Draws a case: up to about sixty rules, sixteen codes and two openIds.
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
        let mut rules: Vec<Rule> = matches.into_iter().enumerate().map(number).collect();
        let mut codes: Vec<String> = (0..entropy.within(1..=8))
            .map(|_| code::draw(&rules, entropy))
            .collect();
        let open_ids = (0..entropy.within(1..=2))
            .map(|_| open_id(entropy))
            .collect();
        // After everything else, so that what the bytes of committed inputs lead to is still drawn.
        let trim = entropy.chance(40).then(|| !entropy.chance(20));
        for rule in &mut rules {
            if let Match::Emv(emv) = &mut rule.matching {
                emv.allow_empty = entropy.chance(50).then(|| !entropy.chance(20));
            }
        }
        for code in &mut codes {
            *code = code::with_empty_objects(code, entropy);
            if trim.is_some() {
                *code = code::with_padding(code, entropy);
            }
        }
        if entropy.chance(40) {
            let shaped = shapes::draw(entropy).into_iter().enumerate();
            let shaped: Vec<Rule> = shaped
                .map(|(i, matching)| Rule::new(format!("s{i}"), matching, entropy))
                .collect();
            codes.extend((0..entropy.within(2..=8)).map(|_| code::draw(&shaped, entropy)));
            let place = entropy.below(rules.len() + 1);
            rules.splice(place..place, shaped);
        }
        Self {
            rules,
            trim,
            codes,
            open_ids,
        }
    }

    /// Returns the route config as JSON.
    #[must_use]
    pub fn config_json(&self) -> String {
        let rules: Vec<_> = self.rules.iter().map(Rule::json).collect();
        let mut config = json!({ "format": "codeid/1", "version": "1", "rules": rules });
        if let Some(trim) = self.trim {
            config["trim"] = json!(trim);
        }
        config.to_string()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns bytes that look random, the same each time.
    fn bytes(seed: u64) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut byte = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (state >> 56) as u8
        };
        (0..1024).map(|_| byte()).collect()
    }

    #[test]
    fn cases_have_what_is_drawn_last() {
        let cases: Vec<Case> = (1..=300)
            .map(|seed| Case::draw(&mut Entropy::new(&bytes(seed))))
            .collect();
        let trims = cases.iter().filter(|case| case.trim == Some(true));
        let padded = trims.clone().flat_map(|case| &case.codes);
        let padded = padded.filter(|code| code.starts_with(' ') || code.ends_with('\u{3000}'));
        assert!(trims.count() > 30 && padded.count() > 10);
        let matches = cases.iter().flat_map(|case| &case.rules);
        let lenient = matches.filter(
            |rule| matches!(&rule.matching, Match::Emv(emv) if emv.allow_empty == Some(true)),
        );
        assert!(lenient.count() > 30);
        let codes = cases.iter().flat_map(|case| &case.codes);
        let empty =
            codes.filter(|code| code.starts_with("000201") && code.get(8..10) == Some("00"));
        assert!(empty.count() > 5);
        let shaped = cases
            .iter()
            .filter(|case| case.rules.iter().any(|rule| rule.id == "s1"));
        assert!(shaped.count() > 60);
    }
}
