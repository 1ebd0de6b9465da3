//! Bounds on a route config and on compiling it.

/// Bounds on a route config, and on what compiling it may take.
///
/// Both kinds of states bound memory, compile time, and the time of the slowest lookup, each
/// roughly in proportion. They are counted before anything is built; what is slow for each state
/// may take a share of them, which is checked while the automata are made.
///
/// Source: SPEC.md, section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileLimits {
    /// The most characters that the document may have; 131072 by default.
    pub max_config_characters: usize,
    /// The most states that one rule's pattern may take; 10,000 by default. A state is about one
    /// character or class of the pattern with its repetitions written out.
    pub max_rule_states: usize,
    /// The most states that all patterns may take together; 250,000 by default.
    pub max_states: usize,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            max_config_characters: 131_072,
            max_rule_states: 10_000,
            max_states: 250_000,
        }
    }
}
