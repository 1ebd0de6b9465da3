//! The grammar from which patterns are drawn.

use super::class;
use super::vocabulary::{
    ANCHORS, BAD_ESCAPES, CHARACTERS, ESCAPES, JAVA_PROPERTIES, NAMES, Named, ODD, POSIX,
    PREDEFINED, PROPERTIES, SPECIAL, WHOLE, WORDS,
};
use super::{Node, Uses};
use crate::random::Random;

/// The depth to which groups are nested.
const DEPTH: usize = 4;
/// The number of nodes of a pattern, about.
const NODES: usize = 24;

#[derive(Clone, Copy)]
enum Atom {
    Word,
    Class,
    Predefined,
    Dot,
    LineEnd,
    Posix,
    Property,
    Anchor,
    Group,
    Quote,
    Escape,
    Flags,
    Comment,
    LookAround,
    BackReference,
    Special,
    BadEscape,
    Odd,
}

struct Grammar<'r> {
    random: &'r mut Random,
    uses: Uses,
    /// The number of nodes that may still be drawn.
    nodes: usize,
    groups: usize,
    names: Vec<&'static str>,
    /// `true` where `(?x)` is on, or was when a group began.
    comments: bool,
}

/// Draws a pattern.
pub(super) fn draw(random: &mut Random) -> (Node, Uses) {
    let nodes = 1 + random.below(NODES);
    let mut grammar = Grammar {
        random,
        uses: Uses::default(),
        nodes,
        groups: 0,
        names: Vec::new(),
        comments: false,
    };
    let tree = if grammar.random.chance(3) {
        grammar.whole()
    } else {
        grammar.pattern()
    };
    (tree, grammar.uses)
}

