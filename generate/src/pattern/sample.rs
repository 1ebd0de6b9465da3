//! Draws texts that match a pattern.

use super::{Item, Node, Pattern};
use crate::Entropy;
use crate::vocabulary::{character, vary_case};

impl Pattern {
    pub(crate) fn sample(&self, entropy: &mut Entropy<'_>) -> String {
        let mut text = String::new();
        self.root.sample(self.ignore_case, entropy, &mut text);
        text
    }
}

impl Node {
    /// Appends a text that matches, apart from assertions.
    fn sample(&self, fold: bool, entropy: &mut Entropy<'_>, text: &mut String) {
        match self {
            Self::Literal(literal) if fold => text.push_str(&vary_case(literal, true, entropy)),
            Self::Literal(literal) => text.push_str(literal),
            Self::Class {
                negated: false,
                items,
            } => sample_item(entropy.one_of(items), entropy, text),
            // Any character, perhaps an excluded one, which makes a near miss.
            Self::Class { negated: true, .. } | Self::Dot => text.push(character(entropy)),
            Self::Perl(class) => sample_item(Item::Perl(*class), entropy, text),
            Self::Property(property) => text.push_str(entropy.one_of(property.samples)),
            Self::Repeat { node, min, max, .. } => {
                let most = max.map_or(4, |max| max - min) as usize;
                let count = *min as usize + entropy.below(most + 1);
                (0..count).for_each(|_| node.sample(fold, entropy, text));
            }
            Self::Capture(_, inner) => inner.sample(fold, entropy, text),
            Self::Flag(flag, inner) => inner.sample(fold || *flag == 'i', entropy, text),
            Self::Concat(nodes) => nodes
                .iter()
                .for_each(|node| node.sample(fold, entropy, text)),
            Self::Alternate(nodes) => nodes[entropy.below(nodes.len())].sample(fold, entropy, text),
            Self::Assertion(_) => {}
        }
    }
}

fn sample_item(item: Item, entropy: &mut Entropy<'_>, text: &mut String) {
    match item {
        Item::Char(c) => text.push(c),
        Item::Range(first, last) => {
            let (first, last) = (first as usize, last as usize);
            let drawn = first + entropy.below((last - first + 1).min(65_536));
            let drawn = u32::try_from(drawn).ok().and_then(char::from_u32);
            text.push(drawn.unwrap_or('a'));
        }
        Item::Perl('d') => text.push(entropy.one_of(&['0', '1', '7', '9'])),
        Item::Perl('w') => text.push(entropy.one_of(&['a', 'b', 'k', '0', '_', 'Z'])),
        Item::Perl('s') => text.push(entropy.one_of(&[' ', '\n', '\t', '\u{b}', '\r'])),
        Item::Perl(_) => text.push(character(entropy)),
    }
}
