//! The engine and its peers behind one trait.

use codeid_engine::{
    CodeValue, CompileLimits, ConfigError, OpenId, RouteConfig, RouteTable, Scratch,
};
use regex::{Regex, RegexSet, RegexSetBuilder};

use crate::Workload;

/// Finds the first rule that accepts a code and does not refuse all openIds.
pub trait Engine {
    /// The name in the head of a table.
    fn name(&self) -> &'static str;

    /// Returns the index, from 0, of the first rule that decides `code`; `None` if none does.
    ///
    /// # Panics
    ///
    /// If `code` has no length that a code value may have.
    fn winner(&mut self, code: &str) -> Option<usize>;

    /// Looks up all codes, which is what gets timed, and returns the number that a rule decides.
    ///
    /// # Panics
    ///
    /// As [`Self::winner`].
    fn count_hits(&mut self, codes: &[String]) -> usize {
        codes
            .iter()
            .filter(|code| self.winner(code).is_some())
            .count()
    }
}

/// Checks that every engine finds the same winners as the first one. An engine that needs more than
/// two seconds for all codes is checked on those that fit.
///
/// # Panics
///
/// If there are no engines, or one finds another winner.
pub fn verify(engines: &mut [Box<dyn Engine>], codes: &[String]) {
    let (first, others) = engines
        .split_first_mut()
        .expect("there are engines to verify");
    for engine in others {
        let started = std::time::Instant::now();
        for code in codes {
            let (expected, winner) = (first.winner(code), engine.winner(code));
            assert!(
                winner == expected,
                "{} finds {winner:?}, {} finds {expected:?}: {code:?}",
                engine.name(),
                first.name(),
            );
            if started.elapsed().as_secs() >= 2 {
                break;
            }
        }
    }
}

/// This project's engine.
#[derive(Debug)]
pub struct Codeid {
    table: RouteTable,
    scratch: Scratch,
}

impl Codeid {
    /// Compiles the workload's rules.
    ///
    /// # Panics
    ///
    /// If the engine refuses them.
    #[must_use]
    pub fn new(workload: &Workload) -> Self {
        let json = workload.config_json();
        let config = RouteConfig::from_json(json.as_bytes(), &limits());
        let config = config.unwrap_or_else(|error| panic!("{error}"));
        Self::compile(&config)
    }

    /// Compiles the workload's rules within the limits of a daemon, except that of the config's size.
    ///
    /// # Errors
    ///
    /// If the engine refuses them.
    pub fn within_default_limits(workload: &Workload) -> Result<Self, ConfigError> {
        let json = workload.config_json();
        let table = RouteTable::from_json(json.as_bytes(), &default_limits())?;
        Ok(Self {
            table,
            scratch: Scratch::new(),
        })
    }

    /// Returns the numbers of rules whose groups are found by a walk over the code, by a one-pass
    /// automaton, and by backtracking.
    #[must_use]
    pub fn group_searches(&self) -> [usize; 3] {
        self.table.group_searches()
    }

    /// Compiles `config`.
    ///
    /// # Panics
    ///
    /// If the engine refuses it.
    #[must_use]
    pub fn compile(config: &RouteConfig) -> Self {
        let table = RouteTable::compile(config, &limits());
        let table = table.unwrap_or_else(|error| panic!("{error}"));
        Self {
            table,
            scratch: Scratch::new(),
        }
    }

    /// Parses a workload's route config.
    ///
    /// # Panics
    ///
    /// If the engine refuses it.
    #[must_use]
    pub fn parse(json: &str) -> RouteConfig {
        RouteConfig::from_json(json.as_bytes(), &limits()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns the compiled table.
    #[must_use]
    pub fn into_table(self) -> RouteTable {
        self.table
    }

    /// Returns the size of the compiled table in bytes.
    #[must_use]
    pub fn table_bytes(&self) -> usize {
        self.table.memory_usage()
    }
}

/// Returns limits that admit 5000 rules, which the defaults do not.
#[must_use]
pub fn limits() -> CompileLimits {
    let mut limits = default_limits();
    limits.max_states = 4_000_000;
    limits.max_code_steps = 50_000_000;
    limits
}

/// Returns the limits of a daemon, except that a config may have 16 million characters.
#[must_use]
pub fn default_limits() -> CompileLimits {
    let mut limits = CompileLimits::default();
    limits.max_config_characters = 16 << 20;
    limits
}

pub(crate) fn open_id() -> OpenId<'static> {
    OpenId::new("user-42").expect("three characters or more")
}

impl Engine for Codeid {
    fn name(&self) -> &'static str {
        "codeid"
    }

