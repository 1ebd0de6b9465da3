//! The engine and its peers behind one trait.

use codeid_engine::{CodeValue, CompileLimits, OpenId, RouteConfig, RouteTable, Scratch};
use regex::{Regex, RegexSet, RegexSetBuilder};

use crate::Workload;

/// What can tell the first rule that accepts a code and does not refuse everybody.
pub trait Engine {
    /// For the table's head.
    fn name(&self) -> &'static str;

    /// The place of that rule.
    fn winner(&mut self, code: &str) -> Option<usize>;

    /// Looks all codes up, for the time it takes; returns how many there was a rule for.
    fn run(&mut self, codes: &[String]) -> usize {
        codes
            .iter()
            .filter(|code| self.winner(code).is_some())
            .count()
    }
}

/// Checks that every engine answers as the first does, the slowest on as many codes as two seconds
/// allow.
///
/// # Panics
///
/// If one does not.
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
                "{} says {winner:?}, {} says {expected:?}: {code:?}",
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

    /// Reads a workload's route config.
    ///
    /// # Panics
    ///
    /// If the engine refuses it.
    #[must_use]
    pub fn parse(json: &str) -> RouteConfig {
        RouteConfig::from_json(json.as_bytes(), &limits()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The compiled table.
    #[must_use]
    pub fn into_table(self) -> RouteTable {
        self.table
    }

    /// The compiled table's size in bytes.
    #[must_use]
    pub fn table_bytes(&self) -> usize {
        self.table.memory_usage()
    }
}

/// High enough for 5000 rules.
fn limits() -> CompileLimits {
    let mut limits = CompileLimits::default();
    limits.max_config_characters = 16 << 20;
    limits.max_states = 4_000_000;
    limits
}

fn open_id() -> OpenId<'static> {
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
        rule.as_str()[1..].parse().ok()
    }

    fn run(&mut self, codes: &[String]) -> usize {
        let open_id = open_id();
        let hit = |code: &&String| {
            let code = CodeValue::new(code).expect("codes have an allowed length");
            self.table
                .identify(code, open_id, &mut self.scratch)
                .rule
                .is_some()
        };
        codes.iter().filter(hit).count()
    }
}

/// The `regex` crate, one rule after the other.
#[derive(Debug)]
pub struct OneByOne {
    rules: Vec<(Regex, bool)>,
}

impl OneByOne {
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
                rule.refuses,
            )
        };
        Self {
            rules: workload.rules.iter().map(compile).collect(),
        }
    }
}

impl Engine for OneByOne {
    fn name(&self) -> &'static str {
        "`regex` one by one"
    }

    fn winner(&mut self, code: &str) -> Option<usize> {
        self.rules
            .iter()
            .position(|(regex, refuses)| regex.is_match(code) && !refuses)
    }
}

/// `regex::RegexSet`, whose limits are high enough that it never falls back to what is slower.
#[derive(Debug)]
pub struct Set {
    name: &'static str,
    set: RegexSet,
    refuses: Vec<bool>,
}

impl Set {
    /// Compiles the workload's rules as patterns that are searched for: a prefix is `\Aprefix`,
    /// behind which the set need not read.
    ///
    /// # Panics
    ///
    /// If the `regex` crate refuses them.
    #[must_use]
    pub fn searching(workload: &Workload) -> Self {
        let patterns = workload.rules.iter().map(|rule| rule.peer_pattern.clone());
        Self::new("`RegexSet`, searching", patterns, workload)
    }

    /// Compiles the workload's rules as patterns of the whole code, which is what rules are matched
    /// against: a prefix is `\Aprefix(?s:.*)\z`.
    ///
    /// # Panics
    ///
    /// If the `regex` crate refuses them.
    #[must_use]
    pub fn whole(workload: &Workload) -> Self {
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
            refuses: workload.rules.iter().map(|rule| rule.refuses).collect(),
        }
    }
}

impl Engine for Set {
    fn name(&self) -> &'static str {
        self.name
    }

    fn winner(&mut self, code: &str) -> Option<usize> {
        self.set
            .matches(code)
            .iter()
            .find(|index| !self.refuses[*index])
    }
}

/// The floor: reads every byte of the code once, and answers nothing.
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
