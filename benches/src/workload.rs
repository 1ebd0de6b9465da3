//! Rules and codes to identify.

use serde_json::{Value, json};

use crate::random::Random;
use crate::shape::{ALL_KINDS, PATTERNS, Shape, TAIL, WITH_AUTOMATA};

/// The most rules that are drawn for a code of a given length.
const MAX_DRAWS: usize = 100_000;

/// Rules and codes, the same in every run.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The rules, in order.
    pub rules: Vec<Rule>,
    /// The codes, in random order: ASCII.
    pub codes: Vec<String>,
}

/// A rule, in the form of the engine and of its peers.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The `match` member of the rule in the route config.
    pub match_json: Value,
    /// The rule as a pattern of the `regex` crate, to search for in a code.
    pub peer_pattern: String,
    /// `true` if the canary refuses every openId.
    pub refuses_all: bool,
    /// The group in which such a canary hashes the openId; `None` if it needs no hash to refuse it.
    pub canary_group: Option<String>,
    /// `true` if the action inserts the first group of the pattern, rather than the code value. A text
    /// stands before it, since a template that could render to nothing is refused.
    pub inserts_group: bool,
}

/// The kinds of rules in a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKinds {
    /// 55 % `prefix`, 10 % `exact`, 35 % `regex`.
    Patterns,
    /// 33 % `url`, 4 % `emv`, 40 % `prefix` or `exact`, the rest `regex`.
    All,
    /// [`Self::Patterns`], but 5 % of the rules need an automaton.
    WithAutomata,
}

/// The codes in a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeMix {
    /// 50 % hits, 40 % near misses, 10 % unrelated, mostly short.
    Usual,
    /// Every code is a hit: a rule accepts it.
    Hits,
    /// Every code is unrelated to the rules.
    Misses,
    /// Every code is a hit with one character too many.
    NearMisses,
    /// Half hits, half near misses, of exactly this number of bytes.
    OfLength(usize),
}

impl Workload {
    /// Draws `rule_count` rules and `code_count` codes. The codes belong to uniformly drawn rules.
    ///
    /// # Panics
    ///
    /// If there are codes but no rules, or, with [`CodeMix::OfLength`], no rule has a code of that length.
    #[must_use]
    pub fn new(kinds: RuleKinds, rule_count: usize, mix: CodeMix, code_count: usize) -> Self {
        let weights = match kinds {
            RuleKinds::Patterns => PATTERNS,
            RuleKinds::All => ALL_KINDS,
            RuleKinds::WithAutomata => WITH_AUTOMATA,
        };
        let shapes: Vec<(Shape, usize)> =
            (0..rule_count).map(|i| (shape_at(weights, i), i)).collect();
        let rules = shapes
            .iter()
            .map(|(shape, n)| Rule::new(shape.match_json(*n), shape.peer_pattern(*n)));
        let mut random = Random::new(0x00c0_de1d);
        let codes = (0..code_count)
            .map(|_| code(&shapes, mix, &mut random))
            .collect();
        Self {
            rules: rules.collect(),
            codes,
        }
    }

    /// Renders the rules as a route config.
    #[must_use]
    pub fn config_json(&self) -> String {
        let rule = |(i, rule): (usize, &Rule)| {
            let mut object = json!({
                "id": format!("r{i}"),
                "match": rule.match_json,
                "action": { "type": "DECODE" },
            });
            if rule.inserts_group {
                object["action"]["codeValue"] = json!("id/{1}");
            }
            if rule.refuses_all {
                object["canary"] = match &rule.canary_group {
                    None => json!({ "percentage": 0 }),
                    Some(group) => json!({ "percentage": 0.01, "group": group }),
                };
            }
            object
        };
        let rules: Vec<Value> = self.rules.iter().enumerate().map(rule).collect();
        json!({ "format": "codeid/1", "version": "bench", "rules": rules }).to_string()
    }

