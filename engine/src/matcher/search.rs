//! The hot loop: walks the tree along a code value.
//!
//! `tree.rs` has the vocabulary. The walk keeps a stack of nodes to visit. At each node it checks
//! the plain endings and follows every edge whose segment the code value has there, as far as the
//! visitor still wants a rule beyond it. Deferred endings are collected, and tried when the stack
//! is empty.
//!
//! # Complexity
//!
//! After a segment there is one place where the next can begin, so the walk follows each branch at
//! most once and never backtracks. With `n` bytes of code value, and `b` branches of which it has
//! the first segment:
//!
//! - the walk takes O(`b` × `n`) time in the worst case, where each branch reads the whole code
//!   value by segments that it shares with no other. Branches read a shared segment once, and a
//!   node's literals are found by hashing, so of a real config few branches are followed beyond
//!   their first segments;
//! - the remainders take O(`s` × `n`) time, where `s` is the number of operations that the automata
//!   of a path through the tree can take for one character;
//! - the `emv` rules take O(`n` + `p` × `t`) time, where `p` is the number of paths of data objects
//!   that they look up, and `t` the bytes of a template, at most 396 (`emv.rs`);
//! - the stack never has more elements than there are branches, since each element is on the path
//!   of a different branch.
//!
//! The compile limits bound the sum (`cost/bound.rs`).

use super::captures::CaptureScratch;
use super::cost;
use super::deferred_search::{RemainderScratch, search_deferred};
use super::dfa::WalkScratch;
use super::emv::PAYLOAD_START;
use super::literals::Sink;
use super::tree::{DeferredId, Edge, NodeId, PlainEnding, SuffixEdge, SuffixedRuns, Target, Tree};
use super::visitor::Visitor;

/// One thread's memory for searching, good for any tree. It grows to what the searches need, and
/// holds nothing from one search to the next.
#[derive(Debug, Default)]
pub(crate) struct SearchScratch {
    /// The nodes still to visit, the next one last.
    pending: Vec<Pending>,
    /// Deferred endings of the nodes visited, each with the byte of the code value where they
    /// begin.
    deferred: Vec<(DeferredId, usize)>,
    /// The last bytes of a run, in reverse order, as many as its longest suffix has.
    reversed: Vec<u8>,
    remainders: RemainderScratch,
    /// The memory of the walk along a DFA.
    pub(super) walk: WalkScratch,
}

/// A node to visit, and the byte of the code value where it begins.
#[derive(Clone, Copy, Debug)]
struct Pending {
    node: NodeId,
    /// The first rule beyond the edge that leads to the node; 0 for the root.
    first_rule: u32,
    /// The number of bytes of the code value that were read on the way to the node.
    at: usize,
}

/// Calls `visitor` with the rules of `tree` that accept `code`, as far as the visitor wants them.
///
/// Rules come in no particular order, and a rule may come more than once. The scratches may have
/// any content.
///
/// # Complexity
///
/// See the head of this file.
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
        ..
    } = scratch;
    pending.clear();
    deferred.clear();
    let mut walk = Walk {
        tree,
        code,
        pending,
        visitor,
    };
    // The root is not put on the stack, only to be taken from it at once.
    let mut next = Some(Pending {
        node: NodeId::ROOT,
        first_rule: 0,
        at: 0,
    });
    while let Some(Pending {
        node,
        first_rule,
        at,
    }) = next
    {
        // Asked again: since the node was pushed, an earlier rule may have accepted.
        if walk.visitor.wants(first_rule) {
            walk.visitor.spend(|| (first_rule, tree.node_steps(node)));
            walk.visit(node, at, deferred, reversed);
        }
        next = walk.pending.pop();
    }
    for &(id, at) in &*deferred {
        search_deferred(tree.deferred(id), code, at, remainders, captures, visitor);
    }
}

/// Calls `visitor` with the `emv` rules of `tree` that accept `code`, as far as the visitor wants them.
pub(super) fn search_payload(tree: &Tree, code: &str, visitor: &mut impl Visitor) {
    if let Some(emv) = tree.emv()
        && code.starts_with(PAYLOAD_START)
    {
        emv.search(code, visitor);
    }
}

/// A walk over the tree along one code value.
struct Walk<'a, V> {
    tree: &'a Tree,
    code: &'a str,
    /// The nodes still to visit, the next one last.
    pending: &'a mut Vec<Pending>,
    visitor: &'a mut V,
}

