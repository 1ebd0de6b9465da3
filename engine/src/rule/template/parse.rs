//! Reads and checks a template.

use super::{Part, Source, Template};
use crate::ProblemCode;
use crate::pattern::Pattern;
use crate::rule::fields::shortened;

const MAX_CHARACTERS: usize = 2048;
const MAX_PLACEHOLDERS: usize = 16;

/// A problem of a template.
#[derive(Debug)]
pub(in crate::rule) struct TemplateError {
    /// The number of characters before the place of the problem.
    pub(in crate::rule) index: usize,
    /// The kind of the problem, for programs.
    pub(in crate::rule) code: ProblemCode,
    /// One lower-case line without a full stop.
    pub(in crate::rule) message: String,
    /// The way to cure it, if that is known.
    pub(in crate::rule) hint: Option<&'static str>,
}

/// The groups that placeholders may name.
#[derive(Clone, Copy)]
pub(in crate::rule) enum Groups<'a> {
    /// None: the rule's match is not a pattern.
    None,
    /// Those of this pattern.
    In(&'a Pattern),
    /// Any: the rule's match could not be read, which is a problem of its own.
    Unknown,
}

impl Template {
    /// Parses `text`, whose placeholders may name `groups`.
    ///
    /// # Errors
    ///
    /// Every problem of the text, at least one, in order.
    pub(in crate::rule) fn parse(
        text: &str,
        groups: Groups<'_>,
    ) -> Result<Self, Vec<TemplateError>> {
        let mut parser = Parser {
            groups,
            parts: Vec::new(),
            literal: String::new(),
            placeholders: 0,
            errors: Vec::new(),
        };
        parser.read(text);
        let Parser {
            parts, mut errors, ..
        } = parser;
        if errors.is_empty() && !never_empty(&parts, groups) {
            errors.push(TemplateError {
                index: 0,
                code: ProblemCode::EmptyTemplate,
                message: "the template could render to nothing".to_owned(),
                hint: Some("add text, or a group that takes part in every match and is not empty"),
            });
        }
        if errors.is_empty() {
            Ok(Self { parts })
        } else {
            Err(errors)
        }
    }
}

/// Collects the parts and the problems of a template.
struct Parser<'a> {
    groups: Groups<'a>,
    parts: Vec<Part>,
    /// The text since the last placeholder.
    literal: String,
    placeholders: usize,
    errors: Vec<TemplateError>,
}

impl Parser<'_> {
    fn read(&mut self, text: &str) {
        let characters: Vec<char> = text.chars().collect();
        if characters.len() > MAX_CHARACTERS {
            let message = format!(
                "the template has {} characters, more than the {MAX_CHARACTERS} allowed",
                characters.len()
            );
            self.refuse(0, ProblemCode::TemplateTooLong, message, None);
        }
        let mut at = 0;
        while at < characters.len() {
            match (characters[at], characters.get(at + 1)) {
                ('{', Some('{')) => {
                    self.literal.push('{');
                    at += 2;
                }
                ('}', Some('}')) => {
                    self.literal.push('}');
                    at += 2;
                }
                ('{', _) => {
                    let Some(length) = characters[at..].iter().position(|&c| c == '}') else {
                        self.refuse_brace(at, "unclosed brace");
                        break;
                    };
                    let inside: String = characters[at + 1..at + length].iter().collect();
                    self.placeholder(at, &inside);
                    at += length + 1;
                }
                ('}', _) => {
                    self.refuse_brace(at, "closing brace without an opening one");
                    at += 1;
                }
                (c, _) => {
                    self.literal.push(c);
                    at += 1;
                }
            }
        }
        self.end_literal();
    }

    /// Reads the placeholder at the character `at`, with `inside` between its braces.
    fn placeholder(&mut self, at: usize, inside: &str) {
        self.placeholders += 1;
        // Once: the placeholders after it say nothing new.
        if self.placeholders == MAX_PLACEHOLDERS + 1 {
            let message = format!("the template has more than {MAX_PLACEHOLDERS} placeholders");
            self.refuse(at, ProblemCode::TooManyPlaceholders, message, None);
        }
        match read_placeholder(inside, self.groups) {
            Ok(insert) => {
                self.end_literal();
                self.parts.push(insert);
            }
            Err(Refusal {
                code,
                message,
                hint,
            }) => self.refuse(at, code, message, Some(hint)),
        }
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            let text = std::mem::take(&mut self.literal);
            self.parts.push(Part::Text(text.into()));
        }
    }

    fn refuse_brace(&mut self, index: usize, message: &str) {
        let hint = "write a literal brace twice: {{ or }}";
        self.refuse(
            index,
            ProblemCode::UnbalancedBrace,
            message.to_owned(),
            Some(hint),
        );
    }

    fn refuse(
        &mut self,
        index: usize,
        code: ProblemCode,
        message: String,
        hint: Option<&'static str>,
    ) {
        self.errors.push(TemplateError {
            index,
            code,
            message,
            hint,
        });
    }
}

