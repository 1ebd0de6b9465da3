//! The match of a checked rule.

use super::emv::EmvMatch;
use super::url::UrlMatch;
use crate::pattern::Pattern;

/// The match of a rule: which code values it accepts.
///
/// Source: SPEC.md, section 2.1.
#[derive(Clone, Debug)]
pub(crate) enum RuleMatch {
    /// The code value is this text.
    Exact(Box<str>),
    /// The code value begins with this text.
    Prefix(Box<str>),
    /// The pattern matches the whole code value.
    Regex(Pattern),
    /// The code value is such a URL.
    Url(UrlMatch),
    /// The code value is such an EMVCo payload.
    Emv(EmvMatch),
}
