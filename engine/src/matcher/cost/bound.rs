//! The most steps that a search of a tree can take for any code value.

use std::borrow::Cow;

use super::{Cost, EDGE};
use crate::matcher::deferred::Deferred;
use crate::matcher::literals::LiteralSet;
use crate::matcher::remainder::Remainder;
use crate::matcher::text_remainders::{Condition, MAX_TRIED, TextRemainder, TextRemainders};
use crate::matcher::tree::{Edge, NodeId, SuffixEdge, SuffixedRuns, Target, Tree};

/// Sums up what the parts of a tree can take.
///
/// A code value has all runs of a node at most, but of its literals only such as begin each other:
/// so the runs are added up, and of the literals the costliest chain counts. No part of a code value
/// is counted for two segments of one path.
pub(in crate::matcher) struct Bounds<'a> {
    /// The tree whose cost is bounded.
    pub(super) tree: &'a Tree,
    /// By rule, the steps of accepting it.
    accept: &'a [u64],
    /// By node, the bound of a search from there; `None` if it was not needed yet.
    known: Vec<Option<Cost>>,
}

/// Literals of which each begins the next one.
struct Chain<T> {
    /// The targets, from the shortest literal to the longest.
    targets: Vec<T>,
    /// The number of bytes of the longest literal.
    length: usize,
}

impl<'a> Bounds<'a> {
    /// Prepares the bounds of `tree`, with the steps of accepting each rule.
    pub(in crate::matcher) fn new(tree: &'a Tree, accept: &'a [u64]) -> Self {
        Self {
            tree,
            accept,
            known: vec![None; tree.node_count()],
        }
    }

    /// Returns the most steps of a search.
    pub(in crate::matcher) fn total(&mut self) -> Cost {
        self.node(NodeId::ROOT)
    }

    /// Adds the steps of each rule, of a code value that takes about the most, to `by_rule`.
    pub(in crate::matcher) fn add_by_rule(&mut self, by_rule: &mut [u64]) {
        self.share_out(NodeId::ROOT, by_rule);
    }

    /// Returns the bound of a search from the node `id` on.
    pub(super) fn node(&mut self, id: NodeId) -> Cost {
        if let Some(known) = self.known[id.index()] {
            return known;
        }
        let tree = self.tree;
        let node = tree.node(id);
        let endings = &tree.endings[node.endings.range()];
        let endings = endings.iter().map(|&(rule, _)| self.accept(rule));
        let endings = endings.fold(0, u64::saturating_add);
        let mut cost = Cost::fixed(tree.node_steps(id)) + Cost::fixed(endings);
        if let Some(id) = node.deferred {
            cost += self.deferred(tree.deferred(id));
        }
        for run in &tree.runs[node.runs.range()] {
            let scan = run.class.run_bound(run.max);
            cost += self.edge(run.edge).or_linear(scan.linear) + Cost::fixed(scan.fixed);
        }
        for runs in &tree.suffixed_runs[node.suffixed_runs.range()] {
            cost += self.suffixed(runs);
        }
        cost += self.literals(node.literals);
        self.known[id.index()] = Some(cost);
        cost
    }

    /// Returns the bound of following `edge`, and of the search from there on.
    pub(super) fn edge(&mut self, edge: Edge) -> Cost {
        Cost::fixed(EDGE)
            + match edge.target() {
                Target::Node(id) => self.node(id),
                Target::Ending(_) => Cost::fixed(self.accept(edge.first_rule())),
            }
    }

    /// Returns the bound of a node's deferred endings.
    pub(super) fn deferred(&self, deferred: &Deferred) -> Cost {
        let mut cost = Cost::default();
        if let Some(emv) = &deferred.emv {
            cost += emv.bound(|rule| self.accept(rule));
        }
        for remainder in &deferred.remainders {
            cost += self.remainder(remainder);
        }
        if let Some(with_texts) = &deferred.with_texts {
            cost += self.with_texts(with_texts);
        }
        cost
    }

    fn with_texts(&self, with_texts: &TextRemainders) -> Cost {
        let mut cost = with_texts.search.bound();
        let mut has_class = false;
        let mut tried = Vec::new();
        for TextRemainder { condition, .. } in &with_texts.remainders {
            match condition {
                Condition::Class(rule) => {
                    has_class = true;
                    cost += Cost::fixed(1 + self.accept(*rule));
                }
                Condition::Alone(remainder) => cost += self.remainder(remainder),
                Condition::Tried(remainder) => tried.push(self.remainder(remainder)),
            }
        }
        if has_class {
            cost += with_texts.class.run_bound(u32::MAX);
        }
        let most = match with_texts.together.is_empty() {
            true => tried.len(),
            false => MAX_TRIED,
        };
        // In each respect, since those that take the most once need not take the most per character.
        let largest = |part: fn(&Cost) -> u64| {
            let mut parts: Vec<u64> = tried.iter().map(part).collect();
            parts.sort_unstable_by(|a, b| b.cmp(a));
            parts
                .iter()
                .take(most)
                .fold(0, |a: u64, b| a.saturating_add(*b))
        };
        let tried = Cost {
            fixed: largest(|cost| cost.fixed),
            linear: largest(|cost| cost.linear),
        };
        let together = with_texts.together.iter();
        let together = together.map(|remainder| self.remainder(remainder));
        cost + tried + together.sum()
    }

