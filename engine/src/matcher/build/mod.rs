//! Builds the trees of a rule set.
//!
//! Each rule is expanded into branches; a branch that is being built is an [`Item`]. The items of a
//! node are grouped by their next segment, and each group becomes an edge, whose target is built
//! from the group's items in the same way. A rule's number is its index in the rule set.

mod groups;
mod rule_branches;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use regex_syntax::hir::Hir;

use self::groups::{Groups, Item, split_common_prefixes};
use self::rule_branches::rule_branches;
use super::char_class::CharClass;
use super::expand::Expansion;
use super::literals::LiteralSet;
use super::remainders::Remainders;
use super::segment::{Before, Branch, Ending, Literal, Segment};
use super::span::Span;
use super::tree::{
    DeferredId, Edge, Node, NodeId, PlainEnding, Prefilter, RunEdge, SuffixEdge, SuffixedRuns,
    Target, Tree,
};
use crate::rule::{EmvMatch, RouteRule};
use crate::{CompileLimits, ConfigError};

/// The depth in the tree beyond which literals are no longer split but compared one by one.
///
/// Literals like b, ab, aab, aaab share little at each node: without a bound the tree, and the
/// recursion that builds it, would be as deep as they are long. A branch adds at most 48 segments
/// of its own to the depth.
const MAX_SPLIT_DEPTH: usize = 32;

/// The compiled trees of a rule set.
#[derive(Debug)]
pub(super) struct Trees {
    /// The tree of the branches of all rules without folded characters, searched for every code
    /// value.
    pub(super) main: Tree,
    /// The tree of the branches with such characters, which the main tree omits; `None`
    /// without such branches.
    pub(super) folded: Option<FoldedTree>,
}

/// The tree of branches that match only code values with one of certain characters; see
/// [`Expansion::with_folded`].
#[derive(Debug)]
pub(super) struct FoldedTree {
    /// The branches.
    pub(super) tree: Tree,
    /// The number of bytes at the beginning of a code value in which such a character matters.
    pub(super) reach: usize,
}

/// Compiles `rules`; a rule's number in the trees is its index in `rules`.
///
/// # Errors
///
/// [`ConfigError`] if the automata that the rules need cost more than `limits` allow.
///
/// # Complexity
///
/// Linear in the segments of all branches, of which each rule has at most 48 with 48 segments each,
/// apart from sorting, from literals that are split up to [`MAX_SPLIT_DEPTH`] times, and from the
/// automata, which `limits` bound.
pub(super) fn build_trees(
    rules: &[RouteRule],
    limits: &CompileLimits,
) -> Result<Trees, ConfigError> {
    let mut main = Vec::new();
    let mut folded = Vec::new();
    let mut reach = 0;
    for (rule, index) in rules.iter().zip(0_u32..) {
        let Expansion {
            branches,
            with_folded,
        } = rule_branches(&rule.rule_match);
        main.extend(Item::from_branches(index, branches));
        let reaches = with_folded.iter().map(Branch::folded_reach);
        reach = reaches.fold(reach, usize::max);
        folded.extend(Item::from_branches(index, with_folded));
    }
    let build = |items| {
        let mut builder = Builder::new(Remainders::new(rules, limits));
        builder.add_node(items)?;
        builder.tree.shrink_to_fit();
        Ok::<_, ConfigError>(builder.tree)
    };
    let folded = if folded.is_empty() {
        None
    } else {
        let tree = build(folded)?;
        Some(FoldedTree { tree, reach })
    };
    Ok(Trees {
        main: build(main)?,
        folded,
    })
}

/// The rest of a branch that another may share: its segments in reverse order, and the ending.
type SharedBranch = (Vec<Segment>, SharedEnding);

/// An ending that several branches of a rule may have.
#[derive(PartialEq, Eq, Hash)]
enum SharedEnding {
    Plain(PlainEnding),
    /// By the address of the expression, which the builder holds.
    Remainder(*const Hir),
}

/// A run: its class, and the fewest and the most characters.
type RunKey = (Rc<CharClass>, u32, u32);

