//! The encoder of replies, straight into the buffer that is sent.

use std::fmt::{self, Display, Write};

/// The version of the protocol that a client speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Protocol {
    /// RESP2, in which a map is an array and a boolean a number.
    #[default]
    Resp2,
    /// RESP3, which a client asks for with `HELLO 3`.
    Resp3,
}

/// Appends replies in one version of the protocol. It does not check that an array or map gets as many
/// elements as its head announces.
#[derive(Debug)]
pub(super) struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    protocol: Protocol,
}

impl<'a> Encoder<'a> {
    /// Returns an encoder that appends to `out`.
    pub(super) const fn new(out: &'a mut Vec<u8>, protocol: Protocol) -> Self {
        Self { out, protocol }
    }

    /// Changes the version for the replies that follow.
    pub(super) const fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
    }

    /// Returns the position at which the next reply begins, in bytes from the beginning of the buffer.
    pub(super) const fn position(&self) -> usize {
        self.out.len()
    }

    /// Removes everything from `position` on.
    pub(super) fn truncate(&mut self, position: usize) {
        self.out.truncate(position);
    }

    /// Appends a text without line ends.
    pub(super) fn simple(&mut self, text: &str) {
        self.raw(b"+");
        self.raw(text.as_bytes());
        self.raw(b"\r\n");
    }

    /// Appends an error, which begins with its code and a space. Line ends in it become spaces.
    pub(super) fn error(&mut self, text: impl Display) {
        self.raw(b"-");
        write!(OneLine(self.out), "{text}").expect("a buffer takes any text");
        self.raw(b"\r\n");
    }

    /// Appends an integer.
    pub(super) fn integer(&mut self, number: i64) {
        self.raw(b":");
        if number < 0 {
            self.raw(b"-");
        }
        self.decimal(number.unsigned_abs());
        self.raw(b"\r\n");
    }

    /// Appends a bulk string, which may have any bytes.
    pub(super) fn bulk(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.header(b"$", bytes.len());
        self.raw(bytes);
        self.raw(b"\r\n");
    }

    /// Appends a bulk string of the bytes that `write` appends.
    pub(super) fn bulk_of(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.out.len();
        write(self.out);
        let length = self.out.len() - start;
        // The length comes first, and is known only now.
        let end = self.out.len();
        self.header(b"$", length);
        let header = self.out.len() - end;
        if let Some(bulk) = self.out.get_mut(start..) {
            bulk.rotate_right(header);
        }
        self.raw(b"\r\n");
    }

    /// Appends text that tools show as it is, in RESP2 a bulk string.
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

    /// Appends the head of an array; `length` replies follow it.
    pub(super) fn array(&mut self, length: usize) {
        self.header(b"*", length);
    }

    /// Appends the head of a map; `length` pairs of replies follow it. In RESP2 the map is an array of
    /// twice the length.
    pub(super) fn map(&mut self, length: usize) {
        match self.protocol {
            Protocol::Resp2 => self.header(b"*", 2 * length),
            Protocol::Resp3 => self.header(b"%", length),
        }
    }

    /// Appends a boolean, in RESP2 the integer 1 or 0.
    pub(super) fn boolean(&mut self, value: bool) {
        self.raw(match (self.protocol, value) {
            (Protocol::Resp2, true) => b":1\r\n",
            (Protocol::Resp2, false) => b":0\r\n",
            (Protocol::Resp3, true) => b"#t\r\n",
            (Protocol::Resp3, false) => b"#f\r\n",
        });
    }

    /// Appends a null, in RESP2 a bulk string of length -1.
    pub(super) fn null(&mut self) {
        match self.protocol {
            Protocol::Resp2 => self.raw(b"$-1\r\n"),
            Protocol::Resp3 => self.raw(b"_\r\n"),
        }
    }

    /// Appends bytes that are encoded already, in the same way for both versions.
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

/// Writes text with a space in place of every carriage return and line feed.
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

/// Displays at most `.1` bytes of what a client sent, with U+FFFD in place of what is not UTF-8.
pub(super) struct Excerpt<'a>(pub(super) &'a [u8], pub(super) usize);

impl Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.get(..self.1).unwrap_or(self.0).utf8_chunks() {
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
    fn each_type_has_its_encoding_in_both_versions() {
        assert_eq!(both(|e| e.simple("OK")), same("+OK\r\n"));
        assert_eq!(both(|e| e.bulk("é\r\n")), same("$4\r\né\r\n\r\n"));
        assert_eq!(both(|e| e.bulk("")), same("$0\r\n\r\n"));
        let json = |out: &mut Vec<u8>| out.extend_from_slice(br#"{"a":"b"}"#);
        assert_eq!(both(|e| e.bulk_of(json)), same("$9\r\n{\"a\":\"b\"}\r\n"));
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
    fn input_in_an_error_cannot_end_the_error() {
        let sent = Excerpt(b"a\r\n+OK\r\n\xffb", 100);
        assert_eq!(
            both(|e| e.error(format_args!("ERR '{sent}'"))),
            same("-ERR 'a  +OK  \u{fffd}b'\r\n")
        );
        assert_eq!(Excerpt("aé".as_bytes(), 2).to_string(), "a\u{fffd}");
    }

    #[test]
    fn a_truncated_reply_leaves_nothing() {
        let truncated = |e: &mut Encoder<'_>| {
            e.simple("OK");
            let position = e.position();
            e.array(5);
            e.truncate(position);
        };
        assert_eq!(both(truncated), same("+OK\r\n"));
    }
}
