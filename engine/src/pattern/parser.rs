//! Reads the syntax of `java.util.regex.Pattern`, Java 21.
//!
//! Only what is understood as Java understands it becomes a tree; everything else is refused.

use std::collections::HashMap;

use super::hints;
use super::property;
use super::reader::{END, Flags, Reader};
use super::refusal::Refusal;
use super::sets::{self, complement, set};
use super::tree::{Look, LookKind, Node, Set};
use crate::ProblemCode;

/// The depth to which groups, classes and repetitions may be nested. It bounds every recursion over
/// a pattern, here and in the matcher.
const NEST_LIMIT: usize = 100;

/// A pattern that was read.
pub(super) struct Parsed {
    /// The whole pattern.
    pub(super) root: Node,
    /// The name of each capturing group that has one; the first is group 1.
    pub(super) names: Vec<Option<Box<str>>>,
    /// The cost of the pattern without repetitions.
    pub(super) written: usize,
}

/// Reads a pattern.
pub(super) struct Parser {
    /// The pattern, read up to the next character.
    pub(super) text: Reader,
    names: Vec<Option<Box<str>>>,
    /// The number of groups and classes around the place that is read.
    depth: usize,
    /// The cost of what was read, without repetitions.
    cost: usize,
    max_cost: usize,
    /// The properties so far, by name and whether `(?i)` was on, so that each is looked up once.
    properties: HashMap<(String, bool), Set>,
}

/// The meaning of an escape.
pub(super) enum Escape {
    /// A character, by its code point. It may be a surrogate, which no code value has.
    Code(u32),
    /// One character of a set, such as `\d`.
    Set(Set),
    /// An assertion, such as `\b`.
    Look(LookKind),
    /// `\R`.
    LineEnding,
}

/// Parses `pattern`.
///
/// # Errors
///
/// [`Refusal`] of what Java rejects or this program does not support, and of a pattern that is nested
/// too deeply or costs more than `max_cost` even without repetitions.
pub(super) fn parse(pattern: &str, max_cost: usize) -> Result<Parsed, Refusal> {
    let mut parser = Parser {
        text: Reader::new(pattern),
        names: Vec::new(),
        depth: 0,
        cost: 0,
        max_cost,
        properties: HashMap::new(),
    };
    let root = parser.alternatives()?;
    if !parser.text.is_at_end() {
        let hint = "write \\) for a literal parenthesis";
        return Err(Refusal::invalid(
            parser.text.offset(),
            "unopened group",
            hint,
        ));
    }
    if root.depth() > NEST_LIMIT {
        return Err(too_deep(0));
    }
    Ok(Parsed {
        root,
        names: parser.names,
        written: parser.cost,
    })
}

fn too_deep(offset: usize) -> Refusal {
    let message =
        format!("groups, classes or repetitions are nested more than {NEST_LIMIT} levels deep");
    Refusal::unsupported(offset, message, hints::NESTING)
}

impl Parser {
    /// Enters a group or class.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] if they are nested more than [`NEST_LIMIT`] levels deep.
    pub(super) fn enter(&mut self, offset: usize) -> Result<(), Refusal> {
        self.depth += 1;
        match self.depth > NEST_LIMIT {
            true => Err(too_deep(offset)),
            false => Ok(()),
        }
    }

