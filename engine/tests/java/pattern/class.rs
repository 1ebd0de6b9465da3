//! Classes in brackets.

use super::vocabulary::{
    CHARACTERS, ESCAPES, JAVA_PROPERTIES, ODD_IN_CLASS, POSIX, PREDEFINED, PROPERTIES, RANGES,
};
use crate::random::Random;

/// A class, and some characters that it probably holds.
pub(super) struct Class {
    pub(super) source: String,
    pub(super) members: Vec<char>,
}

#[derive(Clone, Copy)]
enum Item {
    Character,
    Range,
    Escape,
    Predefined,
    Posix,
    Property,
    JavaProperty,
    Nested,
    Odd,
    Comment,
}

/// Draws a class with classes inside it down to `depth`. With `comments`, it may hold blanks and
/// comments, which `(?x)` ignores.
pub(super) fn draw(depth: usize, comments: bool, random: &mut Random) -> Class {
    let mut source = "[".to_owned();
    let negated = random.chance(22);
    if negated {
        source.push('^');
    }
    // The operands of the intersections, each with its members.
    let mut operands: Vec<Vec<char>> = vec![Vec::new()];
    let items = match random.below(20) {
        0 => 0,
        n => 1 + n % 4,
    };
    for i in 0..items {
        if i > 0 && random.chance(16) {
            source.push_str("&&");
            operands.push(Vec::new());
        }
        let (text, members) = item(depth, comments, random);
        source.push_str(&text);
        let operand = operands.last_mut().expect("there is an operand");
        operand.extend(members);
    }
    source.push(']');
    let mut members = operands[0].clone();
    for operand in &operands[1..] {
        let common: Vec<char> = members
            .iter()
            .copied()
            .filter(|c| operand.contains(c))
            .collect();
        members = if common.is_empty() {
            operand.clone()
        } else {
            common
        };
    }
    if negated {
        members = (0..6)
            .map(|_| random.one_of(CHARACTERS))
            .filter(|c| !members.contains(c))
            .collect();
    }
    Class { source, members }
}

fn item(depth: usize, comments: bool, random: &mut Random) -> (String, Vec<char>) {
    let named = |(source, members): (&str, &str)| (source.to_owned(), members.chars().collect());
    let kind = random.weighted(&[
        (300, Item::Character),
        (240, Item::Range),
        (60, Item::Escape),
        (100, Item::Predefined),
        (60, Item::Posix),
        (40, Item::Property),
        (1, Item::JavaProperty),
        (if depth > 0 { 100 } else { 0 }, Item::Nested),
        (100, Item::Odd),
        (if comments { 150 } else { 0 }, Item::Comment),
    ]);
    match kind {
        Item::Character => {
            let c = random.one_of(CHARACTERS);
            let special = matches!(c, '[' | ']' | '\\' | '^' | '-' | '&');
            if special && random.chance(85) {
                (format!("\\{c}"), vec![c])
            } else {
                (c.to_string(), vec![c])
            }
        }
        Item::Range => {
            let (from, to) = random.one_of(RANGES);
            let within = |c: char| from <= c && c <= to;
            let mut members: Vec<char> =
                CHARACTERS.iter().copied().filter(|&c| within(c)).collect();
            members.extend([from, to]);
            (format!("{from}-{to}"), members)
        }
        Item::Escape => named(random.one_of(ESCAPES)),
        Item::Predefined => named(random.one_of(PREDEFINED)),
        Item::Posix => named(random.one_of(POSIX)),
        Item::Property => named(random.one_of(PROPERTIES)),
        Item::JavaProperty => named(random.one_of(JAVA_PROPERTIES)),
        Item::Nested => {
            let class = draw(depth - 1, comments, random);
            (class.source, class.members)
        }
        Item::Odd => named(random.one_of(ODD_IN_CLASS)),
        Item::Comment => (
            random
                .one_of(&[" ", "\n", "\t", "#c\n", " # ]\n"])
                .to_owned(),
            Vec::new(),
        ),
    }
}
