//! From rules to the tree.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;

use regex_syntax::hir::Hir;

use super::char_class::CharClass;
use super::expand::{self, Expansion};
use super::literals::{Buckets, LiteralSet, Literals, MAX_BUCKET};
use super::remainders::Remainders;
use super::segment::{Before, Branch, Ending, Literal, Segment};
use super::span::Span;
use super::tree::{Glance, Next, Node, PlainEnding, RunEdge, SuffixEdge, SuffixedRuns, Tree};
use crate::rule::{EmvMatch, HostMatch, RouteRule, RuleMatch, UrlMatch};
use crate::{CompileLimits, ConfigError};

/// Below so many nodes literals are not split any more, but compared one by one.
const MAX_SPLIT_DEPTH: usize = 32;

/// The trees of `rules`.
#[derive(Debug)]
pub(super) struct Trees {
    /// Of all rules.
    pub(super) whole: Tree,
    /// Of the branches left out there.
    pub(super) with_folded: Option<FoldedTree>,
}

/// The tree of the branches that only match code values with certain characters; see
/// [`Expansion`].
#[derive(Debug)]
pub(super) struct FoldedTree {
    pub(super) tree: Tree,
    /// How many bytes of a code value may hold such a character where it matters.
    pub(super) reach: usize,
}

/// Compiles `rules`.
pub(super) fn trees(rules: &[RouteRule], limits: &CompileLimits) -> Result<Trees, ConfigError> {
    let mut whole = Vec::new();
    let mut folded = Vec::new();
    let mut reach = 0;
    for (rule, index) in rules.iter().zip(0_u32..) {
        let Expansion {
            branches,
            with_folded,
        } = expansion(&rule.rule_match);
        whole.extend(Item::of_rule(index, branches));
        let reaches = with_folded.iter().map(Branch::folded_reach);
        reach = reaches.fold(reach, usize::max);
        folded.extend(Item::of_rule(index, with_folded));
    }
    let tree = |items| {
        let mut builder = Builder::new(Remainders::new(rules, limits));
        builder.node(items)?;
        builder.remainders.check()?;
        Ok::<_, ConfigError>(builder.tree.shrunk())
    };
    let with_folded = if folded.is_empty() {
        None
    } else {
        let tree = tree(folded)?;
        Some(FoldedTree { tree, reach })
    };
    Ok(Trees {
        whole: tree(whole)?,
        with_folded,
    })
}

/// The ways in which a rule can match.
fn expansion(rule_match: &RuleMatch) -> Expansion {
    let literal = |text: &str| vec![Segment::Literal(Literal::exact(text))];
    let branch = match rule_match {
        RuleMatch::Exact(text) => Branch {
            segments: literal(text),
            ending: Ending::End,
        },
        RuleMatch::Prefix(text) => Branch {
            segments: literal(text),
            ending: Ending::Anything,
        },
        RuleMatch::Regex(pattern) => return expand::expand(pattern.hir()),
        RuleMatch::Url(url) => url_branch(url),
        RuleMatch::Emv(emv) => Branch {
            segments: literal("000201"),
            ending: Ending::Emv(emv.clone()),
        },
    };
    Expansion {
        branches: vec![branch],
        with_folded: Vec::new(),
    }
}

fn url_branch(url: &UrlMatch) -> Branch {
    let UrlMatch {
        scheme,
        host,
        port,
        path,
    } = url;
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let mut segments = match host {
        HostMatch::Exact(host) => {
            vec![Segment::Literal(Literal::any_case(&format!(
                "{scheme}://{host}{port}"
            )))]
        }
        HostMatch::Below(domain) => {
            let mut segments = vec![
                Segment::Literal(Literal::any_case(&format!("{scheme}://"))),
                Segment::RunWithSuffix {
                    class: Rc::new(CharClass::host()),
                    before: Before::Labels,
                    suffix: Literal::any_case(&format!(".{domain}")),
                },
            ];
            if !port.is_empty() {
                segments.push(Segment::Literal(Literal::exact(&port)));
            }
            segments
        }
    };
    let mut ending = Ending::UrlBoundary;
    if let Some(path) = path {
        segments.push(Segment::Literal(Literal::exact(path)));
        if path.ends_with('/') {
            ending = Ending::Anything;
        }
    }
    Branch { segments, ending }
}

/// A branch of a rule, or what is left of it.
struct Item {
    rule: u32,
    /// Whether the rule has other branches.
    is_one_of_several: bool,
    /// In reverse order.
    segments: Vec<Segment>,
    ending: Ending,
}