/// Returns `true` if the parts render to at least one character, whatever the rule accepts.
fn never_empty(parts: &[Part], groups: Groups<'_>) -> bool {
    let mut inserted = Vec::new();
    let certain = parts.iter().any(|part| match part {
        // A code value is never empty.
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
    match groups {
        Groups::In(pattern) => certain || pattern.never_all_empty(&inserted),
        Groups::None => certain,
        Groups::Unknown => true,
    }
}

/// The reason for refusing a placeholder.
struct Refusal {
    code: ProblemCode,
    message: String,
    hint: &'static str,
}

/// Reads what stands between the braces of a placeholder.
fn read_placeholder(inside: &str, groups: Groups<'_>) -> Result<Part, Refusal> {
    let (name, encode) = match inside.split_once(':') {
        None => (inside, false),
        Some((name, "url")) => (name, true),
        Some((_, modifier)) => {
            return Err(Refusal {
                code: ProblemCode::UnknownModifier,
                message: format!("unknown modifier :{}", shortened(modifier)),
                hint: "the only modifier is :url",
            });
        }
    };
    let source = if name == "code" {
        Source::Code
    } else {
        Source::Group(read_group(name, groups)?)
    };
    Ok(Part::Insert { source, encode })
}

/// Returns the number of the group that a placeholder names by number or by name.
fn read_group(name: &str, groups: Groups<'_>) -> Result<u32, Refusal> {
    let shown = shortened(name);
    let unknown = |message, hint| Refusal {
        code: ProblemCode::UnknownPlaceholder,
        message,
        hint,
    };
    let pattern = match groups {
        Groups::In(pattern) => pattern,
        Groups::None => {
            let hint = "without a regex match, {code} is the only placeholder";
            return Err(unknown(format!("unknown placeholder {{{shown}}}"), hint));
        }
        // Any number will do: a template of a rule that is refused is not rendered.
        Groups::Unknown => return Ok(1),
    };
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()) {
        let count = pattern.group_count();
        let index = name.parse().ok().filter(|_| !name.starts_with('0'));
        let index = index
            .filter(|&index: &u32| index as usize <= count)
            .ok_or_else(|| {
                let message =
                    format!("unknown group {{{shown}}}, the pattern's group count is {count}");
                unknown(
                    message,
                    "groups are numbered from 1; {code} is the whole match",
                )
            })?;
        return certain(index, name, pattern);
    }
    let index = pattern.group_named(name).ok_or_else(|| {
        let hint = "a placeholder is {code}, a group's number, or a group's name";
        unknown(format!("unknown placeholder {{{shown}}}"), hint)
    })?;
    certain(index, name, pattern)
}

/// Returns `index`, the number of the group that a placeholder names, if its text is certain to be
/// the one that Java finds.
fn certain(index: u32, name: &str, pattern: &Pattern) -> Result<u32, Refusal> {
    if pattern.is_group_certain(index) {
        return Ok(index);
    }
    Err(Refusal {
        code: ProblemCode::UncertainGroup,
        message: format!(
            "the text of the group {{{}}} is not certain to be the one that Java finds",
            shortened(name)
        ),
        hint: "insert only groups that are not inside a repetition, a possessive or an atomic part, of \
               a pattern without a repetition of what can be empty: instead of (a|b)+ write \
               (?:a|b)*(a|b) for the text of the last repetition, or ((?:a|b)+) for that of all",
    })
}

#[cfg(test)]
mod tests {
    use super::{Groups, Template};
    use crate::pattern::Pattern;

    #[test]
    fn problems_have_the_index_of_their_character() {
        let pattern = Pattern::parse("(a)(?<n>b)?", 100).unwrap();
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
            let errors = Template::parse(text, Groups::In(&pattern)).unwrap_err();
            assert_eq!(errors[0].index, index, "{text}: {}", errors[0].message);
        }
        for text in ["{1}", "{n}x", "{2:url}-", "{{", "{code}", "{1}{n}"] {
            assert!(
                Template::parse(text, Groups::In(&pattern)).is_ok(),
                "{text}"
            );
        }
        assert!(Template::parse(&"{code}".repeat(16), Groups::None).is_ok());
        assert!(Template::parse(&"{code}".repeat(17), Groups::None).is_err());
        assert!(Template::parse(&"é".repeat(2048), Groups::None).is_ok());
        assert!(Template::parse(&"é".repeat(2049), Groups::None).is_err());
    }
}
