//! Reads bracketed classes, with Java's unions and intersections.

use std::rc::Rc;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::parser::{Escape, Parser};
use super::reader::END;
use super::refusal::Refusal;
use super::sets;
use super::tree::Set;

/// The greatest code point of the single characters that Java collects in the bits of a class.
const LAST_BIT: u32 = 0xff;

/// The parts of a class up to a place, and the operators between them.
///
/// Java collects single characters up to U+00FF in one set for each class, and joins the whole set
/// where an operator needs it: `[a&&[b]&c]` has an `a`, since `c`, and the set with it, is joined once
/// more at the end. So the operators are applied when the class ends and the set is complete.
#[derive(Default)]
struct Parts {
    steps: Vec<(Operator, Operand)>,
    /// The single characters.
    bits: Vec<ClassUnicodeRange>,
    /// `true` if single characters were read that no operator has joined yet.
    has_bits: bool,
    /// The operand that was read last, with which an intersection without a right side is made.
    last: Option<Last>,
    cost: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Union,
    Intersection,
}

#[derive(Clone)]
enum Operand {
    Bits,
    Range { first: u32, last: u32, fold: bool },
    Set(Rc<ClassUnicode>),
}

#[derive(Clone, Copy)]
enum Last {
    Bits,
    /// The operand of the step of this index.
    Step(usize),
}

impl Parts {
    fn push(&mut self, operator: Operator, operand: Operand, cost: usize) {
        self.cost = self.cost.saturating_add(cost);
        self.last = Some(Last::Step(self.steps.len()));
        self.steps.push((operator, operand));
    }

    /// Adds a single character.
    fn push_single(&mut self, code: u32, fold: bool) {
        if code > LAST_BIT {
            let (first, last) = (code, code);
            return self.push(Operator::Union, Operand::Range { first, last, fold }, 1);
        }
        self.cost = self.cost.saturating_add(1);
        sets::push_range(&mut self.bits, code, code, fold);
        self.has_bits = true;
        self.last = None;
    }

    /// Intersects with `right`, or without one with the operand that was read last.
    fn intersect(&mut self, right: Option<Set>) -> Result<(), &'static str> {
        if std::mem::take(&mut self.has_bits) {
            if self.steps.is_empty() {
                self.last = Some(Last::Bits);
            }
            self.steps.push((Operator::Union, Operand::Bits));
        }
        let operator = match self.steps.is_empty() {
            true => Operator::Union,
            false => Operator::Intersection,
        };
        if let Some(right) = right {
            self.push(operator, Operand::Set(right.members), right.cost);
            return Ok(());
        }
        let operand = match self.last {
            Some(Last::Bits) => Operand::Bits,
            Some(Last::Step(step)) => match self.steps.get(step) {
                Some((_, operand)) => operand.clone(),
                None => return Err("an intersection with nothing"),
            },
            None => return Err("an intersection with nothing"),
        };
        self.cost = self.cost.saturating_add(match &operand {
            Operand::Bits => self.bits.len(),
            Operand::Range { .. } => 1,
            Operand::Set(set) => set.ranges().len(),
        });
        self.steps.push((Operator::Intersection, operand));
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.steps.is_empty() && !self.has_bits
    }

    fn members(mut self) -> ClassUnicode {
        if self.has_bits {
            self.steps.push((Operator::Union, Operand::Bits));
        }
        let mut ranges = Vec::new();
        for (operator, operand) in self.steps {
            let mut members = match operator {
                Operator::Union => std::mem::take(&mut ranges),
                Operator::Intersection => Vec::new(),
            };
            match operand {
                Operand::Bits => members.extend_from_slice(&self.bits),
                Operand::Range { first, last, fold } => {
                    sets::push_range(&mut members, first, last, fold);
                }
                Operand::Set(set) => members.extend_from_slice(set.ranges()),
            }
            if operator == Operator::Intersection {
                let mut both = ClassUnicode::new(ranges);
                both.intersect(&ClassUnicode::new(members));
                members = both.ranges().to_vec();
            }
            ranges = members;
        }
        ClassUnicode::new(ranges)
    }
}

impl Parser {
    /// Reads a class, of which the next character is the opening bracket.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] at the first construct that is not allowed.
    pub(super) fn class(&mut self) -> Result<Set, Refusal> {
        self.class_part(true)
    }