    /// Returns the median and the mean length of the codes in bytes.
    ///
    /// # Panics
    ///
    /// If there are no codes.
    #[must_use]
    pub fn code_lengths(&self) -> (usize, usize) {
        let mut lengths: Vec<usize> = self.codes.iter().map(String::len).collect();
        lengths.sort_unstable();
        (
            lengths[lengths.len() / 2],
            lengths.iter().sum::<usize>() / lengths.len(),
        )
    }
}

impl Rule {
    pub(crate) const fn new(match_json: Value, peer_pattern: String) -> Self {
        Self {
            match_json,
            peer_pattern,
            refuses_all: false,
            canary_group: None,
            inserts_group: false,
        }
    }

    /// Returns [`Self::peer_pattern`], extended to match the whole code.
    #[must_use]
    pub fn whole_pattern(&self) -> String {
        if self.peer_pattern.ends_with(r"\z") {
            self.peer_pattern.clone()
        } else {
            format!(r"{}(?s:.*)\z", self.peer_pattern)
        }
    }
}

/// Returns the shape of rule `i`. Shapes are spread so that any few consecutive rules have about the
/// shares that `weights` gives, in hundredths.
fn shape_at(weights: &[(Shape, usize)], i: usize) -> Shape {
    let mut position = i * 37 % 100;
    for (shape, weight) in weights {
        if position < *weight {
            return *shape;
        }
        position -= weight;
    }
    unreachable!("the weights add up to 100")
}

fn code(shapes: &[(Shape, usize)], mix: CodeMix, random: &mut Random) -> String {
    let (shape, n) = shapes[random.below(shapes.len())];
    match (mix, random.below(10)) {
        (CodeMix::OfLength(length), kind) => code_of_length(shapes, length, kind < 5, random),
        (CodeMix::Misses, _) | (CodeMix::Usual, 9) => unrelated(random),
        (CodeMix::NearMisses, _) | (CodeMix::Usual, 5..) => {
            let length = usual_length(random);
            let mut sample = shape.sample(n, length, random);
            sample.text.insert(sample.break_at, 'x');
            sample.text
        }
        (CodeMix::Hits | CodeMix::Usual, _) => {
            let length = usual_length(random);
            shape.sample(n, length, random).text
        }
    }
}

/// Draws a length in bytes, with a median of about 55 and a mean of about 103.
fn usual_length(random: &mut Random) -> usize {
    match random.below(100) {
        0..50 => random.within(20..56),
        50..85 => random.within(56..96),
        85..95 => random.within(100..260),
        _ => random.within(450..1150),
    }
}

fn code_of_length(
    shapes: &[(Shape, usize)],
    length: usize,
    hit: bool,
    random: &mut Random,
) -> String {
    for _ in 0..MAX_DRAWS {
        let (shape, n) = shapes[random.below(shapes.len())];
        let mut sample = shape.sample(n, length, random);
        if !hit {
            sample.text.insert(sample.break_at, 'x');
            if shape.is_open_ended() {
                sample.text.pop();
            }
        }
        // Rules of fixed length fit only some lengths. Draw until one fits.
        if sample.text.len() == length {
            return sample.text;
        }
    }
    panic!("no rule has a code of {length} bytes")
}

fn unrelated(random: &mut Random) -> String {
    let begin = [
        "https://",
        "https://www.",
        "http://",
        "WIFI:S:",
        "BEGIN:VCARD\n",
        "00020101021129",
        "9",
        "upi://",
    ];
    let mut code = begin[random.below(begin.len())].to_owned();
    let room = usual_length(random).saturating_sub(code.len());
    random.fill(&mut code, TAIL, room.max(1));
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "no rule has a code of 1 bytes")]
    fn a_length_that_no_rule_has_is_no_endless_search() {
        let _ = Workload::new(RuleKinds::Patterns, 10, CodeMix::OfLength(1), 1);
    }
}
