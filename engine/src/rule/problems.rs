//! Collects the problems of a document, and computes their positions once, at the end.

use super::json::{JsonError, Node};
use crate::{ConfigError, Position, Problem, ProblemCode};

/// The problems found so far in one document.
pub(super) struct Problems<'a> {
    document: &'a str,
    /// The id of the rule that is being read, if it has a valid one.
    rule: Option<String>,
    errors: Vec<(Place, Problem)>,
    warnings: Vec<(Place, Problem)>,
}

/// The place of a problem, by which problems are ordered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// In bytes of the document.
    offset: usize,
    in_pattern: Option<usize>,
}

impl<'a> Problems<'a> {
    /// No problem yet of `document`.
    pub(super) fn new(document: &'a str) -> Self {
        Self {
            document,
            rule: None,
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Returns the text whose problems are collected.
    pub(super) fn document(&self) -> &'a str {
        self.document
    }

    /// Sets the rule to which the following problems belong.
    pub(super) fn enter_rule(&mut self, rule: Option<&str>) {
        self.rule = rule.map(str::to_owned);
    }

    /// Adds an error at the value or name `node`.
    pub(super) fn error(&mut self, node: Node<'_>, problem: Problem) {
        let place = Place {
            offset: node.offset(self.document),
            in_pattern: None,
        };
        self.push(place, problem);
    }

    /// Adds an error at the character `index` of the string `node`.
    pub(super) fn error_inside(&mut self, node: Node<'_>, index: usize, problem: Problem) {
        let offset = node.offset_in_string(self.document, index);
        let place = Place {
            offset,
            in_pattern: Some(index),
        };
        self.push(place, problem);
    }

    /// Adds an error for text that is not JSON.
    pub(super) fn unreadable(&mut self, code: ProblemCode, pointer: &str, error: JsonError) {
        let place = Place {
            offset: error.offset,
            in_pattern: None,
        };
        let mut problem = Problem::new(code, pointer, error.message);
        if let Some(hint) = error.hint {
            problem = problem.with_hint(hint);
        }
        self.push(place, problem);
    }

    /// Adds a warning at the value `node`: what is allowed but probably not meant.
    pub(super) fn warn(&mut self, node: Node<'_>, problem: Problem) {
        let place = Place {
            offset: node.offset(self.document),
            in_pattern: None,
        };
        self.warnings
            .push((place, problem.in_rule(self.rule.as_deref())));
    }

    /// Adds a warning at the character `index` of the string `node`.
    pub(super) fn warn_inside(&mut self, node: Node<'_>, index: usize, problem: Problem) {
        let place = Place {
            offset: node.offset_in_string(self.document, index),
            in_pattern: Some(index),
        };
        self.warnings
            .push((place, problem.in_rule(self.rule.as_deref())));
    }

    /// Returns `true` if an error was added, warnings aside.
    pub(super) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Returns the warnings in document order, each with its position.
    ///
    /// # Errors
    ///
    /// If there are errors: these, in document order, each with its position.
    pub(super) fn finish(self) -> Result<Vec<Problem>, ConfigError> {
        if self.errors.is_empty() {
            Ok(located(self.document, self.warnings))
        } else {
            Err(ConfigError::new(located(self.document, self.errors)))
        }
    }

    fn push(&mut self, place: Place, problem: Problem) {
        self.errors
            .push((place, problem.in_rule(self.rule.as_deref())));
    }
}

/// Returns the problems in document order, each with its position.
fn located(document: &str, mut found: Vec<(Place, Problem)>) -> Vec<Problem> {
    found.sort_by_key(|(place, _)| *place);
    let mut lines = LineCounter::new(document);
    found
        .into_iter()
        .map(|(Place { offset, in_pattern }, problem)| {
            problem.at(Some(Position {
                in_pattern,
                ..lines.position(offset)
            }))
        })
        .collect()
}

/// Computes positions in a document in one pass, each behind the one before.
pub(super) struct LineCounter<'a> {
    document: &'a str,
    position: Position,
}

impl<'a> LineCounter<'a> {
    /// A counter at the beginning of `document`.
    pub(super) fn new(document: &'a str) -> Self {
        Self {
            document,
            position: Position {
                line: 1,
                column: 1,
                offset: 0,
                in_pattern: None,
            },
        }
    }

    /// Returns the position of the byte `offset`, which is not before that of the last call.
    pub(super) fn position(&mut self, offset: usize) -> Position {
        let Position {
            line,
            column,
            offset: last,
            ..
        } = &mut self.position;
        for c in self.document[*last..offset].chars() {
            if c == '\n' {
                *line += 1;
                *column = 1;
            } else {
                *column += 1;
            }
        }
        *last = offset;
        self.position
    }
}