impl Grammar<'_> {
    fn whole(&mut self) -> Node {
        let (source, sample) = self.random.one_of(WHOLE);
        // Their possessive forms change nothing.
        Node::leaf(source, vec![sample.to_owned()])
    }

    /// Draws a pattern, in a third of the cases with flags at its beginning.
    fn pattern(&mut self) -> Node {
        let mut nodes = Vec::new();
        if self.random.chance(35) {
            nodes.push(self.flags());
        }
        nodes.push(self.alternation(DEPTH));
        Node::Concat(nodes)
    }

    fn alternation(&mut self, depth: usize) -> Node {
        if self.random.chance(70) {
            return self.sequence(depth);
        }
        let branches = 2 + self.random.below(3);
        let branch = |_| {
            if self.random.chance(12) {
                Node::mark("")
            } else {
                self.sequence(depth)
            }
        };
        Node::Alternation((0..branches).map(branch).collect())
    }

    fn sequence(&mut self, depth: usize) -> Node {
        let length = self
            .random
            .weighted(&[(1, 0), (8, 1), (8, 2), (6, 3), (3, 4), (2, 6)]);
        let mut nodes = Vec::new();
        for _ in 0..length {
            if self.nodes == 0 {
                break;
            }
            self.nodes -= 1;
            nodes.push(self.item(depth));
        }
        Node::Concat(nodes)
    }

    fn item(&mut self, depth: usize) -> Node {
        let atom = self.atom(depth);
        if !self.random.chance(32) {
            return atom;
        }
        let repeated = self.repeat(atom);
        // A group around a repetition, to be repeated in turn.
        if self.random.chance(10) {
            let (open, capturing) = self.random.one_of(&[("(", true), ("(?:", false)]);
            self.groups += usize::from(capturing);
            let group = group(open, repeated);
            return self.repeat(group);
        }
        repeated
    }

    fn repeat(&mut self, body: Node) -> Node {
        const MANY: usize = 1000;
        let n = self.random.below(4);
        let m = n + self.random.below(3);
        let (mut quantifier, min, max) = match self.random.below(10) {
            0..3 => ("*".to_owned(), 0, MANY),
            3 | 4 => ("+".to_owned(), 1, MANY),
            5 | 6 => ("?".to_owned(), 0, 1),
            7 => (format!("{{{n}}}"), n, n),
            8 => (format!("{{{n},}}"), n, MANY),
            _ => (format!("{{{n},{m}}}"), n, m),
        };
        let mode = self.random.weighted(&[(80, ""), (15, "?"), (5, "+")]);
        self.uses.possessive |= mode == "+";
        if self.comments && self.random.chance(20) {
            // Between a quantifier and what is around it.
            let blank = self.random.one_of(&[" ", "\n", "#?\n"]);
            quantifier = if self.random.chance(70) {
                format!("{blank}{quantifier}")
            } else {
                format!("{quantifier}{blank}")
            };
        }
        Node::Repeat {
            body: Box::new(body),
            quantifier,
            mode,
            min,
            max,
        }
    }

    fn atom(&mut self, depth: usize) -> Node {
        let kind = self.random.weighted(&[
            (560, Atom::Word),
            (320, Atom::Class),
            (180, Atom::Predefined),
            (100, Atom::Dot),
            (24, Atom::LineEnd),
            (60, Atom::Posix),
            (48, Atom::Property),
            (120, Atom::Anchor),
            (if depth > 0 { 360 } else { 0 }, Atom::Group),
            (48, Atom::Quote),
            (80, Atom::Escape),
            (48, Atom::Flags),
            (if self.comments { 300 } else { 0 }, Atom::Comment),
            (6, Atom::LookAround),
            (6, Atom::BackReference),
            (2, Atom::Special),
            (10, Atom::BadEscape),
            (28, Atom::Odd),
        ]);
        match kind {
            Atom::Word => self.word(),
            Atom::Class => {
                let class = class::draw(2, self.comments, self.random);
                Node::leaf(class.source, texts(class.members))
            }
            Atom::Predefined => self.named(PREDEFINED),
            Atom::Dot => {
                let members = (0..4).map(|_| self.random.one_of(CHARACTERS)).collect();
                Node::leaf(".", texts(members))
            }
            Atom::LineEnd => Node::leaf(
                r"\R",
                ["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{b}", "\u{c}"]
                    .map(str::to_owned)
                    .to_vec(),
            ),
            Atom::Posix => self.named(POSIX),
            Atom::Property => self.named(PROPERTIES),
            Atom::Anchor => self.anchor(),
            Atom::Group => self.group(depth - 1),
            Atom::Quote => self.quote(),
            Atom::Escape => self.named(ESCAPES),
            Atom::Flags => self.flags(),
            Atom::Comment => Node::mark(self.random.one_of(&[
                " ",
                "  ",
                "\n",
                "\t",
                "\u{b}",
                "\u{85}",
                "#c\n",
                "# (\r",
                "#\u{2028}",
                "#",
            ])),
            Atom::LookAround => {
                self.uses.look_around = true;
                let open = self.random.one_of(&["(?=", "(?!", "(?<=", "(?<!"]);
                let body = self.sequence(0);
                Node::Group {
                    open: open.to_owned(),
                    relaxed_open: open.to_owned(),
                    body: Box::new(body),
                    consumes: false,
                }
            }
            Atom::BackReference => self.back_reference(),
            Atom::Special => {
                let special = if self.random.chance(70) {
                    SPECIAL
                } else {
                    JAVA_PROPERTIES
                };
                self.named(special)
            }
            Atom::BadEscape => self.named(BAD_ESCAPES),
            Atom::Odd => self.named(ODD),
        }
    }

    /// An anchor, often beside something that may be a line terminator.
    fn anchor(&mut self) -> Node {
        const LINE_ENDS: &[(&str, &str)] = &[
            ("\n", "\n"),
            ("\r\n", "\r\n"),
            ("\r?\n?", "\r\n"),
            (r"\s", "\n"),
            (r"\R", "\r\n"),
            (r"(?:\r\n|[\n\r])", "\r"),
            (r"[^a]", "\u{2028}"),
            ("\u{85}", "\u{85}"),
            (r"\v*", "\n\n"),
        ];
        let anchor = Node::mark(self.random.one_of(ANCHORS));
        let (source, sample) = self.random.one_of(LINE_ENDS);
        let line_end = Node::leaf(source, vec![sample.to_owned()]);
        match self.random.below(6) {
            0 => Node::Concat(vec![anchor, line_end]),
            1 => Node::Concat(vec![line_end, anchor]),
            _ => anchor,
        }
    }

    /// A word, of which what is special in patterns is mostly written literally, as an author who does
    /// not know it would.
    fn word(&mut self) -> Node {
        let word = self.random.one_of(WORDS);
        if self.comments && self.random.chance(50) {
            let source: String = word
                .chars()
                .map(|c| {
                    if c.is_alphanumeric() {
                        c.to_string()
                    } else {
                        format!("\\{c}")
                    }
                })
                .collect();
            return Node::leaf(source, vec![word.to_owned()]);
        }
        Node::leaf(word, vec![word.to_owned()])
    }

    fn named(&mut self, list: &[Named]) -> Node {
        let (source, members) = self.random.one_of(list);
        // The members of a class are its samples; other pieces stand for one text.
        let is_class = source.starts_with(r"\p") || source.starts_with(r"\P") || source.len() == 2;
        let samples = if is_class {
            texts(members.chars().collect())
        } else {
            vec![members.to_owned()]
        };
        Node::leaf(source, samples)
    }

    fn group(&mut self, depth: usize) -> Node {
        let comments = self.comments;
        let open = match self.random.below(20) {
            0..10 => {
                self.groups += 1;
                "(".to_owned()
            }
            10..15 => "(?:".to_owned(),
            15 | 16 => {
                let name = self.random.one_of(NAMES);
                if self.names.contains(&name) && self.random.chance(90) {
                    "(?:".to_owned()
                } else {
                    self.groups += 1;
                    self.names.push(name);
                    format!("(?<{name}>")
                }
            }
            17 | 18 => format!("(?{}:", self.flag_letters()),
            _ => {
                self.uses.possessive = true;
                "(?>".to_owned()
            }
        };
        let body = self.alternation(depth);
        self.comments = comments;
        group(&open, body)
    }

    fn flags(&mut self) -> Node {
        let letters = self.flag_letters();
        Node::mark(format!("(?{letters})"))
    }

    /// Draws letters of flags that are turned on, off, or both.
    fn flag_letters(&mut self) -> String {
        let letters = &[
            "i", "s", "m", "x", "d", "is", "mi", "im", "xi", "sm", "dm", "ds", "imsxd",
        ];
        let on = self.random.one_of(letters);
        let off = self.random.one_of(letters);
        match self.random.below(10) {
            0..7 => {
                self.comments |= on.contains('x');
                on.to_owned()
            }
            7 | 8 => {
                self.comments &= !off.contains('x');
                format!("-{off}")
            }
            _ => {
                self.comments = (self.comments || on.contains('x')) && !off.contains('x');
                format!("{on}-{off}")
            }
        }
    }

    fn quote(&mut self) -> Node {
        let text = match self.random.below(6) {
            0 => self
                .random
                .one_of(&[
                    "", "a.b", "(*)", "[a-z]", "\\", "\\d", "$^", "#x", " a ", "{1}", "1", "a|b",
                    "]", "\\Q",
                ])
                .to_owned(),
            _ => (0..=self.random.below(2))
                .map(|_| self.random.one_of(WORDS))
                .collect(),
        };
        let close = if self.random.chance(96) { r"\E" } else { "" };
        Node::leaf(format!(r"\Q{text}{close}"), vec![text])
    }

    fn back_reference(&mut self) -> Node {
        self.uses.back_reference = true;
        let source = match self.names.last() {
            Some(name) if self.random.chance(50) => format!(r"\k<{name}>"),
            _ => format!(r"\{}", 1 + self.random.below(self.groups + 1)),
        };
        Node::mark(source)
    }
}

fn group(open: &str, body: Node) -> Node {
    Node::Group {
        open: open.to_owned(),
        relaxed_open: open.replace("(?>", "(?:"),
        body: Box::new(body),
        consumes: true,
    }
}

fn texts(members: Vec<char>) -> Vec<String> {
    members.into_iter().map(String::from).collect()
}
