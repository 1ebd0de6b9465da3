//! The hot loop: walks the tree along a code value.

use super::automaton::StateSets;
use super::captures::CaptureScratch;
use super::literals::Sink;
use super::segment::Before;
use super::tree::{
    Deferred, Edge, PlainEnding, SuffixEdge, SuffixMatcher, SuffixedRuns, Target, Tree,
};
use super::visitor::Visitor;
use crate::rule::{MAX_LABEL_CHARACTERS, is_label_byte};

/// One thread's memory for searching.
#[derive(Debug, Default)]
pub(crate) struct SearchScratch {
    pending: Vec<Pending>,
    /// Nodes with deferred endings, each with the byte where these begin.
    deferred: Vec<(u32, usize)>,
    /// The end of a run, backwards.
    reversed: Vec<u8>,
    remainders: RemainderScratch,
}

/// One thread's memory for deferred endings.
#[derive(Debug, Default)]
struct RemainderScratch {
    sets: StateSets,
    seen: Vec<bool>,
}

/// A node to visit, and the byte of the code value where it begins.
#[derive(Clone, Copy, Debug)]
struct Pending {
    number: u32,
    /// The first rule beyond the edge that leads to the node.
    first_rule: u32,
    at: usize,
}

/// Calls `visitor` with the rules that accept `code`, as far as the visitor wants them.
///
/// A node is visited once for each path along which the code value leads to it, and no segment is
/// tried at two places: the work is bounded by the code value's length for each rule, and what rules
/// have in common is read once.
pub(super) fn search<V: Visitor>(
    tree: &Tree,
    code: &str,
    scratch: &mut SearchScratch,
    captures: &mut CaptureScratch,
    visitor: &mut V,
) {
    let SearchScratch {
        pending,
        deferred,
        reversed,
        remainders,
    } = scratch;
    pending.clear();
    deferred.clear();
    let mut walk = Walk {
        tree,
        code,
        pending,
        visitor,
    };
    let mut next = Some(Pending {
        number: 0,
        first_rule: 0,
        at: 0,
    });
    while let Some(Pending {
        number,
        first_rule,
        at,
    }) = next
    {
        // Asked again here: a rule before this one may have been accepted since the node was pushed.
        if !walk.visitor.wants(first_rule) {
            next = walk.pending.pop();
            continue;
        }
        let node = &tree.nodes[number as usize];
        if !node.endings.is_empty() {
            for &(rule, ending) in &tree.endings[node.endings.range()] {
                walk.check_ending(rule, ending, at);
            }
        }
        if node.deferred.is_some() {
            deferred.push((number, at));
        }
        if !node.runs.is_empty() {
            for run in &tree.runs[node.runs.range()] {
                if walk.visitor.wants(run.edge.first_rule())
                    && let Some(end) = run.class.run_end(code, at, run.min, run.max)
                {
                    walk.follow(run.edge, end);
                }
            }
        }
        if !node.suffixed_runs.is_empty() {
            for runs in &tree.suffixed_runs[node.suffixed_runs.range()] {
                walk.follow_suffixed(runs, at, reversed);
            }
        }
        if !node.literals.is_empty() {
            let text = &code.as_bytes()[at..];
            let mut sink = LiteralSink {
                walk: &mut walk,
                at,
            };
            tree.literals.find_prefixes(node.literals, text, &mut sink);
        }
        next = walk.pending.pop();
    }
    for &(number, at) in &*deferred {
        if let Some(place) = tree.nodes[number as usize].deferred {
            let deferred = &tree.deferred[place.get() as usize - 1];
            search_deferred(deferred, code, at, remainders, captures, visitor);
        }
    }
}

/// A walk over the tree.
struct Walk<'a, V> {
    tree: &'a Tree,
    code: &'a str,
    /// The nodes still to visit, the next one last.
    pending: &'a mut Vec<Pending>,
    visitor: &'a mut V,
}

