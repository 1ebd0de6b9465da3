//! The positions of expressions, and the pairs of them that can follow each other.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::rc::Rc;

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use super::part_trie::{Part, PartTrie};
use crate::matcher::char_class::CharClass;

/// The positions of some expressions. Those of parts that can follow the same part are next to each
/// other, so that few words have them.
pub(super) struct Positions<'h> {
    /// The characters at each position, by its number.
    classes: Vec<Rc<CharClass>>,
    /// The classes so far, so that equal ones are stored once.
    known: HashMap<CharClass, Rc<CharClass>>,
    /// The classes of the expressions so far, so that a repeated one is read once.
    converted: HashMap<*const Class, Rc<CharClass>>,
    /// For each position those that can follow it, in any order, some more than once.
    follow: Vec<Vec<u32>>,
    /// The positions with which any of the expressions can begin.
    first: Vec<u32>,
    /// The number of elements added to `follow`.
    edges: usize,
    max_edges: usize,
    /// The positions with which an expression can end, each with the index of the expression.
    ends: Vec<(u32, u32)>,
    /// By expression, `true` if it matches the empty text.
    nullable: Vec<bool>,
    /// The addresses in `converted` are of their classes.
    expressions: PhantomData<&'h Hir>,
}

/// The error of expressions whose parts can follow each other in too many ways, which distinguish
/// too many characters, or which have too many different classes.
#[derive(Debug)]
pub(in crate::matcher) struct TooLarge;

/// A part of an expression.
#[derive(Clone)]
struct Fragment {
    /// The positions with which it can begin.
    first: Vec<u32>,
    /// The positions with which it can end.
    last: Vec<u32>,
    /// `true` if it matches the empty text.
    nullable: bool,
}

impl<'h> Positions<'h> {
    /// Numbers the positions of the expressions of `trie`.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] if more than `max_edges` pairs of positions can follow each other.
    pub(super) fn new(trie: &PartTrie<'h>, max_edges: usize) -> Result<Self, TooLarge> {
        let mut this = Self {
            classes: Vec::new(),
            known: HashMap::new(),
            converted: HashMap::new(),
            follow: Vec::new(),
            first: Vec::new(),
            edges: 0,
            max_edges,
            ends: Vec::new(),
            nullable: vec![false; trie.rules().len()],
            expressions: PhantomData,
        };
        // Each node with the part of the expressions before it.
        let mut pending = vec![(0, Fragment::empty())];
        while let Some((index, before)) = pending.pop() {
            let node = trie.node(index);
            for &end in &node.ends {
                this.ends
                    .extend(before.last.iter().map(|&last| (last, end)));
                this.nullable[end as usize] = before.nullable;
            }
            for &child in &node.children {
                let next = match trie.node(child).part {
                    Some(Part::Character(c)) => this.position(CharClass::of(c)),
                    Some(Part::Expression(hir)) => this.add(hir)?,
                    None => Fragment::empty(),
                };
                this.connect(&before.last, &next.first)?;
                if before.nullable {
                    this.first.extend(&next.first);
                }
                let mut last = next.last;
                if next.nullable {
                    last.extend(&before.last);
                    this.edges = this.edges.saturating_add(before.last.len());
                }
                let fragment = Fragment {
                    // It is not needed: what comes first is in `this.first` already.
                    first: Vec::new(),
                    last,
                    nullable: before.nullable && next.nullable,
                };
                pending.push((child, fragment));
            }
        }
        Ok(this)
    }

    /// Returns the number of pairs of positions that can follow each other, some counted more than once.
    pub(super) fn edges(&self) -> usize {
        self.edges
    }

    /// Returns the number of positions.
    pub(super) fn len(&self) -> usize {
        self.classes.len()
    }

    /// Returns the characters at each position, by its number.
    pub(super) fn classes(&self) -> &[Rc<CharClass>] {
        &self.classes
    }

    /// Returns the positions with which any of the expressions can begin.
    pub(super) fn first(&self) -> &[u32] {
        &self.first
    }

    /// Returns the positions that can follow `position`, ascending, each once.
    pub(super) fn followers(&mut self, position: u32) -> &[u32] {
        let follow = &mut self.follow[position as usize];
        follow.sort_unstable();
        follow.dedup();
        follow
    }

    /// Returns the positions with which an expression can end, each with the index of the expression.
    pub(super) fn ends(&self) -> &[(u32, u32)] {
        &self.ends
    }

