//! The texts on which a pattern is compared.

use crate::pattern::Pattern;
use crate::pattern::vocabulary::CHARACTERS;
use crate::random::Random;

/// The most characters of a text; longer ones are cut.
const MAX_CHARACTERS: usize = 300;

/// Draws the texts for a pattern: samples of it, samples with changes, and some that have nothing to
/// do with it. None is empty.
pub(crate) fn draw(pattern: &Pattern, random: &mut Random) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for _ in 0..4 {
        texts.push(pattern.sample(random));
    }
    for _ in 0..5 {
        let mut text = pattern.sample(random);
        for _ in 0..=random.below(3) {
            text = changed(&text, random);
        }
        texts.push(text);
    }
    texts.push(
        (0..=random.below(5))
            .map(|_| random.one_of(CHARACTERS))
            .collect(),
    );
    // Before Java 19, word boundaries can be compared on ASCII only.
    let boundary = [r"\b", r"\B"]
        .iter()
        .any(|part| pattern.source.contains(part));
    let mut drawn: Vec<String> = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let text = text.chars().take(MAX_CHARACTERS);
        let text: String = if boundary && i % 2 == 1 {
            text.map(ascii).collect()
        } else {
            text.collect()
        };
        if !text.is_empty() && !drawn.contains(&text) {
            drawn.push(text);
        }
    }
    if drawn.is_empty() {
        drawn.push("a".to_owned());
    }
    drawn
}

fn changed(text: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let place = random.below(characters.len() + 1);
    let c = random.one_of(CHARACTERS);
    match random.below(10) {
        0 | 1 => characters.insert(place, c),
        2 => characters.extend(
            random
                .one_of(&["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\n\r", "\n\n"])
                .chars(),
        ),
        3 => {
            let text: &str = random.one_of(&["\r\n", "\n", "\u{2029}", "\u{b}", " ", "é", "_"]);
            characters.splice(place..place, text.chars());
        }
        4 if place < characters.len() => drop(characters.remove(place)),
        5 if place < characters.len() => characters[place] = c,
        6 if place < characters.len() => characters[place] = neighbour(characters[place], random),
        7 if place < characters.len() => {
            let part = characters[place..].to_vec();
            characters.extend(part);
        }
        8 => {
            characters = characters
                .into_iter()
                .map(|c| if random.chance(50) { other_case(c) } else { c })
                .collect()
        }
        9 if place > 0 => characters.truncate(place),
        _ => characters.insert(0, c),
    }
    characters.into_iter().collect()
}

/// Returns `c`, or an ASCII character in its place.
fn ascii(c: char) -> char {
    if c.is_ascii() {
        c
    } else {
        char::from(c.to_string().as_bytes()[0] & 0x7f)
    }
}

/// Returns the character before or after `c`.
fn neighbour(c: char, random: &mut Random) -> char {
    let code = u32::from(c);
    let code = if random.chance(50) {
        code + 1
    } else {
        code.saturating_sub(1)
    };
    char::from_u32(code).unwrap_or(c)
}

/// Returns a character that is `c` but for its case.
fn other_case(c: char) -> char {
    match c {
        'k' => '\u{212a}',
        's' => 'ſ',
        'i' => 'ı',
        'I' => 'İ',
        'σ' => 'ς',
        'µ' => 'μ',
        _ if c.is_lowercase() => c.to_uppercase().next().unwrap_or(c),
        _ => c.to_lowercase().next().unwrap_or(c),
    }
}
