//! The roles of callers of the admin plane.
//!
//! Source: SPEC.md, section 6.

use std::fmt;

/// The permissions of a caller. A higher role includes the lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Only what needs no token.
    Anonymous,
    /// Read the metrics.
    Metrics,
    /// Read the state, and check candidates; the openIds on allowlists are not shown.
    Read,
    /// Read everything, try code values, and change the daemon.
    Operate,
}

impl Role {
    /// The roles that a token can have, from the lowest.
    pub const OF_TOKENS: [Self; 3] = [Self::Metrics, Self::Read, Self::Operate];

    /// Returns the word for the role, such as `read`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Metrics => "metrics",
            Self::Read => "read",
            Self::Operate => "operate",
        }
    }
}

/// Displays as [`Role::name`].
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn a_higher_role_includes_the_lower_ones() {
        let from_the_lowest = [Role::Anonymous, Role::Metrics, Role::Read, Role::Operate];
        assert!(from_the_lowest.is_sorted_by(|lower, higher| lower < higher));
        assert_eq!(Role::OF_TOKENS, from_the_lowest[1..]);
    }
}
