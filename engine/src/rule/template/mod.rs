//! Templates: the text that an action renders from a code value and the groups of a pattern.

mod parse;
mod percent;
mod url;
mod warnings;

pub(super) use self::parse::{Groups, TemplateError};
use self::percent::{is_unreserved, push_encoded};
pub(super) use self::url::is_escape;
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
    Text(Box<str>),
    Insert {
        source: Source,
        /// `true` to percent-encode everything but unreserved characters.
        encode: bool,
    },
}

/// The origin of an inserted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
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
/// The delimiter of a fragment, of which a URL has one.
const FRAGMENT: char = '#';

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

    /// Returns the template of a URL: the same one, with the characters of its own text that a URL
    /// cannot have percent-encoded.
    pub(super) fn of_url(mut self) -> Self {
        for part in &mut self.parts {
            if let Part::Text(text) = part
                && text.bytes().any(|byte| !url::is_allowed(byte))
            {
                let mut encoded = String::with_capacity(3 * text.len());
                push_encoded(text, url::is_allowed, &mut encoded);
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
            Part::Text(text) if destination == Destination::Url && text.contains(FRAGMENT) => {
                1 + text.len() as u64 * ENCODED_BYTE
            }
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
        let mut has_fragment = false;
        for part in &self.parts {
            match part {
                Part::Text(text) if destination == Destination::Url && text.contains(FRAGMENT) => {
                    url::push(text, &mut has_fragment, out);
                }
                Part::Text(text) => out.push_str(text),
                Part::Insert { source, encode } => {
                    let text = match source {
                        Source::Code => code,
                        Source::Group(index) => group(*index),
                    };
                    if *encode {
                        push_encoded(text, is_unreserved, out);
                    } else if destination == Destination::Url {
                        url::push(text, &mut has_fragment, out);
                    } else {
                        out.push_str(text);
                    }
                }
            }
        }
        if destination == Destination::Url {
            url::make_origin_lowercase(&mut out[start..]);
        }
    }
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
            ("{code}#É", "HTTPS://A#B", "https://a#B%23%C3%89"),
            ("https://A.B", "", "https://a.b"),
            ("{code}", "HTTPS://A/100%", "https://a/100%25"),
            (
                "{code}",
                "HTTPS://A/%4%41%zz%%41",
                "https://a/%254%41%25zz%25%41",
            ),
            ("https://a/{code}41", "%", "https://a/%2541"),
            ("https://a/{code}", "%é", "https://a/%25%C3%A9"),
            ("{code}", "HTTPS://A/#b#c##", "https://a/#b%23c%23%23"),
            ("https://a/{code}#top", "b#c", "https://a/b#c%23top"),
            ("https://a/#{code}", "b#c", "https://a/#b%23c"),
            (
                "https://a/{{x}}\\|{code}",
                "{",
                "https://a/%7Bx%7D%5C%7C%7B",
            ),
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
