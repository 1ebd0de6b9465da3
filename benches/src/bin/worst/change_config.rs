//! Random changes of a route config.

use codeid_benches::random::Random;
use serde_json::{Value, json};

use crate::candidate::Candidate;

/// The parts that are inserted into patterns and texts.
const PIECES: &[&str] = &[
    ".*",
    ".",
    "[a-z]+",
    "[^/]*",
    "(?:a|b)?",
    "(?:ab|cd)*",
    "{2,9}",
    "{40}",
    r"\d{3}",
    "[a-z0-9]",
    "(?i:s)",
    "é",
    "[à-ÿ中]",
    r"\b",
    "a",
    "b",
    "/",
    "0",
    "x?",
    "(?s:.)",
    r"[\p{IsHan}a-z]{2,20}",
    "(a*)",
    "|a",
    "[a-c].{40}",
];
/// The characters that replace others.
const CHARACTERS: &[char] = &[
    'a', 'b', 'c', 'x', '0', '1', '9', '/', '.', '*', '+', 'é', '中',
];

/// Returns `candidate` with one to four changes; `other` is where a part of the rules may be taken
/// from. Not every config that results is valid.
pub(crate) fn changed_config(
    candidate: &Candidate,
    other: &Candidate,
    random: &mut Random,
) -> Candidate {
    let mut changed = candidate.clone();
    for _ in 0..random.within(1..5) {
        if changed.rules.is_empty() {
            changed.rules.clone_from(&other.rules);
        }
        if changed.rules.is_empty() {
            return changed;
        }
        change(&mut changed, other, random);
    }
    changed
}

/// Applies one change to a config with rules.
fn change(candidate: &mut Candidate, other: &Candidate, random: &mut Random) {
    let rules = &mut candidate.rules;
    let at = random.below(rules.len());
    match random.below(12) {
        0..=2 => change_match(&mut rules[at]["match"], random),
        // Copies of a rule that differ by a number at their end, or their beginning.
        3 | 4 => {
            let count = [2, 10, 50, 200, 1000][random.below(5)];
            let in_front = random.below(3) == 0;
            let copies: Vec<Value> = (0..count)
                .map(|n| numbered(&rules[at], n, in_front))
                .collect();
            rules.splice(at..at, copies);
        }
        5 => {
            let end = (at + random.within(1..1 + rules.len())).min(rules.len());
            rules.drain(at..end);
        }
        6 => {
            let to = random.below(rules.len());
            rules.swap(at, to);
        }
        7 => {
            let canary = canary(random);
            let step = [1, 1, 2, 7][random.below(4)];
            let is_for_all = random.below(2) == 0;
            let last = if is_for_all { rules.len() } else { at + 1 };
            let first = if is_for_all { 0 } else { at };
            for rule in rules[first..last].iter_mut().step_by(step) {
                set_canary(rule, canary.as_ref());
            }
        }
        8 => insert_group(&mut rules[at]),
        9 => candidate.trims = !candidate.trims,
        _ => {
            if !other.rules.is_empty() {
                let from = random.below(other.rules.len());
                let count = random.within(1..1 + other.rules.len());
                let taken: Vec<Value> =
                    other.rules.iter().skip(from).take(count).cloned().collect();
                rules.splice(at..at, taken);
            }
        }
    }
}

/// Returns a canary that refuses most openIds; `None` for one that admits all.
fn canary(random: &mut Random) -> Option<Value> {
    match random.below(5) {
        0 => None,
        1 => Some(json!({ "percentage": 0 })),
        2 => Some(json!({ "percentage": 0.01 })),
        3 => Some(json!({ "percentage": 0.01, "group": format!("g{}", random.below(40)) })),
        _ => Some(json!({ "percentage": 0.01, "allowlist": ["user-1", "user-2"] })),
    }
}

fn set_canary(rule: &mut Value, canary: Option<&Value>) {
    if let Some(members) = rule.as_object_mut() {
        match canary {
            Some(canary) => members.insert("canary".to_owned(), canary.clone()),
            None => members.remove("canary"),
        };
    }
}

/// Makes the whole pattern of a `regex` rule a group, which its template inserts.
fn insert_group(rule: &mut Value) {
    if let Some(pattern) = rule["match"]["regex"].as_str() {
        let pattern = format!("({pattern})");
        rule["match"]["regex"] = json!(pattern);
        rule["action"] = json!({ "type": "DECODE", "codeValue": "x{1}" });
    }
}

/// Returns `rule` with the number `n` after the first text of its match, or in front of it.
fn numbered(rule: &Value, n: usize, in_front: bool) -> Value {
    let mut rule = rule.clone();
    if let Some(text) = first_text(&mut rule["match"]) {
        *text = match in_front {
            true => format!("{n}{text}"),
            false => format!("{text}{n}"),
        };
    }
    rule
}

/// Returns the first string of `value`.
fn first_text(value: &mut Value) -> Option<&mut String> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(values) => values.iter_mut().find_map(first_text),
        Value::Object(members) => members.values_mut().find_map(first_text),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Changes a string of `value` at one place.
fn change_match(value: &mut Value, random: &mut Random) {
    let Some(text) = first_text(value) else {
        return;
    };
    let mut characters: Vec<char> = text.chars().collect();
    let at = random.below(characters.len() + 1);
    match random.below(5) {
        0 => {
            if let Some(c) = characters.get_mut(at) {
                *c = CHARACTERS[random.below(CHARACTERS.len())];
            }
        }
        1 | 2 => {
            let piece = PIECES[random.below(PIECES.len())].chars();
            characters.splice(at..at, piece);
        }
        3 => {
            let end = (at + random.within(1..5)).min(characters.len());
            characters.drain(at..end);
        }
        _ => {
            let end = (at + random.within(2..13)).min(characters.len());
            let part = characters[at..end].repeat(random.within(1..5));
            characters.splice(at..at, part);
        }
    }
    *text = characters.into_iter().collect();
}

#[cfg(test)]
mod tests {
    use codeid_benches::random::Random;

    use super::changed_config;
    use crate::candidate::Candidate;
    use crate::seeds::hostile;

    fn changes(seed: u64) -> Vec<Candidate> {
        let seeds = hostile();
        let mut random = Random::new(seed);
        (0..200)
            .map(|_| {
                let [one, other] = [0, 1].map(|_| random.below(seeds.len()));
                changed_config(&seeds[one], &seeds[other], &mut random)
            })
            .collect()
    }

    #[test]
    fn a_seed_determines_the_changes() {
        assert_eq!(changes(1), changes(1));
        assert_ne!(changes(1), changes(2));
    }
}
