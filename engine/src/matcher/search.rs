//! The hot loop: walks the tree along a code value.

use super::automaton::StateSets;
use super::captures::CaptureScratch;
use super::literals::Sink;
use super::segment::Before;
use super::tree::{Costly, Follower, Next, PlainEnding, Step, SuffixEdge, SuffixedRuns, Tree};
use super::visitor::Visitor;
use crate::rule::{MAX_LABEL_CHARACTERS, is_label_byte};

/// One thread's memory for searching.
#[derive(Debug, Default)]
pub(crate) struct SearchScratch {
    pending: Vec<Pending>,
    /// Nodes whose costly endings are to be looked at, each with the byte where they begin.
    put_off: Vec<(u32, usize)>,
    reversed: Vec<u8>,
    remainders: RemainderScratch,
}

/// The same for what costs more.
#[derive(Debug, Default)]
struct RemainderScratch {
    sets: StateSets,
    seen: Vec<bool>,
}

/// A node to look at, and the byte of the code value where it begins.
#[derive(Clone, Copy, Debug)]
struct Pending {
    number: u32,
    first_rule: u32,
    at: usize,
}

/// Tells `visitor` the rules that accept `code`, as far as it wants them.
///
/// Each node is looked at once for each way in which the code value leads to it, and no segment is
/// tried at two places: the work is bounded by the code value's length for each rule, and what
/// rules have in common is read once.
pub(super) fn search<V: Visitor>(
    tree: &Tree,
    code: &str,
    scratch: &mut SearchScratch,
    captures: &mut CaptureScratch,
    visitor: &mut V,
) {
    let SearchScratch {
        pending,
        put_off,
        reversed,
        remainders,
    } = scratch;
    pending.clear();
    put_off.clear();
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
        if !walk.visitor.wants(first_rule) {
            next = walk.pending.pop();
            continue;
        }
        let node = &tree.nodes[number as usize];
        if !node.endings.is_empty() {
            for &(rule, ending) in &tree.endings[node.endings.range()] {
                walk.end(rule, ending, at);
            }
        }
        if node.costly.is_some() {
            put_off.push((number, at));
        }
        if !node.runs.is_empty() {
            for run in &tree.runs[node.runs.range()] {
                if walk.visitor.wants(run.next.first_rule())
                    && let Some(end) = run.class.run_end(code, at, run.min, run.max)
                {
                    walk.go(run.next, end);
                }
            }
        }
        if !node.suffixed_runs.is_empty() {
            for runs in &tree.suffixed_runs[node.suffixed_runs.range()] {
                walk.go_after_suffixed(runs, at, reversed);
            }
        }
        if !node.literals.is_empty() {
            let text = &code.as_bytes()[at..];
            let mut after = After {
                walk: &mut walk,
                at,
            };
            tree.literals.find_prefixes(node.literals, text, &mut after);
        }
        next = walk.pending.pop();
    }
    for &(number, at) in &*put_off {
        if let Some(place) = tree.nodes[number as usize].costly {
            let costly = &tree.costly[place.get() as usize - 1];
            follow(costly, code, at, remainders, captures, visitor);
        }
    }
}

/// A walk over the tree, on its way.
struct Walk<'a, V> {
    tree: &'a Tree,
    code: &'a str,
    pending: &'a mut Vec<Pending>,
    visitor: &'a mut V,
}

impl<V: Visitor> Walk<'_, V> {
    #[inline]
    fn go(&mut self, next: Next, at: usize) {
        let first_rule = next.first_rule();
        match next.step() {
            Step::Node(number) => {
                let glance = self.tree.nodes[number as usize].glance;
                if glance.allows(&self.code.as_bytes()[at..]) {
                    self.pending.push(Pending {
                        number,
                        first_rule,
                        at,
                    });
                }
            }
            Step::Ending(ending) => self.end(first_rule, ending, at),
        }
    }

    #[inline]
    fn end(&mut self, rule: u32, ending: PlainEnding, at: usize) {
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

    #[inline(never)]
    fn go_after_suffixed(&mut self, runs: &SuffixedRuns, at: usize, reversed: &mut Vec<u8>) {
        let code = self.code;
        let Some(end) = runs.class.run_end(code, at, 0, u32::MAX) else {
            return;
        };
        reversed.clear();
        reversed.extend(code.as_bytes()[at..end].iter().rev().take(runs.longest));
        let suffixes = &self.tree.suffixes;
        let mut after = AfterRun {
            walk: self,
            begin: at,
            end,
        };
        suffixes.find_prefixes(runs.suffixes, reversed, &mut after);
    }
}

/// Goes on after the literals found at a node.
struct After<'w, 'a, V> {
    walk: &'w mut Walk<'a, V>,
    at: usize,
}

impl<V: Visitor> Sink<Next> for After<'_, '_, V> {
    #[inline]
    fn wants(&self, next: Next) -> bool {
        self.walk.visitor.wants(next.first_rule())
    }

    #[inline]
    fn found(&mut self, next: Next, length: usize) {
        self.walk.go(next, self.at + length);
    }
}

/// Goes on after the run whose suffixes are found.
struct AfterRun<'w, 'a, V> {
    walk: &'w mut Walk<'a, V>,
    begin: usize,
    end: usize,
}

impl<V: Visitor> Sink<SuffixEdge> for AfterRun<'_, '_, V> {
    fn wants(&self, edge: SuffixEdge) -> bool {
        self.walk.visitor.wants(edge.next.first_rule())
    }

    fn found(&mut self, edge: SuffixEdge, length: usize) {
        let Self { begin, end, .. } = *self;
        if edge.before.holds(self.walk.code, begin, end - length) {
            self.walk.go(edge.next, end);
        }
    }
}

impl Before {
    /// Whether `code[from..to]`, all of it of the run's class, may stand before the suffix.
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

#[inline(never)]
fn follow(
    costly: &Costly,
    code: &str,
    at: usize,
    scratch: &mut RemainderScratch,
    captures: &mut CaptureScratch,
    visitor: &mut impl Visitor,
) {
    if let Some(emv) = &costly.emv {
        emv.search(code, visitor);
    }
    let RemainderScratch { sets, seen } = scratch;
    let mut try_one = |place: usize, text_at| {
        let remainder = &costly.remainders[place];
        if !visitor.wants(remainder.first_rule) {
            return;
        }
        match &remainder.follower {
            Follower::Automaton(automaton) => {
                automaton.run(&code[at..], sets, |rule| visitor.accepted(rule));
            }
            Follower::Holding(holding) => {
                if holding.accepts(code, at, text_at) {
                    visitor.accepted(remainder.first_rule);
                }
            }
            Follower::Asserting(asserting) => {
                if asserting.accepts(code, at, &mut captures.simulation) {
                    visitor.accepted(remainder.first_rule);
                }
            }
        }
    };
    match &costly.inner {
        Some(inner) => inner.candidates(&code.as_bytes()[at..], seen, |place, text_at| {
            try_one(place as usize, text_at);
        }),
        None => (0..costly.remainders.len()).for_each(|place| try_one(place, None)),
    }
}
