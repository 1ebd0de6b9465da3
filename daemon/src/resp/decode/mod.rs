//! Commands, found in the bytes that a client sends: arrays of bulk strings, and lines.

use std::fmt;
use std::ptr;
use std::str::Utf8Error;

use memchr::memchr;

#[cfg(test)]
mod tests;

/// The most arguments of a command, its name included.
pub const MAX_ARGUMENTS: usize = 4096;

/// The most bytes of one argument.
pub const MAX_BULK_BYTES: usize = 64 << 10;

/// The most bytes of a command that is one line, without the line's end.
pub const MAX_INLINE_BYTES: usize = 64 << 10;

/// The most bytes of a command with its framing.
pub const MAX_COMMAND_BYTES: usize = 16 << 20;

/// The most digits of a length; more would not fit 64 bits.
const MAX_DIGITS: usize = 18;

/// Finds commands in bytes that arrive in pieces of any size.
///
/// Keeps what it knows of a command that is not complete, so that no byte is looked at twice,
/// however many pieces there are. Allocates only to note where arguments are that have arrived.
#[derive(Debug, Default)]
pub struct Decoder {
    /// Where each argument lies, counted from the command's first byte.
    arguments: Vec<Span>,
    /// How many bytes of the command are decoded.
    decoded: usize,
    /// How many arguments are missing, once the array's length is known.
    missing: Option<usize>,
    /// The length of the next argument, once it is known.
    bulk: Option<usize>,
    /// The arguments of a line, without their quotes.
    unquoted: Vec<u8>,
}

/// One command: its name and what follows.
///
/// The arguments are borrowed from the bytes that were decoded.
#[derive(Clone, Copy)]
pub struct Command<'a> {
    bytes: &'a [u8],
    /// The same as `bytes`, where they are known to be text; else empty.
    text: &'a str,
    arguments: &'a [Span],
    length: usize,
    is_inline: bool,
}

/// From where to where an argument goes.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

/// What a client sends is not the protocol.
///
/// Displays as Redis says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The length of an array is no number, or too large.
    InvalidArrayLength,
    /// The length of an argument is no number, negative, or too large.
    InvalidBulkLength,
    /// This byte is where an argument should begin.
    NoBulk(u8),
    /// An argument is longer than it was said to be.
    UnterminatedBulk,
    /// The command has more than [`MAX_COMMAND_BYTES`].
    CommandTooLong,
    /// A line has more than [`MAX_INLINE_BYTES`].
    InlineTooLong,
    /// A line has more than [`MAX_ARGUMENTS`].
    TooManyInlineArguments,
    /// A quote is not closed, or not followed by a space.
    UnbalancedQuotes,
}

impl Decoder {
    /// The command that `bytes` begin with; `None` if more of it has to arrive.
    ///
    /// `bytes` begin where the last command ended. If the last answer was `None`, they are the same
    /// bytes again, with more after them.
    ///
    /// # Errors
    ///
    /// [`ProtocolError`], after which nothing can be decoded any more.
    pub fn decode<'a>(&'a mut self, bytes: &'a [u8]) -> Result<Option<Command<'a>>, ProtocolError> {
        if self.decoded == 0 {
            self.arguments.clear();
            self.missing = None;
        }
        let (is_inline, complete) = match bytes.first() {
            None => return Ok(None),
            Some(b'*') => (false, self.decode_array(bytes)?),
            Some(_) => (true, self.decode_line(bytes)?),
        };
        if !complete {
            return Ok(None);
        }
        Ok(Some(Command {
            bytes: if is_inline { &self.unquoted } else { bytes },
            text: "",
            arguments: &self.arguments,
            length: std::mem::take(&mut self.decoded),
            is_inline,
        }))
    }

    /// Gives memory back that only unusual commands need.
    pub(super) fn shrink(&mut self) {
        const USUAL_ARGUMENTS: usize = 64;
        const USUAL_BYTES: usize = 256;
        if self.decoded == 0 {
            self.arguments.clear();
            self.arguments.shrink_to(USUAL_ARGUMENTS);
            self.unquoted.clear();
            self.unquoted.shrink_to(USUAL_BYTES);
        }
    }

