//! Constructs a code value that is expensive to search for.

use super::{Bounds, MAX_CHARACTERS};
use crate::CodeValue;
use crate::matcher::char_class::CharClass;
use crate::matcher::deferred::Deferred;
use crate::matcher::emv::EmvIndex;
use crate::matcher::remainder::SuffixMatcher;
use crate::matcher::segment::Before;
use crate::matcher::text_remainders::{MAX_TRIED, TextRemainder};
use crate::matcher::tree::{Edge, NodeId, Target, Tree};

/// The most steps that trying short code values takes together.
const MAX_TRIED_STEPS: u64 = 40_000_000;
/// The most steps of each of the few long code values among which the costliest is chosen. If longer
/// ones can take more, shorter ones are compared.
const MAX_COMPARED_STEPS: u64 = 10_000_000;
/// The most steps of the code value that is returned: it is shorter than allowed if a longer one could
/// take more.
const MAX_STEPS: u64 = 1_000_000_000;
/// The number of characters after the beginning of a code value that is tried.
const TRIED_CHARACTERS: usize = 96;
/// The most characters that are tried one by one.
const MAX_ALPHABET: usize = 40;
/// The most remainders whose characters are tried.
const MAX_REMAINDERS: usize = 1000;
/// The number of characters that are tried in pairs, the best of all.
const PAIRED: usize = 8;
/// The number of repeated texts that are tried at full length.
const FULL_LENGTH: usize = 3;
/// The characters that are tried beyond those which the rules distinguish: of two, three and four
/// bytes.
const WIDE: [char; 3] = ['é', '中', '😀'];

/// The parts from which code values are put together.
///
/// A beginning leads to the costliest place in the tree. There, remainders read the rest: texts that
/// they must contain, and then a short text repeated, chosen by trying.
pub(in crate::matcher) struct Candidates {
    beginning: String,
    /// The place of the last run of any length in the beginning, in bytes, and a member of its class.
    run: Option<(usize, char)>,
    /// The texts that remainders search for, one after the other.
    texts: String,
    /// A payload's data objects, if there are `emv` rules.
    payload: String,
    alphabet: Vec<char>,
    /// The most steps that any code value takes.
    bound: u64,
}

impl Candidates {
    /// Finds the parts for `tree`, with the steps of accepting each rule.
    pub(in crate::matcher) fn new(tree: &Tree, accept: &[u64]) -> Self {
        let mut bounds = Bounds::new(tree, accept);
        let mut this = Self {
            beginning: String::new(),
            run: None,
            texts: String::new(),
            payload: String::new(),
            alphabet: Vec::new(),
            bound: bounds.node(NodeId::ROOT).total(),
        };
        if let Some(deferred) = this.walk(&mut bounds) {
            this.add_deferred(deferred);
        }
        this.alphabet.truncate(MAX_ALPHABET);
        for c in WIDE.into_iter().chain(['0', 'a']) {
            if !this.alphabet.contains(&c) {
                this.alphabet.push(c);
            }
        }
        this
    }