    /// Returns by expression `true` if it matches the empty text.
    pub(super) fn nullable(&self) -> &[bool] {
        &self.nullable
    }

    fn add(&mut self, hir: &'h Hir) -> Result<Fragment, TooLarge> {
        match hir.kind() {
            HirKind::Empty => Ok(Fragment::empty()),
            HirKind::Literal(literal) => {
                let mut whole = Fragment::empty();
                for c in String::from_utf8_lossy(&literal.0).chars() {
                    let next = self.position(CharClass::of(c));
                    whole = self.concat(whole, next)?;
                }
                Ok(whole)
            }
            HirKind::Class(class) => {
                let converted = match self.converted.get(&std::ptr::from_ref(class)) {
                    Some(converted) => Rc::clone(converted),
                    None => {
                        let shared = self.shared(CharClass::new(class));
                        self.converted.insert(class, Rc::clone(&shared));
                        shared
                    }
                };
                Ok(self.position_of(converted))
            }
            HirKind::Look(_) => unreachable!("expressions with assertions are simulated"),
            HirKind::Capture(capture) => self.add(&capture.sub),
            HirKind::Concat(subs) => {
                let mut whole = Fragment::empty();
                for sub in subs {
                    let next = self.add(sub)?;
                    whole = self.concat(whole, next)?;
                }
                Ok(whole)
            }
            HirKind::Alternation(subs) => {
                let mut whole = Fragment {
                    nullable: false,
                    ..Fragment::empty()
                };
                for sub in subs {
                    let next = self.add(sub)?;
                    whole.first.extend(next.first);
                    whole.last.extend(next.last);
                    whole.nullable |= next.nullable;
                }
                Ok(whole)
            }
            HirKind::Repetition(repetition) => self.repetition(repetition),
        }
    }

    /// Adds a repetition written out: `x{2,4}` as `xx(x(x)?)?`, and `x{2,}` as `xx+`.
    fn repetition(&mut self, repetition: &'h Repetition) -> Result<Fragment, TooLarge> {
        let copies = repetition.max.unwrap_or_else(|| repetition.min.max(1));
        let mut fragments = Vec::new();
        for _ in 0..copies {
            fragments.push(self.add(&repetition.sub)?);
        }
        let mut whole = Fragment::empty();
        for (index, mut fragment) in fragments.into_iter().enumerate().rev() {
            let is_last = index + 1 == copies as usize;
            if is_last && repetition.max.is_none() {
                let Fragment { first, last, .. } = &fragment;
                self.connect(last, first)?;
            }
            fragment = self.concat(fragment, whole)?;
            fragment.nullable |= index >= repetition.min as usize;
            whole = fragment;
        }
        Ok(whole)
    }

    fn concat(&mut self, head: Fragment, tail: Fragment) -> Result<Fragment, TooLarge> {
        self.connect(&head.last, &tail.first)?;
        let Fragment {
            mut first,
            mut last,
            nullable,
        } = head;
        if nullable {
            first.extend(tail.first);
        }
        if tail.nullable {
            last.extend(tail.last);
        } else {
            last = tail.last;
        }
        Ok(Fragment {
            first,
            last,
            nullable: nullable && tail.nullable,
        })
    }

    fn connect(&mut self, from: &[u32], to: &[u32]) -> Result<(), TooLarge> {
        self.edges = self
            .edges
            .saturating_add(from.len().saturating_mul(to.len()));
        if self.edges > self.max_edges {
            return Err(TooLarge);
        }
        for &position in from {
            self.follow[position as usize].extend(to);
        }
        Ok(())
    }

    fn shared(&mut self, class: CharClass) -> Rc<CharClass> {
        match self.known.get(&class) {
            Some(known) => Rc::clone(known),
            None => {
                let shared = Rc::new(class.clone());
                self.known.insert(class, Rc::clone(&shared));
                shared
            }
        }
    }

    fn position(&mut self, class: CharClass) -> Fragment {
        let class = self.shared(class);
        self.position_of(class)
    }

    fn position_of(&mut self, class: Rc<CharClass>) -> Fragment {
        let position = u32::try_from(self.classes.len()).expect("states are bounded by the limits");
        self.classes.push(class);
        self.follow.push(Vec::new());
        Fragment {
            first: vec![position],
            last: vec![position],
            nullable: false,
        }
    }
}

impl Fragment {
    fn empty() -> Self {
        Self {
            first: Vec::new(),
            last: Vec::new(),
            nullable: true,
        }
    }
}