    /// Reads a class up to its closing bracket, which is read, too, if it `is_bracketed`. Otherwise
    /// this is the right side of an intersection, whose brackets are those of the class around it.
    fn class_part(&mut self, is_bracketed: bool) -> Result<Set, Refusal> {
        let start = self.text.offset();
        self.enter(start)?;
        let mut parts = Parts::default();
        let mut c = self.text.advance();
        // Anywhere else it is a character, as in `(?x)[ ^a]`.
        let is_negated = c == '^' && self.text.before_raw() == '[';
        if is_negated {
            c = self.text.advance();
        }
        loop {
            match c {
                '[' => {
                    let Set { members, cost } = self.class_part(true)?;
                    parts.push(Operator::Union, Operand::Set(members), cost);
                }
                '&' if self.intersection(&mut parts)? => {}
                END if self.text.is_at_end() => {
                    return Err(unclosed(start));
                }
                ']' if !parts.is_empty() => {
                    if is_bracketed {
                        self.text.advance();
                    }
                    break;
                }
                _ => self.class_item(&mut parts)?,
            }
            self.charge(start, parts.cost)?;
            c = self.text.peek();
        }
        self.leave();
        let cost = parts.cost.max(1);
        let members = parts.members();
        let members = match is_negated {
            true => sets::complement(members),
            false => members,
        };
        Ok(Set {
            members: Rc::new(members),
            cost,
        })
    }

    /// Reads `&&` and its right side; returns `false` if the next character is only one `&`, which is
    /// a character of the class.
    fn intersection(&mut self, parts: &mut Parts) -> Result<bool, Refusal> {
        let offset = self.text.offset();
        if self.text.advance() != '&' {
            self.text.back_raw();
            return Ok(false);
        }
        let mut c = self.text.advance();
        let mut right: Option<(Vec<ClassUnicodeRange>, usize)> = None;
        while c != ']' && c != '&' {
            if c == END && self.text.is_at_end() {
                return Err(unclosed(offset));
            }
            if c != '[' {
                self.text.back_raw();
            }
            let part = self.class_part(c == '[')?;
            let (ranges, cost) = right.get_or_insert_default();
            ranges.extend_from_slice(part.members.ranges());
            *cost = cost.saturating_add(part.cost);
            self.charge(offset, *cost)?;
            c = self.text.peek();
        }
        let right = right.map(|(ranges, cost)| Set {
            members: Rc::new(ClassUnicode::new(ranges)),
            cost,
        });
        let intersected = parts.intersect(right);
        intersected.map_err(|message| {
            Refusal::invalid(offset, message, "write \\&\\& for two literal characters")
        })?;
        Ok(true)
    }

    /// Reads a character, a range, an escape or a property of a class.
    fn class_item(&mut self, parts: &mut Parts) -> Result<(), Refusal> {
        let offset = self.text.offset();
        let code = if self.text.peek() != '\\' {
            let c = self.text.peek();
            self.text.advance();
            u32::from(c)
        } else if matches!(self.text.peek_raw(1), 'p' | 'P') {
            let Set { members, cost } = self.property()?;
            parts.push(Operator::Union, Operand::Set(members), cost);
            return Ok(());
        } else {
            let begins_range = self.text.peek_raw(2) == '-';
            match self.class_escape(begins_range)? {
                Escape::Code(code) => code,
                Escape::Set(Set { members, cost }) => {
                    parts.push(Operator::Union, Operand::Set(members), cost);
                    return Ok(());
                }
                Escape::Look(_) | Escape::LineEnding => {
                    let message = "an assertion in brackets";
                    let hint = "it can only stand outside brackets";
                    return Err(Refusal::invalid(offset, message, hint));
                }
            }
        };
        let fold = self.text.flags.fold;
        if self.text.peek() != '-' || matches!(self.text.peek_raw(1), '[' | ']') {
            parts.push_single(code, fold);
            return Ok(());
        }
        let end = match self.text.advance() {
            END if self.text.is_at_end() => return Err(unclosed(offset)),
            '\\' => match self.class_escape(true)? {
                Escape::Code(code) => Some(code),
                _ => None,
            },
            c => {
                self.text.advance();
                Some(u32::from(c))
            }
        };
        let refuse = |message| {
            let hint = "write \\- for a literal hyphen";
            Err(Refusal::invalid(offset, message, hint))
        };
        match end {
            Some(last) if last >= code => {
                let first = code;
                parts.push(Operator::Union, Operand::Range { first, last, fold }, 1);
                Ok(())
            }
            Some(_) => refuse("a range whose end is before its beginning"),
            None => refuse("a range that ends in a class"),
        }
    }
}

fn unclosed(offset: usize) -> Refusal {
    let hint = "add the ], or write \\[ for a literal bracket";
    Refusal::invalid(offset, "unclosed character class", hint)
}
