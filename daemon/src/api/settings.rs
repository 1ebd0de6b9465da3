//! The document of `/v1/settings`.
//!
//! Source: SPEC.md, section 6.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The settings that a daemon runs with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunningSettings {
    /// Every key, in the order of the reference file. Of the keys that end with a key version, only those that
    /// a source gave are there.
    pub settings: Vec<Setting>,
}

/// The value that holds for a key, and the source that gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// The key, with dots.
    pub key: String,
    /// The value: a text, a number, `true` or `false`, or a list of texts; `null` for a key without a value. URLs are shown without
    /// user, query and fragment.
    pub value: Value,
    /// The kind of source.
    pub source: SettingSource,
    /// The source: the file with the line, the variable of the environment, `--set` or `default`.
    pub from: String,
    /// The help of the key.
    pub about: String,
}

/// The kinds of sources of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SettingSource {
    /// The program: no source gave a value.
    Default,
    /// The file of the settings.
    File,
    /// A variable of the environment.
    Environment,
    /// `--set` on the command line.
    CommandLine,
}

impl Setting {
    /// Returns the value as text, a list with commas between its items; `-` for a key without a value.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.value {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                let items = items.iter().map(|item| item.as_str().unwrap_or_default());
                items.collect::<Vec<_>>().join(",")
            }
            other => other.to_string(),
        }
    }
}

/// Displays as it serializes.
impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