    fn decode_array(&mut self, bytes: &[u8]) -> Result<bool, ProtocolError> {
        let mut missing = match self.missing {
            Some(missing) => missing,
            None => {
                let Some((length, end)) =
                    length_at(bytes, 1).map_err(|_| ProtocolError::InvalidArrayLength)?
                else {
                    return Ok(false);
                };
                // As Redis does: a negative length is that of an empty array.
                let length = usize::try_from(length).unwrap_or(0);
                if length > MAX_ARGUMENTS {
                    return Err(ProtocolError::InvalidArrayLength);
                }
                self.decoded = end;
                length
            }
        };
        while missing > 0 && self.decode_bulk(bytes)? {
            missing -= 1;
        }
        self.missing = Some(missing);
        Ok(missing == 0)
    }

    /// Decodes an argument; tells whether it was there.
    fn decode_bulk(&mut self, bytes: &[u8]) -> Result<bool, ProtocolError> {
        let length = match self.bulk {
            Some(length) => length,
            None => {
                match bytes.get(self.decoded) {
                    None => return Ok(false),
                    Some(b'$') => {}
                    Some(other) => return Err(ProtocolError::NoBulk(*other)),
                }
                let Some((length, end)) = length_at(bytes, self.decoded + 1)
                    .map_err(|_| ProtocolError::InvalidBulkLength)?
                else {
                    return Ok(false);
                };
                let length = usize::try_from(length)
                    .ok()
                    .filter(|length| *length <= MAX_BULK_BYTES)
                    .ok_or(ProtocolError::InvalidBulkLength)?;
                if end + length + 2 > MAX_COMMAND_BYTES {
                    return Err(ProtocolError::CommandTooLong);
                }
                self.decoded = end;
                self.bulk = Some(length);
                length
            }
        };
        let (start, end) = (self.decoded, self.decoded + length);
        match bytes.get(end..end + 2) {
            None => return Ok(false),
            Some(b"\r\n") => {}
            Some(_) => return Err(ProtocolError::UnterminatedBulk),
        }
        self.arguments.push(Span::new(start, end));
        self.decoded = end + 2;
        self.bulk = None;
        Ok(true)
    }

    fn decode_line(&mut self, bytes: &[u8]) -> Result<bool, ProtocolError> {
        let end = memchr(b'\n', &bytes[self.decoded..]).map(|found| self.decoded + found);
        if end.unwrap_or(bytes.len()) > MAX_INLINE_BYTES {
            return Err(ProtocolError::InlineTooLong);
        }
        let Some(end) = end else {
            self.decoded = bytes.len();
            return Ok(false);
        };
        self.unquoted.clear();
        self.arguments.clear();
        self.split(&bytes[..end])?;
        self.decoded = end + 1;
        Ok(true)
    }

    /// Splits a line at white space, by Redis's rules for quotes.
    fn split(&mut self, mut line: &[u8]) -> Result<(), ProtocolError> {
        loop {
            line = line.trim_ascii_start();
            if line.is_empty() {
                return Ok(());
            }
            if self.arguments.len() == MAX_ARGUMENTS {
                return Err(ProtocolError::TooManyInlineArguments);
            }
            let start = self.unquoted.len();
            while let [first, rest @ ..] = line {
                line = match first {
                    b'"' | b'\'' => unquote(*first, rest, &mut self.unquoted)?,
                    _ if is_space(*first) => break,
                    _ => {
                        self.unquoted.push(*first);
                        rest
                    }
                };
            }
            self.arguments.push(Span::new(start, self.unquoted.len()));
        }
    }
}

impl<'a> Command<'a> {
    /// How many bytes it takes of those that were decoded.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// How many arguments there are, the name included; 0 for an empty line or array, which is
    /// nothing that would be answered.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.arguments.len()
    }

    /// The argument of this index; 0 is the name.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        let span = self.arguments.get(index)?;
        self.bytes.get(span.start as usize..span.end as usize)
    }

    /// The argument of this index as text, empty if there is none.
    ///
    /// # Errors
    ///
    /// [`Utf8Error`] if it is not UTF-8.
    pub fn text(&self, index: usize) -> Result<&'a str, Utf8Error> {
        let known = |span: &Span| self.text.get(span.start as usize..span.end as usize);
        match self.arguments.get(index).and_then(known) {
            Some(text) => Ok(text),
            None => str::from_utf8(self.get(index).unwrap_or_default()),
        }
    }

    /// The same command, for [`Self::text`] to know that the bytes which were decoded are `text`.
    #[must_use]
    pub(super) fn known_as(self, text: &'a str) -> Self {
        if self.is_inline {
            return self;
        }
        debug_assert!(text.is_empty() || ptr::eq(text.as_bytes(), self.bytes));
        Self { text, ..self }
    }

    /// Every argument, the name first.
    pub fn arguments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let command = *self;
        (0..self.count()).filter_map(move |index| command.get(index))
    }

    /// Whether it is a line and no array.
    #[must_use]
    pub const fn is_inline(&self) -> bool {
        self.is_inline
    }
}

