//! Bounds on a route config and on compiling it.

/// The bounds on a route config, and on what compiling it may take.
///
/// The two numbers of states bound memory and compile time, each roughly in proportion. They are
/// checked against the syntax of the patterns, before anything is built from them. Constructs that are
/// slow for each state, such as look-around assertions, may take only a share of them, and the automata
/// of all rules 128 bytes for each state, which is checked while the automata are made. The number of
/// steps alone bounds the time of the slowest lookup.
///
/// Source: SPEC.md, section 2.
///
/// ```
/// use codeid_engine::{CompileLimits, ProblemCode, RouteTable};
///
/// let config = br#"{"format": "codeid/1", "version": "1", "rules": [
///     {"id": "long", "match": {"regex": "28\\d{500}"}, "action": {"type": "DECODE"}}]}"#;
/// let mut limits = CompileLimits::default();
/// assert!(RouteTable::from_json(config, &limits).is_ok());
/// limits.max_rule_states = 100;
/// let error = RouteTable::from_json(config, &limits).unwrap_err();
/// assert_eq!(error.problems()[0].code(), ProblemCode::PatternTooLarge);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileLimits {
    /// The maximum number of characters in the document; 131,072 by default.
    pub max_config_characters: usize,
    /// The maximum number of states of one rule's pattern; 10,000 by default. A state is about one
    /// character or class of the pattern, however many ranges the class has, with its repetitions
    /// written out.
    pub max_rule_states: usize,
    /// The maximum number of states of all patterns together; 250,000 by default.
    pub max_states: usize,
    /// The maximum number of steps that a lookup can take, whatever the code value is; 30,000,000 by
    /// default. See [`RouteTable::max_code_steps`](crate::RouteTable::max_code_steps).
    pub max_code_steps: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            // The published bound of the SPI's `routeConfigData`.
            max_config_characters: 131_072,
            max_rule_states: 10_000,
            max_states: 250_000,
            max_code_steps: 30_000_000,
        }
    }
}
