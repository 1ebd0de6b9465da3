//! The match of a checked rule.

use super::emv::EmvMatch;
use super::url::UrlMatch;
use crate::pattern::Pattern;

/// The match of a rule: which code values it accepts.
///
/// Source: SPEC.md, section 2.1.
#[derive(Clone, Debug)]
pub(crate) enum RuleMatch {
    Exact(Box<str>),
    Prefix(Box<str>),
    Regex(Pattern),
    Url(UrlMatch),
    Emv(EmvMatch),
}
