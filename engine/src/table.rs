//! One immutable snapshot of the rules.
use crate::*;

/// Bounds on what compiling may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileLimits {
    /// The most characters of the document.
    pub max_config_characters: usize,
    /// The most automaton states that one rule's pattern may take.
    pub max_rule_states: usize,
    /// The most automaton states that all patterns may take together.
    pub max_states: usize,
}
impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            max_config_characters: RouteConfig::DEFAULT_MAX_CHARACTERS,
            max_rule_states: 10_000,
            max_states: 250_000,
        }
    }
}

/// One thread's memory for lookups.
#[derive(Debug, Default)]
pub struct Scratch {}
impl Scratch {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// A compiled route config.
#[derive(Debug)]
pub struct RouteTable {}
impl RouteTable {
    /// Parses and compiles a route config.
    ///
    /// # Errors
    /// Every problem.
    pub fn from_json(_json: &[u8], _limits: &CompileLimits) -> Result<Self, ConfigError> {
        unimplemented!()
    }
    /// Compiles a parsed config.
    ///
    /// # Errors
    /// Over a bound.
    pub fn compile(_config: &RouteConfig, _limits: &CompileLimits) -> Result<Self, ConfigError> {
        unimplemented!()
    }
    /// What to do with `code` for `open_id`.
    #[must_use]
    pub fn identify<'a>(
        &'a self,
        _code: CodeValue<'a>,
        _open_id: OpenId<'_>,
        _scratch: &'a mut Scratch,
    ) -> Verdict<'a> {
        unimplemented!()
    }
    /// Every rule that accepts, in order. Allocates.
    #[must_use]
    pub fn explain(
        &self,
        _code: CodeValue<'_>,
        _open_id: OpenId<'_>,
        _scratch: &mut Scratch,
    ) -> Vec<Explanation<'_>> {
        unimplemented!()
    }
    /// version
    #[must_use]
    pub fn version(&self) -> &str {
        unimplemented!()
    }
    /// generation
    #[must_use]
    pub fn generation(&self) -> Generation {
        unimplemented!()
    }
    pub(crate) fn set_generation(&mut self, _g: Generation) {
        unimplemented!()
    }
    /// rules
    #[must_use]
    pub fn rule_count(&self) -> usize {
        unimplemented!()
    }
    /// bytes
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        unimplemented!()
    }
}
