//! The body of a request, without its framing.

use std::mem;

use memchr::memchr;
use thiserror::Error;

use super::head::Framing;

/// The most bytes that are saved of a line that arrives in pieces. The size of a chunk with its
/// extensions must fit, and so must the name of a trailer.
const SAVED_BYTES: usize = 64;

/// The most bytes of all trailers together, which are dropped.
const MAX_TRAILER_BYTES: usize = 16 << 10;

/// The most hexadecimal digits of a chunk's size that always fit 64 bits.
const MAX_SIZE_DIGITS: usize = 15;

/// Decodes the framing of one body, from its first byte to its last.
#[derive(Debug)]
pub struct Body {
    expected: Expected,
    line: Line,
    trailer_bytes: usize,
    /// The number of bytes before `line`, or before the next byte of data.
    at: u64,
}

/// The reason why a body is not read to its end.
///
/// Each has the number of bytes of the body, its framing included, before the line that is wrong, so that
/// it is the same in whatever pieces the bytes arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BrokenBody {
    /// The client sends no more after this many bytes, and the body is not complete. [`Body::next`] never
    /// returns this.
    #[error("the body ended early at byte {0}")]
    EndedEarly(u64),
    /// A chunk does not begin with its size in hexadecimal digits.
    #[error("the chunk at byte {0} of the body has no valid size")]
    ChunkSize(u64),
    /// The size of a chunk and its extensions are too long.
    #[error(
        "the line at byte {0} of the body, with the size of a chunk, is longer than {SAVED_BYTES} bytes"
    )]
    LineTooLong(u64),
    /// The data of a chunk does not end where its size says.
    #[error("a chunk is longer than its size, which ends it at byte {0} of the body")]
    ChunkTooLong(u64),
    /// A trailer has no name, or one that is not the name of a header.
    #[error("the trailer at byte {0} of the body has no valid name")]
    TrailerName(u64),
    /// The trailers are too long.
    #[error(
        "the trailers are longer than {MAX_TRAILER_BYTES} bytes with the one at byte {0} of the body"
    )]
    TrailersTooLong(u64),
    /// A line ends in LF alone.
    #[error("the line at byte {0} of the body does not end in CR LF")]
    LineEnd(u64),
    /// A line contains a control character, such as a CR that is not before the LF.
    #[error("the line at byte {0} of the body contains a control character")]
    ControlCharacter(u64),
}

/// The part of a body that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// This many bytes of a body with a length.
    Data(u64),
    /// The line with the size of a chunk.
    ChunkSize,
    /// This many bytes of a chunk.
    ChunkData(u64),
    /// The line end after a chunk's data.
    ChunkEnd,
    /// A trailer, or the empty line after the last one.
    Trailer,
    /// No more: the next byte belongs to another request.
    Nothing,
}

/// The error of a line that contains a control character.
struct ControlCharacter;

/// A line of the framing that has arrived in part.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// The first bytes.
    saved: [u8; SAVED_BYTES],
    /// The number of bytes so far, which may be more than are saved.
    length: usize,
    /// The last byte so far.
    last: u8,
}

impl Body {
    /// Creates a body of which no byte was read.
    #[must_use]
    pub const fn new(framing: Framing) -> Self {
        Self {
            expected: match framing {
                Framing::Length(0) => Expected::Nothing,
                Framing::Length(length) => Expected::Data(length),
                Framing::Chunked => Expected::ChunkSize,
            },
            line: Line::EMPTY,
            trailer_bytes: 0,
            at: 0,
        }
    }