    fn winner(&mut self, code: &str) -> Option<usize> {
        let code = CodeValue::new(code).expect("codes have an allowed length");
        let rule = self
            .table
            .identify(code, open_id(), &mut self.scratch)
            .rule?;
        let index = rule.as_str()[1..].parse();
        Some(index.expect("the id of a rule is r and its index"))
    }

    fn count_hits(&mut self, codes: &[String]) -> usize {
        let open_id = open_id();
        let is_hit = |code: &&String| {
            let code = CodeValue::new(code).expect("codes have an allowed length");
            self.table
                .identify(code, open_id, &mut self.scratch)
                .rule
                .is_some()
        };
        codes.iter().filter(is_hit).count()
    }
}

/// The `regex` crate, one rule after the other.
#[derive(Debug)]
pub struct RegexLoop {
    rules: Vec<(Regex, bool)>,
}

impl RegexLoop {
    /// Compiles the workload's rules.
    ///
    /// # Panics
    ///
    /// If the `regex` crate refuses them.
    #[must_use]
    pub fn new(workload: &Workload) -> Self {
        let compile = |rule: &crate::Rule| {
            (
                Regex::new(&rule.peer_pattern).expect("a valid pattern"),
                rule.refuses_all,
            )
        };
        Self {
            rules: workload.rules.iter().map(compile).collect(),
        }
    }
}

impl Engine for RegexLoop {
    fn name(&self) -> &'static str {
        "`regex` one by one"
    }

    fn winner(&mut self, code: &str) -> Option<usize> {
        self.rules
            .iter()
            .position(|(regex, refuses_all)| regex.is_match(code) && !refuses_all)
    }
}

/// `regex::RegexSet`, with limits so high that it never falls back to a slower engine of its own.
#[derive(Debug)]
pub struct RegexSets {
    name: &'static str,
    set: RegexSet,
    refuses_all: Vec<bool>,
}

impl RegexSets {
    /// Compiles the workload's rules as patterns to search for: a prefix is `\Aprefix`, behind which
    /// the set need not read.
    ///
    /// # Panics
    ///
    /// If the `regex` crate refuses them.
    #[must_use]
    pub fn from_search_patterns(workload: &Workload) -> Self {
        let patterns = workload.rules.iter().map(|rule| rule.peer_pattern.clone());
        Self::new("`RegexSet`, searching", patterns, workload)
    }

    /// Compiles the workload's rules as patterns of the whole code, as the engine's rules are: a
    /// prefix is `\Aprefix(?s:.*)\z`.
    ///
    /// # Panics
    ///
    /// If the `regex` crate refuses them.
    #[must_use]
    pub fn from_whole_patterns(workload: &Workload) -> Self {
        let patterns = workload.rules.iter().map(crate::Rule::whole_pattern);
        Self::new("`RegexSet`, whole", patterns, workload)
    }

    fn new(
        name: &'static str,
        patterns: impl Iterator<Item = String>,
        workload: &Workload,
    ) -> Self {
        let set = RegexSetBuilder::new(patterns)
            .size_limit(1 << 30)
            .dfa_size_limit(1 << 30)
            .build()
            .expect("valid patterns");
        Self {
            name,
            set,
            refuses_all: workload.rules.iter().map(|rule| rule.refuses_all).collect(),
        }
    }
}

impl Engine for RegexSets {
    fn name(&self) -> &'static str {
        self.name
    }

    fn winner(&mut self, code: &str) -> Option<usize> {
        self.set
            .matches(code)
            .iter()
            .find(|index| !self.refuses_all[*index])
    }
}

/// The floor: reads every byte of a code once and never finds a rule.
#[derive(Clone, Copy, Debug)]
pub struct ReadEveryByte;

impl Engine for ReadEveryByte {
    fn name(&self) -> &'static str {
        "read every byte"
    }

    fn winner(&mut self, code: &str) -> Option<usize> {
        let sum: usize = code.bytes().map(usize::from).sum();
        (std::hint::black_box(sum) == usize::MAX).then_some(sum)
    }
}
