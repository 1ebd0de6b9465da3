//! Compiles the endings that read the rest of a code value, and bounds the memory that they take.

use std::collections::BTreeMap;
use std::rc::Rc;

use regex_syntax::hir::Hir;

use super::automaton::{Automaton, PartTrie, states};
use super::char_class::CharClass;
use super::contains::Contains;
use super::cost::Cost;
use super::deferred::Deferred;
use super::emv::EmvIndex;
use super::inner::{InnerLiterals, required_text};
use super::remainder::{Remainder, SuffixMatcher};
use super::simulation::AssertionMatcher;
use super::text_remainders::{Condition, MAX_TRIED, TextRemainder, TextRemainders};
use crate::rule::{EmvMatch, RouteRule};
use crate::{CompileLimits, ConfigError, Problem, ProblemCode};

/// The most states of an automaton of several remainders: eight words. Every step reads all of
/// them, also those of rules that are not wanted.
const MAX_SHARED_STATES: usize = 512;
/// The number of remainders up to which each has an automaton of its own, which is skipped if its
/// rule is not wanted.
const FEW_REMAINDERS: usize = 4;
/// The most remainders of a node that are found by their texts, since each text is compared with all
/// others. Further ones are tried for every code value.
const MAX_TEXTS: usize = 1024;
/// The pairs of states that may follow each other in an automaton, for each state that a rule may
/// have.
const EDGES_PER_STATE: usize = 64;
/// The divisor of [`CompileLimits::max_rule_states`] that gives the most states of a remainder with
/// assertions: 100 by default. A step of a simulation costs some ten times as much for each state as
/// an operation of an automaton on 64 of them.
const STATES_PER_SIMULATED: usize = 100;
/// The bytes that all automata together may take, for each state that all patterns may have: 32 MB by
/// default.
const BYTES_PER_STATE: usize = 128;
/// The number of rules that an error names, those that cost the most.
const MAX_NAMED_RULES: usize = 5;

/// Compiles the remainders of some rules, and sums up the memory that they take.
pub(super) struct Remainders<'a> {
    rules: &'a [RouteRule],
    limits: &'a CompileLimits,
    /// By rule, the bytes that its automata take.
    bytes: BTreeMap<u32, usize>,
    /// The sum of `bytes`.
    total: usize,
}

/// A remainder that must contain a text.
struct TextAndHir<'h> {
    rule: u32,
    hir: &'h Hir,
    text: Vec<u8>,
    /// `true` if the whole text is searched for, not only a part of it.
    is_whole: bool,
}

impl<'a> Remainders<'a> {
    /// Creates an empty sum for `rules`, by whose index remainders are numbered, within `limits`.
    pub(super) fn new(rules: &'a [RouteRule], limits: &'a CompileLimits) -> Self {
        Self {
            rules,
            limits,
            bytes: BTreeMap::new(),
            total: 0,
        }
    }

    /// Compiles the deferred endings of one node: those of its `emv` rules, and its remainders.
    /// Returns `None` if there are none.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a remainder is too large, or all so far together are.
    pub(super) fn compile(
        &mut self,
        emv: Vec<(u32, EmvMatch)>,
        mut remainders: Vec<(u32, Rc<Hir>)>,
    ) -> Result<Option<Deferred>, ConfigError> {
        if emv.is_empty() && remainders.is_empty() {
            return Ok(None);
        }
        let emv = (!emv.is_empty()).then(|| EmvIndex::new(emv));
        remainders.sort_by_key(|&(rule, _)| rule);
        let mut texts = Vec::new();
        let mut others = Vec::new();
        let mut with_texts = Vec::new();
        for (rule, hir) in &remainders {
            match required_text(hir).filter(|_| texts.len() < MAX_TEXTS) {
                Some(text) => {
                    texts.push(text);
                    with_texts.push((*rule, &**hir));
                }
                None => others.push((*rule, &**hir)),
            }
        }
        let with_texts = match InnerLiterals::new(&texts) {
            Some((search, is_whole)) => {
                let texts = texts.into_iter().zip(is_whole);
                let found = with_texts.into_iter().zip(texts);
                let found = found.map(|((rule, hir), (text, is_whole))| TextAndHir {
                    rule,
                    hir,
                    text,
                    is_whole,
                });
                Some(self.with_texts(search, found.collect())?)
            }
            None => {
                others = remainders
                    .iter()
                    .map(|(rule, hir)| (*rule, &**hir))
                    .collect();
                None
            }
        };
        let remainders = if others.len() > FEW_REMAINDERS {
            self.merged(&others)?
        } else {
            let one_by_one = others.iter().map(|&(rule, hir)| self.single(rule, hir));
            one_by_one.collect::<Result<_, _>>()?
        };
        Ok(Some(Deferred {
            emv,
            remainders,
            with_texts,
        }))
    }

