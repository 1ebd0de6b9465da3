//! Regular expressions of a small grammar, from which matching texts can be drawn, too.

mod grammar;
mod sample;
mod write;

pub use self::write::Dialect;

/// A regular expression as a tree.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub(crate) root: Node,
    /// `true` if it begins with `(?i)`.
    pub(crate) ignore_case: bool,
    /// The names of its capture groups, `None` for a group without a name; the first is group 1.
    pub(crate) groups: Vec<Option<String>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Literal(String),
    Class {
        negated: bool,
        items: Vec<Item>,
    },
    /// One of `d D w W s S`.
    Perl(char),
    /// A property as it is written, with the texts by which it is sampled.
    Property(&'static str, &'static [&'static str]),
    Dot,
    Repeat {
        node: Box<Self>,
        min: u32,
        max: Option<u32>,
        lazy: bool,
    },
    /// A capture group, with a name or only a number.
    Capture(Option<String>, Box<Self>),
    Concat(Vec<Self>),
    Alternate(Vec<Self>),
    /// A group with a flag: `(?i:…)` or `(?s:…)`.
    Flag(char, Box<Self>),
    /// `^`, `$`, `\b`, `\B`, `\A` or `\z`.
    Assertion(&'static str),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Item {
    Char(char),
    Range(char, char),
    Perl(char),
}

impl Pattern {
    pub(crate) fn new(root: Node) -> Self {
        let mut groups = Vec::new();
        root.collect_groups(&mut groups);
        Self {
            root,
            ignore_case: false,
            groups,
        }
    }

    /// Returns the capture groups from number 1 on, each with its name if it has one.
    #[must_use]
    pub fn groups(&self) -> &[Option<String>] {
        &self.groups
    }
}

impl Node {
    fn collect_groups(&self, groups: &mut Vec<Option<String>>) {
        match self {
            Self::Capture(name, inner) => {
                groups.push(name.clone());
                inner.collect_groups(groups);
            }
            Self::Repeat { node, .. } | Self::Flag(_, node) => node.collect_groups(groups),
            Self::Concat(nodes) | Self::Alternate(nodes) => {
                nodes.iter().for_each(|node| node.collect_groups(groups));
            }
            _ => {}
        }
    }
}