struct Builder<'a> {
    remainders: Remainders<'a>,
    tree: Tree,
    /// The number of nodes that are being built: the current one and its ancestors.
    depth: usize,
    /// The edges to nodes of one rule only, by the rule and its branches from there on. Branches
    /// that differ only before the node share it.
    shared: HashMap<(u32, Vec<SharedBranch>), Edge>,
    /// The remainders to whose addresses `shared` refers.
    remainders_held: Vec<Rc<Hir>>,
    /// The classes of the tree, so that equal ones are stored once.
    classes: HashMap<Rc<CharClass>, Arc<CharClass>>,
}

impl<'a> Builder<'a> {
    fn new(remainders: Remainders<'a>) -> Self {
        Self {
            remainders,
            tree: Tree::new(),
            depth: 0,
            shared: HashMap::new(),
            remainders_held: Vec::new(),
            classes: HashMap::new(),
        }
    }

    /// Returns an edge to `items`, of which there is at least one.
    fn edge(&mut self, items: Vec<Item>) -> Result<Edge, ConfigError> {
        if let [item] = items.as_slice()
            && item.segments.is_empty()
            && let Some(ending) = plain_ending(&item.ending)
        {
            return Ok(Edge::new(Target::Ending(ending), item.rule));
        }
        let Some(first_rule) = items.iter().map(|item| item.rule).min() else {
            unreachable!("an edge is made for at least one item");
        };
        let shareable = |item: &Item| {
            let ending = match &item.ending {
                Ending::Remainder(hir) => SharedEnding::Remainder(Rc::as_ptr(hir)),
                ending => SharedEnding::Plain(plain_ending(ending)?),
            };
            (item.rule == first_rule && item.is_one_of_several)
                .then(|| (item.segments.clone(), ending))
        };
        let Some(branches) = items.iter().map(shareable).collect() else {
            return Ok(Edge::new(Target::Node(self.add_node(items)?), first_rule));
        };
        let key = (first_rule, branches);
        if let Some(edge) = self.shared.get(&key) {
            return Ok(*edge);
        }
        self.remainders_held
            .extend(items.iter().filter_map(|item| match &item.ending {
                Ending::Remainder(hir) => Some(Rc::clone(hir)),
                _ => None,
            }));
        let edge = Edge::new(Target::Node(self.add_node(items)?), first_rule);
        self.shared.insert(key, edge);
        Ok(edge)
    }

    /// Adds the node at which `items` begin, and all nodes below it.
    fn add_node(&mut self, items: Vec<Item>) -> Result<NodeId, ConfigError> {
        // The node's number is reserved before those of its descendants, so that the root is first.
        let id = self.tree.reserve_node();
        self.depth += 1;
        let mut endings = Vec::new();
        let mut emv = Vec::new();
        let mut remainders = Vec::new();
        let mut literals: Groups<Literal> = Groups::default();
        let mut runs: Groups<RunKey> = Groups::default();
        let mut suffixed: Groups<Rc<CharClass>> = Groups::default();
        for mut item in items {
            match item.segments.pop() {
                None => match item.ending {
                    Ending::Remainder(hir) => remainders.push((item.rule, hir)),
                    Ending::Emv(emv_match) => emv.push((item.rule, emv_match)),
                    Ending::End => endings.push((item.rule, PlainEnding::End)),
                    Ending::Anything => endings.push((item.rule, PlainEnding::Anything)),
                    Ending::UrlBoundary => endings.push((item.rule, PlainEnding::UrlBoundary)),
                },
                Some(Segment::Literal(literal)) => literals.add(literal, item),
                Some(Segment::Run { class, min, max }) => runs.add((class, min, max), item),
                Some(Segment::RunWithSuffix {
                    class,
                    before,
                    suffix,
                }) => {
                    let key = Rc::clone(&class);
                    // The segment is put back: items are grouped by its class only.
                    item.segments.push(Segment::RunWithSuffix {
                        class,
                        before,
                        suffix,
                    });
                    suffixed.add(key, item);
                }
            }
        }
        endings.sort_by_key(|&(rule, _)| rule);
        endings.dedup();
        let only_literals = endings.is_empty()
            && emv.is_empty()
            && remainders.is_empty()
            && runs.is_empty()
            && suffixed.is_empty();
        let prefilter = if only_literals {
            Prefilter::new(literals.keys().map(|literal| literal.text.as_bytes()))
        } else {
            Prefilter::ANYTHING
        };
        let node = Node {
            prefilter,
            literals: self.add_literals(literals)?,
            runs: self.add_runs(runs)?,
            suffixed_runs: self.add_suffixed_runs(suffixed)?,
            deferred: self.add_deferred(emv, remainders)?,
            endings: append(&mut self.tree.endings, endings),
        };
        self.tree.set_node(id, node);
        self.depth -= 1;
        Ok(id)
    }

