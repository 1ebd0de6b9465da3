//! The hot loop: walks the tree along a code value.

use super::Visitor;
use super::automaton::StateSets;
use super::captures::CaptureScratch;
use super::segment::Before;
use super::tree::{Costly, Follower, Node, PlainEnding, SuffixedRuns};
use crate::rule::{MAX_LABEL_CHARACTERS, is_label_byte};

/// One thread's memory for searching.
#[derive(Debug, Default)]
pub(crate) struct SearchScratch {
    /// Nodes to look at, each with the byte of the code value where it begins.
    pending: Vec<(u32, usize)>,
    /// Nodes whose costly endings are to be looked at.
    put_off: Vec<(u32, usize)>,
    reversed: Vec<u8>,
    sets: StateSets,
    seen: Vec<bool>,
}

/// Tells `visitor` the rules that accept `code`, as far as it wants them.
///
/// Each node that is met is looked at once for each way in which the code value leads to it, and no
/// segment is tried at two places: the work is bounded by the code value's length for each rule,
/// and what rules have in common is read once.
pub(super) fn search(
    nodes: &[Node],
    code: &str,
    scratch: &mut SearchScratch,
    captures: &mut CaptureScratch,
    visitor: &mut impl Visitor,
) {
    let SearchScratch {
        pending,
        put_off,
        reversed,
        sets,
        seen,
    } = scratch;
    let bytes = code.as_bytes();
    pending.clear();
    put_off.clear();
    pending.push((0, 0));
    while let Some((number, at)) = pending.pop() {
        let node = &nodes[number as usize];
        if !visitor.wants(node.first_rule) {
            continue;
        }
        for &(rule, ending) in &node.endings {
            if ending.holds(bytes, at) {
                visitor.accepted(rule);
            }
        }
        if node.costly.is_some() {
            put_off.push((number, at));
        }
        for run in &node.runs {
            if let Some(end) = run.class.run_end(code, at, run.min, run.max) {
                pending.push((run.target, end));
            }
        }
        for runs in &node.suffixed_runs {
            follow_suffixed(runs, code, at, reversed, pending);
        }
        if let Some(literals) = &node.literals {
            literals.for_each_prefix(&bytes[at..], |entry| {
                pending.push((entry.target, at + entry.bytes.len()));
            });
        }
    }
    for &(number, at) in &*put_off {
        if let Some(costly) = &nodes[number as usize].costly {
            follow_costly(costly, code, at, (sets, seen, captures), visitor);
        }
    }
}

impl PlainEnding {
    fn holds(self, code: &[u8], at: usize) -> bool {
        match self {
            Self::End => at == code.len(),
            Self::Anything => true,
            Self::UrlBoundary => matches!(code.get(at), None | Some(b'/' | b'?' | b'#')),
        }
    }
}

fn follow_suffixed(
    runs: &SuffixedRuns,
    code: &str,
    at: usize,
    reversed: &mut Vec<u8>,
    pending: &mut Vec<(u32, usize)>,
) {
    let Some(end) = runs.class.run_end(code, at, 0, u32::MAX) else {
        return;
    };
    let run = &code.as_bytes()[at..end];
    reversed.clear();
    reversed.extend(run.iter().rev().take(runs.longest));
    runs.suffixes.for_each_prefix(reversed, |entry| {
        let edge = &runs.edges[entry.target as usize];
        let suffix = end - entry.bytes.len();
        if edge.before.holds(code, at, suffix) {
            pending.push((edge.target, end));
        }
    });
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

fn follow_costly(
    costly: &Costly,
    code: &str,
    at: usize,
    (sets, seen, captures): (&mut StateSets, &mut Vec<bool>, &mut CaptureScratch),
    visitor: &mut impl Visitor,
) {
    if let Some(emv) = &costly.emv {
        emv.search(code, visitor);
    }
    let mut follow = |place: usize| {
        let remainder = &costly.remainders[place];
        if !visitor.wants(remainder.first_rule) {
            return;
        }
        match &remainder.follower {
            Follower::Automaton(automaton) => {
                automaton.run(&code[at..], sets, |rule| visitor.accepted(rule));
            }
            Follower::Asserting(asserting) => {
                if asserting.accepts(code, at, captures) {
                    visitor.accepted(remainder.first_rule);
                }
            }
        }
    };
    match &costly.inner {
        Some(inner) => inner.candidates(&code[at..], seen, |place| follow(place as usize)),
        None => (0..costly.remainders.len()).for_each(follow),
    }
}