    /// Extends the beginning along the costliest edges, and returns the deferred endings at its end.
    fn walk<'a>(&mut self, bounds: &mut Bounds<'a>) -> Option<&'a Deferred> {
        let tree = bounds.tree;
        let mut id = NodeId::ROOT;
        loop {
            let node = tree.node(id);
            let deferred = node.deferred.map(|id| tree.deferred(id));
            let mut best = (deferred.map_or(0, |it| bounds.deferred(it).total()), None);
            let mut offer = |steps: u64, text: String, run: bool, edge: Edge| {
                if steps > best.0 {
                    best = (steps, Some((text, run, edge)));
                }
            };
            for run in &tree.runs[node.runs.range()] {
                let text = members(&run.class, run.min.max(1).min(run.max));
                let scan = run.class.run_bound(run.max);
                let beyond = bounds.edge(run.edge).or_linear(scan.linear);
                offer(beyond.total(), text, run.max == u32::MAX, run.edge);
            }
            for runs in &tree.suffixed_runs[node.suffixed_runs.range()] {
                if let Some((reversed, suffix)) = bounds.costliest_suffix(runs) {
                    let before = match suffix.before {
                        Before::Characters { min, .. } => members(&runs.class, min),
                        Before::Labels => "a".to_owned(),
                    };
                    let bytes = reversed.iter().rev().copied().collect();
                    let text = before + &String::from_utf8(bytes).unwrap_or_default();
                    offer(bounds.edge(suffix.edge).total(), text, true, suffix.edge);
                }
            }
            if let Some((bytes, edge)) = bounds.costliest_literal(node.literals) {
                let text = String::from_utf8_lossy(bytes).into_owned();
                offer(bounds.edge(edge).total(), text, false, edge);
            }
            let (_, Some((text, is_run, edge))) = best else {
                return deferred;
            };
            if let Some(first) = text.chars().next().filter(|_| is_run) {
                self.run = Some((self.beginning.len(), first));
            }
            self.beginning.push_str(&text);
            let Target::Node(next) = edge.target() else {
                return deferred;
            };
            id = next;
        }
    }

    fn add_deferred(&mut self, deferred: &Deferred) {
        if let Some(emv) = &deferred.emv {
            self.payload = payload(emv);
        }
        if let Some(with_texts) = &deferred.with_texts {
            // One more than are tried one by one.
            for TextRemainder { text, .. } in with_texts.remainders.iter().take(MAX_TRIED + 1) {
                self.add_text(text);
            }
            self.add_characters(with_texts.class.ranges().take(2).map(|(start, _)| start));
        }
        for remainder in deferred.remainders().take(MAX_REMAINDERS) {
            let representatives: Vec<char> = match &remainder.matcher {
                SuffixMatcher::Automaton(automaton) => automaton.representatives().collect(),
                SuffixMatcher::Assertions(assertions) => assertions.representatives().collect(),
                SuffixMatcher::Contains(contains) => {
                    let (class, text) = (contains.class(), contains.first_text());
                    self.add_text(text);
                    let ranges = class.ranges().take(2);
                    ranges.map(|(start, _)| start).collect()
                }
            };
            self.add_characters(representatives.into_iter());
        }
    }

    fn add_text(&mut self, text: &[u8]) {
        if self.texts.len() + text.len() < CodeValue::MAX_CHARACTERS {
            self.texts.push_str(&String::from_utf8_lossy(text));
        }
    }

    fn add_characters(&mut self, characters: impl Iterator<Item = char>) {
        for c in characters {
            if self.alphabet.len() < 4 * MAX_ALPHABET && !self.alphabet.contains(&c) {
                self.alphabet.push(c);
            }
        }
    }

    /// Returns the costliest of the code values that are tried, at the length that [`MAX_STEPS`] allows;
    /// empty if none takes a step. `steps` returns the steps of one.
    ///
    /// # Complexity
    ///
    /// It tries short code values until they have taken [`MAX_TRIED_STEPS`], and then a few of about
    /// [`MAX_COMPARED_STEPS`] each.
    pub(in crate::matcher) fn costliest(&self, mut steps: impl FnMut(&str) -> u64) -> String {
        let mut left = MAX_TRIED_STEPS;
        let mut tried: Vec<(u64, String)> = Vec::new();
        let mut attempt = |repeated: String, tried: &mut Vec<(u64, String)>| {
            if left == 0 || tried.iter().any(|(_, other)| *other == repeated) {
                return;
            }
            let characters = self.beginning.chars().count() + TRIED_CHARACTERS;
            let taken = steps(&self.filled(&repeated, "", "", characters));
            left = left.saturating_sub(taken);
            tried.push((taken, repeated));
        };
        for c in &self.alphabet {
            attempt(c.to_string(), &mut tried);
        }
        tried.sort_by_key(|&(taken, _)| std::cmp::Reverse(taken));
        let singles: Vec<String> = tried.iter().map(|(_, text)| text.clone()).collect();
        let paired = &singles[..singles.len().min(PAIRED)];
        for first in paired {
            for second in paired {
                attempt(format!("{first}{second}"), &mut tried);
            }
        }
        tried.sort_by_key(|&(taken, _)| std::cmp::Reverse(taken));
        let longer: Vec<String> = tried.iter().take(2).map(|(_, text)| text.clone()).collect();
        for text in &longer {
            for c in &singles {
                attempt(format!("{text}{c}"), &mut tried);
            }
        }
        tried.sort_by_key(|&(taken, _)| std::cmp::Reverse(taken));
        tried.truncate(FULL_LENGTH);

        let compared = self.characters(MAX_COMPARED_STEPS);
        let characters = self.characters(MAX_STEPS);
        let mut most = 0;
        let mut best = String::new();
        let mut offer = |steps: u64, code: String| {
            if steps > most {
                (most, best) = (steps, code);
            }
        };
        let middles = [
            "",
            "é",
            &self.texts,
            &format!("é{}", self.texts),
            &self.payload,
        ];
        for (place, middle) in middles.iter().enumerate() {
            if place > 0 && (middle.is_empty() || middles[..place].contains(middle)) {
                continue;
            }
            for (_, repeated) in &tried {
                let taken = steps(&self.filled(repeated, middle, "", compared));
                offer(taken, self.filled(repeated, middle, "", characters));
            }
        }
        if !self.texts.is_empty() {
            for (_, repeated) in &tried {
                let taken = steps(&self.filled(repeated, "", &self.texts, compared));
                offer(taken, self.filled(repeated, "", &self.texts, characters));
            }
        }
        if let Some(code) = self.stretched(compared) {
            let taken = steps(&code);
            offer(taken, self.stretched(characters).unwrap_or(code));
        }
        best
    }

    /// Returns the beginning with its last run made longer, up to this number of characters.
    fn stretched(&self, characters: usize) -> Option<String> {
        let (at, member) = self.run?;
        let (before, after) = self.beginning.split_at(at);
        let more = characters.saturating_sub(self.beginning.chars().count());
        let run = std::iter::repeat_n(member, more);
        Some(before.chars().chain(run).chain(after.chars()).collect())
    }

    /// Returns the number of characters of a code value that takes about `max_steps` steps at most.
    fn characters(&self, max_steps: u64) -> usize {
        let most = MAX_CHARACTERS.saturating_mul(max_steps) / self.bound.max(1);
        usize::try_from(most.clamp(1, MAX_CHARACTERS)).expect("a code value is short")
    }

    /// Returns the beginning, `middle`, and then `repeated` up to `end`, which has the last of this
    /// number of characters.
    fn filled(&self, repeated: &str, middle: &str, end: &str, characters: usize) -> String {
        let parts = self.beginning.chars().chain(middle.chars());
        let repeated = repeated.chars().cycle();
        let characters = characters.min(CodeValue::MAX_CHARACTERS);
        let before_end = characters.saturating_sub(end.chars().count());
        let filled = parts.chain(repeated).take(before_end);
        filled.chain(end.chars()).take(characters).collect()
    }
}

/// Returns a member of `class`, repeated; a visible one if there is any.
fn members(class: &CharClass, count: u32) -> String {
    let visible = ('0'..='9').chain('!'..='~').find(|&c| class.contains(c));
    let member = visible.or_else(|| class.ranges().next().map(|(start, _)| start));
    let count = (count as usize).min(CodeValue::MAX_CHARACTERS);
    member.map_or_else(String::new, |c| std::iter::repeat_n(c, count).collect())
}

/// Returns data objects with identifiers that rules look for, and then long ones.
fn payload(emv: &EmvIndex) -> String {
    let mut text = String::new();
    for (id, guid) in (26..=51).zip(emv.guids()) {
        let length = guid.len();
        if length + 4 <= 99 {
            text.push_str(&format!("{id}{:02}00{length:02}{guid}", length + 4));
        }
    }
    while text.len() + 103 <= CodeValue::MAX_CHARACTERS {
        text.push_str(&format!("8099{}", "0".repeat(99)));
    }
    text
}