    /// Returns `true` once all of the body was taken.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self.expected, Expected::Nothing)
    }

    /// Returns the number of bytes still to come, or `None` for a body in chunks.
    #[must_use]
    pub const fn left(&self) -> Option<u64> {
        match self.expected {
            Expected::Data(left) => Some(left),
            Expected::Nothing => Some(0),
            _ => None,
        }
    }

    /// Returns the error of a client that sends no more, although the body is not complete.
    #[must_use]
    pub const fn ended_early(&self) -> BrokenBody {
        BrokenBody::EndedEarly(self.at + self.line.length as u64)
    }

    /// Takes the next piece of the body from the beginning of `bytes`, with its framing. Returns
    /// `None` once `bytes` have no more of the body: what is left of them belongs to the next
    /// request.
    ///
    /// # Errors
    ///
    /// [`BrokenBody`] if the framing is malformed, or longer than the limits in the documentation of
    /// [`crate::http`]; the error is the same in whatever pieces the bytes arrive. The bytes after it
    /// have no meaning. The end of the input is not an error here: the caller must ask
    /// [`Self::is_complete`].
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, BrokenBody> {
        while !bytes.is_empty() {
            let (Expected::Data(left) | Expected::ChunkData(left)) = self.expected else {
                if self.is_complete() {
                    return Ok(None);
                }
                self.take_line(bytes)?;
                continue;
            };
            let length = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
            let (piece, rest) = bytes.split_at(length);
            *bytes = rest;
            self.at += length as u64;
            self.expected = match (self.expected, left - length as u64) {
                (Expected::Data(_), 0) => Expected::Nothing,
                (Expected::Data(_), left) => Expected::Data(left),
                (_, 0) => Expected::ChunkEnd,
                (_, left) => Expected::ChunkData(left),
            };
            return Ok(Some(piece));
        }
        Ok(None)
    }

    /// Takes a line, or the beginning of one.
    fn take_line(&mut self, bytes: &mut &[u8]) -> Result<(), BrokenBody> {
        let end = memchr(b'\n', bytes);
        let (piece, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        let is_data = self.expected == Expected::ChunkEnd && self.line.length == 0;
        if is_data && piece.first().is_some_and(|byte| *byte != b'\r') {
            return Err(BrokenBody::ChunkTooLong(self.at));
        }
        let is_trailer = self.expected == Expected::Trailer;
        let room = match is_trailer {
            true => MAX_TRAILER_BYTES - self.trailer_bytes,
            false => SAVED_BYTES - self.line.length,
        };
        let (piece, beyond) = piece.split_at(piece.len().min(room));
        self.line
            .append(piece)
            .map_err(|ControlCharacter| BrokenBody::ControlCharacter(self.at))?;
        self.trailer_bytes += if is_trailer { piece.len() } else { 0 };
        *bytes = rest.get(1..).unwrap_or_default();
        match end {
            _ if !beyond.is_empty() => Err(match self.line.last {
                b'\r' => BrokenBody::ControlCharacter(self.at),
                _ if is_trailer => BrokenBody::TrailersTooLong(self.at),
                _ => BrokenBody::LineTooLong(self.at),
            }),
            None => Ok(()),
            Some(_) if self.line.last != b'\r' => Err(BrokenBody::LineEnd(self.at)),
            Some(_) => {
                let Line { saved, length, .. } = mem::replace(&mut self.line, Line::EMPTY);
                self.end_line(saved.get(..length - 1).unwrap_or(&saved))?;
                // With its LF.
                self.at += length as u64 + 1;
                Ok(())
            }
        }
    }

    /// Takes the end of a line, of which `line` has the bytes that are saved.
    fn end_line(&mut self, line: &[u8]) -> Result<(), BrokenBody> {
        self.expected = match (self.expected, line) {
            (Expected::ChunkSize, line) => match chunk_size(line) {
                None => return Err(BrokenBody::ChunkSize(self.at)),
                Some(0) => Expected::Trailer,
                Some(size) => Expected::ChunkData(size),
            },
            (Expected::Trailer, []) => Expected::Nothing,
            (Expected::Trailer, line) if has_name(line) => Expected::Trailer,
            (Expected::Trailer, _) => return Err(BrokenBody::TrailerName(self.at)),
            // The end of a chunk's data.
            _ => Expected::ChunkSize,
        };
        Ok(())
    }
}

impl Line {
    const EMPTY: Self = Self {
        saved: [0; SAVED_BYTES],
        length: 0,
        last: 0,
    };

    /// Takes the next bytes of the line. Control characters are refused, since another parser may
    /// take one for the end of the line.
    fn append(&mut self, piece: &[u8]) -> Result<(), ControlCharacter> {
        let Some((last, others)) = piece.split_last() else {
            return Ok(());
        };
        let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
        let is_broken = self.last == b'\r'
            || others.iter().any(is_control)
            || (is_control(last) && *last != b'\r');
        if is_broken {
            return Err(ControlCharacter);
        }
        if let Some(room) = self.saved.get_mut(self.length..) {
            for (saved, byte) in room.iter_mut().zip(piece) {
                *saved = *byte;
            }
        }
        self.length += piece.len();
        self.last = *last;
        Ok(())
    }
}

/// Returns `true` if a trailer begins with the name of a header.
fn has_name(line: &[u8]) -> bool {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    match memchr(b':', line) {
        None | Some(0) => false,
        Some(end) => line.iter().take(end).all(is_of_name),
    }
}

/// Parses the size that a chunk's line begins with; extensions follow a semicolon.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let mut digits = line.split(|b| *b == b';').next()?;
    while let [rest @ .., b' ' | b'\t'] = digits {
        digits = rest;
    }
    if !(1..=MAX_SIZE_DIGITS).contains(&digits.len()) {
        return None;
    }
    digits.iter().try_fold(0, |size, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(size << 4 | u64::from(digit))
    })
}

#[cfg(test)]
mod tests;
