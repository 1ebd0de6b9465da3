//! Branches under construction, grouped by their next segment.

use std::collections::HashMap;
use std::hash::Hash;

use crate::matcher::literals::{Buckets, MAX_BUCKET};
use crate::matcher::segment::{Branch, Ending, Literal, Segment};

/// A branch of a rule, or the part of it that is not yet in the tree.
pub(super) struct Item {
    /// The index of the rule.
    pub(super) rule: u32,
    /// `true` if the rule has other branches, with which this one may share nodes.
    pub(super) is_one_of_several: bool,
    /// In reverse order, so that the next one can be popped.
    pub(super) segments: Vec<Segment>,
    /// The condition after the last segment.
    pub(super) ending: Ending,
}

impl Item {
    /// Returns an item for each of the `branches` of `rule`.
    pub(super) fn from_branches(rule: u32, branches: Vec<Branch>) -> impl Iterator<Item = Self> {
        let is_one_of_several = branches.len() > 1;
        branches.into_iter().map(move |branch| {
            let Branch {
                mut segments,
                ending,
            } = branch;
            segments.reverse();
            Self {
                rule,
                is_one_of_several,
                segments,
                ending,
            }
        })
    }
}

/// Items by a key. The order of the groups is that in which their keys were first added, so that
/// equal configs compile to equal tables.
pub(super) struct Groups<K> {
    /// In the order in which their keys were first added.
    groups: Vec<(K, Vec<Item>)>,
    /// By key, the index in `groups`.
    indices: HashMap<K, usize>,
}

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            indices: HashMap::new(),
        }
    }
}

impl<K> Groups<K> {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Returns the keys, in the order of the groups.
    pub(super) fn keys(&self) -> impl Iterator<Item = &K> {
        self.groups.iter().map(|(key, _)| key)
    }

    /// Returns the groups, in order, none of them empty.
    pub(super) fn into_vec(self) -> Vec<(K, Vec<Item>)> {
        self.groups
    }
}

impl<K: Clone + Eq + Hash> Groups<K> {
    /// Adds `item` to the group of `key`, as its last.
    pub(super) fn add(&mut self, key: K, item: Item) {
        match self.indices.get(&key) {
            Some(&index) => self.groups[index].1.push(item),
            None => {
                self.indices.insert(key.clone(), self.groups.len());
                self.groups.push((key, vec![item]));
            }
        }
    }
}

/// Splits literals of which too many would share a bucket after their common prefix. The rests
/// become segments of their items.
///
/// Returns the buckets, too, if there are more literals than fit one bucket and none is split.
pub(super) fn split_common_prefixes(
    mut groups: Vec<(Literal, Vec<Item>)>,
) -> (Vec<(Literal, Vec<Item>)>, Option<Buckets>) {
    if groups.len() <= MAX_BUCKET {
        return (groups, None);
    }
    let buckets = Buckets::sort(&mut groups, |(literal, _)| literal.text.as_bytes());
    if buckets.are_small() {
        return (groups, Some(buckets));
    }
    let mut split: Groups<Literal> = Groups::default();
    let mut rest = groups.into_iter();
    let mut whole = Vec::new();
    for bucket in buckets.all {
        let members: Vec<_> = rest.by_ref().take(bucket.len).collect();
        let common = common_prefix(&members);
        if bucket.len <= MAX_BUCKET || common.is_empty() {
            whole.extend(members);
            continue;
        }
        let any_case = members[0].0.any_case;
        for (literal, items) in members {
            let after = &literal.text[common.len()..];
            for mut item in items {
                if !after.is_empty() {
                    item.segments.push(Segment::Literal(Literal {
                        text: after.into(),
                        any_case,
                    }));
                }
                split.add(
                    Literal {
                        text: common.as_str().into(),
                        any_case,
                    },
                    item,
                );
            }
        }
    }
    whole.extend(split.groups);
    (whole, None)
}

/// Returns the longest prefix of all literals; empty if the case matters in some of them only.
fn common_prefix(members: &[(Literal, Vec<Item>)]) -> String {
    let Some((first, _)) = members.first() else {
        return String::new();
    };
    let mut common = &*first.text;
    for (literal, _) in members {
        if literal.any_case != first.any_case {
            return String::new();
        }
        let same = |((_, a), b): &((usize, char), char)| a == b;
        let length: usize = common
            .char_indices()
            .zip(literal.text.chars())
            .take_while(same)
            .map(|((_, c), _)| c.len_utf8())
            .sum();
        common = &common[..length];
    }
    common.to_owned()
}
