//! The slow and obvious matcher.
use crate::{CodeValue, RouteConfig};

/// The oracle for tests, fuzzing and benches: tries each rule, one after the other.
#[derive(Debug)]
pub struct ReferenceMatcher {}

impl ReferenceMatcher {
    /// Prepares `config`'s rules.
    #[must_use]
    pub fn new(_config: &RouteConfig) -> Self {
        unimplemented!()
    }
    /// The indexes of all rules that accept `code`, in order, canaries left aside.
    #[must_use]
    pub fn matching_rules(&self, _code: CodeValue<'_>) -> Vec<usize> {
        unimplemented!()
    }
}
