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
    /// Its capture groups; the first is group 1.
    pub(crate) groups: Vec<Group>,
}

/// A capture group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// `true` if a template may insert its text.
    pub is_certain: bool,
}

/// A predefined class.
#[derive(Debug)]
pub(crate) struct Property {
    /// As a route config writes it.
    pub(crate) route_config: &'static str,
    /// As the `regex` crate does, without a flag.
    pub(crate) regex_crate: &'static str,
    /// Some of its members.
    pub(crate) samples: &'static [&'static str],
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
    Property(&'static Property),
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
        root.collect_groups(!root.has_empty_loop(), &mut groups);
        Self {
            root,
            ignore_case: false,
            groups,
        }
    }

    /// Returns the capture groups from number 1 on.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }
}

impl Node {
    fn collect_groups(&self, is_certain: bool, groups: &mut Vec<Group>) {
        match self {
            Self::Capture(name, inner) => {
                groups.push(Group {
                    name: name.clone(),
                    is_certain,
                });
                inner.collect_groups(is_certain, groups);
            }
            Self::Repeat { node, max, .. } => {
                node.collect_groups(is_certain && *max == Some(1), groups);
            }
            Self::Flag(_, node) => node.collect_groups(is_certain, groups),
            Self::Concat(nodes) | Self::Alternate(nodes) => {
                nodes
                    .iter()
                    .for_each(|node| node.collect_groups(is_certain, groups));
            }
            _ => {}
        }
    }

    /// Returns `true` if a part that can be empty may be repeated more than once.
    fn has_empty_loop(&self) -> bool {
        match self {
            Self::Repeat { node, max, .. } => {
                *max != Some(1) && node.can_be_empty() || node.has_empty_loop()
            }
            Self::Capture(_, node) | Self::Flag(_, node) => node.has_empty_loop(),
            Self::Concat(nodes) | Self::Alternate(nodes) => nodes.iter().any(Self::has_empty_loop),
            _ => false,
        }
    }

    fn has_assertion(&self) -> bool {
        match self {
            Self::Assertion(_) => true,
            Self::Repeat { node, .. } | Self::Capture(_, node) | Self::Flag(_, node) => {
                node.has_assertion()
            }
            Self::Concat(nodes) | Self::Alternate(nodes) => nodes.iter().any(Self::has_assertion),
            _ => false,
        }
    }

    fn can_be_empty(&self) -> bool {
        match self {
            Self::Assertion(_) => true,
            Self::Repeat { node, min, .. } => *min == 0 || node.can_be_empty(),
            Self::Capture(_, node) | Self::Flag(_, node) => node.can_be_empty(),
            Self::Concat(nodes) => nodes.iter().all(Self::can_be_empty),
            Self::Alternate(nodes) => nodes.iter().any(Self::can_be_empty),
            _ => false,
        }
    }
}
