//! One lazy DFA of all rules: what `regex-automata` offers for this task, without a library between.

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

use crate::{Engine, Workload};

/// The memory that the DFA's states may take, which no workload reaches.
const CACHE_BYTES: usize = 1 << 30;

/// A DFA of all rules, which is built while codes are looked up. It takes one step a byte, and at the
/// end names the first rule that matches.
#[derive(Debug)]
pub struct LazyDfa {
    dfa: DFA,
    cache: Cache,
    refuses_all: Vec<bool>,
}

impl LazyDfa {
    /// Prepares the workload's rules. Patterns of ASCII match bytes rather than characters, which is
    /// faster.
    ///
    /// # Panics
    ///
    /// If `regex-automata` refuses them.
    #[must_use]
    pub fn new(workload: &Workload) -> Self {
        let parse = |rule: &crate::Rule| {
            let pattern = rule.whole_pattern();
            let unicode = !pattern.is_ascii() || pattern.contains(r"\p");
            let config = syntax::Config::new().unicode(unicode).utf8(false);
            syntax::parse_with(&pattern, &config).expect("a valid pattern")
        };
        let expressions: Vec<_> = workload.rules.iter().map(parse).collect();
        let config = thompson::Config::new()
            .utf8(false)
            .which_captures(WhichCaptures::None);
        let nfa = thompson::Compiler::new()
            .configure(config)
            .build_many_from_hir(&expressions)
            .expect("an NFA without a bound");
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .cache_capacity(CACHE_BYTES);
        let dfa = DFA::builder()
            .configure(config)
            .build_from_nfa(nfa)
            .expect("a large cache suffices");
        let cache = dfa.create_cache();
        let refuses_all = workload.rules.iter().map(|rule| rule.refuses_all).collect();
        Self {
            dfa,
            cache,
            refuses_all,
        }
    }
}

impl Engine for LazyDfa {
    fn name(&self) -> &'static str {
        "lazy DFA"
    }

    fn winner(&mut self, code: &str) -> Option<usize> {
        let input = Input::new(code).anchored(Anchored::Yes);
        let Self { dfa, cache, .. } = self;
        let state = dfa.start_state_forward(cache, &input);
        let mut state = state.expect("anchored searches are supported");
        for byte in code.bytes() {
            let next = dfa.next_state(cache, state, byte);
            state = next.expect("the cache is never full so often that the DFA gives up");
            if state.is_dead() {
                return None;
            }
        }
        let end = dfa.next_eoi_state(cache, state);
        let end = end.expect("the cache is never full so often that the DFA gives up");
        if !end.is_match() {
            return None;
        }
        let rules = (0..dfa.match_len(cache, end)).map(|i| dfa.match_pattern(cache, end, i));
        rules
            .map(|rule| rule.as_usize())
            .find(|rule| !self.refuses_all[*rule])
    }
}
