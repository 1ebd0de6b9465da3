//! Makes a difference smaller, so that its cause can be seen.

use codeid_engine::Scratch;

use crate::compare::{Comparison, Difference};
use crate::counts::Counts;
use crate::jvm::{Jvm, Question};
use crate::pattern;

/// Returns the smallest difference of the same kind that is reached by removing parts of the pattern
/// and of the text.
pub(crate) fn minimise(mut difference: Difference, jvm: &mut Jvm) -> Difference {
    while let Some(smaller) = smaller(&difference, jvm) {
        difference = smaller;
    }
    difference
}

fn smaller(difference: &Difference, jvm: &mut Jvm) -> Option<Difference> {
    let same_text: Vec<String> = difference.text.iter().cloned().collect();
    let mut cases: Vec<(String, Vec<String>)> = shorter(&difference.pattern)
        .into_iter()
        .map(|pattern| (pattern, same_text.clone()))
        .collect();
    let texts = difference.text.as_deref().map(shorter).unwrap_or_default();
    cases.push((difference.pattern.clone(), texts));
    let names = pattern::names(&difference.pattern);
    let question = |(pattern, texts)| Question {
        pattern,
        names: &names,
        texts,
    };
    let questions: Vec<_> = cases
        .iter()
        .map(|(pattern, texts)| question((pattern, texts)))
        .collect();
    jvm.ask(questions.iter().copied());
    let mut scratch = Scratch::new();
    let mut found = Vec::new();
    for question in questions {
        let java = jvm.answer();
        let comparison = Comparison {
            seed: difference.seed,
            question,
            version: jvm.version,
        };
        found.extend(comparison.differences(&java, &mut scratch, &mut Counts::default()));
    }
    found
        .into_iter()
        .filter(|other| other.kind == difference.kind && other.size() < difference.size())
        .min_by_key(Difference::size)
}

/// Returns `text` without each part of one to eight characters, and with each special pair of
/// characters taken away around what is between them; none is empty.
fn shorter(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut shorter = Vec::new();
    for length in [1, 2, 3, 4, 8, 16] {
        for start in 0..(characters.len() + 1).saturating_sub(length) {
            let mut rest = characters.clone();
            rest.drain(start..start + length);
            shorter.push(rest);
        }
    }
    let opening = characters
        .iter()
        .enumerate()
        .filter(|(_, c)| matches!(c, '(' | '['));
    for (start, _) in opening {
        let closing = characters[start..]
            .iter()
            .enumerate()
            .filter(|(_, c)| matches!(c, ')' | ']'));
        for (distance, _) in closing {
            let mut rest = characters.clone();
            rest.remove(start + distance);
            rest.remove(start);
            shorter.push(rest);
        }
    }
    let texts = shorter.into_iter().filter(|text| !text.is_empty());
    texts.map(|text| text.into_iter().collect()).collect()
}
