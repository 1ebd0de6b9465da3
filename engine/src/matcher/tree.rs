//! The compiled rules: a tree of segments, as arrays.

use super::automaton::Automaton;
use super::captures::AssertingRemainder;
use super::char_class::CharClass;
use super::emv::EmvIndex;
use super::inner::InnerLiterals;
use super::literals::LiteralIndex;
use super::segment::Before;

/// A place in the tree: what was read so far leads here, and these are the ways on.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) endings: Box<[(u32, PlainEnding)]>,
    pub(super) literals: Option<LiteralIndex<Next>>,
    pub(super) runs: Box<[RunEdge]>,
    pub(super) suffixed_runs: Box<[SuffixedRuns]>,
    /// What takes longer than the rest, and is put off until nothing else is left to try.
    pub(super) costly: Option<Box<Costly>>,
}

/// Where an edge leads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    Node {
        number: u32,
        first_rule: u32,
    },
    /// To nothing but one rule's ending, so that it does not take a node.
    Ending {
        rule: u32,
        ending: PlainEnding,
    },
}

/// An ending that is a look at the next byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlainEnding {
    End,
    Anything,
    UrlBoundary,
}

/// A run of a class, and the node after it.
#[derive(Debug)]
pub(super) struct RunEdge {
    pub(super) class: CharClass,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) next: Next,
}

/// Runs of one class that must end with a suffix: the run is scanned once for all of them.
#[derive(Debug)]
pub(super) struct SuffixedRuns {
    pub(super) class: CharClass,
    /// The suffixes, each with its bytes in reverse order.
    pub(super) suffixes: LiteralIndex<SuffixEdge>,
    /// The bytes of the longest suffix.
    pub(super) longest: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SuffixEdge {
    pub(super) before: Before,
    pub(super) next: Next,
}

/// Endings that read all that is left of a code value.
#[derive(Debug, Default)]
pub(super) struct Costly {
    pub(super) emv: Option<EmvIndex>,
    pub(super) remainders: Vec<Remainder>,
    /// Which of the remainders can match at all, by a text that each must hold.
    pub(super) inner: Option<InnerLiterals>,
}

#[derive(Debug)]
pub(super) struct Remainder {
    pub(super) first_rule: u32,
    pub(super) follower: Follower,
}

#[derive(Debug)]
pub(super) enum Follower {
    Automaton(Automaton),
    Asserting(AssertingRemainder),
}

impl Next {
    /// The first rule that can be accepted beyond.
    pub(super) const fn first_rule(self) -> u32 {
        match self {
            Self::Node { first_rule, .. } => first_rule,
            Self::Ending { rule, .. } => rule,
        }
    }
}

impl Node {
    pub(super) fn heap_bytes(&self) -> usize {
        let runs = self
            .runs
            .iter()
            .map(|r| size_of::<RunEdge>() + r.class.heap_bytes());
        let suffixed = self
            .suffixed_runs
            .iter()
            .map(|s| size_of::<SuffixedRuns>() + s.class.heap_bytes() + s.suffixes.heap_bytes());
        size_of_val(&*self.endings)
            + self.literals.as_ref().map_or(0, LiteralIndex::heap_bytes)
            + runs.sum::<usize>()
            + suffixed.sum::<usize>()
            + self.costly.as_ref().map_or(0, |costly| costly.heap_bytes())
    }
}

impl Costly {
    fn heap_bytes(&self) -> usize {
        let remainders = self.remainders.iter().map(|remainder| {
            size_of::<Remainder>()
                + match &remainder.follower {
                    Follower::Automaton(automaton) => automaton.heap_bytes(),
                    Follower::Asserting(asserting) => asserting.heap_bytes(),
                }
        });
        size_of::<Self>()
            + self.emv.as_ref().map_or(0, EmvIndex::heap_bytes)
            + self.inner.as_ref().map_or(0, InnerLiterals::heap_bytes)
            + remainders.sum::<usize>()
    }
}