    fn remainder(&self, remainder: &Remainder) -> Cost {
        let accept = remainder.acceptances().into_iter();
        let accept = accept.map(|rule| self.accept(rule));
        remainder.matcher.bound() + Cost::fixed(accept.fold(0, u64::saturating_add))
    }

    fn literals(&mut self, set: LiteralSet) -> Cost {
        if set.is_empty() {
            return Cost::default();
        }
        let literals = &self.tree.literals;
        let compared = literals.max_steps(set) - literals.probe_steps(set);
        let mut found = Cost::default();
        for_chains(literals.literals(set), |chain| {
            let edges = chain.iter().map(|&edge| self.edge(edge));
            found = found.max(edges.sum());
        });
        found + Cost::fixed(compared)
    }

    fn suffixed(&mut self, runs: &SuffixedRuns) -> Cost {
        let suffixes = &self.tree.suffixes;
        let compared = suffixes.max_steps(runs.suffixes) - suffixes.probe_steps(runs.suffixes);
        let scan =
            runs.class.run_bound(u32::MAX) + Cost::fixed(self.tree.suffix_steps(runs) + compared);
        let mut checked = Cost::default();
        let mut beyond = Cost::default();
        for_chains(suffixes.literals(runs.suffixes), |chain| {
            checked = checked.max(chain.iter().map(|suffix| suffix.before.bound()).sum());
            let edges = chain.iter().map(|suffix| self.edge(suffix.edge));
            beyond = beyond.max(edges.sum());
        });
        let run = scan + checked;
        beyond.or_linear(run.linear) + Cost::fixed(run.fixed)
    }

    /// Returns the literal, with its edge, at the end of the costliest chain of `set`.
    pub(super) fn costliest_literal(&mut self, set: LiteralSet) -> Option<(&'a [u8], Edge)> {
        let tree = self.tree;
        let all = || tree.literals.literals(set);
        let chain = self.costliest_chain(all(), |edge| edge)?;
        let last = *chain.targets.last()?;
        let is_last = |(text, edge): &(&[u8], Edge)| text.len() == chain.length && *edge == last;
        all().find(is_last)
    }

    /// Returns the suffix, reversed and with its edge, at the end of the costliest chain of `runs`.
    pub(super) fn costliest_suffix(
        &mut self,
        runs: &SuffixedRuns,
    ) -> Option<(&'a [u8], SuffixEdge)> {
        let tree = self.tree;
        let all = || tree.suffixes.literals(runs.suffixes);
        let chain = self.costliest_chain(all(), |suffix| suffix.edge)?;
        let last = chain.targets.last()?.edge;
        let is_last = |(text, suffix): &(&[u8], SuffixEdge)| {
            text.len() == chain.length && suffix.edge == last
        };
        all().find(is_last)
    }

