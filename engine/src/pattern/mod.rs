//! Patterns in the syntax of `java.util.regex`, as checked expressions.

mod class;
mod context;
mod cost;
mod escape;
mod group;
mod groups;
mod hints;
mod parser;
mod property;
mod reader;
mod refusal;
mod sets;
mod translate;
mod tree;

use std::borrow::Cow;

use regex_syntax::hir::{Hir, HirKind};

use self::parser::Parsed;
use self::refusal::Refusal;
use crate::ProblemCode;

/// A valid pattern, which matches a code value if it matches the whole of it.
///
/// Source: SPEC.md, section 2.1.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// The expression with all its groups. It is not anchored: the matcher adds that.
    hir: Hir,
    /// The number of states, as [`cost::states`] counts them.
    states: usize,
    /// The number of states of an automaton of `regex-automata`, as [`cost::library_states`] estimates it.
    library_states: usize,
    /// The characters and ranges as they are written, without repetitions.
    written: usize,
    /// The capturing groups; the first is group 1.
    groups: Vec<Group>,
}

/// A capturing group of a pattern.
#[derive(Clone, Debug)]
struct Group {
    name: Option<Box<str>>,
    /// `true` if its text is certain to be the one that Java finds.
    is_certain: bool,
}

/// The reason why a pattern is refused, and its place.
#[derive(Debug)]
pub(crate) struct PatternError {
    /// The character of the pattern where the fault begins, counted from 0.
    pub(crate) index: usize,
    /// The kind of the problem, for programs.
    pub(crate) code: ProblemCode,
    /// One lower-case line without a full stop.
    pub(crate) message: String,
    /// The way to cure it.
    pub(crate) hint: Cow<'static, str>,
}

impl Pattern {
    /// Parses `text`, a pattern in the syntax of `java.util.regex`.
    ///
    /// # Errors
    ///
    /// [`PatternError`] if Java rejects `text`, if its meaning in Java cannot be had in linear time, or
    /// if it has more than `max_cost` states (see [`Self::cost`]).
    pub(crate) fn parse(text: &str, max_cost: usize) -> Result<Self, PatternError> {
        Self::try_parse(text, max_cost).map_err(|refusal| {
            let before = text.get(..refusal.offset).unwrap_or_default();
            PatternError {
                index: before.chars().count(),
                code: refusal.code,
                message: refusal.message,
                hint: refusal.hint,
            }
        })
    }

    fn try_parse(text: &str, max_cost: usize) -> Result<Self, Refusal> {
        let parsed = parser::parse(text, max_cost)?;
        let Parsed {
            mut root,
            names,
            written,
        } = parsed;
        let states = cost::states(&root);
        let library_states = cost::library_states(&root);
        if states > max_cost {
            return Err(Refusal {
                offset: 0,
                code: ProblemCode::PatternTooLarge,
                message: format!(
                    "the pattern takes {states} states but may take at most {max_cost}"
                ),
                hint: "shorten its repetitions".into(),
            });
        }
        let certain = groups::certain(&root, names.len());
        context::resolve(&mut root)?;
        let hir = translate::translate(&root, &names);
        let groups = names.into_iter().zip(certain);
        Ok(Self {
            hir,
            states,
            library_states,
            written,
            groups: groups
                .map(|(name, is_certain)| Group { name, is_certain })
                .collect(),
        })
    }

    /// Returns the expression as it is written, with its groups and not anchored.
    pub(crate) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// Returns the number of states of the pattern: about one for each character or class, with its
    /// repetitions written out.
    pub(crate) fn cost(&self) -> usize {
        self.states
    }

    /// Returns about the number of states that an automaton of the library takes for the pattern,
    /// which are more than [`Self::cost`] for classes of many ranges.
    pub(crate) fn library_states(&self) -> usize {
        self.library_states
    }

    /// Returns about the number of characters and of ranges in the pattern, repetitions not written
    /// out; a Unicode property counts as a hundred, as in DESIGN.md, "From text to table".
    pub(crate) fn written(&self) -> usize {
        self.written
    }

    /// Returns the number of capturing groups, without the whole match.
    pub(crate) fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// Returns the number of the group `name`, from 1 on.
    pub(crate) fn group_named(&self, name: &str) -> Option<u32> {
        let mut groups = self.groups.iter();
        let index = groups.position(|group| group.name.as_deref() == Some(name))?;
        u32::try_from(index + 1).ok()
    }

    /// Returns `true` if the text of the group of this number, from 1 on, is certain to be the one
    /// that Java finds.
    pub(crate) fn is_group_certain(&self, number: u32) -> bool {
        let index = (number as usize).checked_sub(1);
        index
            .and_then(|index| self.groups.get(index))
            .is_some_and(|group| group.is_certain)
    }

    /// Returns `true` if in every match at least one of `groups` takes part with at least one
    /// character.
    pub(crate) fn never_all_empty(&self, groups: &[u32]) -> bool {
        always_has(&self.hir, groups)
    }
}

/// Returns `true` if every match of `hir` goes through one of `groups`, which then is not empty.
fn always_has(hir: &Hir, groups: &[u32]) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) => {
            groups.contains(&capture.index) && !can_be_empty(&capture.sub)
                || always_has(&capture.sub, groups)
        }
        HirKind::Repetition(repetition) => {
            repetition.min > 0 && always_has(&repetition.sub, groups)
        }
        HirKind::Concat(subs) => subs.iter().any(|sub| always_has(sub, groups)),
        HirKind::Alternation(subs) => subs.iter().all(|sub| always_has(sub, groups)),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

/// Returns `true` if `hir` can match the empty string. `Properties::minimum_len` cannot answer this: it has
/// no value for a repetition of a class without members.
fn can_be_empty(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(_) | HirKind::Class(_) => false,
        HirKind::Repetition(repetition) => repetition.min == 0 || can_be_empty(&repetition.sub),
        HirKind::Capture(capture) => can_be_empty(&capture.sub),
        HirKind::Concat(subs) => subs.iter().all(can_be_empty),
        HirKind::Alternation(subs) => subs.iter().any(can_be_empty),
    }
}

#[cfg(test)]
mod tests;