impl<V: Visitor> Walk<'_, V> {
    /// Checks the plain endings of `node`, which begins at the byte `at`, and follows its edges.
    /// Adds its deferred endings to `deferred`. `reversed` is a buffer for suffixes.
    ///
    /// A node mostly has edges of one kind only. Asking whether there are any of a kind spares its
    /// loop the set-up, or a call.
    ///
    /// PERF: without asking → asking: 983 → 938 instructions a lookup on the workload of `ratios`,
    /// 1000 `Patterns` (callgrind, 2-core x86-64, November 2026).
    fn visit(
        &mut self,
        node: NodeId,
        at: usize,
        deferred: &mut Vec<(DeferredId, usize)>,
        reversed: &mut Vec<u8>,
    ) {
        let (tree, code) = (self.tree, self.code);
        let node = tree.node(node);
        if !node.endings.is_empty() {
            for &(rule, ending) in &tree.endings[node.endings.range()] {
                self.check_ending(rule, ending, at);
            }
        }
        if let Some(id) = node.deferred {
            deferred.push((id, at));
        }
        if !node.runs.is_empty() {
            for run in &tree.runs[node.runs.range()] {
                if !self.visitor.wants(run.edge.first_rule()) {
                    continue;
                }
                self.visitor.spend(|| {
                    let steps = run.class.run_steps(code, at, run.max);
                    (run.edge.first_rule(), steps)
                });
                if let Some(end) = run.class.run_end(code, at, run.min, run.max) {
                    self.follow(run.edge, end);
                }
            }
        }
        if !node.suffixed_runs.is_empty() {
            for runs in &tree.suffixed_runs[node.suffixed_runs.range()] {
                self.follow_suffixed(runs, at, reversed);
            }
        }
        if !node.literals.is_empty() {
            let text = &code.as_bytes()[at..];
            let mut sink = LiteralSink { walk: self, at };
            tree.literals.find_prefixes(node.literals, text, &mut sink);
        }
    }

    /// Follows an edge whose segment ends at the byte `at`: puts the node on the stack, unless its
    /// prefilter rejects the rest of the code value, or checks the ending.
    fn follow(&mut self, edge: Edge, at: usize) {
        let first_rule = edge.first_rule();
        self.visitor.spend(|| (first_rule, cost::EDGE));
        match edge.target() {
            Target::Node(node) => {
                let prefilter = self.tree.node(node).prefilter;
                if prefilter.may_match(&self.code.as_bytes()[at..]) {
                    self.pending.push(Pending {
                        node,
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

    /// Scans the run of the class of `runs` that begins at the byte `at`, and follows the edge of
    /// each suffix that the run ends with.
    ///
    /// Rare, so this and [`search_deferred`] are kept out of the loop.
    ///
    /// PERF: `ratios`, both inlined → neither: 1,006 → 1,000 instructions a lookup for 1000
    /// `Patterns`, 4,204 → 4,134 for `prefixes nested a thousand deep` (callgrind, 2-core x86-64,
    /// 2026-11-29).
    #[inline(never)]
    fn follow_suffixed(&mut self, runs: &SuffixedRuns, at: usize, reversed: &mut Vec<u8>) {
        let code = self.code;
        self.visitor.spend(|| {
            let scan = runs.class.run_steps(code, at, u32::MAX);
            let suffixes = self.tree.suffixes.literals(runs.suffixes);
            let first = suffixes.map(|(_, suffix)| suffix.edge.first_rule()).min();
            (first.unwrap_or(0), scan + self.tree.suffix_steps(runs))
        });
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

    fn compared(&mut self, edge: Edge, length: usize) {
        let visitor = &mut *self.walk.visitor;
        visitor.spend(|| (edge.first_rule(), cost::comparison(length)));
    }
}

/// Follows the edges of the suffixes found at the end of the run, which is the bytes from `begin`
/// to before `end`.
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
        let visitor = &mut *self.walk.visitor;
        visitor.spend(|| {
            let part = (end - length - begin) as u64;
            (edge.first_rule(), before.steps(part))
        });
        if before.holds(&self.walk.code[begin..end - length]) {
            self.walk.follow(edge, end);
        }
    }

    fn compared(&mut self, SuffixEdge { edge, .. }: SuffixEdge, length: usize) {
        let visitor = &mut *self.walk.visitor;
        visitor.spend(|| (edge.first_rule(), cost::comparison(length)));
    }
}
