//! What a caller of the admin plane may do.

/// A set of permissions. A greater role may do everything that a lesser one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Only what needs no token.
    Nobody,
    /// Reads and dry runs.
    Read,
    /// Changes as well.
    Operate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_may_do_what_a_reader_may() {
        assert!(Role::Operate > Role::Read && Role::Read > Role::Nobody);
    }
}
