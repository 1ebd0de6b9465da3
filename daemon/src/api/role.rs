//! The roles of callers of the admin plane.

/// The permissions of a caller. A higher role includes the lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Only what needs no token.
    Anonymous,
    /// Read the state, and try code values and candidates.
    Read,
    /// Change the daemon.
    Operate,
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn a_higher_role_includes_the_lower_ones() {
        assert!(Role::Operate > Role::Read && Role::Read > Role::Anonymous);
    }
}
