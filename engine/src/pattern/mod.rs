//! Patterns: the `regex` crate's syntax, with Java's ASCII classes, as a checked expression.

mod cost;
mod dialect;
mod hints;

use regex_syntax::ast;
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};

use crate::ProblemCode;

/// The depth to which groups, classes and repetitions may be nested. It bounds every recursion over
/// a pattern, here and in the matcher.
const NEST_LIMIT: u32 = 100;

/// A valid pattern, which matches a code value if it matches the whole of it.
///
/// Source: SPEC.md, section 2.1.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// The expression with all its groups. It is not anchored: the matcher adds that.
    hir: Hir,
    /// In states, about; see [`cost::estimate`].
    cost: usize,
}

/// The reason why a pattern is refused, and its place.
#[derive(Debug)]
pub(crate) struct PatternError {
    /// The character of the pattern where the fault begins, counted from 0.
    pub(crate) index: usize,
    pub(crate) code: ProblemCode,
    /// One lower-case line without a full stop.
    pub(crate) message: String,
    /// The way to cure it, if that is known.
    pub(crate) hint: Option<&'static str>,
}

impl Pattern {
    /// Parses `text`.
    ///
    /// # Errors
    ///
    /// [`PatternError`] if `text` is not a pattern of the dialect, or costs more than `max_cost`.
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
        let cost = cost::estimate(&ast);
        if cost > max_cost {
            let message =
                format!("the pattern takes {cost} states but may take at most {max_cost}");
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

    /// Returns the expression as it is written, with its groups and not anchored.
    pub(crate) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// Returns the cost of compiling and running the pattern, in states.
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// Returns the number of capturing groups, without the whole match.
    pub(crate) fn group_count(&self) -> usize {
        self.hir.properties().explicit_captures_len()
    }

    /// Returns the number of the group `name`, from 1 on.
    pub(crate) fn group_named(&self, name: &str) -> Option<u32> {
        find_group(&self.hir, &|capture| capture.name.as_deref() == Some(name))
            .map(|capture| capture.index)
    }

    /// Returns `true` if in every match at least one of `groups` takes part with at least one
    /// character.
    pub(crate) fn never_all_empty(&self, groups: &[u32]) -> bool {
        always_has(&self.hir, groups)
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

/// Returns `true` if every match of `hir` goes through one of `groups`, which then is not empty.
fn always_has(hir: &Hir, groups: &[u32]) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) => {
            groups.contains(&capture.index) && capture.sub.properties().minimum_len() != Some(0)
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

#[cfg(test)]
mod tests;
