//! Templates: what an action renders from a code value and the groups of a pattern.

use std::fmt::Write as _;

use super::fields::shortened;
use crate::ProblemCode;
use crate::pattern::Pattern;

/// A checked template, which never renders an empty text.
///
/// Source: SPEC.md, section 2.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(Box<str>),
    Insert {
        source: Source,
        /// Percent-encode everything but unreserved characters.
        encode: bool,
    },
}

/// Where an inserted text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Code,
    /// A group of the rule's pattern; empty where it took no part.
    Group(u32),
}

/// What is wrong with a template, and where.
#[derive(Debug)]
pub(super) struct TemplateError {
    /// The character of the template at fault, counted from 0.
    pub(super) index: usize,
    pub(super) code: ProblemCode,
    pub(super) message: String,
    pub(super) hint: Option<&'static str>,
}

/// The groups that placeholders may name.
#[derive(Clone, Copy)]
pub(super) enum Groups<'a> {
    /// The match is no pattern.
    None,
    Of(&'a Pattern),
    /// The match could not be read.
    Unknown,
}

const MAX_CHARACTERS: usize = 2048;
const MAX_PLACEHOLDERS: usize = 16;

impl Template {
    /// `{code}`, the default.
    pub(super) fn code() -> Self {
        Self {
            parts: vec![Part::Insert {
                source: Source::Code,
                encode: false,
            }],
        }
    }

    /// Reads `text`; its placeholders may name the `groups`.
    pub(super) fn parse(text: &str, groups: Groups<'_>) -> Result<Self, Vec<TemplateError>> {
        let mut errors = Vec::new();
        let mut fail = |index, code, message: String, hint| {
            errors.push(TemplateError {
                index,
                code,
                message,
                hint,
            });
        };
        let characters: Vec<char> = text.chars().collect();
        if characters.len() > MAX_CHARACTERS {
            let length = characters.len();
            let message = format!(
                "a template has at most {MAX_CHARACTERS} characters, this one has {length}"
            );
            fail(0, ProblemCode::TemplateTooLong, message, None);
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut placeholders = 0;
        let mut at = 0;
        while at < characters.len() {
            match (characters[at], characters.get(at + 1)) {
                ('{', Some('{')) => {
                    literal.push('{');
                    at += 2;
                }
                ('}', Some('}')) => {
                    literal.push('}');
                    at += 2;
                }
                ('{', _) => {
                    let end = characters[at..].iter().position(|&c| c == '}');
                    let Some(length) = end else {
                        fail(
                            at,
                            ProblemCode::UnbalancedBrace,
                            "a brace is opened and not closed".to_owned(),
                            Some(BRACES),
                        );
                        break;
                    };
                    let name: String = characters[at + 1..at + length].iter().collect();
                    placeholders += 1;
                    if placeholders == MAX_PLACEHOLDERS + 1 {
                        let message =
                            format!("a template has at most {MAX_PLACEHOLDERS} placeholders");
                        fail(at, ProblemCode::TooManyPlaceholders, message, None);
                    }
                    match placeholder(&name, groups) {
                        Ok(insert) => {
                            if !literal.is_empty() {
                                parts.push(Part::Text(std::mem::take(&mut literal).into()));
                            }
                            parts.push(insert);
                        }
                        Err(Refusal {
                            code,
                            message,
                            hint,
                        }) => fail(at, code, message, hint),
                    }
                    at += length + 1;
                }
                ('}', _) => {
                    fail(
                        at,
                        ProblemCode::UnbalancedBrace,
                        "a brace is closed that was not opened".to_owned(),
                        Some(BRACES),
                    );
                    at += 1;
                }
                (c, _) => {
                    literal.push(c);
                    at += 1;
                }
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal.into()));
        }
        let never_empty = match groups {
            Groups::Unknown => true,
            Groups::None => !parts.is_empty(),
            Groups::Of(pattern) => {
                let mut inserted = Vec::new();
                let certain = parts.iter().any(|part| match part {
                    Part::Text(_)
                    | Part::Insert {
                        source: Source::Code,
                        ..
                    } => true,
                    Part::Insert {
                        source: Source::Group(index),
                        ..
                    } => {
                        inserted.push(*index);
                        false
                    }
                });
                certain || pattern.never_all_empty(&inserted)
            }
        };
        if errors.is_empty() && !never_empty {
            let hint = "add text, or a group that takes part in every match and is not empty";
            errors.push(TemplateError {
                index: 0,
                code: ProblemCode::EmptyTemplate,
                message: "the template can render an empty text".to_owned(),
                hint: Some(hint),
            });
        }
        if errors.is_empty() {
            Ok(Self { parts })
        } else {
            Err(errors)
        }
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether the template is just `{code}`.
    pub(crate) fn is_code(&self) -> bool {
        matches!(
            self.parts.as_slice(),
            [Part::Insert {
                source: Source::Code,
                encode: false
            }]
        )
    }

    /// The groups that the template inserts.
    pub(crate) fn groups(&self) -> impl Iterator<Item = u32> {
        self.parts.iter().filter_map(|part| match part {
            Part::Insert {
                source: Source::Group(index),
                ..
            } => Some(*index),
            _ => None,
        })
    }

    /// Appends the rendered text to `out`. `group` tells the text of a group; `for_header` encodes
    /// what cannot stand in a header out of what is inserted.
    pub(crate) fn render<'c>(
        &self,
        code: &'c str,
        group: impl Fn(u32) -> &'c str,
        for_header: bool,
        out: &mut String,
    ) {
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
                    } else if for_header {
                        push_encoded(text, is_unfit_for_header, out);
                    } else {
                        out.push_str(text);
                    }
                }
            }
        }
    }
}

