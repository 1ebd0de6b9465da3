//! The positions of expressions, and the pairs of them that can follow each other.

use std::collections::HashMap;
use std::rc::Rc;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Repetition};

use crate::matcher::char_class::CharClass;

/// The positions of some expressions, numbered in the order in which they are written.
pub(super) struct Positions {
    /// The characters at each position, by its number.
    classes: Vec<Rc<CharClass>>,
    /// The classes so far, so that equal ones are stored once.
    known: HashMap<CharClass, Rc<CharClass>>,
    /// For each position those that can follow it, in any order, some more than once.
    follow: Vec<Vec<u32>>,
    /// The positions with which any of the expressions can begin.
    first: Vec<u32>,
    /// The number of elements added to `follow`.
    edges: usize,
    max_edges: usize,
}

/// The error of expressions whose parts can follow each other in too many ways, which distinguish
/// too many characters, or which have too many different classes.
#[derive(Debug)]
pub(in crate::matcher) struct TooLarge;

/// A part of an expression.
#[derive(Clone)]
pub(super) struct Fragment {
    /// The positions with which it can begin.
    first: Vec<u32>,
    /// The positions with which it can end.
    pub(super) last: Vec<u32>,
    /// `true` if it matches the empty text.
    pub(super) nullable: bool,
}

impl Positions {
    /// Creates an empty set. Adding expressions to it fails beyond `max_edges` pairs of positions.
    pub(super) fn new(max_edges: usize) -> Self {
        Self {
            classes: Vec::new(),
            known: HashMap::new(),
            follow: Vec::new(),
            first: Vec::new(),
            edges: 0,
            max_edges,
        }
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

    /// Adds an expression beside the others, so that all begin at the same place.
    pub(super) fn add_whole(&mut self, hir: &Hir) -> Result<Fragment, TooLarge> {
        let fragment = self.add(hir)?;
        self.first.extend(&fragment.first);
        Ok(fragment)
    }

    fn add(&mut self, hir: &Hir) -> Result<Fragment, TooLarge> {
        match hir.kind() {
            HirKind::Empty => Ok(Fragment::empty()),
            HirKind::Literal(literal) => {
                let mut whole = Fragment::empty();
                for c in String::from_utf8_lossy(&literal.0).chars() {
                    let class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
                    let next = self.position(CharClass::new(&Class::Unicode(class)));
                    whole = self.concat(whole, next)?;
                }
                Ok(whole)
            }
            HirKind::Class(class) => Ok(self.position(CharClass::new(class))),
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
    fn repetition(&mut self, repetition: &Repetition) -> Result<Fragment, TooLarge> {
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

    fn position(&mut self, class: CharClass) -> Fragment {
        let class = match self.known.get(&class) {
            Some(known) => known.clone(),
            None => {
                let shared = Rc::new(class.clone());
                self.known.insert(class, shared.clone());
                shared
            }
        };
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