    fn costliest_chain<T: Copy>(
        &mut self,
        literals: impl Iterator<Item = (&'a [u8], T)>,
        edge: impl Fn(T) -> Edge,
    ) -> Option<Chain<T>> {
        let literals = sorted(literals);
        let mut stack: Vec<(&[u8], T, u64)> = Vec::new();
        let mut best: Option<(u64, Chain<T>)> = None;
        for (text, target) in &literals {
            let target = *target;
            pop_others(&mut stack, text, |(text, ..)| text);
            let before = stack.last().map_or(0, |&(.., sum)| sum);
            let sum = before.saturating_add(self.edge(edge(target)).total());
            stack.push((text, target, sum));
            if best.as_ref().is_none_or(|(most, _)| sum > *most) {
                let chain = Chain {
                    targets: stack.iter().map(|&(_, target, _)| target).collect(),
                    length: text.len(),
                };
                best = Some((sum, chain));
            }
        }
        best.map(|(_, chain)| chain)
    }

    /// Adds the steps of each rule from the node `id` on to `by_rule`, along the costliest literals.
    fn share_out(&mut self, id: NodeId, by_rule: &mut [u64]) {
        let tree = self.tree;
        let node = tree.node(id);
        let mut add = |rule: u32, steps: u64| {
            if let Some(sum) = by_rule.get_mut(rule as usize) {
                *sum = sum.saturating_add(steps);
            }
        };
        for &(rule, _) in &tree.endings[node.endings.range()] {
            add(rule, 1 + self.accept(rule));
        }
        if let Some(id) = node.deferred {
            self.share_out_deferred(tree.deferred(id), &mut add);
        }
        let mut next = Vec::new();
        for run in &tree.runs[node.runs.range()] {
            add(run.edge.first_rule(), run.class.run_bound(run.max).total());
            next.push(run.edge);
        }
        for runs in &tree.suffixed_runs[node.suffixed_runs.range()] {
            let all = tree.suffixes.literals(runs.suffixes);
            let chain = self.costliest_chain(all, |suffix| suffix.edge);
            let Some(Chain { targets, .. }) = chain else {
                continue;
            };
            if let Some(first) = targets.first() {
                add(
                    first.edge.first_rule(),
                    runs.class.run_bound(u32::MAX).total(),
                );
            }
            for suffix in targets {
                add(suffix.edge.first_rule(), suffix.before.bound().total());
                next.push(suffix.edge);
            }
        }
        let literals = tree.literals.literals(node.literals);
        if let Some(Chain { targets, .. }) = self.costliest_chain(literals, |edge| edge) {
            next.extend(targets);
        }
        for edge in next {
            match edge.target() {
                Target::Node(id) => self.share_out(id, by_rule),
                Target::Ending(_) => {
                    let rule = edge.first_rule();
                    if let Some(sum) = by_rule.get_mut(rule as usize) {
                        *sum = sum.saturating_add(EDGE + self.accept(rule));
                    }
                }
            }
        }
    }

    fn share_out_deferred(&self, deferred: &Deferred, add: &mut impl FnMut(u32, u64)) {
        let share = |steps: u64, rules: usize| steps / (rules.max(1) as u64);
        if let Some(emv) = &deferred.emv {
            let each = share(
                emv.bound(|rule| self.accept(rule)).total(),
                emv.rules().count(),
            );
            emv.rules().for_each(|rule| add(rule, each));
        }
        let mut add_remainder = |remainder: &Remainder| {
            let rules = remainder.rules();
            let each = share(remainder.matcher.bound().total(), rules.len());
            rules.into_iter().for_each(|rule| add(rule, each));
            for rule in remainder.acceptances() {
                add(rule, self.accept(rule));
            }
        };
        deferred.remainders.iter().for_each(&mut add_remainder);
        let Some(with_texts) = &deferred.with_texts else {
            return;
        };
        with_texts.together.iter().for_each(&mut add_remainder);
        let mut of_class = Vec::new();
        for TextRemainder { condition, .. } in &with_texts.remainders {
            match condition {
                Condition::Class(rule) => of_class.push(*rule),
                Condition::Alone(remainder) => add_remainder(remainder),
                // The few that are tried before all together count for none.
                Condition::Tried(_) if !with_texts.together.is_empty() => {}
                Condition::Tried(remainder) => add_remainder(remainder),
            }
        }
        let scan = with_texts.class.run_bound(u32::MAX).total();
        let scan = share(scan, of_class.len());
        for rule in of_class {
            add(rule, scan.saturating_add(1 + self.accept(rule)));
        }
        let search = with_texts.search.bound().total();
        add(with_texts.first_rule, search);
    }

    fn accept(&self, rule: u32) -> u64 {
        self.accept.get(rule as usize).copied().unwrap_or(0)
    }
}

/// Calls `visit` with each chain of `literals` that no longer one contains. Literals that differ only
/// in the case of letters count as equal, since one text may have all of them.
fn for_chains<'t, T: Copy>(
    literals: impl Iterator<Item = (&'t [u8], T)>,
    mut visit: impl FnMut(&[T]),
) {
    let literals = sorted(literals);
    let mut texts: Vec<&[u8]> = Vec::new();
    let mut targets: Vec<T> = Vec::new();
    for (text, target) in &literals {
        let length = texts.len();
        pop_others(&mut texts, text, |text| text);
        if texts.len() < length {
            visit(&targets);
            targets.truncate(texts.len());
        }
        texts.push(text);
        targets.push(*target);
    }
    visit(&targets);
}

/// Returns literals in lower case, each after those that begin it.
///
/// PERF: compared as slices, once they are in lower case, not letter by letter: 43 → 15 million
/// instructions for 5000 `Patterns` (callgrind, 2-core x86-64, November 2026).
fn sorted<'t, T>(literals: impl Iterator<Item = (&'t [u8], T)>) -> Vec<(Cow<'t, [u8]>, T)> {
    let lower = |(text, target): (&'t [u8], T)| {
        let text = match text.iter().any(u8::is_ascii_uppercase) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
        (text, target)
    };
    let mut literals: Vec<_> = literals.map(lower).collect();
    literals.sort_by(|(a, _), (b, _)| a.cmp(b));
    literals
}

/// Removes the last elements of `stack` whose literal does not begin `text`.
fn pop_others<'t, E: Copy>(stack: &mut Vec<E>, text: &[u8], literal: impl Fn(E) -> &'t [u8]) {
    while stack
        .last()
        .is_some_and(|&element| !text.starts_with(literal(element)))
    {
        stack.pop();
    }
}
