//! Rules, and codes to identify by them.

use serde_json::{Value, json};

use crate::random::Random;
use crate::shape::{ALL_KINDS, PATTERNS, Shape, TAIL, WITH_AUTOMATA};

/// Rules and codes, the same in every run.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The rules, in order.
    pub rules: Vec<Rule>,
    /// The codes, in random order: ASCII.
    pub codes: Vec<String>,
}

/// A rule, for us and for the peers.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The `match` of the route config.
    pub match_json: Value,
    /// The same for the `regex` crate, to be searched for in the code.
    pub peer_pattern: String,
    /// Whether a canary refuses everybody.
    pub refuses: bool,
}

/// What kinds of rules there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// 55 % `prefix`, 10 % `exact`, 35 % `regex`.
    Patterns,
    /// 33 % `url`, 4 % `emv`, the rest as before.
    All,
    /// As `Patterns`, but 5 % need a real automaton.
    WithAutomata,
}

/// What codes there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// Half hits, two fifths near misses, the rest unrelated; mostly short.
    Usual,
    /// Each code is accepted.
    Hits,
    /// No code has anything to do with a rule.
    Misses,
    /// Each code is a hit with one character more.
    NearMisses,
    /// Half hits, half near misses, of exactly this many bytes.
    OfLength(usize),
}

impl Workload {
    /// `rule_count` rules, and `code_count` codes of rules that are drawn uniformly.
    #[must_use]
    pub fn new(kinds: Kinds, rule_count: usize, mix: Mix, code_count: usize) -> Self {
        let weights = match kinds {
            Kinds::Patterns => PATTERNS,
            Kinds::All => ALL_KINDS,
            Kinds::WithAutomata => WITH_AUTOMATA,
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

    /// The route config.
    #[must_use]
    pub fn config_json(&self) -> String {
        let rule = |(i, rule): (usize, &Rule)| {
            let mut object = json!({
                "id": format!("r{i}"),
                "match": rule.match_json,
                "action": { "type": "DECODE" },
            });
            if rule.refuses {
                object["canary"] = json!({ "percentage": 0 });
            }
            object
        };
        let rules: Vec<Value> = self.rules.iter().enumerate().map(rule).collect();
        json!({ "format": "codeid/1", "version": "bench", "rules": rules }).to_string()
    }

    /// The median and the mean of the codes' lengths in bytes.
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
            refuses: false,
        }
    }

    /// [`Self::peer_pattern`], extended to the whole code.
    #[must_use]
    pub fn whole_pattern(&self) -> String {
        if self.peer_pattern.ends_with(r"\z") {
            self.peer_pattern.clone()
        } else {
            format!(r"{}(?s:.*)\z", self.peer_pattern)
        }
    }
}

/// The shape of rule `i`: any run of a few rules has about the weights' shares, which are hundredths.
fn shape_at(weights: &[(Shape, usize)], i: usize) -> Shape {
    let mut place = i * 37 % 100;
    for (shape, weight) in weights {
        if place < *weight {
            return *shape;
        }
        place -= weight;
    }
    unreachable!("the weights add up to a hundred")
}

fn code(shapes: &[(Shape, usize)], mix: Mix, random: &mut Random) -> String {
    let (shape, n) = shapes[random.below(shapes.len())];
    match (mix, random.below(10)) {
        (Mix::OfLength(length), kind) => code_of_length(shapes, length, kind < 5, random),
        (Mix::Misses, _) | (Mix::Usual, 9) => unrelated(random),
        (Mix::NearMisses, _) | (Mix::Usual, 5..) => {
            let length = usual_length(random);
            let mut sample = shape.sample(n, length, random);
            sample.text.insert(sample.break_at, 'x');
            sample.text
        }
        (Mix::Hits | Mix::Usual, _) => {
            let length = usual_length(random);
            shape.sample(n, length, random).text
        }
    }
}

/// Median 55, mean 98 or about.
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
    loop {
        let (shape, n) = shapes[random.below(shapes.len())];
        let mut sample = shape.sample(n, length, random);
        if !hit {
            sample.text.insert(sample.break_at, 'x');
            if shape.is_open_ended() {
                sample.text.pop();
            }
        }
        // Rules that leave no choice hit a given length now and then, which is fine.
        if sample.text.len() == length {
            return sample.text;
        }
    }
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
