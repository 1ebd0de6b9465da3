//! The observations of clients in one life of the daemon, and the check that they are possible.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use serde_json::Value;

use crate::http::Answered;
use crate::oracle::{Oracle, PAIRS, named_in, named_in_rule};
use crate::process::Addresses;
use crate::record::{Record, locked};

/// One life of the daemon, from its start to its end.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) number: u32,
    pub(crate) addresses: Addresses,
    /// Set before the daemon is killed or stopped: errors are expected from then on.
    ending: AtomicBool,
    /// Set while all clients leave, so that the daemon is at rest.
    paused: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The number of the config of each generation.
    generations: BTreeMap<u64, u32>,
    /// The numbers of the configs that each RESP connection met, without repetitions.
    walks: Vec<Vec<u32>>,
    /// Answers without a rule, of generations whose config is not known yet.
    pending: Vec<(u64, usize, Value)>,
}

impl Life {
    pub(crate) fn new(number: u32, addresses: Addresses) -> Self {
        Self {
            number,
            addresses,
            ending: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(SeqCst)
    }

    pub(crate) fn end(&self) {
        self.ending.store(true, SeqCst);
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.load(SeqCst)
    }

    pub(crate) fn pause(&self, paused: bool) {
        self.paused.store(paused, SeqCst);
    }

    /// Returns `true` if an error now is unexpected: it is recorded then.
    pub(crate) fn blame(&self, record: &Record, who: &str, error: &str) -> bool {
        if self.is_ending() {
            return false;
        }
        record.violation(&format!("life {}, {who}", self.number), error);
        true
    }

    /// Notes that `generation` is of the config `number`.
    ///
    /// # Errors
    ///
    /// If it is of another.
    pub(crate) fn note(&self, generation: u64, number: u32) -> Result<(), String> {
        let mut seen = locked(&self.seen);
        let known = *seen.generations.entry(generation).or_insert(number);
        if known == number {
            return Ok(());
        }
        Err(format!(
            "generation {generation} is of config {known} and of config {number}"
        ))
    }

    /// Checks one answer over HTTP, which `body` holds.
    ///
    /// # Errors
    ///
    /// If it is not the one of the config of its generation.
    pub(crate) fn check(
        &self,
        oracle: &Oracle,
        answered: &Answered,
        pair: usize,
        body: &Value,
    ) -> Result<(), String> {
        let generation = answered.generation.ok_or("an answer names no generation")?;
        let text = body.get("codeValue").or_else(|| body.get("redirectUrl"));
        let named = match answered.rule.as_deref() {
            Some(rule) => Some(named_in_rule(rule).ok_or_else(|| format!("rule {rule}"))?),
            None => text.and_then(Value::as_str).and_then(named_in),
        };
        if let Some(number) = named {
            self.note(generation, number)?;
            for (pair, body) in self.take_pending(generation) {
                right(oracle, number, pair, None, &body)?;
            }
        }
        let known = locked(&self.seen).generations.get(&generation).copied();
        let Some(number) = known else {
            let pending = (generation, pair, body.clone());
            locked(&self.seen).pending.push(pending);
            return Ok(());
        };
        // A batch names no rules.
        let rule = answered.rule.as_deref();
        right(oracle, number, pair, rule, body)
    }

    /// Returns the answers that wait for the config of `generation` to be known.
    fn take_pending(&self, generation: u64) -> Vec<(usize, Value)> {
        let of_it = |(of, ..): &mut (u64, usize, Value)| *of == generation;
        let mut seen = locked(&self.seen);
        let pending = seen.pending.extract_if(.., of_it);
        pending.map(|(_, pair, body)| (pair, body)).collect()
    }

    /// Notes the configs that a RESP connection met.
    pub(crate) fn walked(&self, walk: Vec<u32>) {
        // A single config is never a step back.
        if walk.len() > 1 {
            locked(&self.seen).walks.push(walk);
        }
    }

    /// Checks, after the end, what could not be checked before. Returns the number of generations
    /// whose config no answer named.
    pub(crate) fn finish(&self, oracle: &Oracle, record: &Record) -> usize {
        let seen = locked(&self.seen);
        let who = format!("life {}", self.number);
        for (generation, pair, body) in &seen.pending {
            let Some(number) = seen.generations.get(generation) else {
                continue;
            };
            if let Err(wrong) = right(oracle, *number, *pair, None, body) {
                record.violation(&who, &wrong);
            }
        }
        for walk in &seen.walks {
            if let Err(wrong) = possible(walk, &seen.generations) {
                record.violation(&who, &wrong);
            }
        }
        let newest = seen
            .generations
            .last_key_value()
            .map_or(0, |(last, _)| *last);
        usize::try_from(newest).unwrap_or(usize::MAX) - seen.generations.len()
    }
}

/// Compares an answer with that of the reference. `rule` is `None` if the answer names none.
fn right(
    oracle: &Oracle,
    number: u32,
    pair: usize,
    rule: Option<&str>,
    body: &Value,
) -> Result<(), String> {
    let config = oracle
        .config(number)
        .ok_or_else(|| format!("config {number} was never given, or long ago"))?;
    let expected = config.answer(pair);
    if *body == expected.body && (rule.is_none() || rule == expected.rule.as_deref()) {
        return Ok(());
    }
    Err(format!(
        "config {number}, {:?}: {body} of rule {rule:?} instead of {} of rule {:?}",
        PAIRS[pair], expected.body, expected.rule
    ))
}

/// Checks that the configs of `walk` follow each other in `generations`, which rise. A generation
/// whose config is unknown may be of any.
fn possible(walk: &[u32], generations: &BTreeMap<u64, u32>) -> Result<(), String> {
    let newest = generations.last_key_value().map_or(0, |(last, _)| *last);
    let mut least = 1;
    for number in walk {
        let fits = |generation: &u64| {
            let known = generations.get(generation);
            known.is_none_or(|known| known == number)
        };
        let found = (least..=newest + 1).find(fits);
        let found = found.ok_or_else(|| {
            format!("a RESP connection went back to config {number}: {walk:?} in {generations:?}")
        })?;
        least = found + 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_never_goes_back() {
        let generations = BTreeMap::from([(1, 10), (2, 11), (3, 10), (5, 13)]);
        for walk in [
            &[10, 11, 10, 13][..],
            &[10, 11, 10, 99, 13],
            &[11, 10],
            &[13, 14],
            &[],
        ] {
            assert_eq!(possible(walk, &generations), Ok(()), "{walk:?}");
        }
        for walk in [&[13, 14, 11][..], &[13, 12, 10], &[11, 10, 99, 98, 97]] {
            assert!(possible(walk, &generations).is_err(), "{walk:?}");
        }
    }
}
