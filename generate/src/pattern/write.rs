//! Writes a pattern as text.

use std::fmt::Write as _;

use super::{Item, Node, Pattern};

/// The dialect in which a pattern is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A route config, in which `\d \w \s \b` mean ASCII.
    RouteConfig,
    /// That of the `regex` crate, in which they do not, so that they are spelled out.
    RegexCrate,
}

impl Pattern {
    /// Returns the pattern as it is written in `dialect`; `None` if that dialect has no pattern of
    /// the same meaning (`(?i)` with `\w` in brackets).
    #[must_use]
    pub fn text(&self, dialect: Dialect) -> Option<String> {
        let mut writer = Writer {
            dialect,
            text: String::new(),
            folding: self.ignore_case,
        };
        if self.ignore_case {
            writer.text.push_str("(?i)");
        }
        writer.node(&self.root, false)?;
        Some(writer.text)
    }
}

struct Writer {
    dialect: Dialect,
    text: String,
    folding: bool,
}

impl Writer {
    /// Writes `node`. It is `tight` if an operator follows that applies to the whole node.
    fn node(&mut self, node: &Node, tight: bool) -> Option<()> {
        match node {
            Node::Literal(literal) => {
                let group = tight && literal.chars().count() > 1;
                self.grouped(group, |w| {
                    literal
                        .chars()
                        .for_each(|c| w.escaped(c, r"\.+*?()|[]{}^$"));
                    Some(())
                })
            }
            Node::Class { negated, items } => self.class(*negated, items),
            Node::Perl(class) => {
                self.perl(*class);
                Some(())
            }
            Node::Property(text, _) => self.verbatim(text),
            Node::Dot => self.verbatim("."),
            Node::Repeat {
                node,
                min,
                max,
                lazy,
            } => self.grouped(tight, |w| {
                w.node(node, true)?;
                w.count(*min, *max);
                if *lazy {
                    w.text.push('?');
                }
                Some(())
            }),
            Node::Capture(name, inner) => {
                match name {
                    Some(name) => write!(self.text, "(?P<{name}>").ok()?,
                    None => self.text.push('('),
                }
                self.node(inner, false)?;
                self.verbatim(")")
            }
            Node::Concat(nodes) => {
                self.grouped(tight, |w| nodes.iter().try_for_each(|node| w.part(node)))
            }
            Node::Alternate(nodes) => self.grouped(true, |w| {
                for (i, node) in nodes.iter().enumerate() {
                    if i > 0 {
                        w.text.push('|');
                    }
                    w.node(node, false)?;
                }
                Some(())
            }),
            Node::Flag(flag, inner) => {
                write!(self.text, "(?{flag}:").ok()?;
                let outside = self.folding;
                self.folding |= *flag == 'i';
                self.node(inner, false)?;
                self.folding = outside;
                self.verbatim(")")
            }
            Node::Assertion(text) => match (self.dialect, *text) {
                (Dialect::RegexCrate, r"\b" | r"\B") => self.verbatim(&format!("(?-u:{text})")),
                _ if tight => self.verbatim(&format!("(?:{text})")),
                _ => self.verbatim(text),
            },
        }
    }

    /// Writes a part of a concatenation, in which a literal needs no group.
    fn part(&mut self, node: &Node) -> Option<()> {
        self.node(node, false)
    }

    fn grouped(&mut self, group: bool, inner: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        if group {
            self.text.push_str("(?:");
        }
        inner(self)?;
        if group {
            self.text.push(')');
        }
        Some(())
    }

    fn verbatim(&mut self, text: &str) -> Option<()> {
        self.text.push_str(text);
        Some(())
    }

    fn escaped(&mut self, c: char, special: &str) {
        if special.contains(c) {
            self.text.push('\\');
        }
        self.text.push(c);
    }

    fn count(&mut self, min: u32, max: Option<u32>) {
        let text = match (min, max) {
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (0, Some(1)) => "?".to_owned(),
            (min, None) => format!("{{{min},}}"),
            (min, Some(max)) if min == max => format!("{{{min}}}"),
            (min, Some(max)) => format!("{{{min},{max}}}"),
        };
        self.text.push_str(&text);
    }

    fn perl(&mut self, class: char) {
        match self.dialect {
            Dialect::RouteConfig => {
                self.text.push('\\');
                self.text.push(class);
            }
            Dialect::RegexCrate => {
                let negation = if class.is_ascii_uppercase() { "^" } else { "" };
                let members = perl_members(class);
                // `(?i)` must not apply inside: `\w` is ASCII whatever the case.
                let _ = write!(self.text, "(?-i:[{negation}{members}])");
            }
        }
    }

    fn class(&mut self, negated: bool, items: &[Item]) -> Option<()> {
        self.text.push_str(if negated { "[^" } else { "[" });
        for item in items {
            match *item {
                Item::Char(c) => self.class_character(c),
                Item::Range(first, last) => {
                    self.class_character(first);
                    self.text.push('-');
                    self.class_character(last);
                }
                Item::Perl(class) if self.dialect == Dialect::RouteConfig => {
                    self.text.push('\\');
                    self.text.push(class);
                }
                Item::Perl('w' | 'W') if self.folding => return None,
                Item::Perl(class) if class.is_ascii_uppercase() => {
                    write!(self.text, "[^{}]", perl_members(class)).ok()?;
                }
                Item::Perl(class) => self.text.push_str(perl_members(class)),
            }
        }
        self.verbatim("]")
    }

    fn class_character(&mut self, c: char) {
        self.escaped(c, r"\[]^-&~");
    }
}

fn perl_members(class: char) -> &'static str {
    match class.to_ascii_lowercase() {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        _ => r"\t\n\x0B\x0C\r ",
    }
}
