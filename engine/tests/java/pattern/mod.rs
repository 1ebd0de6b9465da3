//! Patterns of java.util.regex, drawn from a grammar, and texts that they nearly or really match.

mod class;
mod grammar;
mod mutation;
pub(crate) mod vocabulary;

use crate::random::Random;

/// A pattern, and what is known of it.
pub(crate) struct Pattern {
    pub(crate) source: String,
    /// The pattern with its possessive quantifiers made greedy and its atomic groups plain, if it has
    /// any.
    pub(crate) relaxed: Option<String>,
    pub(crate) uses: Uses,
    tree: Node,
}

/// The constructs that a pattern uses, as far as they decide what is expected of the engine.
#[derive(Clone, Copy, Default)]
pub(crate) struct Uses {
    pub(crate) look_around: bool,
    pub(crate) back_reference: bool,
    pub(crate) possessive: bool,
    /// The pattern was changed at random places after it was drawn: it may use anything.
    pub(crate) mutated: bool,
}

/// A node of a pattern's syntax tree, from which its text is written and texts are sampled.
enum Node {
    /// Source text, and the texts of one of which a sample consists.
    Leaf {
        source: String,
        samples: Vec<String>,
    },
    Concat(Vec<Self>),
    Alternation(Vec<Self>),
    Group {
        /// The opening, such as `(?<n>`.
        open: String,
        /// The opening in the relaxed pattern.
        relaxed_open: String,
        body: Box<Self>,
        /// `false` for a look-around, which consumes nothing.
        consumes: bool,
    },
    Repeat {
        body: Box<Self>,
        quantifier: String,
        /// An empty text, `?` or `+`.
        mode: &'static str,
        min: usize,
        max: usize,
    },
}

/// Returns the names that groups of `source` may have: those that stand where a group could begin.
pub(crate) fn names(source: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in source.split("(?<").skip(1) {
        let Some((name, _)) = part.split_once('>') else {
            continue;
        };
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if plain && !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    names
}

impl Pattern {
    /// Draws the pattern of `random`.
    pub(crate) fn draw(random: &mut Random) -> Self {
        let (tree, mut uses) = grammar::draw(random);
        let mut source = String::new();
        tree.write(false, &mut source);
        let mut relaxed = None;
        if uses.possessive {
            let mut text = String::new();
            tree.write(true, &mut text);
            relaxed = Some(text);
        }
        if random.chance(8) {
            source = mutation::mutated(&source, random);
            relaxed = None;
            uses.mutated = true;
        }
        Self {
            source,
            relaxed,
            uses,
            tree,
        }
    }

    /// Returns a text that the pattern mostly matches.
    pub(crate) fn sample(&self, random: &mut Random) -> String {
        let mut text = String::new();
        self.tree.sample(random, &mut text);
        text
    }
}

impl Node {
    fn leaf(source: impl Into<String>, samples: Vec<String>) -> Self {
        let source = source.into();
        Self::Leaf { source, samples }
    }

    /// A leaf that consumes nothing.
    fn mark(source: impl Into<String>) -> Self {
        Self::leaf(source, Vec::new())
    }

    fn write(&self, relaxed: bool, out: &mut String) {
        match self {
            Self::Leaf { source, .. } => out.push_str(source),
            Self::Concat(nodes) => nodes.iter().for_each(|node| node.write(relaxed, out)),
            Self::Alternation(nodes) => {
                for (i, node) in nodes.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { "|" });
                    node.write(relaxed, out);
                }
            }
            Self::Group {
                open,
                relaxed_open,
                body,
                ..
            } => {
                out.push_str(if relaxed { relaxed_open } else { open });
                body.write(relaxed, out);
                out.push(')');
            }
            Self::Repeat {
                body,
                quantifier,
                mode,
                ..
            } => {
                body.write(relaxed, out);
                out.push_str(quantifier);
                out.push_str(if relaxed && *mode == "+" { "" } else { mode });
            }
        }
    }

    fn sample(&self, random: &mut Random, out: &mut String) {
        /// The length from which a sample takes the fewest repetitions.
        const LONG: usize = 60;
        match self {
            Self::Leaf { samples, .. } => {
                if !samples.is_empty() {
                    out.push_str(&samples[random.below(samples.len())]);
                }
            }
            Self::Concat(nodes) => nodes.iter().for_each(|node| node.sample(random, out)),
            Self::Alternation(nodes) => nodes[random.below(nodes.len())].sample(random, out),
            Self::Group { body, consumes, .. } => {
                if *consumes {
                    body.sample(random, out);
                }
            }
            Self::Repeat { body, min, max, .. } => {
                let most = if out.len() > LONG {
                    *min
                } else {
                    (*max).min(min + 4)
                };
                for _ in 0..min + random.below(most - min + 1) {
                    body.sample(random, out);
                }
            }
        }
    }
}
