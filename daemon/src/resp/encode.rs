//! Replies, written straight into the buffer that is sent.

use std::fmt::{self, Display, Write};

/// Which version of the protocol a client speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Protocol {
    #[default]
    Resp2,
    Resp3,
}

/// Appends replies in the client's version of the protocol.
#[derive(Debug)]
pub(super) struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    protocol: Protocol,
}

impl<'a> Encoder<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>, protocol: Protocol) -> Self {
        Self { out, protocol }
    }

    /// What follows is in this version.
    pub(super) const fn speak(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// Where the next reply begins.
    pub(super) const fn position(&self) -> usize {
        self.out.len()
    }

    /// Takes back everything from `position` on.
    pub(super) fn take_back(&mut self, position: usize) {
        self.out.truncate(position);
    }

    /// A short text of ours, without line ends.
    pub(super) fn simple(&mut self, text: &str) {
        self.raw(b"+");
        self.raw(text.as_bytes());
        self.raw(b"\r\n");
    }

    /// An error: its code, a space, and what is wrong. Line ends in it become spaces.
    pub(super) fn error(&mut self, text: impl Display) {
        self.raw(b"-");
        write!(OneLine(self.out), "{text}").expect("a buffer takes every text");
        self.raw(b"\r\n");
    }

    pub(super) fn integer(&mut self, number: i64) {
        self.raw(b":");
        if number < 0 {
            self.raw(b"-");
        }
        self.decimal(number.unsigned_abs());
        self.raw(b"\r\n");
    }

    pub(super) fn bulk(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.header(b"$", bytes.len());
        self.raw(bytes);
        self.raw(b"\r\n");
    }

    /// Text that is shown as it is, a bulk string in RESP2.
    pub(super) fn verbatim(&mut self, text: &str) {
        match self.protocol {
            Protocol::Resp2 => self.bulk(text),
            Protocol::Resp3 => {
                self.header(b"=", text.len() + 4);
                self.raw(b"txt:");
                self.raw(text.as_bytes());
                self.raw(b"\r\n");
            }
        }
    }

    /// The head of an array of `length` replies.
    pub(super) fn array(&mut self, length: usize) {
        self.header(b"*", length);
    }

    /// The head of a map of `length` pairs of replies; in RESP2 an array of twice as many.
    pub(super) fn map(&mut self, length: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b"*", 2 * length),
            Protocol::Resp3 => self.header(b"%", length),
        }
    }

    /// A boolean, in RESP2 the integer 1 or 0.
    pub(super) fn boolean(&mut self, value: bool) {
        self.raw(match (self.protocol, value) {
            (Protocol::Resp2, true) => b":1\r\n",
            (Protocol::Resp2, false) => b":0\r\n",
            (Protocol::Resp3, true) => b"#t\r\n",
            (Protocol::Resp3, false) => b"#f\r\n",
        });
    }

    pub(super) fn null(&mut self) {
        match self.protocol {
            Protocol::Resp2 => self.raw(b"$-1\r\n"),
            Protocol::Resp3 => self.raw(b"_\r\n"),
        }
    }

    /// Bytes that are replies already, the same in both versions.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn header(&mut self, kind: &[u8; 1], length: usize) {
        self.raw(kind);
        self.decimal(length as u64);
        self.raw(b"\r\n");
    }

    fn decimal(&mut self, number: u64) {
        self.raw(itoa::Buffer::new().format(number).as_bytes());
    }
}

/// Text in which every line end is a space.
struct OneLine<'a>(&'a mut Vec<u8>);

impl Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let one_line = |byte| {
            if matches!(byte, b'\r' | b'\n') {
                b' '
            } else {
                byte
            }
        };
        self.0.extend(text.bytes().map(one_line));
        Ok(())
    }
}

/// Displays what a client sent, at most `.1` bytes of it, as far as it is text.
pub(super) struct Sent<'a>(pub(super) &'a [u8], pub(super) usize);

impl Display for Sent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0[..self.0.len().min(self.1)].utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(write: impl Fn(&mut Encoder<'_>)) -> [String; 2] {
        [Protocol::Resp2, Protocol::Resp3].map(|protocol| {
            let mut out = Vec::new();
            write(&mut Encoder::new(&mut out, protocol));
            String::from_utf8(out).unwrap()
        })
    }

    fn same(text: &str) -> [String; 2] {
        [text.to_owned(), text.to_owned()]
    }

    #[test]
    fn each_kind_has_its_form_in_both_versions() {
        assert_eq!(both(|e| e.simple("OK")), same("+OK\r\n"));
        assert_eq!(both(|e| e.bulk("é\r\n")), same("$4\r\né\r\n\r\n"));
        assert_eq!(both(|e| e.bulk("")), same("$0\r\n\r\n"));
        assert_eq!(both(|e| e.array(0)), same("*0\r\n"));
        assert_eq!(both(|e| e.map(3)), ["*6\r\n", "%3\r\n"]);
        assert_eq!(both(|e| e.boolean(true)), [":1\r\n", "#t\r\n"]);
        assert_eq!(both(|e| e.boolean(false)), [":0\r\n", "#f\r\n"]);
        assert_eq!(both(|e| e.null()), ["$-1\r\n", "_\r\n"]);
        assert_eq!(
            both(|e| e.verbatim("a")),
            ["$1\r\na\r\n", "=5\r\ntxt:a\r\n"]
        );
        for number in [0, 9, 10, -1, i64::MAX, i64::MIN] {
            assert_eq!(both(|e| e.integer(number)), same(&format!(":{number}\r\n")));
        }
    }

    #[test]
    fn nothing_that_was_sent_can_end_an_error_early() {
        let sent = Sent(b"a\r\n+OK\r\n\xffb", 100);
        assert_eq!(
            both(|e| e.error(format_args!("ERR '{sent}'"))),
            same("-ERR 'a  +OK  \u{fffd}b'\r\n")
        );
        assert_eq!(Sent("aé".as_bytes(), 2).to_string(), "a\u{fffd}");
    }

    #[test]
    fn what_is_taken_back_is_gone() {
        let take_back = |e: &mut Encoder<'_>| {
            e.simple("OK");
            let position = e.position();
            e.array(5);
            e.take_back(position);
        };
        assert_eq!(both(take_back), same("+OK\r\n"));
    }
}