    /// Compiles remainders that `search` finds.
    fn with_texts(
        &mut self,
        search: InnerLiterals,
        found: Vec<TextAndHir<'_>>,
    ) -> Result<TextRemainders, ConfigError> {
        let first_rule = found.first().map_or(0, |first| first.rule);
        let mut class: Option<CharClass> = None;
        let mut tried = Vec::new();
        let mut remainders = Vec::with_capacity(found.len());
        for TextAndHir {
            rule,
            hir,
            text,
            is_whole,
        } in found
        {
            let contains = Contains::from_hir(hir).filter(|it| {
                let is_of_class = class.as_ref().is_none_or(|class| class == it.class());
                is_whole && it.only_text() == Some(&text) && is_of_class
            });
            let condition = match contains {
                Some(contains) => {
                    class.get_or_insert_with(|| contains.class().clone());
                    Condition::Class(rule)
                }
                None => {
                    let remainder = self.single(rule, hir)?;
                    match remainder.matcher {
                        SuffixMatcher::Assertions(_) => Condition::Alone(remainder),
                        _ => {
                            tried.push((rule, hir));
                            Condition::Tried(remainder)
                        }
                    }
                }
            };
            let text = text.into();
            remainders.push(TextRemainder { text, condition });
        }
        let mut together = Vec::new();
        if tried.len() > MAX_TRIED {
            together = self.merged(&tried)?;
            let single = remainders.iter().filter_map(|it| match &it.condition {
                Condition::Tried(remainder) => Some(remainder.matcher.bound()),
                Condition::Class(_) | Condition::Alone(_) => None,
            });
            if !takes_less(&together, single.collect()) {
                together.clear();
            }
        }
        Ok(TextRemainders {
            first_rule,
            search,
            remainders: remainders.into(),
            class: class.unwrap_or_else(CharClass::line),
            together: together.into(),
        })
    }

    /// Merges the remainders into as few automata as the bound on their states allows, in the order
    /// of their first rules.
    fn merged(&mut self, remainders: &[(u32, &Hir)]) -> Result<Vec<Remainder>, ConfigError> {
        let mut all = Vec::new();
        let mut group = Vec::new();
        let mut trie = PartTrie::new();
        for &(rule, hir) in remainders {
            if !hir.properties().look_set().is_empty() {
                all.push(self.single(rule, hir)?);
                continue;
            }
            if trie.states() + trie.more_states(hir) > MAX_SHARED_STATES {
                let full = std::mem::replace(&mut trie, PartTrie::new());
                all.extend(self.group(&full, &std::mem::take(&mut group))?);
            }
            trie.add(rule, hir);
            group.push((rule, hir));
        }
        all.extend(self.group(&trie, &group)?);
        all.sort_by_key(|remainder| remainder.first_rule);
        Ok(all)
    }

    /// Compiles one automaton for the whole group, or one for each member if that is too large.
    fn group(
        &mut self,
        trie: &PartTrie<'_>,
        group: &[(u32, &Hir)],
    ) -> Result<Vec<Remainder>, ConfigError> {
        if group.len() > 1
            && let Some((remainder, bytes)) = self.automaton(trie)
        {
            let share = bytes.div_ceil(group.len());
            for &(rule, _) in group {
                self.add_bytes(rule, share)?;
            }
            return Ok(vec![remainder]);
        }
        let one_by_one = group.iter().map(|&(rule, hir)| self.single(rule, hir));
        one_by_one.collect()
    }

