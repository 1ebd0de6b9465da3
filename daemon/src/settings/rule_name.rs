//! The rules that a filter names.

use std::fmt;
use std::str::FromStr;

use codeid_engine::RuleId;
use thiserror::Error;

/// The id of a rule, or the name that stands for no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleName {
    /// The rule with this id.
    Rule(RuleId),
    /// No rule: code values that no rule decided, and failures.
    None,
}

/// The text is neither the id of a rule nor the name for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the id of a rule has 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'; {} stands for no rule",
    RuleName::NONE
)]
pub struct ParseRuleNameError;

impl RuleName {
    /// The name for no rule. No id has its first character.
    pub const NONE: &'static str = "@none";

    /// Returns `true` if a decision by `rule` has this name.
    #[must_use]
    pub fn is(&self, rule: Option<&str>) -> bool {
        match self {
            Self::Rule(id) => rule == Some(id.as_str()),
            Self::None => rule.is_none(),
        }
    }
}

impl FromStr for RuleName {
    type Err = ParseRuleNameError;

    fn from_str(text: &str) -> Result<Self, ParseRuleNameError> {
        match text {
            Self::NONE => Ok(Self::None),
            text => RuleId::new(text).map(Self::Rule).ok_or(ParseRuleNameError),
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(id) => id.fmt(f),
            Self::None => f.write_str(Self::NONE),
        }
    }
}
