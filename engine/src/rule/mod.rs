//! Route rules, parsed and checked.
use crate::{ConfigError, Problem};

/// A route config: rules in the order in which they are tried, parsed and checked.
#[derive(Clone, Debug)]
pub struct RouteConfig {}

impl RouteConfig {
    /// The bound on a config's length unless a setting raises it.
    pub const DEFAULT_MAX_CHARACTERS: usize = 131_072;
    /// Parses and checks; reports every problem.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem found.
    pub fn from_json(_json: &[u8], _max_characters: usize) -> Result<Self, ConfigError> {
        unimplemented!()
    }
    /// What is allowed, but probably not meant.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        unimplemented!()
    }
    /// The config's `version`.
    #[must_use]
    pub fn version(&self) -> &str {
        unimplemented!()
    }
    /// The JSON schema.
    #[must_use]
    pub fn len(&self) -> usize {
        unimplemented!()
    }
    /// empty
    #[must_use]
    pub fn is_empty(&self) -> bool {
        unimplemented!()
    }
}
