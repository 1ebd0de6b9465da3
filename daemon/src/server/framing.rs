//! Watches where requests begin and end, and refuses those that another parser could read another
//! way: request smuggling.
//!
//! hyper reads the requests. But it accepts some heads whose framing is ambiguous, without a trace
//! of it in what it hands on: `Content-Length` beside `Transfer-Encoding`, codings before
//! `chunked`, a repeated `Content-Length`, lines that end in a bare line feed. So the bytes are
//! watched on their way to it. The watcher only ever adds refusals: where it loses track, the next
//! request is refused.

use memchr::memchr;

/// How much of a line is looked at, and kept of one that arrives in pieces. One that matters and is
/// longer is refused: what lies beyond could change what it says.
const KEPT_BYTES: usize = 64;

/// Follows the requests of one connection.
#[derive(Debug)]
pub struct Framing {
    expected: Expected,
    /// How many heads have ended.
    heads: u64,
    head: Head,
    line: Line,
    refused: Option<u64>,
}

/// What the next byte is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// Empty lines before a request line, or the request line.
    RequestLine,
    HeaderLine,
    Body(u64),
    ChunkSize,
    ChunkData(u64),
    /// The line end after a chunk's data.
    ChunkEnd,
    TrailerLine,
    /// Nothing that is looked at: a request was refused.
    Nothing,
}

/// What one head says of its body.
#[derive(Debug, Default)]
struct Head {
    content_length: Option<u64>,
    chunked: bool,
    ambiguous: bool,
}

/// The line that is being read.
#[derive(Clone, Copy, Debug)]
struct Line {
    kept: [u8; KEPT_BYTES],
    /// Its length so far, which may be more than is kept.
    length: usize,
    /// Its last byte so far.
    last: u8,
}

impl Default for Framing {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing {
    /// That of a connection of which no byte has come.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            expected: Expected::RequestLine,
            heads: 0,
            head: Head {
                content_length: None,
                chunked: false,
                ambiguous: false,
            },
            line: Line {
                kept: [0; KEPT_BYTES],
                length: 0,
                last: 0,
            },
            refused: None,
        }
    }

    /// The request, counted from 0, that is to be refused, once there is one.
    #[must_use]
    pub const fn refused(&self) -> Option<u64> {
        self.refused
    }

    /// Takes note of the next bytes of the connection.
    pub fn watch(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.expected {
                Expected::Body(left) => bytes = self.skip(bytes, left, Expected::Body),
                Expected::ChunkData(left) => bytes = self.skip(bytes, left, Expected::ChunkData),
                Expected::Nothing => return,
                _ => bytes = self.take_line(bytes),
            }
        }
    }

    fn skip<'a>(&mut self, bytes: &'a [u8], left: u64, rest: impl Fn(u64) -> Expected) -> &'a [u8] {
        let skipped = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        self.expected = match left - skipped as u64 {
            0 if matches!(self.expected, Expected::Body(_)) => Expected::RequestLine,
            0 => Expected::ChunkEnd,
            left => rest(left),
        };
        &bytes[skipped..]
    }

    /// Takes a line, or the part of one that there is.
    fn take_line<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(end) = memchr(b'\n', bytes) else {
            self.line.append(bytes);
            return &[];
        };
        let (piece, rest) = (&bytes[..end], &bytes[end + 1..]);
        if self.line.length == 0 {
            match piece.split_last() {
                Some((b'\r', line)) => self.end_line(line, line.len()),
                _ => self.refuse(),
            }
            return rest;
        }
        self.line.append(piece);
        if self.line.last == b'\r' {
            let line = self.line;
            let length = line.length - 1;
            self.end_line(&line.kept, length);
        } else {
            self.refuse();
        }
        self.line.length = 0;
        rest
    }

    /// Takes a line of `length` bytes, of which `line` has as many as are looked at, or more.
    fn end_line(&mut self, line: &[u8], length: usize) {
        let line = &line[..length.min(KEPT_BYTES)];
        let is_cut = length > KEPT_BYTES;
        match self.expected {
            Expected::RequestLine if line.is_empty() => {}
            Expected::RequestLine => {
                self.head = Head::default();
                self.expected = Expected::HeaderLine;
            }
            Expected::HeaderLine if line.is_empty() => self.end_head(),
            Expected::HeaderLine => self.head.take_header(line, is_cut),
            Expected::ChunkSize if is_cut => self.refuse(),
            Expected::ChunkSize => match chunk_size(line) {
                Some(0) => self.expected = Expected::TrailerLine,
                Some(size) => self.expected = Expected::ChunkData(size),
                None => self.refuse(),
            },
            Expected::ChunkEnd if line.is_empty() => self.expected = Expected::ChunkSize,
            Expected::TrailerLine if line.is_empty() => self.expected = Expected::RequestLine,
            Expected::TrailerLine => {}
            Expected::ChunkEnd | Expected::Body(_) | Expected::ChunkData(_) | Expected::Nothing => {
                self.refuse()
            }
        }
    }

    fn end_head(&mut self) {
        let Head {
            content_length,
            chunked,
            ambiguous,
        } = self.head;
        if ambiguous || (chunked && content_length.is_some()) {
            return self.refuse();
        }
        self.heads += 1;
        self.expected = match content_length {
            _ if chunked => Expected::ChunkSize,
            None | Some(0) => Expected::RequestLine,
            Some(length) => Expected::Body(length),
        };
    }

    /// Refuses the request whose head is being read; inside a body, the one that follows.
    fn refuse(&mut self) {
        self.refused = Some(self.heads);
        self.expected = Expected::Nothing;
    }
}

