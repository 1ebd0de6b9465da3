//! The caller's side of a search.

/// Stands for the rule of work that is done for none.
pub(super) const NO_RULE: u32 = u32::MAX;

/// Decides which rules a search looks for, and receives those that accept.
pub(crate) trait Visitor {
    /// Returns `true` if it matters that `rule`, or one after it, accepts.
    ///
    /// A search asks this before each piece of work that only such rules need, so the answer may
    /// change as rules are found: a visitor that wants the first rule only stops the search for
    /// all later ones.
    fn wants(&self, rule: u32) -> bool;

    /// Receives a rule that accepts. Rules come in no particular order, and some more than once.
    fn accepted(&mut self, rule: u32);

    /// Receives a piece of work: the rule for which it is done, the first if there are several, and
    /// its steps.
    ///
    /// Only a visitor that measures calls `work`. For every other one this does nothing.
    #[inline]
    fn spend(&mut self, _work: impl FnOnce() -> (u32, u64)) {}
}
