//! Patterns made from codes: some characters stay, and others become the class that they belong to.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::shapes::Shape;
use crate::cannot;
use crate::random::Random;

/// The number of characters of a code that a pattern spells out. What follows may be anything.
const SPELLED: usize = 48;

/// Returns the `n`-th pattern of a code, which accepts the code. Digits become `\d`, letters `[A-Za-z]`,
/// and runs of up to five characters of words `\w{1,5}`; half of all characters stay.
pub(super) fn shape_of(code: &str, n: usize) -> Shape {
    let mut random = Random::new(0xde71_0000 + n as u64);
    let mut atoms: Vec<String> = Vec::new();
    let mut rest = code.char_indices().take(SPELLED).peekable();
    // Rules share beginnings of various lengths.
    let beginning = random.below(9);
    while let Some((_, character)) = rest.next() {
        let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let stays = atoms.len() < beginning || !is_word(character);
        atoms.push(match random.below(12) {
            kind if stays || kind < 6 => regex::escape(&character.to_string()),
            6 => {
                let more = random.below(5);
                for _ in 0..more {
                    if rest.next_if(|(_, next)| is_word(*next)).is_none() {
                        break;
                    }
                }
                r"\w{1,5}".to_owned()
            }
            _ if character.is_ascii_digit() => r"\d".to_owned(),
            _ if character.is_ascii_alphabetic() => "[A-Za-z]".to_owned(),
            _ => r"\w".to_owned(),
        });
    }
    let begin = random.below(atoms.len());
    let end = random.within(begin + 1..atoms.len() + 1);
    let [before, group, after] =
        [&atoms[..begin], &atoms[begin..end], &atoms[end..]].map(<[_]>::concat);
    let is_longer = code.chars().nth(SPELLED).is_some();
    let tail = if is_longer { "(?s:.*)" } else { "" };
    Shape::url(format!("{before}({group}){after}{tail}"))
}

/// Reads the codes of a file of JSON Lines, those of a length that code values may have.
///
/// # Errors
///
/// If the file cannot be read, a line is not an object with a text `code`, or no code is left.
pub(super) fn read_corpus(path: &Path) -> io::Result<Vec<String>> {
    let text = fs::read_to_string(path).map_err(cannot("read", path))?;
    let mut codes = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let value: Value = serde_json::from_str(line)?;
        let Some(code) = value["code"].as_str() else {
            let message = format!("{}: line {number} has no text `code`", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        };
        if codeid_engine::CodeValue::new(code).is_ok() {
            codes.push(code.to_owned());
        }
    }
    if codes.is_empty() {
        let message = format!("{} holds no codes", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::shape_of;
    use crate::families::peer_pattern::peer_pattern;
    use crate::families::realistic;
    use crate::random::Random;

    #[test]
    fn a_pattern_accepts_the_code_that_it_is_made_from() {
        for n in 0..200 {
            let code = realistic::code(&mut Random::new(n));
            for variant in 0..3 {
                let pattern = peer_pattern(&shape_of(&code, variant).pattern);
                let regex = regex::Regex::new(&pattern).unwrap();
                assert!(regex.is_match(&code), "{pattern} and {code}");
            }
        }
    }
}
