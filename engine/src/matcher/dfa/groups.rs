//! First bytes of code values that share a DFA.

use std::collections::BTreeMap;

use super::budget::Budget;
use super::nfa::{Nfa, NodeId};
use super::states::State;
use super::subsets::Subsets;

/// First bytes after which the same nodes can be reached.
pub(super) struct Group {
    /// Ascending.
    pub(super) bytes: Vec<u8>,
}

impl Group {
    /// Returns `true` if `code` begins with one of the bytes.
    pub(super) fn has(&self, code: &[u8]) -> bool {
        let first = code.first();
        first.is_some_and(|first| self.bytes.binary_search(first).is_ok())
    }
}

/// Returns the groups, those with the fewest nodes first, as far as the budget allows.
pub(super) fn groups(nfa: &Nfa, is_open: &[bool], budget: &mut Budget) -> Vec<Group> {
    let mut subsets = Subsets::new(nfa, is_open, *budget);
    let mut by_state: BTreeMap<State, Vec<u8>> = BTreeMap::new();
    for byte in 0..=u8::MAX {
        by_state.entry(subsets.start(byte)).or_default().push(byte);
        if subsets.budget.work == 0 {
            break;
        }
    }
    budget.work = subsets.budget.work;
    let mut by_nodes: BTreeMap<Vec<u64>, Vec<u8>> = BTreeMap::new();
    for (state, bytes) in by_state {
        let nodes = reachable(nfa, subsets.nodes(state));
        let size = count(&nodes);
        if size / 8 > budget.work {
            continue;
        }
        budget.work -= size / 8;
        by_nodes.entry(nodes).or_default().extend(bytes);
    }
    let sized = by_nodes.into_iter().map(|(nodes, bytes)| {
        let size = count(&nodes);
        (size, nodes, bytes)
    });
    let mut by_nodes: Vec<(usize, Vec<u64>, Vec<u8>)> = sized.collect();
    by_nodes.sort_by_key(|(size, ..)| std::cmp::Reverse(*size));
    let mut merged: Vec<(usize, Vec<u64>, Vec<u8>)> = Vec::new();
    for (size, nodes, bytes) in by_nodes {
        let fits = |(other_size, other, _): &&mut (usize, Vec<u64>, Vec<u8>)| {
            // Most are far apart in size, which is known without counting.
            4 * size > *other_size && {
                let both = other.iter().zip(&nodes).map(|(a, b)| a & b);
                2 * both.map(|word| word.count_ones() as usize).sum::<usize>() > size
            }
        };
        match merged.iter_mut().find(fits) {
            Some((all_size, all, others)) => {
                all.iter_mut().zip(nodes).for_each(|(a, b)| *a |= b);
                *all_size = count(all);
                others.extend(bytes);
            }
            None => merged.push((size, nodes, bytes)),
        }
    }
    let group = |(_, _, mut bytes): (usize, Vec<u64>, Vec<u8>)| {
        bytes.sort_unstable();
        Group { bytes }
    };
    merged.into_iter().rev().map(group).collect()
}

/// Returns the number of nodes.
fn count(nodes: &[u64]) -> usize {
    nodes.iter().map(|word| word.count_ones() as usize).sum()
}

/// Returns the nodes that can be reached from `nodes`, as bits.
fn reachable(nfa: &Nfa, nodes: impl Iterator<Item = NodeId>) -> Vec<u64> {
    let mut reached = vec![0_u64; nfa.nodes.len().div_ceil(64)];
    let mut pending: Vec<NodeId> = nodes.collect();
    while let Some(node) = pending.pop() {
        let (word, bit) = (node as usize / 64, 1 << (node % 64));
        if reached[word] & bit == 0 {
            reached[word] |= bit;
            pending.extend(nfa.followers(node));
        }
    }
    reached
}
