//! Checked newtypes for the identifiers and numbers that cross module boundaries.

use std::fmt;
use std::sync::Arc;

/// The identifier of a route rule: 1 to 64 characters of `[A-Za-z0-9._-]`, unique in its config.
///
/// Cloning shares the text.
///
/// Source: SPEC.md, section 2.
///
/// ```
/// use codeid_engine::RuleId;
/// assert_eq!(RuleId::new("order-code.1").unwrap().as_str(), "order-code.1");
/// assert!(RuleId::new("order code").is_none());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(Arc<str>);

impl RuleId {
    /// The most characters an identifier may have.
    pub const MAX_CHARACTERS: usize = 64;

    /// Takes `text` if it has the form of an identifier.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let well_formed =
            (1..=Self::MAX_CHARACTERS).contains(&text.len()) && text.bytes().all(allowed);
        well_formed.then(|| Self(text.into()))
    }

    /// The identifier's text: visible ASCII, so it can stand in a header or a log as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RuleId({})", self.0)
    }
}

/// Which published table answered: 1 for the first that a [`LiveTable`](crate::LiveTable)
/// publishes, one more for each that follows, 0 for a table that was never published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// The number as it is shown to people and sent in headers.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    pub(crate) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