const BRACES: &str = "a brace that means itself is written twice: {{ or }}";

/// Why a placeholder is refused.
struct Refusal {
    code: ProblemCode,
    message: String,
    hint: Option<&'static str>,
}

/// Reads what stands between the braces of a placeholder.
fn placeholder(text: &str, groups: Groups<'_>) -> Result<Part, Refusal> {
    let (name, encode) = match text.split_once(':') {
        None => (text, false),
        Some((name, "url")) => (name, true),
        Some((_, modifier)) => {
            return Err(Refusal {
                code: ProblemCode::UnknownModifier,
                message: format!("unknown modifier :{}", shortened(modifier)),
                hint: Some("the only modifier is :url"),
            });
        }
    };
    let insert = |source| Ok(Part::Insert { source, encode });
    if name == "code" {
        return insert(Source::Code);
    }
    let unknown = |message, hint| {
        Err(Refusal {
            code: ProblemCode::UnknownPlaceholder,
            message,
            hint: Some(hint),
        })
    };
    let shown = shortened(name);
    let pattern = match groups {
        Groups::Of(pattern) => pattern,
        Groups::None => {
            let hint = "without a regex match, {code} is the only placeholder";
            return unknown(format!("unknown placeholder {{{shown}}}"), hint);
        }
        // The pattern's own problem is reported, and no template is used with it: any group will do.
        Groups::Unknown => return insert(Source::Group(1)),
    };
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()) {
        let index = name.parse::<u32>().ok().filter(|_| !name.starts_with('0'));
        let count = pattern.group_count();
        return match index {
            Some(index) if index as usize <= count => insert(Source::Group(index)),
            _ => {
                let message = match count {
                    0 => format!("unknown group {{{shown}}}: the pattern has no groups"),
                    _ => format!(
                        "unknown group {{{shown}}}: the pattern's groups are numbered 1 to {count}"
                    ),
                };
                unknown(message, "the whole match is {code}")
            }
        };
    }
    match pattern.group_named(name) {
        Some(index) => insert(Source::Group(index)),
        None => {
            let hint = "a placeholder is {code}, a group's number, or a group's name";
            unknown(format!("unknown placeholder {{{shown}}}"), hint)
        }
    }
}

/// The unreserved characters of RFC 3986, section 2.3.
fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

fn is_unfit_for_header(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'
        )
}

/// Appends `text`, with the UTF-8 of each character that `must_encode` says percent-encoded.
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
    use super::{Groups, Template};
    use crate::pattern::Pattern;

    fn render(template: &str, code: &str, for_header: bool) -> String {
        let mut out = String::new();
        Template::parse(template, Groups::None)
            .unwrap()
            .render(code, |_| "", for_header, &mut out);
        out
    }

    #[test]
    fn renders() {
        assert_eq!(render("{code}", "a b", false), "a b");
        assert_eq!(render("x{{{code}}}y", "a", false), "x{a}y");
        assert_eq!(render("{code:url}", "a b/é~", false), "a%20b%2F%C3%A9~");
        assert_eq!(
            render("{code}", "a b\"<>\\^`{|}\u{7f}\r\n\u{85}é/", true),
            "a%20b%22%3C%3E%5C%5E%60%7B%7C%7D%7F%0D%0A%C2%85é/"
        );
    }

    #[test]
    fn refuses() {
        let pattern = Pattern::parse("(a)(?P<n>b)?", 100).unwrap();
        for (text, index) in [
            ("é{", 1),
            ("a}b", 1),
            ("{code", 0),
            ("{0}", 0),
            ("{3}", 0),
            ("x{m}", 1),
            ("{}", 0),
            ("{01}", 0),
            ("{n}", 0),
            ("", 0),
            ("{code:uri}", 0),
            ("{code:}", 0),
            ("{ code}", 0),
            ("{-1}", 0),
            ("{1}{x", 3),
            ("{99999999999}", 0),
            ("{Code}", 0),
        ] {
            let errors = Template::parse(text, Groups::Of(&pattern)).unwrap_err();
            assert_eq!(errors[0].index, index, "{text}: {}", errors[0].message);
        }
        for text in ["{1}", "{n}x", "{2:url}-", "{{", "{code}", "{1}{n}"] {
            assert!(
                Template::parse(text, Groups::Of(&pattern)).is_ok(),
                "{text}"
            );
        }
        assert!(Template::parse(&"{code}".repeat(16), Groups::None).is_ok());
        assert!(Template::parse(&"{code}".repeat(17), Groups::None).is_err());
        assert!(Template::parse(&"é".repeat(2048), Groups::None).is_ok());
        assert!(Template::parse(&"é".repeat(2049), Groups::None).is_err());
    }
}
