//! Reads escapes: `\` and what follows it.

use std::rc::Rc;

use super::hints;
use super::parser::{Escape, Parser};
use super::reader::{END, Reader};
use super::refusal::Refusal;
use super::sets::{self, complement, set};
use super::tree::{LookKind, Set};
use crate::ProblemCode;

/// The most digits of a back-reference that are read as an octal number.
const MAX_DIGITS: usize = 3;

impl Parser {
    /// Reads an escape outside brackets, of which the next character is the `\`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] at the first construct that is not allowed.
    pub(super) fn escape(&mut self) -> Result<Escape, Refusal> {
        let offset = self.text.offset();
        let unix = self.text.flags.unix_lines;
        let look = match self.text.peek_raw(1) {
            'A' | 'G' => LookKind::Start,
            'z' => LookKind::End,
            'Z' => LookKind::FinalEnd { unix },
            'B' => LookKind::NoWordBoundary,
            'b' => {
                self.text.skip_raw(2);
                if self.text.peek() == '{' && self.text.peek_raw(1) == 'g' {
                    let message = "\\b{g} is not supported";
                    return Err(Refusal::unsupported(offset, message, hints::GRAPHEME));
                }
                return Ok(Escape::Look(LookKind::WordBoundary));
            }
            'R' => {
                self.text.skip_raw(2);
                return Ok(Escape::LineEnding);
            }
            'X' => {
                let message = "\\X is not supported";
                return Err(Refusal::unsupported(offset, message, hints::GRAPHEME));
            }
            '1'..='9' | 'k' => return Err(self.back_reference(offset)),
            _ => return self.class_escape(false),
        };
        self.text.skip_raw(2);
        Ok(Escape::Look(look))
    }

    /// Refuses a back-reference, of which the next character is the `\`.
    fn back_reference(&self, offset: usize) -> Refusal {
        let digits: String = (1..=MAX_DIGITS)
            .map(|ahead| self.text.peek_raw(ahead))
            .take_while(char::is_ascii_digit)
            .collect();
        let group = digits.chars().next().and_then(|digit| digit.to_digit(10));
        let is_missing = group.is_some_and(|group| group as usize > self.group_count());
        let (message, hint) = match u32::from_str_radix(&digits, 8) {
            Ok(code) if is_missing && digits.len() > 1 => (
                format!("\\{digits} is a back-reference to a group that is not before it"),
                format!("write \\x{{{code:X}}} for the character of this octal number").into(),
            ),
            _ => (
                "back-references are not supported".to_owned(),
                hints::BACK_REFERENCE.into(),
            ),
        };
        Refusal {
            offset,
            code: ProblemCode::UnsupportedPattern,
            message,
            hint,
        }
    }

    /// Reads an escape that may stand inside brackets, of which the next character is the `\`. It is
    /// an end of a range if `in_range` is `true`.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] at the first construct that is not allowed.
    pub(super) fn class_escape(&mut self, in_range: bool) -> Result<Escape, Refusal> {
        let offset = self.text.offset();
        let text = &mut self.text;
        let c = text.peek_raw(1);
        text.skip_raw(2);
        let ranges = match c {
            'd' | 'D' => sets::DIGITS,
            'h' | 'H' => sets::HORIZONTAL,
            's' | 'S' => sets::SPACES,
            // Java's oldest meaning of `\v`, which it has as the end of a range.
            'v' if in_range => return Ok(Escape::Code(0xb)),
            'v' | 'V' => sets::VERTICAL,
            'w' | 'W' => sets::WORD,
            _ => return code(text, c, offset).map(Escape::Code),
        };
        let members = match c.is_ascii_uppercase() {
            true => complement(set(ranges)),
            false => set(ranges),
        };
        Ok(Escape::Set(Set {
            members: Rc::new(members),
            cost: 1,
        }))
    }
}