/// Tells sizes only: an argument may be a code value or an openId.
impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, length) = (self.count(), self.length);
        write!(f, "Command({count} arguments, {length} bytes)")
    }
}

impl Span {
    fn new(start: usize, end: usize) -> Self {
        let narrow = |at| u32::try_from(at).expect("a command has at most 16 MiB");
        Self {
            start: narrow(start),
            end: narrow(end),
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidArrayLength => f.write_str("invalid multibulk length"),
            Self::InvalidBulkLength => f.write_str("invalid bulk length"),
            Self::NoBulk(byte) if byte.is_ascii_graphic() => {
                write!(f, "expected '$', got '{}'", char::from(*byte))
            }
            Self::NoBulk(byte) => write!(f, "expected '$', got byte {byte}"),
            Self::UnterminatedBulk => f.write_str("expected CR LF after a bulk string"),
            Self::CommandTooLong => {
                write!(f, "a command of more than {MAX_COMMAND_BYTES} bytes")
            }
            Self::InlineTooLong => f.write_str("too big inline request"),
            Self::TooManyInlineArguments => {
                write!(
                    f,
                    "an inline request of more than {MAX_ARGUMENTS} arguments"
                )
            }
            Self::UnbalancedQuotes => f.write_str("unbalanced quotes in request"),
        }
    }
}

impl std::error::Error for ProtocolError {}

/// A length that is no number, or none that fits.
struct NoLength;

/// The decimal number at `from`, and where its line ends; `None` if the line is not complete.
fn length_at(bytes: &[u8], from: usize) -> Result<Option<(i64, usize)>, NoLength> {
    let (is_negative, digits_from) = match bytes.get(from) {
        None => return Ok(None),
        Some(b'-') => (true, from + 1),
        Some(_) => (false, from),
    };
    let mut number = 0;
    for at in digits_from..=digits_from + MAX_DIGITS {
        match bytes.get(at) {
            None => return Ok(None),
            Some(digit @ b'0'..=b'9') if at < digits_from + MAX_DIGITS => {
                number = number * 10 + i64::from(digit - b'0');
            }
            Some(b'\r') if at > digits_from => {
                return match bytes.get(at + 1) {
                    None => Ok(None),
                    Some(b'\n') if is_negative => Ok(Some((-number, at + 2))),
                    Some(b'\n') => Ok(Some((number, at + 2))),
                    Some(_) => Err(NoLength),
                };
            }
            Some(_) => return Err(NoLength),
        }
    }
    Err(NoLength)
}

/// Appends what is quoted to `text`; gives what follows the closing quote.
fn unquote<'a>(
    quote: u8,
    mut quoted: &'a [u8],
    text: &mut Vec<u8>,
) -> Result<&'a [u8], ProtocolError> {
    loop {
        quoted = match quoted {
            [end, rest @ ..] if *end == quote => {
                return match rest.first() {
                    Some(next) if !is_space(*next) => Err(ProtocolError::UnbalancedQuotes),
                    _ => Ok(rest),
                };
            }
            [b'\\', b'x', high, low, rest @ ..]
                if quote == b'"' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                text.push(hex_digit(*high) << 4 | hex_digit(*low));
                rest
            }
            [b'\\', escaped, rest @ ..] if quote == b'"' => {
                text.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                rest
            }
            [b'\\', b'\'', rest @ ..] if quote == b'\'' => {
                text.push(b'\'');
                rest
            }
            [byte, rest @ ..] => {
                text.push(*byte);
                rest
            }
            [] => return Err(ProtocolError::UnbalancedQuotes),
        };
    }
}

const fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}