    fn add_literals(&mut self, groups: Groups<Literal>) -> Result<LiteralSet, ConfigError> {
        if groups.is_empty() {
            return Ok(LiteralSet::EMPTY);
        }
        let (groups, buckets) = if self.depth < MAX_SPLIT_DEPTH {
            split_common_prefixes(groups.into_vec())
        } else {
            (groups.into_vec(), None)
        };
        let mut edges = Vec::with_capacity(groups.len());
        for (literal, items) in groups {
            edges.push((literal, self.edge(items)?));
        }
        Ok(self.tree.literals.add(edges, buckets))
    }

    fn add_runs(&mut self, groups: Groups<RunKey>) -> Result<Span, ConfigError> {
        let mut edges = Vec::new();
        for ((class, min, max), items) in groups.into_vec() {
            edges.push(RunEdge {
                class: self.shared_class(&class),
                min,
                max,
                edge: self.edge(items)?,
            });
        }
        Ok(append(&mut self.tree.runs, edges))
    }

    fn add_suffixed_runs(&mut self, groups: Groups<Rc<CharClass>>) -> Result<Span, ConfigError> {
        let mut all = Vec::new();
        for (class, items) in groups.into_vec() {
            let mut by_suffix: Groups<(Literal, Before)> = Groups::default();
            for mut item in items {
                let Some(Segment::RunWithSuffix { before, suffix, .. }) = item.segments.pop()
                else {
                    unreachable!("items were grouped by the class of their run with a suffix");
                };
                by_suffix.add((suffix, before), item);
            }
            let mut suffixes = Vec::new();
            let mut longest = 0;
            for ((suffix, before), items) in by_suffix.into_vec() {
                longest = longest.max(suffix.text.len());
                let edge = self.edge(items)?;
                suffixes.push((suffix, SuffixEdge { before, edge }));
            }
            all.push(SuffixedRuns {
                class: self.shared_class(&class),
                suffixes: self.tree.suffixes.add_reversed(suffixes),
                longest,
            });
        }
        Ok(append(&mut self.tree.suffixed_runs, all))
    }

    fn add_deferred(
        &mut self,
        emv: Vec<(u32, EmvMatch)>,
        remainders: Vec<(u32, Rc<Hir>)>,
    ) -> Result<Option<DeferredId>, ConfigError> {
        let deferred = self.remainders.compile(emv, remainders)?;
        Ok(deferred.map(|deferred| self.tree.add_deferred(deferred)))
    }

    /// Returns the tree's copy of `class`.
    fn shared_class(&mut self, class: &Rc<CharClass>) -> Arc<CharClass> {
        if let Some(shared) = self.classes.get(class) {
            return Arc::clone(shared);
        }
        let shared = Arc::new(CharClass::clone(class));
        self.classes.insert(Rc::clone(class), Arc::clone(&shared));
        shared
    }
}

/// Appends `more`, and returns where it is.
fn append<T>(all: &mut Vec<T>, more: Vec<T>) -> Span {
    let first = all.len();
    all.extend(more);
    Span::new(first, all.len())
}

/// Returns the ending if it depends on no more than the next byte.
const fn plain_ending(ending: &Ending) -> Option<PlainEnding> {
    match ending {
        Ending::End => Some(PlainEnding::End),
        Ending::Anything => Some(PlainEnding::Anything),
        Ending::UrlBoundary => Some(PlainEnding::UrlBoundary),
        Ending::Remainder(_) | Ending::Emv(_) => None,
    }
}
