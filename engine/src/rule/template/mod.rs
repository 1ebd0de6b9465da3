//! Templates: the text that an action renders from a code value and the groups of a pattern.

mod parse;
mod warnings;

use std::fmt::Write as _;

pub(super) use self::parse::{Groups, TemplateError};
pub(super) use self::warnings::{TemplateWarning, find as find_warnings};

/// A checked template, which never renders to nothing.
///
/// Source: SPEC.md, section 2.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

/// A piece of a template. No two pieces of text are adjacent, and none is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A text, as it is rendered.
    Text(Box<str>),
    /// A placeholder.
    Insert {
        /// The origin of the text that takes its place.
        source: Source,
        /// `true` to percent-encode everything but unreserved characters.
        encode: bool,
    },
}

/// The origin of an inserted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The code value.
    Code,
    /// A group of the rule's pattern, numbered from 1; empty if it took no part in the match.
    Group(u32),
}

/// The destination of a rendered text, which decides how inserted texts are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// A value: inserted texts stay as they are.
    Value,
    /// A URL that every client opens, and that can stand in an HTTP header: characters that cannot
    /// are percent-encoded, and scheme and host are in lower case.
    Url,
}

/// The number of bytes that are copied in a step.
const COPIED_BYTES: u64 = 16;
/// The steps of percent-encoding a byte.
const ENCODED_BYTE: u64 = 16;

impl Template {
    /// The template `{code}`, which is the default.
    pub(super) fn code() -> Self {
        Self {
            parts: vec![Part::Insert {
                source: Source::Code,
                encode: false,
            }],
        }
    }

    /// Returns the template of a URL: the same one, with the characters of its own text that are not
    /// ASCII percent-encoded.
    pub(super) fn of_url(mut self) -> Self {
        for part in &mut self.parts {
            if let Part::Text(text) = part
                && !text.is_ascii()
            {
                let mut encoded = String::with_capacity(3 * text.len());
                push_encoded(text, |c| !c.is_ascii(), &mut encoded);
                *text = encoded.into();
            }
        }
        self
    }

    /// Returns the parts in the order in which they are rendered, at least one.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns `true` if the template is `{code}`, whose rendered text is the code value itself.
    pub(crate) fn is_code(&self) -> bool {
        matches!(
            self.parts.as_slice(),
            [Part::Insert {
                source: Source::Code,
                encode: false
            }]
        )
    }

    /// Returns the numbers of the groups that the template inserts, in order, some of them
    /// repeatedly.
    pub(crate) fn groups(&self) -> impl Iterator<Item = u32> {
        self.parts.iter().filter_map(|part| match part {
            Part::Insert {
                source: Source::Group(index),
                ..
            } => Some(*index),
            _ => None,
        })
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let texts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.len(),
            Part::Insert { .. } => 0,
        });
        size_of_val(&*self.parts) + texts.sum::<usize>()
    }

    /// Returns the most steps of rendering the template, each of whose insertions has `bytes` bytes at
    /// most.
    pub(super) fn render_steps(&self, bytes: u64, destination: Destination) -> u64 {
        let steps = self.parts.iter().map(|part| match part {
            Part::Text(text) => 1 + text.len() as u64 / COPIED_BYTES,
            Part::Insert { encode: false, .. } if destination == Destination::Value => {
                1 + bytes / COPIED_BYTES
            }
            Part::Insert { .. } => 1 + bytes * ENCODED_BYTE,
        });
        steps.sum()
    }

    /// Appends the rendered text to `out`. `group` returns the text of the group of a number. A URL
    /// begins with `https://`, in any case, and its host.
    pub(crate) fn render<'c>(
        &self,
        code: &'c str,
        group: impl Fn(u32) -> &'c str,
        destination: Destination,
        out: &mut String,
    ) {
        let start = out.len();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Insert { source, encode } => {
                    let text = match source {
                        Source::Code => code,
                        Source::Group(index) => group(*index),
                    };
                    if *encode {
                        push_encoded(text, |c| !is_unreserved(c), out);
                    } else if destination == Destination::Url {
                        push_encoded(text, is_unfit_for_header, out);
                    } else {
                        out.push_str(text);
                    }
                }
            }
        }
        if destination == Destination::Url {
            make_origin_lowercase(&mut out[start..]);
        }
    }
}

/// Returns `true` for the unreserved characters of RFC 3986, section 2.3.
fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

fn is_unfit_for_header(c: char) -> bool {
    !c.is_ascii()
        || c.is_control()
        || matches!(
            c,
            ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'
        )
}

/// Makes scheme, host and port of `url` lower case, which is all that stands before its path, query or
/// fragment: there is no user-info.
fn make_origin_lowercase(url: &mut str) {
    const SCHEME: usize = "https://".len();
    let is_end = |byte: u8| matches!(byte, b'/' | b'?' | b'#');
    let host = url.bytes().skip(SCHEME).position(is_end);
    let end = host.map_or(url.len(), |length| SCHEME + length);
    url[..end].make_ascii_lowercase();
}

/// Appends `text`; of each character for which `must_encode` returns `true`, the UTF-8 bytes are
/// percent-encoded.
fn push_encoded(text: &str, must_encode: impl Fn(char) -> bool, out: &mut String) {
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|&(_, c)| must_encode(c)) {
        out.push_str(&rest[..at]);
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            write!(out, "%{byte:02X}").expect("writing to a string cannot fail");
        }
        rest = &rest[at + c.len_utf8()..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::{Destination, Groups, Template};

    fn render(template: &str, code: &str, destination: Destination) -> String {
        let mut out = String::new();
        let mut template = Template::parse(template, Groups::None).unwrap();
        if destination == Destination::Url {
            template = template.of_url();
        }
        template.render(code, |_| "", destination, &mut out);
        out
    }

    #[test]
    fn inserted_texts_are_encoded_for_their_destination() {
        assert_eq!(render("{code}", "a b", Destination::Value), "a b");
        assert_eq!(render("x{{{code}}}y", "a", Destination::Value), "x{a}y");
        assert_eq!(
            render("{code:url}", "a b/é~", Destination::Value),
            "a%20b%2F%C3%A9~"
        );
        assert_eq!(
            render(
                "https://x/{code}",
                "a b\"<>\\^`{|}\u{7f}\r\n\u{85}é/",
                Destination::Url
            ),
            "https://x/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D%7F%0D%0A%C2%85%C3%A9/"
        );
    }

    #[test]
    fn a_url_is_ascii_with_scheme_and_host_in_lower_case() {
        for (template, code, url) in [
            ("{code}", "HTTPS://A.B", "https://a.b"),
            ("{code}", "HttpS://A.B:8443/C/D", "https://a.b:8443/C/D"),
            ("{code}", "HTTPS://A?B/C", "https://a?B/C"),
            ("{code}#É", "HTTPS://A#B", "https://a#B#%C3%89"),
            ("https://A.B", "", "https://a.b"),
            (
                "https://A/支付{code}",
                "\u{202e}X",
                "https://a/%E6%94%AF%E4%BB%98%E2%80%AEX",
            ),
        ] {
            assert_eq!(render(template, code, Destination::Url), url);
        }
    }

    #[test]
    fn rendering_appends() {
        let mut out = "HTTPS://A/".to_owned();
        let template = Template::parse("{code}", Groups::None).unwrap();
        template.render("HTTPS://B", |_| "", Destination::Url, &mut out);
        assert_eq!(out, "HTTPS://A/https://b");
    }
}
