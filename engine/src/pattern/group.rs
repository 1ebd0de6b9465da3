//! Reads groups, flags and quantifiers.

use super::escape::nul;
use super::hints;
use super::parser::{Parser, unclosed};
use super::reader::{END, Flags};
use super::refusal::Refusal;
use super::tree::{Greed, Node, Repeat};
use crate::ProblemCode;

impl Parser {
    /// Reads a group with its quantifier, of which the next character is the opening parenthesis;
    /// returns `None` if it only changes flags.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] at the first construct that is not allowed.
    pub(super) fn group(&mut self) -> Result<Option<Node>, Refusal> {
        let offset = self.text.offset();
        let flags = self.text.flags;
        let node = if self.text.advance() == '?' {
            let c = self.text.peek_raw(1);
            self.text.skip_raw(2);
            match c {
                ':' => self.group_content(offset)?,
                '=' | '!' => return Err(look_around(offset)),
                '>' => Node::Atomic {
                    sub: Box::new(self.group_content(offset)?),
                    offset,
                },
                '<' => self.named_group(offset)?,
                _ => {
                    self.text.back_raw();
                    let c = self.flags()?;
                    match c {
                        ')' => return Ok(None),
                        ':' => self.group_content(offset)?,
                        END if self.text.is_at_end() => return Err(unclosed(offset)),
                        _ => {
                            let message = format!("(?{c} is not supported");
                            let hint = hints::for_group(c);
                            // The character that is not a flag.
                            let offset = self.text.offset_before();
                            return Err(Refusal::unsupported(offset, message, hint));
                        }
                    }
                }
            }
        } else {
            let number = self.number_group(None);
            Node::Group {
                number,
                sub: Box::new(self.group_content(offset)?),
            }
        };
        self.text.flags = flags;
        self.quantified(node, true).map(Some)
    }

    /// Reads a named group after its `(?<`.
    fn named_group(&mut self, offset: usize) -> Result<Node, Refusal> {
        let first = self.text.read();
        if matches!(first, '=' | '!') {
            return Err(look_around(offset));
        }
        let at = self.text.offset_before();
        let hint = "a name is a letter and then letters and digits of ASCII, as in (?<acquirer2>…)";
        if !first.is_ascii_alphabetic() {
            let message = "a group's name must begin with a letter";
            return Err(Refusal::invalid(at, message, hint));
        }
        let mut name = String::from(first);
        loop {
            match self.text.read() {
                '>' => break,
                c if c.is_ascii_alphanumeric() => name.push(c),
                _ => {
                    let at = self.text.offset_before();
                    let message = "a group's name has a character that is not allowed";
                    return Err(Refusal::invalid(at, message, hint));
                }
            }
        }
        if name == "code" {
            return Err(Refusal {
                offset: at,
                code: ProblemCode::ReservedGroupName,
                message: "a group cannot be named code".to_owned(),
                hint: "in a template, {code} is the code value itself".into(),
            });
        }
        if self.has_group_named(&name) {
            let hint = "give each group a name of its own";
            return Err(Refusal::invalid(at, "two groups have the same name", hint));
        }
        let number = self.number_group(Some(name.into()));
        let sub = Box::new(self.group_content(offset)?);
        Ok(Node::Group { number, sub })
    }

    /// Reads flags after `(?`, and returns the character that was read after them.
    fn flags(&mut self) -> Result<char, Refusal> {
        let mut value = true;
        loop {
            let c = self.text.peek();
            if c == 'x' && self.text.has_nul() {
                return Err(nul(self.text.offset()));
            }
            let flags: &mut Flags = &mut self.text.flags;
            match c {
                'i' => flags.fold = value,
                'm' => flags.multi_line = value,
                's' => flags.dot_all = value,
                'd' => flags.unix_lines = value,
                'x' => flags.comments = value,
                '-' if value => value = false,
                'u' | 'U' | 'c' => {
                    let hint = match c {
                        'c' => hints::FLAGS,
                        _ => hints::UNICODE_FLAG,
                    };
                    let message = format!("the flag {c} is not supported");
                    return Err(Refusal::unsupported(self.text.offset(), message, hint));
                }
                _ => return Ok(self.text.read()),
            }
            self.text.skip_raw(1);
        }
    }

    /// Reads the quantifier of `node`, if one follows.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] at the first construct that is not allowed.
    pub(super) fn quantified(&mut self, node: Node, is_group: bool) -> Result<Node, Refusal> {
        let c = self.text.peek();
        let offset = self.text.offset();
        let (min, max) = match c {
            '?' => (0, Some(1)),
            '*' => (0, None),
            '+' => (1, None),
            '{' => self.counts(offset)?,
            _ => return Ok(node),
        };
        let greed = match self.text.advance() {
            '?' => Greed::Lazy,
            '+' => Greed::Possessive,
            _ => Greed::Greedy,
        };
        let offset = match greed {
            // The fault, if there is one, is in the second character.
            Greed::Possessive => self.text.offset(),
            _ => offset,
        };
        if greed != Greed::Greedy {
            self.text.advance();
        }
        // Java leaves such a loop after a repetition of nothing, although another one could follow.
        if min > 1 && is_group && node.is_nullable() && node.has_look() {
            let message =
                "a part that can be empty and has an assertion cannot be repeated so often";
            return Err(Refusal::unsupported(
                offset,
                message,
                "put the assertion before or after the repetition",
            ));
        }
        match node {
            // A place is the same however often it is looked at.
            Node::Look(_) if min == 0 => return Ok(Node::Empty),
            Node::Empty | Node::Look(_) => return Ok(node),
            _ => {}
        }
        Ok(Node::Repeat(Box::new(Repeat {
            sub: node,
            min,
            max,
            greed,
            is_group,
            offset,
        })))
    }

    /// Reads `{n}`, `{n,}` or `{n,m}` up to its closing brace, which is then the next character.
    fn counts(&mut self, offset: usize) -> Result<(u32, Option<u32>), Refusal> {
        let refusal = |message| {
            let hint = "write {n}, {n,} or {n,m}, and \\{ for a literal brace";
            Refusal::invalid(offset, message, hint)
        };
        self.text.skip_raw(1);
        if !self.text.peek_raw(0).is_ascii_digit() {
            return Err(refusal("a brace without a number"));
        }
        let (min, mut c) = self
            .number()
            .ok_or_else(|| refusal("a number that is too great"))?;
        let mut max = Some(min);
        if c == ',' {
            let before = self.text.index();
            c = self.text.read();
            max = None;
            if c != '}' {
                self.text.return_to(before);
                let (number, after) = self
                    .number()
                    .ok_or_else(|| refusal("a number that is too great"))?;
                (max, c) = (Some(number), after);
            }
        }
        if c != '}' {
            return Err(refusal("an unclosed repetition"));
        }
        if max.is_some_and(|max| max < min) {
            return Err(refusal(
                "a repetition whose greatest number is below its least",
            ));
        }
        self.text.back_raw();
        Ok((min, max))
    }

    /// Reads digits and the character after them; returns `None` if the number is greater than Java's
    /// greatest.
    fn number(&mut self) -> Option<(u32, char)> {
        let mut number: u32 = 0;
        loop {
            let c = self.text.read();
            let Some(digit) = c.to_digit(10) else {
                return Some((number, c));
            };
            number = number.checked_mul(10)?.checked_add(digit)?;
            i32::try_from(number).ok()?;
        }
    }
}

fn look_around(offset: usize) -> Refusal {
    Refusal::unsupported(offset, "look-around is not supported", hints::LOOK_AROUND)
}