impl Item {
    /// The branches of `rule`.
    fn of_rule(rule: u32, branches: Vec<Branch>) -> impl Iterator<Item = Self> {
        let is_one_of_several = branches.len() > 1;
        branches
            .into_iter()
            .map(move |branch| Self::new(rule, is_one_of_several, branch))
    }

    fn new(rule: u32, is_one_of_several: bool, branch: Branch) -> Self {
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
    }
}

/// What is left of a branch whose ending is plain: its segments in reverse order, and the ending.
type PlainBranch = (Vec<Segment>, PlainEnding);

/// A run: its class, and the fewest and the most characters.
type RunKey = (Rc<CharClass>, u32, u32);

struct Builder<'a> {
    remainders: Remainders<'a>,
    tree: Tree,
    /// How many nodes lie above the one that is built.
    depth: usize,
    /// Where the branches of one rule lead that differ only in what was before.
    shared: HashMap<(u32, Vec<PlainBranch>), Next>,
    classes: HashMap<Rc<CharClass>, Arc<CharClass>>,
}

impl<'a> Builder<'a> {
    fn new(remainders: Remainders<'a>) -> Self {
        let tree = Tree {
            nodes: Vec::new(),
            endings: Vec::new(),
            runs: Vec::new(),
            suffixed_runs: Vec::new(),
            literals: Literals::new(),
            suffixes: Literals::new(),
            costly: Vec::new(),
        };
        Self {
            remainders,
            tree,
            depth: 0,
            shared: HashMap::new(),
            classes: HashMap::new(),
        }
    }

    /// Where an edge leads after which `items` begin.
    fn next(&mut self, items: Vec<Item>) -> Result<Next, ConfigError> {
        if let [item] = items.as_slice()
            && item.segments.is_empty()
            && let Some(ending) = plain(&item.ending)
        {
            return Ok(Next::ending(item.rule, ending));
        }
        let Some(first_rule) = items.iter().map(|item| item.rule).min() else {
            unreachable!("an edge is made for at least one item");
        };
        let shareable = |item: &Item| {
            let ending = plain(&item.ending)?;
            (item.rule == first_rule && item.is_one_of_several)
                .then(|| (item.segments.clone(), ending))
        };
        let Some(branches) = items.iter().map(shareable).collect() else {
            return Ok(Next::node(self.node(items)?, first_rule));
        };
        let key = (first_rule, branches);
        if let Some(next) = self.shared.get(&key) {
            return Ok(*next);
        }
        let next = Next::node(self.node(items)?, first_rule);
        self.shared.insert(key, next);
        Ok(next)
    }

