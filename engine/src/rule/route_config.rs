//! A route config, parsed and checked.

use super::parse::parse;
use super::route_rule::RouteRule;
use crate::guard::guarded;
use crate::{CompileLimits, ConfigError, Problem, RuleId};

/// A route config, parsed and checked: its rules, in the order in which they are tried. There may be
/// none.
///
/// This is the step between the text and a [`RouteTable`](crate::RouteTable), for callers that look
/// at the rules or at warnings before they compile.
///
/// Source: SPEC.md, section 2.
///
/// ```
/// use codeid_engine::{CompileLimits, RouteConfig};
/// let json = br#"{"format": "codeid/1", "version": "2026-11-21.3", "rules": [
///     {"id": "a", "match": {"prefix": "https://qr.example/"}, "action": {"type": "DECODE"}}
/// ]}"#;
/// let config = RouteConfig::from_json(json, &CompileLimits::default()).unwrap();
/// assert_eq!(config.version(), "2026-11-21.3");
/// assert_eq!(config.len(), 1);
/// assert_eq!(config.warnings()[0].pointer(), "/rules/0/match/prefix");
/// ```
#[derive(Clone, Debug)]
pub struct RouteConfig {
    version: Box<str>,
    trim: bool,
    rules: Vec<RouteRule>,
    warnings: Vec<Problem>,
}

impl RouteConfig {
    /// Parses and checks the text of a route config.
    ///
    /// # Errors
    ///
    /// Returns a [`ConfigError`] with every problem that was found, in document order. A panic,
    /// which would be a defect, is returned as such a problem, too.
    ///
    /// # Complexity
    ///
    /// Linear in the text, except for patterns, whose cost `limits` bounds before anything is built
    /// from them.
    pub fn from_json(json: &[u8], limits: &CompileLimits) -> Result<Self, ConfigError> {
        let parsed = guarded(|| parse(json, limits))?;
        Ok(Self {
            version: parsed.version,
            trim: parsed.trim,
            rules: parsed.rules,
            warnings: parsed.warnings,
        })
    }

    /// Returns the config's `version`: 1 to 64 characters, never interpreted.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns `true` if white space, control characters and U+FEFF are removed from both ends of a code
    /// value before anything else happens.
    #[must_use]
    pub const fn trims(&self) -> bool {
        self.trim
    }

    /// Returns the number of rules.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Returns `true` if there are no rules, so that no code value is supported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Returns the ids of the rules, in order.
    pub fn rule_ids(&self) -> impl Iterator<Item = &RuleId> {
        self.rules.iter().map(|rule| &rule.id)
    }

    /// Returns the warnings that were found while reading: what is allowed but probably not meant, in
    /// document order. [`lint`](Self::lint) finds more.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Returns the rules, in order.
    pub(crate) fn rules(&self) -> &[RouteRule] {
        &self.rules
    }
}
