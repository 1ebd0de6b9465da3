//! Random changes of a code value.

use codeid_benches::random::Random;
use codeid_engine::CodeValue;
use serde_json::Value;

use crate::candidate::Candidate;

/// The texts that are inserted beside parts of rules.
const PIECES: &[&str] = &[
    "a", "0", "/", ".", "é", "中", "😀", " ", "\n", "\u{3000}", "&", "x", "000201", "6304",
    "2601a", "https://", "S", "ſ",
];
/// The lengths, in characters, to which a repetition extends a code value.
const LENGTHS: &[usize] = &[64, 100, 256, 1000, 1024, 1100, 4096, 8192];

/// Returns the code value of `candidate` with one to three changes: 1 to 8192 characters.
pub(crate) fn changed_code(candidate: &Candidate, random: &mut Random) -> String {
    let mut characters: Vec<char> = candidate.code.chars().collect();
    for _ in 0..random.within(1..4) {
        change(&mut characters, candidate, random);
        characters.truncate(CodeValue::MAX_CHARACTERS);
        if characters.is_empty() {
            characters.push('a');
        }
    }
    characters.into_iter().collect()
}

/// Applies one change.
fn change(characters: &mut Vec<char>, candidate: &Candidate, random: &mut Random) {
    let at = random.below(characters.len() + 1);
    match random.below(9) {
        0 => insert(characters, at, PIECES[random.below(PIECES.len())].chars()),
        1 | 2 => {
            let part = part_of_rule(candidate, random);
            insert(characters, at, part.chars());
        }
        // A part is repeated up to a length, and what follows it stays if there is room.
        3 | 4 => {
            let length = LENGTHS[random.below(LENGTHS.len())];
            let at = at.min(characters.len() - 1);
            let end = (at + random.within(1..17)).min(characters.len());
            let room = length.saturating_sub(characters.len());
            let part = characters[at..end].to_vec();
            insert(characters, end, part.into_iter().cycle().take(room));
        }
        5 => {
            let end = (at + random.within(1..64)).min(characters.len());
            characters.drain(at..end);
        }
        6 => characters.truncate(LENGTHS[random.below(LENGTHS.len())].min(at.max(1))),
        7 => {
            let other = PIECES[random.below(PIECES.len())].chars().next();
            if let (Some(c), Some(other)) = (characters.get_mut(at), other) {
                *c = other;
            }
        }
        // Each of one character becomes another: what a class excludes, or a wider one.
        _ => {
            let from = characters[at.min(characters.len() - 1)];
            let to = PIECES[random.below(PIECES.len())].chars().next();
            for c in characters.iter_mut().filter(|c| **c == from) {
                *c = to.unwrap_or('a');
            }
        }
    }
}

fn insert(characters: &mut Vec<char>, at: usize, more: impl Iterator<Item = char>) {
    characters.splice(at..at, more);
}

/// Returns up to 24 characters of a text of a rule.
fn part_of_rule(candidate: &Candidate, random: &mut Random) -> String {
    let mut texts = Vec::new();
    if !candidate.rules.is_empty() {
        let rule = &candidate.rules[random.below(candidate.rules.len())];
        collect_texts(&rule["match"], &mut texts);
    }
    if texts.is_empty() {
        return "a".to_owned();
    }
    let text = texts[random.below(texts.len())];
    let from = random.below(text.chars().count().max(1));
    let length = random.within(1..25);
    text.chars().skip(from).take(length).collect()
}

/// Adds all strings of `value` to `texts`.
fn collect_texts<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(values) => values.iter().for_each(|v| collect_texts(v, texts)),
        Value::Object(members) => members.values().for_each(|v| collect_texts(v, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use codeid_benches::random::Random;
    use codeid_engine::CodeValue;
    use serde_json::json;

    use super::changed_code;
    use crate::candidate::Candidate;

    #[test]
    fn a_seed_determines_the_changes_and_all_codes_have_a_length_that_is_allowed() {
        let changes = |seed: u64| {
            let matches = [
                json!({ "regex": "ab.*é" }),
                json!({ "emv": { "guid": "A0" } }),
            ];
            let mut candidate = Candidate::new("test", matches, "abé".to_owned());
            let mut random = Random::new(seed);
            let mut all = Vec::new();
            for _ in 0..500 {
                candidate.code = changed_code(&candidate, &mut random);
                assert!(CodeValue::new(&candidate.code).is_ok());
                all.push(candidate.code.clone());
            }
            all
        };
        assert_eq!(changes(1), changes(1));
        assert_ne!(changes(1), changes(2));
        let longest = changes(1).iter().map(|code| code.chars().count()).max();
        assert_eq!(longest, Some(CodeValue::MAX_CHARACTERS));
    }
}
