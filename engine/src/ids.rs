//! Newtypes for the identifiers and numbers that cross module boundaries.

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
    /// The maximum number of characters in an identifier.
    pub const MAX_CHARACTERS: usize = 64;

    /// Returns `text` as an identifier, or `None` if it does not have the form of one.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let well_formed =
            (1..=Self::MAX_CHARACTERS).contains(&text.len()) && text.bytes().all(allowed);
        well_formed.then(|| Self(text.into()))
    }

    /// Returns the text: visible ASCII, safe in a header or a log as it is.
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

/// The number of a published table: 1 for the first that a [`LiveTable`](crate::LiveTable)
/// publishes, one more for each that follows, 0 for a table that was never published.
///
/// Source: SPEC.md, section 6.
///
/// ```
/// use codeid_engine::{CompileLimits, LiveTable, RouteTable};
/// let config = br#"{"format": "codeid/1", "version": "7", "rules": []}"#;
/// let table = RouteTable::from_json(config, &CompileLimits::default()).unwrap();
/// assert_eq!(table.generation().get(), 0);
/// assert_eq!(LiveTable::new().publish(table).generation.get(), 1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// Returns the number, as people and headers see it.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns the number of the table that is published after this one.
    pub(crate) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