    /// Leaves a group or class.
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Checks that the pattern up to here, with what costs `cost` more, does not cost too much.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] if it costs more than the limit of a pattern, in states.
    pub(super) fn charge(&self, offset: usize, cost: usize) -> Result<(), Refusal> {
        let cost = self.cost.saturating_add(cost);
        if cost <= self.max_cost {
            return Ok(());
        }
        let max_cost = self.max_cost;
        Err(Refusal {
            offset,
            code: ProblemCode::PatternTooLarge,
            message: format!("the pattern takes more than the {max_cost} states allowed"),
            hint: "shorten it".into(),
        })
    }

    /// Reads alternatives up to the end of their group.
    fn alternatives(&mut self) -> Result<Node, Refusal> {
        let first = self.sequence()?;
        if self.text.peek() != '|' {
            return Ok(first);
        }
        let mut has_empty = matches!(first, Node::Empty);
        let mut all = vec![first];
        while self.text.peek() == '|' {
            self.text.advance();
            let next = self.sequence()?;
            let is_empty = matches!(next, Node::Empty);
            // After one empty alternative another one is never chosen.
            if !(is_empty && has_empty) {
                all.push(next);
            }
            has_empty |= is_empty;
        }
        Ok(match all.len() {
            1 => all.swap_remove(0),
            _ => Node::Alternate(all),
        })
    }

    /// Reads parts up to the end of their alternative.
    fn sequence(&mut self) -> Result<Node, Refusal> {
        let mut parts = Vec::new();
        loop {
            let part = match self.text.peek() {
                '|' | ')' => break,
                END if self.text.is_at_end() => break,
                '(' => match self.group()? {
                    Some(group) => group,
                    None => continue,
                },
                '?' | '*' | '+' => {
                    let offset = self.text.offset();
                    let message = "nothing to repeat";
                    return Err(Refusal::invalid(offset, message, hints::DANGLING));
                }
                _ => {
                    let offset = self.text.offset();
                    let atom = self.atom()?;
                    let cost = super::cost::library_states(&atom);
                    self.charge(offset, cost)?;
                    self.cost += cost;
                    self.quantified(atom, false)?
                }
            };
            match part {
                Node::Empty => {}
                part => parts.push(part),
            }
        }
        Ok(match parts.len() {
            0 => Node::Empty,
            1 => parts.swap_remove(0),
            _ => Node::Concat(parts),
        })
    }

    /// Reads one character, class or assertion.
    fn atom(&mut self) -> Result<Node, Refusal> {
        let offset = self.text.offset();
        let Flags {
            fold,
            multi_line,
            dot_all,
            unix_lines: unix,
            ..
        } = self.text.flags;
        let look = |kind| Node::Look(Look { kind, offset });
        match self.text.peek() {
            '[' => Ok(Node::Set(self.class()?)),
            '\\' if matches!(self.text.peek_raw(1), 'p' | 'P') => Ok(Node::Set(self.property()?)),
            '\\' => Ok(match self.escape()? {
                Escape::Code(code) => character(code, fold),
                Escape::Set(set) => Node::Set(set),
                Escape::Look(kind) => look(kind),
                Escape::LineEnding => Node::LineEnding { offset },
            }),
            '^' => {
                self.text.advance();
                Ok(look(match multi_line {
                    true => LookKind::LineStart { unix },
                    false => LookKind::Start,
                }))
            }
            '$' => {
                self.text.advance();
                Ok(look(match multi_line {
                    true => LookKind::LineEnd { unix },
                    false => LookKind::FinalEnd { unix },
                }))
            }
            '.' => {
                self.text.advance();
                let excluded = match (dot_all, unix) {
                    (true, _) => &[],
                    (false, true) => sets::LINE_FEED,
                    (false, false) => sets::LINE_TERMINATORS,
                };
                Ok(Node::Set(Set {
                    members: complement(set(excluded)).into(),
                    cost: 1,
                }))
            }
            // Java reads {3} as a repetition of the empty text, and refuses any other brace.
            '{' => Ok(Node::Empty),
            c => {
                self.text.advance();
                Ok(character(u32::from(c), fold))
            }
        }
    }

    /// Reads `\p{…}` or `\P{…}`, of which the next character is the `\`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] at the first construct that is not allowed.
    pub(super) fn property(&mut self) -> Result<Set, Refusal> {
        let offset = self.text.offset();
        let is_complement = self.text.peek_raw(1) == 'P';
        self.text.skip_raw(1);
        let is_braced = self.text.advance() == '{';
        let name = if is_braced {
            self.text.advance();
            let start = self.text.index();
            while self.text.peek() != '}' {
                if self.text.is_at_end() {
                    let message = "unclosed property name";
                    return Err(Refusal::invalid(offset, message, hints::PROPERTY));
                }
                self.text.skip_raw(1);
            }
            let name = self.text.between(start, self.text.index());
            self.text.skip_raw(1);
            name
        } else {
            let c = self.text.read();
            if c == END {
                let message = "\\p without a property";
                return Err(Refusal::invalid(offset, message, hints::PROPERTY));
            }
            String::from(c)
        };
        let fold = self.text.flags.fold;
        let key = (name, fold);
        let found = match self.properties.get(&key) {
            Some(found) => found.clone(),
            None => {
                let found = property::find(&key.0, fold).map_err(|unknown| Refusal {
                    offset,
                    code: unknown.code,
                    message: unknown.message,
                    hint: match is_complement {
                        true => property::complement_hint(unknown.hint),
                        false => unknown.hint,
                    },
                })?;
                self.properties.insert(key, found.clone());
                found
            }
        };
        Ok(match is_complement {
            true => Set {
                members: complement((*found.members).clone()).into(),
                cost: found.cost,
            },
            false => found,
        })
    }

    /// Returns the number of capturing groups that begin before the place that is read.
    pub(super) fn group_count(&self) -> usize {
        self.names.len()
    }

    /// Returns the number of the next capturing group.
    pub(super) fn number_group(&mut self, name: Option<Box<str>>) -> u32 {
        self.names.push(name);
        // The pattern has fewer characters than fit.
        u32::try_from(self.names.len()).unwrap_or(u32::MAX)
    }

    /// Returns `true` if a group so far has this name.
    pub(super) fn has_group_named(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|known| known.as_deref() == Some(name))
    }

    /// Reads the alternatives of a group and its closing parenthesis. `offset` is the byte at which
    /// the group begins.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] at the first construct that is not allowed, or where the parenthesis is missing.
    pub(super) fn group_content(&mut self, offset: usize) -> Result<Node, Refusal> {
        self.enter(offset)?;
        let content = self.alternatives()?;
        self.leave();
        if self.text.read() != ')' {
            return Err(unclosed(offset));
        }
        Ok(content)
    }
}

/// Returns the refusal of a group without its end, which begins at the byte `offset`.
pub(super) fn unclosed(offset: usize) -> Refusal {
    let hint = "add the ), or write \\( for a literal parenthesis";
    Refusal::invalid(offset, "unclosed group", hint)
}

/// Returns the part that matches the character of this code point.
fn character(code: u32, fold: bool) -> Node {
    match char::from_u32(code) {
        Some(c) if !(fold && c.is_ascii_alphabetic()) => Node::Character(c),
        _ => {
            let mut ranges = Vec::new();
            sets::push_range(&mut ranges, code, code, fold);
            Node::Set(Set {
                members: regex_syntax::hir::ClassUnicode::new(ranges).into(),
                cost: 1,
            })
        }
    }
}
