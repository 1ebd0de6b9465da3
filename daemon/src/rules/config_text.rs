//! The text of a route config that was accepted, with the places of its rules.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde_json::value::RawValue;

/// The text of an accepted route config. Its rules are found at the first request for one.
#[derive(Debug)]
pub(crate) struct ConfigText {
    text: Arc<str>,
    rules: OnceLock<Box<[Range<usize>]>>,
}

/// The members of a route config that are needed to find its rules.
#[derive(Deserialize)]
struct RuleTexts<'a> {
    #[serde(borrow)]
    rules: Vec<&'a RawValue>,
}

/// The members of a route config beside its rules that decide responses.
#[derive(Deserialize)]
struct TopLevel {
    #[serde(default)]
    trim: bool,
}

impl ConfigText {
    /// Returns the text of a config that was accepted. Its rules are found when the first is asked for.
    pub(crate) const fn new(text: Arc<str>) -> Self {
        Self {
            text,
            rules: OnceLock::new(),
        }
    }

    /// Returns the whole text.
    pub(crate) const fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Returns `true` if the config trims code values.
    pub(crate) fn trims(&self) -> bool {
        let top: Result<TopLevel, _> = serde_json::from_str(&self.text);
        top.is_ok_and(|top| top.trim)
    }

    /// Returns the number of rules.
    pub(crate) fn rule_count(&self) -> usize {
        self.rules().len()
    }

    /// Returns the text of the rule at `index`; `None` if there are fewer rules.
    pub(crate) fn rule(&self, index: usize) -> Option<&str> {
        let place = self.rules().get(index)?;
        self.text.get(place.clone())
    }

    fn rules(&self) -> &[Range<usize>] {
        self.rules.get_or_init(|| find_rules(&self.text))
    }
}

/// Finds the places of the rules; none in a text that is not a route config.
fn find_rules(text: &str) -> Box<[Range<usize>]> {
    let Ok(RuleTexts { rules }) = serde_json::from_str(text) else {
        return Box::default();
    };
    let begin = text.as_ptr().addr();
    let place = |rule: &&RawValue| {
        let rule = rule.get();
        let at = rule.as_ptr().addr() - begin;
        at..at + rule.len()
    };
    rules.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_found_as_they_are_written() {
        let text = "{\"version\": \"\u{fc}\",\n \"\\u0072ules\": [ {\"a\" : [1, 2]},{} ]}";
        let config = ConfigText::new(text.into());
        assert_eq!(config.rule_count(), 2);
        assert_eq!(config.rule(0), Some("{\"a\" : [1, 2]}"));
        assert_eq!(config.rule(1), Some("{}"));
        assert_eq!(config.rule(2), None);
        assert_eq!(&**config.text(), text);
        for text in ["", "[]", "{\"rules\": 1}"] {
            assert_eq!(ConfigText::new(text.into()).rule_count(), 0);
        }
    }

    #[test]
    fn trim_is_false_unless_it_is_set() {
        for (text, trims) in [
            ("{\"rules\": [{\"trim\": true}]}", false),
            ("{\"trim\": false}", false),
            ("{\"rules\": [], \"\\u0074rim\": true}", true),
        ] {
            assert_eq!(ConfigText::new(text.into()).trims(), trims, "{text}");
        }
    }
}
