//! Draws patterns.

use super::{Item, Node, Pattern, Property};
use crate::Entropy;
use crate::vocabulary::{character, word};

impl Pattern {
    pub(crate) fn draw(entropy: &mut Entropy<'_>) -> Self {
        let mut grammar = Grammar { names: 0 };
        let mut nodes = vec![Node::Literal(word(entropy).to_owned())];
        for _ in 0..entropy.below(5) {
            nodes.push(grammar.node(3, entropy));
        }
        if entropy.chance(20) {
            nodes.remove(0);
        }
        if entropy.chance(25) || nodes.is_empty() {
            let min = u32::from(entropy.chance(50));
            nodes.push(repeat(Node::Dot, min, None, entropy));
        }
        if entropy.chance(5) {
            nodes.push(Node::Property(&LINE_ENDING));
        }
        // Anywhere else the engine may have to refuse it.
        if entropy.chance(10) {
            nodes.push(Node::Assertion("$"));
        }
        let mut pattern = Self::new(Node::Concat(nodes));
        pattern.ignore_case = entropy.chance(15);
        pattern
    }
}

/// The predefined classes that patterns use.
const PROPERTIES: &[Property] = &[
    Property {
        route_config: r"\p{IsGreek}",
        regex_crate: r"\p{Greek}",
        samples: &["α", "ω", "Σ"],
    },
    Property {
        route_config: r"\P{script=Greek}",
        regex_crate: r"\P{Greek}",
        samples: &["a", "店"],
    },
    Property {
        route_config: r"\pL",
        regex_crate: r"\p{L}",
        samples: &["a", "é", "店"],
    },
    Property {
        route_config: r"\p{Alpha}",
        regex_crate: "[A-Za-z]",
        samples: &["a", "Z"],
    },
    Property {
        route_config: r"[^\p{Digit}]",
        regex_crate: "[^0-9]",
        samples: &["a", "٣"],
    },
    Property {
        route_config: r"[\p{IsHan}0-9]",
        regex_crate: r"[\p{Han}0-9]",
        samples: &["店", "7"],
    },
    Property {
        route_config: "[0-9&&[^5]]",
        regex_crate: "[0-46-9]",
        samples: &["4", "5"],
    },
    Property {
        route_config: r"\h",
        regex_crate: r"[\t \xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]",
        samples: &[" ", "\t"],
    },
    Property {
        route_config: r"\v",
        regex_crate: r"[\n-\r\x85\u2028\u2029]",
        samples: &["\n", "\r", "\u{2028}"],
    },
];

/// A line ending, of two characters or of one. Java repeats it in a way of its own.
const LINE_ENDING: Property = Property {
    route_config: r"\R",
    regex_crate: r"(?:\r\n|[\n-\r\x85\u2028\u2029])",
    samples: &["\n", "\r\n"],
};

const PERL: &[char] = &['d', 'w', 's', 'D', 'W', 'S'];

struct Grammar {
    names: usize,
}

impl Grammar {
    /// Draws a node of at most `depth` levels.
    fn node(&mut self, depth: usize, entropy: &mut Entropy<'_>) -> Node {
        if depth == 0 {
            return atom(entropy);
        }
        match entropy.below(16) {
            0..=3 => Node::Literal(word(entropy).to_owned()),
            4..=8 => self.repeated(depth, entropy),
            9 => Node::Alternate(self.nodes(2, depth, entropy)),
            10 => Node::Concat(self.nodes(1, depth, entropy)),
            11 | 12 => {
                let name = entropy.chance(40).then(|| {
                    self.names += 1;
                    format!("g{}", self.names)
                });
                let inner = self.node(depth - 1, entropy);
                Node::Capture(name, Box::new(inner))
            }
            13 => {
                let flag = entropy.one_of(&['i', 's']);
                Node::Flag(flag, Box::new(self.node(depth - 1, entropy)))
            }
            14 => Node::Assertion(entropy.one_of(&["^", r"\b", r"\B", r"\A", r"\z"])),
            _ => Node::Property(&PROPERTIES[entropy.below(PROPERTIES.len())]),
        }
    }

    fn nodes(&mut self, at_least: usize, depth: usize, entropy: &mut Entropy<'_>) -> Vec<Node> {
        let count = at_least + entropy.below(3);
        (0..count).map(|_| self.node(depth - 1, entropy)).collect()
    }

    /// Draws a repetition. Its counts are small if more repetitions may be inside, so that patterns
    /// stay within the limits of compilation.
    fn repeated(&mut self, depth: usize, entropy: &mut Entropy<'_>) -> Node {
        let nested = entropy.chance(25);
        let node = if nested {
            self.node(depth - 1, entropy)
        } else {
            atom(entropy)
        };
        let (min, max) = match entropy.below(8) {
            0 => (0, None),
            1 => (1, None),
            2 => (0, Some(1)),
            3 => (2, Some(2)),
            4 => (0, Some(3)),
            5 if !nested => (4, Some(24)),
            6 if !nested => (entropy.below(6).try_into().expect("small"), None),
            _ => (1, Some(3)),
        };
        repeat(node, min, max, entropy)
    }
}

fn repeat(node: Node, min: u32, max: Option<u32>, entropy: &mut Entropy<'_>) -> Node {
    // A part that can be empty and has an assertion is refused where it must be repeated.
    let min = match node.can_be_empty() && node.has_assertion() {
        true => min.min(1),
        false => min,
    };
    Node::Repeat {
        node: Box::new(node),
        min,
        max,
        lazy: entropy.chance(20),
    }
}

/// Draws a character or a word.
fn atom(entropy: &mut Entropy<'_>) -> Node {
    match entropy.below(8) {
        0 => Node::Literal(word(entropy).to_owned()),
        1 => Node::Literal(character(entropy).to_string()),
        2 => Node::Perl(entropy.one_of(PERL)),
        3 => Node::Dot,
        _ => class(entropy),
    }
}

fn class(entropy: &mut Entropy<'_>) -> Node {
    const COMMON: &[&[Item]] = &[
        &[Item::Range('0', '9')],
        &[
            Item::Range('a', 'z'),
            Item::Range('0', '9'),
            Item::Char('-'),
        ],
        &[Item::Range('a', 'z')],
        &[
            Item::Range('a', 'z'),
            Item::Range('A', 'Z'),
            Item::Range('0', '9'),
        ],
        &[Item::Char('a'), Item::Char('b')],
    ];
    let items = if entropy.chance(50) {
        let count = 1 + entropy.below(3);
        (0..count).map(|_| item(entropy)).collect()
    } else {
        entropy.one_of(COMMON).to_vec()
    };
    Node::Class {
        negated: entropy.chance(20),
        items,
    }
}

fn item(entropy: &mut Entropy<'_>) -> Item {
    match entropy.below(4) {
        0 | 1 => Item::Char(character(entropy)),
        2 => {
            let (a, b) = (character(entropy), character(entropy));
            Item::Range(a.min(b), a.max(b))
        }
        _ => Item::Perl(entropy.one_of(PERL)),
    }
}
