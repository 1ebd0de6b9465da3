//! Collects what is wrong with a document, and finds the places once, at the end.

use super::json::{JsonError, Node};
use crate::{ConfigError, Position, Problem};

/// What was found so far, for one document.
pub(super) struct Problems<'a> {
    document: &'a str,
    /// The id of the rule that is being read.
    rule: Option<String>,
    errors: Vec<(Option<Place>, Problem)>,
    warnings: Vec<(Option<Place>, Problem)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    offset: usize,
    in_pattern: Option<usize>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(document: &'a str) -> Self {
        Self {
            document,
            rule: None,
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(super) fn document(&self) -> &'a str {
        self.document
    }

    /// Says of which rule the problems to come are.
    pub(super) fn enter_rule(&mut self, rule: Option<&str>) {
        self.rule = rule.map(str::to_owned);
    }

    /// A problem with the value or name `node`.
    pub(super) fn error(&mut self, node: Node<'_>, problem: Problem) {
        let place = Place {
            offset: node.offset(self.document),
            in_pattern: None,
        };
        self.push(Some(place), problem);
    }

    /// A problem at the character `index` of the string `node`.
    pub(super) fn error_inside(&mut self, node: Node<'_>, index: usize, problem: Problem) {
        let offset = node.offset_in_string(self.document, index);
        self.push(
            Some(Place {
                offset,
                in_pattern: Some(index),
            }),
            problem,
        );
    }

    /// A problem with text that cannot be read.
    pub(super) fn unreadable(&mut self, pointer: &str, error: JsonError) {
        let place = Place {
            offset: error.offset,
            in_pattern: None,
        };
        self.push(Some(place), Problem::new(pointer, error.message));
    }

    /// What is allowed, but probably not meant.
    pub(super) fn warn(&mut self, node: Node<'_>, problem: Problem) {
        let place = Place {
            offset: node.offset(self.document),
            in_pattern: None,
        };
        self.warnings
            .push((Some(place), problem.in_rule(self.rule.as_deref())));
    }

    pub(super) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// All problems in document order, each with its position: the warnings, or the errors if
    /// there is one.
    pub(super) fn finish(self) -> Result<Vec<Problem>, ConfigError> {
        if self.errors.is_empty() {
            Ok(located(self.document, self.warnings))
        } else {
            Err(ConfigError::new(located(self.document, self.errors)))
        }
    }

    fn push(&mut self, place: Option<Place>, problem: Problem) {
        self.errors
            .push((place, problem.in_rule(self.rule.as_deref())));
    }
}

/// Sorts by place, and counts lines and columns in one pass over the document.
fn located(document: &str, mut found: Vec<(Option<Place>, Problem)>) -> Vec<Problem> {
    found.sort_by_key(|(place, _)| *place);
    let mut position = Position {
        line: 1,
        column: 1,
        offset: 0,
        in_pattern: None,
    };
    found
        .into_iter()
        .map(|(place, problem)| {
            let Some(place) = place else { return problem };
            for c in document[position.offset..place.offset].chars() {
                if c == '\n' {
                    position.line += 1;
                    position.column = 1;
                } else {
                    position.column += 1;
                }
            }
            position.offset = place.offset;
            problem.at(Some(Position {
                in_pattern: place.in_pattern,
                ..position
            }))
        })
        .collect()
}