impl<V: Visitor> Walk<'_, V> {
    /// Follows an edge whose segment ends at the byte `at`.
    fn follow(&mut self, edge: Edge, at: usize) {
        let first_rule = edge.first_rule();
        match edge.target() {
            Target::Node(number) => {
                let prefilter = self.tree.nodes[number as usize].prefilter;
                if prefilter.may_match(&self.code.as_bytes()[at..]) {
                    self.pending.push(Pending {
                        number,
                        first_rule,
                        at,
                    });
                }
            }
            Target::Ending(ending) => self.check_ending(first_rule, ending, at),
        }
    }

    /// Accepts `rule` if its ending holds at the byte `at`.
    fn check_ending(&mut self, rule: u32, ending: PlainEnding, at: usize) {
        let code = self.code.as_bytes();
        let holds = match ending {
            PlainEnding::End => at == code.len(),
            PlainEnding::Anything => true,
            PlainEnding::UrlBoundary => matches!(code.get(at), None | Some(b'/' | b'?' | b'#')),
        };
        if holds {
            self.visitor.accepted(rule);
        }
    }

    /// Follows the edges of `runs` whose suffix ends the run that begins at the byte `at`.
    ///
    /// PERF: rare, so this and [`search_deferred`] are kept out of the loop: together 4,204 → 4,134
    /// instructions a lookup for the `prefixes nested a thousand deep` of `ratios`, 1,006 → 1,000 for
    /// its 1000 `Patterns` (callgrind, 2-core x86-64, 2026-11-29).
    #[inline(never)]
    fn follow_suffixed(&mut self, runs: &SuffixedRuns, at: usize, reversed: &mut Vec<u8>) {
        let code = self.code;
        let Some(end) = runs.class.run_end(code, at, 0, u32::MAX) else {
            return;
        };
        reversed.clear();
        reversed.extend(code.as_bytes()[at..end].iter().rev().take(runs.longest));
        let suffixes = &self.tree.suffixes;
        let mut sink = SuffixSink {
            walk: self,
            begin: at,
            end,
        };
        suffixes.find_prefixes(runs.suffixes, reversed, &mut sink);
    }
}

/// Follows the edges of the literals found at the byte `at`.
struct LiteralSink<'w, 'a, V> {
    walk: &'w mut Walk<'a, V>,
    at: usize,
}

impl<V: Visitor> Sink<Edge> for LiteralSink<'_, '_, V> {
    fn wants(&self, edge: Edge) -> bool {
        self.walk.visitor.wants(edge.first_rule())
    }

    fn found(&mut self, edge: Edge, length: usize) {
        self.walk.follow(edge, self.at + length);
    }
}

/// Follows the edges of the suffixes found at the end of the run from `begin` to `end`.
struct SuffixSink<'w, 'a, V> {
    walk: &'w mut Walk<'a, V>,
    begin: usize,
    end: usize,
}

impl<V: Visitor> Sink<SuffixEdge> for SuffixSink<'_, '_, V> {
    fn wants(&self, SuffixEdge { edge, .. }: SuffixEdge) -> bool {
        self.walk.visitor.wants(edge.first_rule())
    }

    fn found(&mut self, SuffixEdge { before, edge }: SuffixEdge, length: usize) {
        let Self { begin, end, .. } = *self;
        if before.holds(self.walk.code, begin, end - length) {
            self.walk.follow(edge, end);
        }
    }
}

impl Before {
    /// Returns `true` if `code[from..to]`, all of it of the run's class, may be before the suffix.
    fn holds(self, code: &str, from: usize, to: usize) -> bool {
        match self {
            Self::Characters { min, max } => {
                let (min, max) = (min as usize, max as usize);
                let bytes = to - from;
                // Each character has one to four bytes, which may settle it without counting.
                let certain = bytes >= min.saturating_mul(4) && bytes <= max;
                certain || (min..=max).contains(&code[from..to].chars().count())
            }
            Self::Labels => code.as_bytes()[from..to]
                .split(|&b| b == b'.')
                .all(|label| {
                    (1..=MAX_LABEL_CHARACTERS).contains(&label.len())
                        && label.iter().all(|&b| is_label_byte(b))
                }),
        }
    }
}

/// Calls `visitor` with the rules whose deferred endings hold at the byte `at`.
///
/// PERF: kept out of the loop, see [`Walk::follow_suffixed`].
#[inline(never)]
fn search_deferred(
    deferred: &Deferred,
    code: &str,
    at: usize,
    scratch: &mut RemainderScratch,
    captures: &mut CaptureScratch,
    visitor: &mut impl Visitor,
) {
    if let Some(emv) = &deferred.emv {
        emv.search(code, visitor);
    }
    let RemainderScratch { sets, seen } = scratch;
    let mut try_remainder = |place: usize, text_at| {
        let remainder = &deferred.remainders[place];
        if !visitor.wants(remainder.first_rule) {
            return;
        }
        match &remainder.matcher {
            SuffixMatcher::Automaton(automaton) => {
                automaton.run(&code[at..], sets, |rule| visitor.accepted(rule));
            }
            SuffixMatcher::Contains(contains) => {
                if contains.accepts(code, at, text_at) {
                    visitor.accepted(remainder.first_rule);
                }
            }
            SuffixMatcher::Assertions(assertions) => {
                if assertions.accepts(code, at, &mut captures.simulation) {
                    visitor.accepted(remainder.first_rule);
                }
            }
        }
    };
    match &deferred.inner {
        Some(inner) => inner.candidates(&code.as_bytes()[at..], seen, |place, text_at| {
            try_remainder(place as usize, text_at);
        }),
        None => (0..deferred.remainders.len()).for_each(|place| try_remainder(place, None)),
    }
}