    /// Adds the node at which `items` begin, and all below it. Tells its number.
    fn node(&mut self, items: Vec<Item>) -> Result<u32, ConfigError> {
        let number = self.tree.nodes.len();
        self.tree.nodes.push(Node::EMPTY);
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
                    ending => endings.extend(plain(&ending).map(|ending| (item.rule, ending))),
                },
                Some(Segment::Literal(literal)) => literals.add(literal, item),
                Some(Segment::Run { class, min, max }) => runs.add((class, min, max), item),
                Some(segment @ Segment::RunWithSuffix { .. }) => {
                    let Segment::RunWithSuffix { class, .. } = &segment else {
                        unreachable!()
                    };
                    let class = class.clone();
                    item.segments.push(segment);
                    suffixed.add(class, item);
                }
            }
        }
        endings.sort_by_key(|&(rule, _)| rule);
        endings.dedup();
        let only_literals = endings.is_empty()
            && emv.is_empty()
            && remainders.is_empty()
            && runs.groups.is_empty()
            && suffixed.groups.is_empty();
        let glance = if only_literals {
            Glance::of(
                literals
                    .groups
                    .iter()
                    .map(|(literal, _)| literal.text.as_bytes()),
            )
        } else {
            Glance::ANYTHING
        };
        let node = Node {
            glance,
            literals: self.literals(literals.groups)?,
            runs: self.runs(runs.groups)?,
            suffixed_runs: self.suffixed_runs(suffixed.groups)?,
            costly: self.costly(emv, remainders)?,
            endings: append(&mut self.tree.endings, endings),
        };
        self.tree.nodes[number] = node;
        self.depth -= 1;
        Ok(u32::try_from(number).expect("nodes are bounded by the config"))
    }

    fn literals(&mut self, groups: Vec<(Literal, Vec<Item>)>) -> Result<LiteralSet, ConfigError> {
        if groups.is_empty() {
            return Ok(LiteralSet::EMPTY);
        }
        let mut targets = Vec::new();
        // Literals like b, ab, aab, aaab share little at each node, so without a bound the tree,
        // and the recursion that builds it, would be deep.
        let (groups, buckets) = if self.depth < MAX_SPLIT_DEPTH {
            with_common_beginnings(groups)
        } else {
            (groups, None)
        };
        for (literal, items) in groups {
            targets.push((literal, self.next(items)?));
        }
        Ok(self.tree.literals.add(targets, buckets))
    }

    fn runs(&mut self, groups: Vec<(RunKey, Vec<Item>)>) -> Result<Span, ConfigError> {
        let mut edges = Vec::with_capacity(groups.len());
        for ((class, min, max), items) in groups {
            edges.push(RunEdge {
                class: self.class(&class),
                min,
                max,
                next: self.next(items)?,
            });
        }
        Ok(append(&mut self.tree.runs, edges))
    }

    fn suffixed_runs(
        &mut self,
        groups: Vec<(Rc<CharClass>, Vec<Item>)>,
    ) -> Result<Span, ConfigError> {
        let mut all = Vec::with_capacity(groups.len());
        for (class, items) in groups {
            let mut by_suffix: Groups<(Literal, Before)> = Groups::default();
            for mut item in items {
                if let Some(Segment::RunWithSuffix { before, suffix, .. }) = item.segments.pop() {
                    by_suffix.add((suffix, before), item);
                }
            }
            let mut suffixes = Vec::new();
            let mut longest = 0;
            for ((suffix, before), items) in by_suffix.groups {
                longest = longest.max(suffix.text.len());
                let next = self.next(items)?;
                suffixes.push((suffix, SuffixEdge { before, next }));
            }
            all.push(SuffixedRuns {
                class: self.class(&class),
                suffixes: self.tree.suffixes.add_reversed(suffixes),
                longest,
            });
        }
        Ok(append(&mut self.tree.suffixed_runs, all))
    }

    fn costly(
        &mut self,
        emv: Vec<(u32, EmvMatch)>,
        remainders: Vec<(u32, Hir)>,
    ) -> Result<Option<NonZeroU32>, ConfigError> {
        let Some(costly) = self.remainders.costly(emv, remainders)? else {
            return Ok(None);
        };
        self.tree.costly.push(costly);
        let count = u32::try_from(self.tree.costly.len()).expect("bounded by the config");
        Ok(NonZeroU32::new(count))
    }

    /// The class, of which the tree keeps one copy.
    fn class(&mut self, class: &Rc<CharClass>) -> Arc<CharClass> {
        if let Some(kept) = self.classes.get(class) {
            return Arc::clone(kept);
        }
        let kept = Arc::new(CharClass::clone(class));
        self.classes.insert(Rc::clone(class), Arc::clone(&kept));
        kept
    }
}

/// Appends `more`, and tells where they are.
fn append<T>(all: &mut Vec<T>, more: Vec<T>) -> Span {
    let first = all.len();
    all.extend(more);
    Span::new(first, all.len())
}

/// The ending, if it is a look at the next byte.
const fn plain(ending: &Ending) -> Option<PlainEnding> {
    match ending {
        Ending::End => Some(PlainEnding::End),
        Ending::Anything => Some(PlainEnding::Anything),
        Ending::UrlBoundary => Some(PlainEnding::UrlBoundary),
        Ending::Remainder(_) | Ending::Emv(_) => None,
    }
}

/// Items by what they begin with, in the order in which that was met.
struct Groups<K> {
    groups: Vec<(K, Vec<Item>)>,
    places: HashMap<K, usize>,
}

impl<K> Default for Groups<K> {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl<K: Clone + Eq + std::hash::Hash> Groups<K> {
    fn add(&mut self, key: K, item: Item) {
        match self.places.get(&key) {
            Some(&place) => self.groups[place].1.push(item),
            None => {
                self.places.insert(key.clone(), self.groups.len());
                self.groups.push((key, vec![item]));
            }
        }
    }
}

/// Splits literals of which too many would share a bucket after what they have in common. If of
/// more than fit one bucket none has to be split, tells their buckets, too.
fn with_common_beginnings(
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
        let common = common_beginning(&members);
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

/// The text with which all literals begin, if it means the same in all of them.
fn common_beginning(members: &[(Literal, Vec<Item>)]) -> String {
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
