//! Code values: drawn from a rule, drawn and changed by a character, or unrelated to the rules.

use crate::vocabulary::{character, phrase};
use crate::{Entropy, Rule, emv};

/// The maximum number of characters in a code value.
const MAX_CHARACTERS: usize = 8192;

/// Draws a code value of 1 to 8192 characters.
pub(crate) fn draw(rules: &[Rule], entropy: &mut Entropy<'_>) -> String {
    let code = match entropy.below(10) {
        9 => phrase(entropy),
        _ if rules.is_empty() => phrase(entropy),
        kind => {
            let mut code = rules[entropy.below(rules.len())].matching.sample(entropy);
            if kind >= 5 {
                code = mutated(&code, entropy);
            }
            if entropy.chance(3) {
                let longer = 1 + entropy.below(4000);
                code.extend(std::iter::repeat_n(character(entropy), longer));
            }
            code
        }
    };
    let code: String = code.chars().take(MAX_CHARACTERS).collect();
    if code.is_empty() {
        "a".to_owned()
    } else {
        code
    }
}

/// The characters that are put around codes: most of them are trimmed.
const PADDING: &[char] = &[
    ' ', '\n', '\r', '\t', '\0', '\u{85}', '\u{a0}', '\u{3000}', '\u{feff}', '\u{200b}', 'a',
];

/// Returns `code`, seldom as it is, with characters before and after it, or none but these.
pub(crate) fn with_padding(code: &str, entropy: &mut Entropy<'_>) -> String {
    let mut padding = || -> String {
        let count = entropy.below(3);
        (0..count).map(|_| entropy.one_of(PADDING)).collect()
    };
    let (before, after) = (padding(), padding());
    let inner = if entropy.chance(5) { "" } else { code };
    let padded: String = before
        .chars()
        .chain(inner.chars())
        .chain(after.chars())
        .collect();
    let padded: String = padded.chars().take(MAX_CHARACTERS).collect();
    if padded.is_empty() {
        code.to_owned()
    } else {
        padded
    }
}

/// Returns `code`, with empty data objects in about half of those that are EMVCo payloads.
pub(crate) fn with_empty_objects(code: &str, entropy: &mut Entropy<'_>) -> String {
    if !entropy.chance(50) {
        return code.to_owned();
    }
    let payload = emv::with_empty_object(code, entropy);
    payload
        .filter(|payload| payload.chars().count() <= MAX_CHARACTERS)
        .unwrap_or_else(|| code.to_owned())
}

/// Returns `code` with a character inserted, deleted, replaced, doubled or in the other case, or cut
/// at a character.
fn mutated(code: &str, entropy: &mut Entropy<'_>) -> String {
    let mut characters: Vec<char> = code.chars().collect();
    let place = if entropy.chance(30) {
        characters.len().saturating_sub(1)
    } else {
        entropy.below(characters.len().max(1))
    };
    let kind = entropy.below(6);
    if characters.is_empty() || kind == 0 {
        characters.insert(place, character(entropy));
        return characters.into_iter().collect();
    }
    match kind {
        1 => drop(characters.remove(place)),
        2 => characters[place] = character(entropy),
        3 => characters.insert(place, characters[place]),
        4 => characters.truncate(place),
        _ => characters[place] = other_case(characters[place]),
    }
    characters.into_iter().collect()
}

/// Returns `c` in the other case, or the character outside ASCII that folds to it.
fn other_case(c: char) -> char {
    match c {
        'k' => '\u{212a}',
        's' => 'ſ',
        'é' => 'É',
        _ if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
        _ => c.to_ascii_lowercase(),
    }
}
