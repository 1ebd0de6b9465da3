//! The reader for requests as nearly every client writes them.
//!
//! The general reader looks at each byte of a string three times: as any JSON, as a string, and as a
//! string without escapes. This one searches its end, and then for characters that must be escaped.
//!
//! PERF: a request of this form takes 307 ns with this reader and 457 ns without (`plain` in
//! `benches/benches/request.rs`, the least of three, two shared x86-64 cores, November 2026).

use std::borrow::Cow;

use memchr::memchr2;

use crate::identify::parameters::{Parameter, Parameters};

/// Reads an object that has both parameters, as strings without escapes, and nothing else. Returns
/// `None` for anything else, which is left to the general reader.
pub(super) fn read(text: &str) -> Option<Parameters<'_>> {
    let mut reader = Reader { text, at: 0 };
    reader.take(b'{')?;
    let (first_key, first) = reader.member()?;
    reader.take(b',')?;
    let (second_key, second) = reader.member()?;
    reader.take(b'}')?;
    let (code_value, open_id) = match (first_key, second_key) {
        ("codeValue", "openId") => (first, second),
        ("openId", "codeValue") => (second, first),
        _ => return None,
    };
    reader.next().is_none().then_some(Parameters {
        code_value: Parameter::Text(Cow::Borrowed(code_value)),
        open_id: Parameter::Text(Cow::Borrowed(open_id)),
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Takes the next byte that is not white space.
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            self.at += 1;
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(byte);
            }
        }
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        (self.next()? == expected).then_some(())
    }

    fn member(&mut self) -> Option<(&'a str, &'a str)> {
        let key = self.string()?;
        self.take(b':')?;
        Some((key, self.string()?))
    }

    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let rest = self.text.get(self.at..)?;
        let end = memchr2(b'"', b'\\', rest.as_bytes())?;
        let content = rest.get(..end)?;
        // PERF: without a branch for each byte, compilers make vector instructions of this: 307 ns for
        // a request, 438 ns with `find` (bench and machine as above).
        let least = content.bytes().fold(u8::MAX, u8::min);
        if least < 0x20 || rest.as_bytes().get(end) == Some(&b'\\') {
            return None;
        }
        self.at += end + 1;
        Some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ObjectReader;
    use super::*;
    use crate::json::{self, BodyError};

    /// Reads `text` with both readers. Returns whether this one could read it.
    fn agree(text: &str) -> bool {
        let general: Result<Parameters<'_>, BodyError> =
            json::parse(text, ObjectReader { enclosing: 0 });
        let Some(plain) = read(text) else {
            return false;
        };
        let general = general.unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let same = |a: &Parameter<'_>, b: &Parameter<'_>| match (a, b) {
            (Parameter::Text(a), Parameter::Text(b)) => a == b,
            _ => false,
        };
        assert!(
            same(&plain.code_value, &general.code_value) && same(&plain.open_id, &general.open_id),
            "{text:?}"
        );
        true
    }

    #[test]
    fn the_general_reader_agrees_about_every_request_that_is_plain() {
        let usual = [
            r#"{"codeValue":"28é","openId":"u-1"}"#,
            " {\t\"openId\" : \"\" ,\r\n \"codeValue\": \"\u{7f}😀\" } ",
        ];
        let unusual = [
            r#"{"codeValue":"2\u0038","openId":"u-1"}"#,
            r#"{"codeValue":"28","codeValue":"28"}"#,
            r#"{"codeValue":"28","openId":"u-1","x":1}"#,
            r#"{"codeValue":"28","openid":"u-1"}"#,
            r#"{"codeValue":"28","openId":null}"#,
            r#"{"codeValue":"28"}"#,
            "{}",
            "",
        ];
        assert!(usual.iter().all(|text| agree(text)));
        assert!(!unusual.iter().any(|text| agree(text)));
        // One character more, fewer, or another, at each place.
        let mut plain = 0;
        for text in usual {
            for (at, character) in text.char_indices() {
                let (before, after) = (&text[..at], &text[at + character.len_utf8()..]);
                for other in [
                    "", "\"", "\\", "{", "}", ":", ",", " ", "\n", "\u{1f}", "x", "é",
                ] {
                    plain += usize::from(agree(&format!("{before}{other}{after}")));
                    agree(&format!("{before}{other}{character}{after}"));
                }
            }
        }
        assert!(plain > 50);
    }
}
