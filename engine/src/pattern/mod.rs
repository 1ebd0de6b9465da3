//! Patterns: the `regex` crate's syntax, with Java's ASCII classes, as a checked expression.

mod cost;
mod dialect;
mod hints;

use regex_syntax::ast;
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};

use crate::ProblemCode;

/// How deep groups, classes and repetitions may be nested. It bounds every recursion over a
/// pattern, here and in the matcher.
const NEST_LIMIT: u32 = 100;

/// A valid pattern, which matches a code value if it matches the whole of it.
///
/// Source: SPEC.md, section 2.1.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// With all its groups, not anchored: what matches the whole is for the matcher to see to.
    hir: Hir,
    cost: usize,
}

/// Why a pattern is refused, and where.
#[derive(Debug)]
pub(crate) struct PatternError {
    /// The character of the pattern at fault, counted from 0.
    pub(crate) index: usize,
    pub(crate) code: ProblemCode,
    pub(crate) message: String,
    pub(crate) hint: Option<&'static str>,
}

impl Pattern {
    /// Reads `text`, if its cost is at most `max_cost`.
    pub(crate) fn parse(text: &str, max_cost: usize) -> Result<Self, PatternError> {
        let fail = |offset: usize, code, message: String, hint| PatternError {
            index: text
                .get(..offset)
                .map_or(0, |before| before.chars().count()),
            code,
            message,
            hint,
        };
        let mut ast = ast::parse::ParserBuilder::new()
            .nest_limit(NEST_LIMIT)
            .build()
            .parse(text)
            .map_err(|error| {
                let offset = error.span().start.offset;
                let hint = hints::for_syntax_error(text, &error);
                fail(
                    offset,
                    code_of(&error),
                    format!("not a valid pattern: {}", error.kind()),
                    hint,
                )
            })?;
        let cost = cost::of(&ast);
        if cost > max_cost {
            let message =
                format!("the pattern takes {cost} states, a rule's may take at most {max_cost}");
            return Err(fail(
                0,
                ProblemCode::PatternTooLarge,
                message,
                Some("shorten its repetitions"),
            ));
        }
        dialect::rewrite(&mut ast)
            .map_err(|refusal| fail(refusal.offset, refusal.code, refusal.message, refusal.hint))?;
        let hir = TranslatorBuilder::new()
            .build()
            .translate(text, &ast)
            .map_err(|error| {
                let offset = error.span().start.offset;
                let hint = hints::for_translation_error(&error);
                fail(
                    offset,
                    ProblemCode::BadPattern,
                    format!("not a valid pattern: {}", error.kind()),
                    hint,
                )
            })?;
        Ok(Self { hir, cost })
    }

    /// The expression, with its groups, as it is written: not anchored.
    pub(crate) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// What the pattern costs to compile and to run, in states.
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// How many groups capture, the whole match not counted.
    pub(crate) fn group_count(&self) -> usize {
        self.hir.properties().explicit_captures_len()
    }

    /// The number of the group `name`.
    pub(crate) fn group_named(&self, name: &str) -> Option<u32> {
        find_group(&self.hir, &|capture| capture.name.as_deref() == Some(name))
            .map(|capture| capture.index)
    }

    /// Whether in every match at least one of `groups` takes part with at least one character.
    pub(crate) fn never_all_empty(&self, groups: &[u32]) -> bool {
        always_holds(&self.hir, groups)
    }
}

/// The code of a syntax error.
fn code_of(error: &ast::Error) -> ProblemCode {
    match error.kind() {
        ast::ErrorKind::UnsupportedLookAround
        | ast::ErrorKind::UnsupportedBackreference
        | ast::ErrorKind::EscapeUnrecognized
        | ast::ErrorKind::FlagUnrecognized => ProblemCode::UnsupportedPattern,
        _ => ProblemCode::BadPattern,
    }
}

fn find_group<'a>(hir: &'a Hir, wanted: &impl Fn(&Capture) -> bool) -> Option<&'a Capture> {
    match hir.kind() {
        HirKind::Capture(capture) if wanted(capture) => Some(capture),
        HirKind::Capture(Capture { sub, .. }) | HirKind::Repetition(Repetition { sub, .. }) => {
            find_group(sub, wanted)
        }
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().find_map(|sub| find_group(sub, wanted))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => None,
    }
}

/// Whether every match of `hir` goes through one of `groups`, which then is not empty.
fn always_holds(hir: &Hir, groups: &[u32]) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) => {
            groups.contains(&capture.index) && capture.sub.properties().minimum_len() != Some(0)
                || always_holds(&capture.sub, groups)
        }
        HirKind::Repetition(repetition) => {
            repetition.min > 0 && always_holds(&repetition.sub, groups)
        }
        HirKind::Concat(subs) => subs.iter().any(|sub| always_holds(sub, groups)),
        HirKind::Alternation(subs) => subs.iter().all(|sub| always_holds(sub, groups)),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

#[cfg(test)]
mod tests;
