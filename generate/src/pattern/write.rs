//! Writes a pattern as text.

use std::fmt::Write as _;

use super::{Item, Node, Pattern};

/// The dialect in which a pattern is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A route config, which is Java's.
    RouteConfig,
    /// The dialect of the `regex` crate, in which `.`, `\d`, `\w`, `\s` and `\b`, case and some names mean
    /// something else, so that they are spelled out.
    RegexCrate,
}

impl Pattern {
    /// Returns the pattern as it is written in `dialect`.
    #[must_use]
    pub fn text(&self, dialect: Dialect) -> String {
        let mut writer = Writer {
            dialect,
            text: String::new(),
            folds: self.ignore_case,
            dot_takes_all: false,
        };
        if self.ignore_case && dialect == Dialect::RouteConfig {
            writer.text.push_str("(?i)");
        }
        writer.node(&self.root, false);
        writer.text
    }
}

struct Writer {
    dialect: Dialect,
    text: String,
    /// `true` under `(?i)`.
    folds: bool,
    /// `true` under `(?s)`.
    dot_takes_all: bool,
}

impl Writer {
    /// Writes `node`. It is `tight` if an operator follows that applies to the whole node.
    fn node(&mut self, node: &Node, tight: bool) {
        match node {
            Node::Literal(literal) => {
                let group = tight && literal.chars().count() > 1;
                self.grouped(group, |w| literal.chars().for_each(|c| w.character(c)));
            }
            Node::Class { negated, items } => self.class(*negated, items),
            Node::Perl(class) => self.perl(*class),
            Node::Property(property) => self.text.push_str(match self.dialect {
                Dialect::RouteConfig => property.route_config,
                Dialect::RegexCrate => property.regex_crate,
            }),
            Node::Dot => self
                .text
                .push_str(match (self.dialect, self.dot_takes_all) {
                    (Dialect::RouteConfig, _) => ".",
                    (Dialect::RegexCrate, true) => "(?s:.)",
                    (Dialect::RegexCrate, false) => r"[^\n\r\x85\u2028\u2029]",
                }),
            Node::Repeat {
                node,
                min,
                max,
                lazy,
            } => self.grouped(tight, |w| {
                w.node(node, true);
                w.count(*min, *max);
                if *lazy {
                    w.text.push('?');
                }
            }),
            Node::Capture(name, inner) => {
                self.text.push('(');
                if let Some(name) = name {
                    let _ = write!(self.text, "?<{name}>");
                }
                self.node(inner, false);
                self.text.push(')');
            }
            Node::Concat(nodes) => {
                self.grouped(tight, |w| nodes.iter().for_each(|node| w.node(node, false)));
            }
            Node::Alternate(nodes) => self.grouped(true, |w| {
                for (i, node) in nodes.iter().enumerate() {
                    if i > 0 {
                        w.text.push('|');
                    }
                    w.node(node, false);
                }
            }),
            Node::Flag(flag, inner) => self.flag(*flag, inner),
            Node::Assertion(text) => match (self.dialect, *text) {
                (Dialect::RegexCrate, r"\b" | r"\B") => {
                    let _ = write!(self.text, "(?-u:{text})");
                }
                _ => self.grouped(tight, |w| w.text.push_str(text)),
            },
        }
    }

    fn flag(&mut self, flag: char, inner: &Node) {
        let outside = (self.folds, self.dot_takes_all);
        match flag {
            'i' => self.folds = true,
            _ => self.dot_takes_all = true,
        }
        match self.dialect {
            Dialect::RouteConfig => {
                let _ = write!(self.text, "(?{flag}:");
            }
            Dialect::RegexCrate => self.text.push_str("(?:"),
        }
        self.node(inner, false);
        self.text.push(')');
        (self.folds, self.dot_takes_all) = outside;
    }

    fn character(&mut self, c: char) {
        let folds = self.folds && c.is_ascii_alphabetic();
        if folds && self.dialect == Dialect::RegexCrate {
            let (lower, upper) = (c.to_ascii_lowercase(), c.to_ascii_uppercase());
            let _ = write!(self.text, "[{lower}{upper}]");
        } else {
            self.escaped(c, r"\.+*?()|[]{}^$");
        }
    }

    fn grouped(&mut self, group: bool, inner: impl FnOnce(&mut Self)) {
        if group {
            self.text.push_str("(?:");
        }
        inner(self);
        if group {
            self.text.push(')');
        }
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
                let _ = write!(self.text, "[{negation}{}]", perl_members(class));
            }
        }
    }

    fn class(&mut self, negated: bool, items: &[Item]) {
        self.text.push_str(if negated { "[^" } else { "[" });
        let in_crate = self.dialect == Dialect::RegexCrate;
        for item in items {
            match *item {
                Item::Char(c) => self.class_range(c, c),
                Item::Range(first, last) => self.class_range(first, last),
                Item::Perl(class) if !in_crate => {
                    self.text.push('\\');
                    self.text.push(class);
                }
                Item::Perl(class) if class.is_ascii_uppercase() => {
                    let _ = write!(self.text, "[^{}]", perl_members(class));
                }
                Item::Perl(class) => self.text.push_str(perl_members(class)),
            }
        }
        self.text.push(']');
    }

    fn class_range(&mut self, first: char, last: char) {
        self.class_character(first);
        if first != last {
            self.text.push('-');
            self.class_character(last);
        }
        if self.folds && self.dialect == Dialect::RegexCrate {
            let letters = ('A'..='Z').chain('a'..='z');
            for c in letters.filter(|c| (first..=last).contains(c)) {
                self.text.push(if c.is_ascii_lowercase() {
                    c.to_ascii_uppercase()
                } else {
                    c.to_ascii_lowercase()
                });
            }
        }
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