/// Reads the rest of an escape that means a character, whose `\` at `offset` is followed by `c`.
fn code(text: &mut Reader, c: char, offset: usize) -> Result<u32, Refusal> {
    let code = match c {
        'a' => 0x07,
        'e' => 0x1b,
        'f' => 0x0c,
        'n' => 0x0a,
        'r' => 0x0d,
        't' => 0x09,
        '0' => return octal(text, offset),
        'c' if text.has_nul() => return Err(nul(offset)),
        'c' if !text.is_at_end() => u32::from(text.read()) ^ 0x40,
        'u' => return utf16(text, offset),
        'x' => return hexadecimal(text, offset),
        'N' => {
            let message = "\\N{…} is not supported";
            let hint = "write the character itself, or its code point as \\x{h…h}";
            return Err(Refusal::unsupported(offset, message, hint));
        }
        END if text.is_at_end() => {
            let message = "nothing follows the final \\";
            let hint = "write \\\\ for a literal backslash";
            return Err(Refusal::invalid(offset, message, hint));
        }
        _ if c.is_ascii_alphanumeric() => {
            let message = format!("\\{c} is not supported");
            return Err(Refusal::unsupported(offset, message, hints::for_escape(c)));
        }
        _ => u32::from(c),
    };
    Ok(code)
}

/// The refusal of what Java reads in another way if a NUL character follows.
pub(super) fn nul(offset: usize) -> Refusal {
    let message = "a NUL character in a pattern with \\c or (?x) is not supported";
    Refusal::unsupported(offset, message, "write \\x00")
}

/// Reads `\0n`, `\0nn` or `\0mnn` after its `\0`.
fn octal(text: &mut Reader, offset: usize) -> Result<u32, Refusal> {
    let first = text.read();
    let Some(mut code) = first.to_digit(8) else {
        let hint = "write \\0 and up to three octal digits, or \\x and two hex digits";
        return Err(Refusal::invalid(
            offset,
            "\\0 without an octal number",
            hint,
        ));
    };
    let further = if first <= '3' { 2 } else { 1 };
    for _ in 0..further {
        let Some(digit) = text.read().to_digit(8) else {
            text.back_raw();
            break;
        };
        code = code * 8 + digit;
    }
    Ok(code)
}

/// Reads `\xhh` or `\x{h…h}` after its `\x`.
fn hexadecimal(text: &mut Reader, offset: usize) -> Result<u32, Refusal> {
    let refusal =
        |message| Refusal::invalid(offset, message, "write \\x and two hex digits, or \\x{h…h}");
    let first = text.read();
    if let Some(first) = first.to_digit(16) {
        let second = text.read().to_digit(16);
        let second = second.ok_or_else(|| refusal("\\x without two hex digits"))?;
        return Ok(first * 16 + second);
    }
    if first != '{' || !text.peek().is_ascii_hexdigit() {
        return Err(refusal("\\x without two hex digits"));
    }
    let mut code = 0;
    loop {
        let c = text.read();
        match c.to_digit(16) {
            Some(digit) => code = code * 16 + digit,
            None if c == '}' => return Ok(code),
            None => return Err(refusal("\\x{ without its }")),
        }
        if code > sets::MAX {
            let hint = "the last code point is \\x{10FFFF}";
            return Err(Refusal::invalid(offset, "a code point above 10FFFF", hint));
        }
    }
}

/// Reads `\uhhhh` after its `\u`, with the second half of a surrogate pair if that follows as another
/// such escape.
fn utf16(text: &mut Reader, offset: usize) -> Result<u32, Refusal> {
    let first = utf16_unit(text, offset)?;
    if !(0xd800..=0xdbff).contains(&first) {
        return Ok(first);
    }
    let index = text.index();
    if text.read() == '\\' && text.read() == 'u' {
        let second = utf16_unit(text, offset)?;
        if (0xdc00..=0xdfff).contains(&second) {
            return Ok(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
        }
    }
    text.return_to(index);
    Ok(first)
}

fn utf16_unit(text: &mut Reader, offset: usize) -> Result<u32, Refusal> {
    let mut unit = 0;
    for _ in 0..4 {
        let Some(digit) = text.read().to_digit(16) else {
            let hint = "write \\u and four hex digits, or \\x{h…h}";
            return Err(Refusal::invalid(
                offset,
                "\\u without four hex digits",
                hint,
            ));
        };
        unit = unit * 16 + digit;
    }
    Ok(unit)
}
