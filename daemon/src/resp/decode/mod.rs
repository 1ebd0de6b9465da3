//! The decoder of commands, which are arrays of bulk strings, or lines.

mod command;
mod quotes;
#[cfg(test)]
mod tests;

use std::fmt;

use memchr::memchr;

use self::command::Span;
use self::quotes::{is_space, unquote};

pub use self::command::Command;

/// The most arguments of a command, its name included.
pub const MAX_ARGUMENTS: usize = 4096;

/// The most bytes of one argument.
pub const MAX_BULK_BYTES: usize = 64 << 10;

/// The most bytes of a command that is one line, without the end of the line.
pub const MAX_INLINE_BYTES: usize = 64 << 10;

/// The most bytes of a command with its framing.
pub const MAX_COMMAND_BYTES: usize = 16 << 20;

/// The most digits of a length; a number of 18 digits fits 64 bits.
const MAX_DIGITS: usize = 18;

/// Decodes commands from bytes that arrive in pieces of any size.
///
/// The decoder remembers how far it got with a command that is not complete: however many pieces there
/// are, only a length that has arrived in part is read again. It allocates only the positions of
/// arguments that have arrived, and a copy of the arguments of a line.
#[derive(Debug)]
pub struct Decoder {
    /// The position of each argument that has arrived.
    arguments: Vec<Span>,
    /// The number of bytes of the command that are decoded.
    decoded: usize,
    /// The number of arguments still to come, once the array's length is known.
    missing: Option<usize>,
    /// The length of the next argument, once that is known.
    bulk: Option<usize>,
    /// The arguments of a line, one after the other, without their quotes.
    unquoted: Vec<u8>,
    /// The length of the last complete command.
    last_length: usize,
}

/// The error for bytes that are not a command of the protocol.
///
/// Displays in the words of Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The length of an array is not a number, or above [`MAX_ARGUMENTS`].
    InvalidArrayLength,
    /// The length of an argument is not a number, negative, or above [`MAX_BULK_BYTES`].
    InvalidBulkLength,
    /// An argument begins with this byte in place of `$`.
    ExpectedBulk(u8),
    /// An argument does not end where its length says.
    UnterminatedBulk,
    /// The command has more than [`MAX_COMMAND_BYTES`].
    CommandTooLong,
    /// A line has more than [`MAX_INLINE_BYTES`], without its end.
    InlineTooLong,
    /// A line has more than [`MAX_ARGUMENTS`] arguments.
    TooManyInlineArguments,
    /// A quote is not closed, or a closing quote is not followed by a space.
    UnbalancedQuotes,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Decoder {
    /// A decoder that has seen nothing.
    pub(super) const EMPTY: Self = Self {
        arguments: Vec::new(),
        decoded: 0,
        missing: None,
        bulk: None,
        unquoted: Vec::new(),
        last_length: 0,
    };

    /// Decodes the command that `bytes` begin with, or returns `None` if it is not complete.
    ///
    /// `bytes` begin where the last command ended. After `None`, pass the same bytes again with more
    /// after them.
    ///
    /// # Errors
    ///
    /// [`ProtocolError`] if the bytes are not a command, or exceed a limit. Nothing can be decoded after
    /// it.
    ///
    /// The outcome has no meaning if `bytes` are fewer than those of the last call, when that returned `None`.
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
        self.last_length = std::mem::take(&mut self.decoded);
        Ok(Some(self.command(bytes, is_inline)))
    }

    /// Returns the command that was decoded last. `bytes` are those that it was decoded from.
    pub(super) fn last<'a>(&'a self, bytes: &'a [u8]) -> Command<'a> {
        self.command(bytes, bytes.first() != Some(&b'*'))
    }

    fn command<'a>(&'a self, bytes: &'a [u8], is_inline: bool) -> Command<'a> {
        Command {
            bytes: if is_inline { &self.unquoted } else { bytes },
            text: "",
            arguments: &self.arguments,
            sent: bytes.get(..self.last_length).unwrap_or(bytes),
            is_inline,
        }
    }

    /// Frees memory that only unusual commands need. Has no effect in the middle of a command.
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

    /// Returns the number of bytes of memory that the decoder has: up to 32 KiB for an array, and 96 for a
    /// line.
    pub(super) const fn memory_bytes(&self) -> usize {
        self.arguments.capacity() * size_of::<Span>() + self.unquoted.capacity()
    }

    /// Decodes an array. Returns `true` if it is complete.
    fn decode_array(&mut self, bytes: &[u8]) -> Result<bool, ProtocolError> {
        let mut missing = match self.missing {
            Some(missing) => missing,
            None => {
                let Some((length, end)) =
                    length_at(bytes, 1).map_err(|_| ProtocolError::InvalidArrayLength)?
                else {
                    return Ok(false);
                };
                // As in Redis, an array with a negative length is empty.
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

    /// Decodes an argument. Returns `true` if it is complete.
    fn decode_bulk(&mut self, bytes: &[u8]) -> Result<bool, ProtocolError> {
        let length = match self.bulk {
            Some(length) => length,
            None => {
                match bytes.get(self.decoded) {
                    None => return Ok(false),
                    Some(b'$') => {}
                    Some(other) => return Err(ProtocolError::ExpectedBulk(*other)),
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

    /// Decodes a line. Returns `true` if it is complete.
    fn decode_line(&mut self, bytes: &[u8]) -> Result<bool, ProtocolError> {
        let rest = bytes.get(self.decoded..).unwrap_or_default();
        let end = memchr(b'\n', rest).map(|found| self.decoded + found);
        let line = end.and_then(|end| bytes.get(..end)).unwrap_or(bytes);
        // A CR at the end is a part of the line's end, whose LF may not have arrived.
        let line_bytes = line.len() - usize::from(line.ends_with(b"\r"));
        if line_bytes > MAX_INLINE_BYTES {
            return Err(ProtocolError::InlineTooLong);
        }
        let Some(end) = end else {
            self.decoded = bytes.len();
            return Ok(false);
        };
        self.unquoted.clear();
        self.arguments.clear();
        self.split(line)?;
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
                    b'"' | b'\'' => unquote(*first, rest, &mut self.unquoted)
                        .ok_or(ProtocolError::UnbalancedQuotes)?,
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

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidArrayLength => f.write_str("invalid multibulk length"),
            Self::InvalidBulkLength => f.write_str("invalid bulk length"),
            Self::ExpectedBulk(byte) if byte.is_ascii_graphic() => {
                write!(f, "expected '$', got '{}'", char::from(*byte))
            }
            Self::ExpectedBulk(byte) => write!(f, "expected '$', got byte {byte}"),
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

/// The error for a length that is not a number, or has too many digits.
struct InvalidLength;

/// Parses the decimal number at `from`. Returns it with the end of its line, or `None` if the line is
/// not complete.
fn length_at(bytes: &[u8], from: usize) -> Result<Option<(i64, usize)>, InvalidLength> {
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
                    Some(_) => Err(InvalidLength),
                };
            }
            Some(_) => return Err(InvalidLength),
        }
    }
    Err(InvalidLength)
}