impl Head {
    fn take_header(&mut self, line: &[u8], is_cut: bool) {
        // Two bytes decide for nearly all lines: the first, and one at which no other common name
        // has the letter of `content-length` or `transfer-encoding`.
        let letter = |at: usize| line.get(at).map_or(0, |byte| byte | 0x20);
        match letter(0) {
            b'c' if letter(8) == b'l' => {}
            b't' if letter(9) == b'e' => {}
            // A line that continues the one above it.
            _ if matches!(line.first(), Some(b' ' | b'\t')) => {
                self.ambiguous = true;
                return;
            }
            _ => return,
        }
        let colon = memchr(b':', line).unwrap_or(line.len());
        // White space before the colon is no part of a name, and no parser may think it is.
        let (name, value) = (
            line[..colon].trim_ascii_end(),
            line.get(colon + 1..).unwrap_or_default().trim_ascii(),
        );
        if name.eq_ignore_ascii_case(b"content-length") {
            self.ambiguous |= is_cut || self.content_length.is_some();
            self.content_length = decimal(value);
            self.ambiguous |= self.content_length.is_none();
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.ambiguous |= is_cut || self.chunked || !value.eq_ignore_ascii_case(b"chunked");
            self.chunked = true;
        }
    }
}

impl Line {
    fn append(&mut self, piece: &[u8]) {
        if let Some(room) = self.kept.get_mut(self.length..) {
            let kept = room.len().min(piece.len());
            room[..kept].copy_from_slice(&piece[..kept]);
        }
        self.length += piece.len();
        self.last = piece.last().copied().unwrap_or(self.last);
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    number(digits, 10, 19)
}

/// The size that a chunk's line begins with; extensions follow a semicolon.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|b| *b == b';').next()?;
    number(digits.trim_ascii_end(), 16, 15)
}

