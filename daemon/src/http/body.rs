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
}

/// The error for a body whose end cannot be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the body ended early, or its chunks are malformed")]
pub struct BrokenBody;

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
    /// A body of which no byte was read.
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

    /// Takes the next piece of the body from the beginning of `bytes`, with its framing. Returns
    /// `None` once `bytes` have no more of the body: what is left of them belongs to the next
    /// request.
    ///
    /// # Errors
    ///
    /// [`BrokenBody`]. The bytes after that have no meaning.
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
        self.line.append(piece)?;
        let is_trailer = self.expected == Expected::Trailer;
        self.trailer_bytes += if is_trailer { piece.len() } else { 0 };
        let is_too_long = match is_trailer {
            true => self.trailer_bytes > MAX_TRAILER_BYTES,
            false => self.line.length > SAVED_BYTES,
        };
        *bytes = rest.get(1..).unwrap_or_default();
        match end {
            _ if is_too_long => Err(BrokenBody),
            None => Ok(()),
            Some(_) if self.line.last != b'\r' => Err(BrokenBody),
            Some(_) => {
                let Line { saved, length, .. } = mem::replace(&mut self.line, Line::EMPTY);
                self.end_line(&saved[..SAVED_BYTES.min(length - 1)])
            }
        }
    }

    /// Takes the end of a line, of which `line` has the bytes that are saved.
    fn end_line(&mut self, line: &[u8]) -> Result<(), BrokenBody> {
        self.expected = match (self.expected, line) {
            (Expected::ChunkSize, line) => match chunk_size(line).ok_or(BrokenBody)? {
                0 => Expected::Trailer,
                size => Expected::ChunkData(size),
            },
            (Expected::ChunkEnd, []) => Expected::ChunkSize,
            (Expected::Trailer, []) => Expected::Nothing,
            (Expected::Trailer, line) if has_name(line) => Expected::Trailer,
            _ => return Err(BrokenBody),
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
    fn append(&mut self, piece: &[u8]) -> Result<(), BrokenBody> {
        let Some((last, others)) = piece.split_last() else {
            return Ok(());
        };
        let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
        let is_broken = self.last == b'\r'
            || others.iter().any(is_control)
            || (is_control(last) && *last != b'\r');
        if is_broken {
            return Err(BrokenBody);
        }
        if let Some(room) = self.saved.get_mut(self.length..) {
            let saved = room.len().min(piece.len());
            room[..saved].copy_from_slice(&piece[..saved]);
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
        Some(end) => line[..end].iter().all(is_of_name),
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
mod tests {
    use super::*;

    /// Reads a body whose bytes arrive at once, one by one, and seven by seven. Returns the body,
    /// whether it is complete, and the bytes after it.
    fn read(framing: Framing, bytes: &[u8]) -> Result<(Vec<u8>, bool, &[u8]), BrokenBody> {
        let [whole, rest @ ..] = [usize::MAX, 1, 7].map(|size| {
            let (mut body, mut all) = (Body::new(framing), Vec::new());
            let mut at = 0;
            while at < bytes.len() && !body.is_complete() {
                let end = bytes.len().min(at.saturating_add(size));
                let mut piece = &bytes[at..end];
                while let Some(data) = body.next(&mut piece)? {
                    all.extend_from_slice(data);
                }
                at = end - piece.len();
            }
            Ok((all, body.is_complete(), &bytes[at..]))
        });
        assert!(rest.iter().all(|read| *read == whole), "{bytes:?}");
        whole
    }

    #[test]
    fn a_body_with_a_length_has_that_many_bytes() {
        let read = |length, bytes| read(Framing::Length(length), bytes);
        assert_eq!(read(0, b"abc"), Ok((vec![], true, b"abc".as_slice())));
        assert_eq!(read(2, b"abc"), Ok((b"ab".to_vec(), true, b"c".as_slice())));
        assert_eq!(
            read(4, b"abc"),
            Ok((b"abc".to_vec(), false, b"".as_slice()))
        );
    }

    #[test]
    fn chunks_are_joined_without_their_framing() {
        for (bytes, body, rest) in [
            ("0\r\n\r\nx", "", "x"),
            ("3\r\nabc\r\n0\r\n\r\n", "abc", ""),
            (
                "003;x=y\r\na\nb\r\n1A \r\nzzzzzzzzzzzzzzzzzzzzzzzzzz\r\n0\r\nX: y\r\nZ:\r\n\r\nG",
                "a\nbzzzzzzzzzzzzzzzzzzzzzzzzzz",
                "G",
            ),
        ] {
            let expected = (body.as_bytes().to_vec(), true, rest.as_bytes());
            assert_eq!(
                read(Framing::Chunked, bytes.as_bytes()),
                Ok(expected),
                "{bytes}"
            );
        }
        let (body, is_complete, _) = read(Framing::Chunked, b"3\r\nabc\r\n0\r\n").unwrap();
        assert_eq!((body.as_slice(), is_complete), (b"abc".as_slice(), false));
    }

    #[test]
    fn malformed_chunks_are_refused() {
        let pad = " ".repeat(SAVED_BYTES);
        let long = format!("3{pad};x\r\nabc\r\n0\r\n\r\n");
        let hidden = format!("3{pad}\u{12}{pad};x\r\nabc\r\n0\r\n\r\n");
        let trailers = format!("0\r\nX: {}\r\n\r\n", "x".repeat(MAX_TRAILER_BYTES));
        for bytes in [
            "x\r\n",
            "\r\n",
            ";x\r\n",
            " 3\r\n",
            "3\nabc\r\n",
            "3\r\nabcd\r\n",
            "3\r\nabc\n",
            "3\r\nabc\r\n\r\n",
            "-1\r\n",
            "+1\r\n",
            "0x1\r\n",
            "1\u{c}\r\nx",
            "1\r\r\nx",
            "ffffffffffffffff\r\n",
            "0\r\nX: y\n",
            "0\r\nX: a\rb\r\n",
            "0\r\nX: \0\r\n",
            "0\r\nGET / HTTP/1.1\r\n",
            "0\r\n: y\r\n",
            "0\r\nX y: z\r\n",
            "0\r\n\r\r\n",
            "2;a\rb\r\n",
            "2;\0\r\n",
            "1\r\nx\r\r\n",
            &long,
            &hidden,
            &trailers,
        ] {
            assert_eq!(
                read(Framing::Chunked, bytes.as_bytes()),
                Err(BrokenBody),
                "{bytes}"
            );
        }
    }
}