    fn single(&mut self, rule: u32, hir: &Hir) -> Result<Remainder, ConfigError> {
        if !hir.properties().look_set().is_empty() {
            let max = self.limits.max_rule_states / STATES_PER_SIMULATED;
            if states(hir) > max {
                let message = format!(
                    "a pattern with \\b or an inner anchor may take at most {max} states from there on \
                     but takes {}",
                    states(hir)
                );
                let hint = "remove the \\b or the anchor, or shorten the repetitions";
                return Err(self.problem(rule, message, hint).into());
            }
            let matcher = SuffixMatcher::Assertions(AssertionMatcher::new(hir));
            return self.counted(rule, matcher);
        }
        if let Some(contains) = Contains::from_hir(hir) {
            return self.counted(rule, SuffixMatcher::Contains(contains));
        }
        let Some((remainder, bytes)) = self.automaton(&PartTrie::of(rule, hir)) else {
            let message = "the parts of the pattern can follow each other in too many ways";
            let hint = "make fewer adjacent parts optional or repeated";
            return Err(self.problem(rule, message.to_owned(), hint).into());
        };
        self.add_bytes(rule, bytes)?;
        Ok(remainder)
    }

    /// Returns the remainder of `rule` alone, and adds its size.
    fn counted(&mut self, rule: u32, matcher: SuffixMatcher) -> Result<Remainder, ConfigError> {
        let remainder = Remainder {
            first_rule: rule,
            matcher,
        };
        self.add_bytes(rule, remainder.bytes())?;
        Ok(remainder)
    }

    /// Adds to the size of `rule`, which may have several remainders.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if all rules together have too much.
    fn add_bytes(&mut self, rule: u32, bytes: usize) -> Result<(), ConfigError> {
        *self.bytes.entry(rule).or_default() += bytes;
        self.total = self.total.saturating_add(bytes);
        let max = self.limits.max_states.saturating_mul(BYTES_PER_STATE);
        if self.total <= max {
            return Ok(());
        }
        let bytes = self.bytes.iter();
        let mut most: Vec<(usize, u32)> = bytes.map(|(&rule, &bytes)| (bytes, rule)).collect();
        most.sort_by_key(|&(bytes, rule)| (std::cmp::Reverse(bytes), rule));
        let named = most.iter().take(MAX_NAMED_RULES);
        let named: Vec<String> = named
            .map(|&(bytes, rule)| format!("{} ({bytes})", self.rules[rule as usize].id))
            .collect();
        let message = format!(
            "automata for the patterns take more than the {max} bytes allowed; the largest of those \
             that were built are {}",
            named.join(", ")
        );
        let hint =
            "begin patterns with literals, and avoid .* and repetitions of choices if possible";
        let problem = Problem::new(ProblemCode::PatternsTooLarge, "/rules", message);
        Err(problem.with_hint(hint).into())
    }

    fn problem(&self, rule: u32, message: String, hint: &str) -> Problem {
        let RouteRule { id, position, .. } = &self.rules[rule as usize];
        Problem::new(
            ProblemCode::PatternTooSlow,
            format!("/rules/{rule}/match/regex"),
            message,
        )
        .with_hint(hint)
        .in_rule(Some(id.as_str()))
        .at(Some(*position))
    }

    /// Compiles one automaton for all expressions of `trie`, and returns the bytes that building it
    /// takes, too. Returns `None` if there is no expression or the automaton is too large.
    fn automaton(&self, trie: &PartTrie<'_>) -> Option<(Remainder, usize)> {
        let first_rule = *trie.rules().iter().min()?;
        let max_edges = self.limits.max_rule_states.saturating_mul(EDGES_PER_STATE);
        let (automaton, edges) = Automaton::new(trie, max_edges).ok()?;
        let remainder = Remainder {
            first_rule,
            matcher: SuffixMatcher::Automaton(automaton),
        };
        let bytes = remainder.bytes() + edges * size_of::<u32>();
        Some((remainder, bytes))
    }
}

/// Returns `true` if `together`, after the costliest few of `single`, take less than all of those.
fn takes_less(together: &[Remainder], mut single: Vec<Cost>) -> bool {
    let sum = |costs: &[Cost]| costs.iter().copied().sum::<Cost>().total();
    single.sort_by_key(|cost| std::cmp::Reverse(cost.total()));
    let together: Vec<Cost> = together.iter().map(|it| it.matcher.bound()).collect();
    sum(&single[..MAX_TRIED]).saturating_add(sum(&together)) < sum(&single)
}
