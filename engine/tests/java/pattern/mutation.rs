//! Patterns changed at random places, most of which are no longer what their author meant.

use crate::random::Random;

/// The characters that have a meaning in patterns.
const SPECIAL: &[&str] = &[
    "(", ")", "[", "]", "{", "}", "\\", "|", "*", "+", "?", "^", "$", ".", "-", "&&", "(?", "(?i)",
    "(?x)", "(?:", ":", "<", ">", "!", "=", ",", "#", " ", "\n", "\\Q", "\\E", "\\p", "1", "a",
    "é", "😀",
];

/// Returns `source` with one to three changes: a character removed, a special one inserted, a part
/// repeated, moved or cut off.
pub(super) fn mutated(source: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = source.chars().collect();
    for _ in 0..=random.below(3) {
        let place = random.below(characters.len() + 1);
        let end = (place + 1 + random.below(4)).min(characters.len());
        match random.below(6) {
            0 | 1 => {
                characters.splice(place..place, random.one_of(SPECIAL).chars());
            }
            2 => {
                characters.drain(place..end);
            }
            3 => {
                let part = characters[place..end].to_vec();
                let to = random.below(characters.len() + 1);
                characters.splice(to..to, part);
            }
            4 if place < characters.len() => {
                let c: Vec<char> = random.one_of(SPECIAL).chars().collect();
                characters.splice(place..=place, c);
            }
            _ if random.chance(20) => characters.truncate(place),
            _ if place + 1 < characters.len() => characters.swap(place, place + 1),
            _ => {}
        }
    }
    without_long_numbers(&characters)
}

/// Returns the characters, without the digits of a number from the third on: in nested repetitions a
/// backtracking engine would count through empty matches for hours.
fn without_long_numbers(characters: &[char]) -> String {
    let mut digits = 0;
    let short = characters.iter().filter(|c| {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        digits < 3
    });
    short.collect()
}