/// Digits only: neither a sign nor white space, and no more than surely fit.
fn number(digits: &[u8], radix: u32, most: usize) -> Option<u64> {
    if !(1..=most).contains(&digits.len()) {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        Some(number * u64::from(radix) + u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is refused, with the bytes arriving whole, one by one, and in pieces of seven.
    fn refused(bytes: &[u8]) -> Option<u64> {
        let [whole, rest @ ..] = [bytes.len(), 1, 7].map(|size| {
            let mut framing = Framing::new();
            bytes.chunks(size).for_each(|piece| framing.watch(piece));
            framing.refused()
        });
        assert_eq!(rest, [whole; 2], "{}", String::from_utf8_lossy(bytes));
        whole
    }

    const HEAD: &str = "POST / HTTP/1.1\r\nHost: h\r\n";

    #[test]
    fn heads_that_can_be_read_in_two_ways_are_refused() {
        let heads = [
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            "transfer-encoding:chunked\r\nCONTENT-LENGTH:0\r\n",
            "Content-Length: 3\r\nContent-Length: 3\r\n",
            "Content-Length: 3\r\nContent-Length: 4\r\n",
            "Content-Length: 3, 3\r\n",
            "Content-Length: +3\r\n",
            "Content-Length: -3\r\n",
            "Content-Length: 0x3\r\n",
            "Content-Length:\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length : 3\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: identity, chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: \"chunked\"\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            "Transfer-Encoding:\r\n chunked\r\n",
            "X: 1\r\n Transfer-Encoding: chunked\r\n",
            "X: 1\nY: 2\r\n",
            "X: 1\r\n\n",
        ];
        for head in heads {
            assert_eq!(
                refused(format!("{HEAD}{head}\r\nabc").as_bytes()),
                Some(0),
                "{head}"
            );
        }
        assert_eq!(refused(b"POST / HTTP/1.1\nHost: h\n\n"), Some(0));
        assert_eq!(refused(b"\nPOST / HTTP/1.1\r\nHost: h\r\n\r\n"), Some(0));
    }

    #[test]
    fn what_is_too_long_to_be_kept_is_refused_however_it_arrives() {
        let pad = " ".repeat(60);
        for head in [
            format!("Content-Length: {pad}12\r\n"),
            format!("Content-Length{pad}: 3\r\n"),
            format!("Transfer-Encoding: {pad}chunked\r\n"),
        ] {
            let request = format!("{HEAD}{head}\r\nabc");
            assert_eq!(refused(request.as_bytes()), Some(0), "{head}");
        }
        let chunk = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n3{pad}\u{12}{pad};x\r\nabc");
        assert_eq!(refused(chunk.as_bytes()), Some(1));
    }

    #[test]
    fn plain_requests_pass_in_any_number() {
        let long = format!("Cookie: {}\r\n", "c".repeat(5000));
        let requests = [
            format!("{HEAD}\r\n"),
            format!("{HEAD}Content-Length: 0\r\n\r\n"),
            format!("\r\n\r\n{HEAD}content-length:  25 \r\n\r\nContent-Length: 1\r\n\r\nabc\n"),
            format!("{HEAD}{long}Content-Type: x\r\nTE: trailers\r\nCL\r\n\r\n"),
            format!(
                "{HEAD}Transfer-Encoding: Chunked\r\n\r\n\
                 4\r\na\nb\r\r\n1A;x=y\r\n{}\r\n0\r\nContent-Length: 4\r\n\r\n",
                "z".repeat(26)
            ),
        ];
        for request in &requests {
            assert_eq!(refused(request.as_bytes()), None, "{request}");
        }
        let pipelined = requests.concat().repeat(3);
        assert_eq!(refused(pipelined.as_bytes()), None);
        let smuggled = format!("{pipelined}{HEAD}Content-Length: 1\r\nContent-Length: 1\r\n\r\n");
        assert_eq!(refused(smuggled.as_bytes()), Some(15));
    }

    #[test]
    fn where_a_chunked_body_loses_its_form_the_next_request_is_refused() {
        let bodies = [
            "x\r\n",
            "\r\n",
            "3\nabc\r\n",
            "3\r\nabcd\r\n",
            "-1\r\n",
            "ffffffffffffffff\r\n",
        ];
        for body in bodies {
            let request = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n{body}0\r\n\r\n");
            assert_eq!(refused(request.as_bytes()), Some(1), "{body}");
        }
    }
}
