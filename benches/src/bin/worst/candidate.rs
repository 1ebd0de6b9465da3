//! A route config with a code value.

use serde_json::{Value, json};

/// The default of `CompileLimits::max_config_characters`.
pub(crate) const MAX_CONFIG_CHARACTERS: usize = 131_072;

/// A route config, and a code value to look up in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// The name of the seed that it goes back to.
    pub(crate) origin: String,
    /// The rules in order, each without its id.
    pub(crate) rules: Vec<Value>,
    /// The config's `trim`.
    pub(crate) trims: bool,
    /// The code value, of 1 to 8192 characters.
    pub(crate) code: String,
}

impl Candidate {
    /// Returns a candidate with one rule for each of `matches`, whose action is `DECODE`.
    pub(crate) fn new(
        origin: impl Into<String>,
        matches: impl IntoIterator<Item = Value>,
        code: String,
    ) -> Self {
        let rule = |of_rule| json!({ "match": of_rule, "action": { "type": "DECODE" } });
        Self {
            origin: origin.into(),
            rules: matches.into_iter().map(rule).collect(),
            trims: false,
            code,
        }
    }

    /// Reads a route config. Returns `None` if `json` is not one.
    pub(crate) fn from_config(origin: impl Into<String>, json: &str, code: String) -> Option<Self> {
        let mut config: Value = serde_json::from_str(json).ok()?;
        let mut rules = std::mem::take(config.get_mut("rules")?.as_array_mut()?);
        for rule in &mut rules {
            rule.as_object_mut()?.remove("id");
        }
        Some(Self {
            origin: origin.into(),
            rules,
            trims: config["trim"].as_bool() == Some(true),
            code,
        })
    }

    /// Removes the rules beyond [`MAX_CONFIG_CHARACTERS`], and returns the config of the others as JSON. The
    /// ids are `r0`, `r1`, ….
    pub(crate) fn fitted_config_json(&mut self) -> String {
        let mut json = format!(
            r#"{{"format":"codeid/1","version":"worst","trim":{},"rules":["#,
            self.trims
        );
        let mut characters = json.chars().count() + "]}".len();
        let mut count = 0;
        for rule in &mut self.rules {
            rule["id"] = json!(format!("r{count}"));
            let text = rule.to_string();
            characters += text.chars().count() + 1;
            if characters > MAX_CONFIG_CHARACTERS {
                break;
            }
            if count > 0 {
                json.push(',');
            }
            json.push_str(&text);
            count += 1;
        }
        self.rules.truncate(count);
        json + "]}"
    }
}

#[cfg(test)]
mod tests {
    use codeid_engine::{CompileLimits, RouteTable};
    use serde_json::json;

    use super::{Candidate, MAX_CONFIG_CHARACTERS};

    #[test]
    fn a_config_has_the_rules_that_fit() {
        let matches = (0..5000).map(|n| json!({ "prefix": format!("é{n:04}") }));
        let mut candidate = Candidate::new("test", matches, "a".to_owned());
        let json = candidate.fitted_config_json();
        let length = json.chars().count();
        assert!((MAX_CONFIG_CHARACTERS - 100..=MAX_CONFIG_CHARACTERS).contains(&length));
        let table = RouteTable::from_json(json.as_bytes(), &CompileLimits::default()).unwrap();
        assert_eq!(table.rule_count(), candidate.rules.len());
        let mut read = Candidate::from_config("test", &json, "a".to_owned()).unwrap();
        assert_eq!(read.fitted_config_json(), json);
    }
}
