//! The keys that the program declares, over what the sources gave for them.
//!
//! A key is declared where its value is read: name, kind, default and help are the arguments of one
//! call. What `codeid settings` shows and what `config/codeid.toml` lists are the declarations, in
//! their order.

use std::collections::BTreeMap;

use super::error::Problem;
use super::key_version::KeyVersion;
use super::kind::{Kind, Shown};
use super::layers::{Entry, Item, variable_of};
use super::value_source::Source;
use crate::api::settings::Setting;

/// The least similarity of two names, from 0 to 1, at which one is suggested for the other.
const SIMILAR: f64 = 0.4;

/// The keys declared so far, and the problems found in what the sources gave.
#[derive(Debug)]
pub(super) struct Keys {
    items: Vec<Item>,
    /// For each item, `true` once a key was declared that it is for.
    claimed: Vec<bool>,
    /// Problems of items, each with the item's index.
    problems: Vec<(usize, Problem)>,
    /// Problems of values that are each valid by themselves. They count only if there are no others.
    contradictions: Vec<Problem>,
    /// In the order of the declarations.
    declared: Vec<Effective>,
}

/// The value that holds for a key, and the source that gave it.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The key, with dots.
    pub(super) name: String,
    /// The value; `None` if no source gave one and there is no default.
    pub(super) value: Option<Shown>,
    /// The source that gave the value.
    pub(super) source: Source,
    /// The help: one or more lines of sentences.
    pub(super) about: &'static str,
    /// The values that are allowed, as a phrase that can follow "must be".
    pub(super) allowed: String,
}

impl Keys {
    /// Creates a set without keys, over `items`, of which a later one wins.
    pub(super) fn new(items: Vec<Item>) -> Self {
        Self {
            claimed: vec![false; items.len()],
            items,
            problems: Vec::new(),
            contradictions: Vec::new(),
            declared: Vec::new(),
        }
    }

    /// Declares a key that has a default, and returns its value: that of the last source that gave
    /// a valid one, otherwise `default`. Invalid values are noted as problems. `about` is the help.
    pub(super) fn setting<K: Kind>(
        &mut self,
        name: &'static str,
        kind: K,
        default: K::Value,
        about: &'static str,
    ) -> K::Value {
        let (value, source) = self
            .last_given(name, &kind)
            .unwrap_or((default, Source::Default));
        self.declare(name.to_owned(), &kind, Some(&value), source, about);
        value
    }

    /// Declares a key without a default, and returns its value if a source gave a valid one.
    pub(super) fn optional<K: Kind>(
        &mut self,
        name: &'static str,
        kind: K,
        about: &'static str,
    ) -> Option<K::Value> {
        let (value, source) = match self.last_given(name, &kind) {
            Some((value, source)) => (Some(value), source),
            None => (None, Source::Default),
        };
        self.declare(name.to_owned(), &kind, value.as_ref(), source, about);
        value
    }

    /// Declares the keys that consist of `prefix` and a key version, of those that a source gave,
    /// and returns their values, ascending by version.
    pub(super) fn by_key_version<K: Kind>(
        &mut self,
        prefix: &'static str,
        kind: K,
        about: &'static str,
    ) -> Vec<(KeyVersion, K::Value)> {
        let mut names = BTreeMap::new();
        for (index, (item, claimed)) in self.items.iter().zip(&mut self.claimed).enumerate() {
            let Item::Given(Entry { name, source, .. }) = item else {
                continue;
            };
            let Some(version) = name.strip_prefix(prefix) else {
                continue;
            };
            *claimed = true;
            match version.parse::<KeyVersion>() {
                Ok(version) => {
                    names.insert(version, name.clone());
                }
                Err(error) => {
                    let problem = Problem::InvalidKeyVersion {
                        place: source.clone(),
                        key: name.clone(),
                        source: error,
                    };
                    self.problems.push((index, problem));
                }
            }
        }
        let mut values = Vec::new();
        for (version, name) in names {
            if let Some((value, source)) = self.last_given(&name, &kind) {
                self.declare(name, &kind, Some(&value), source, about);
                values.push((version, value));
            }
        }
        values
    }

    /// Returns the names of the keys that were declared so far, in the order of their declaration.
    pub(super) fn names(&self) -> Vec<String> {
        self.declared.iter().map(|key| key.name.clone()).collect()
    }

    /// Notes a problem of values that are each valid by themselves. It counts only if no value is
    /// invalid.
    pub(super) fn contradiction(&mut self, problem: Problem) {
        self.contradictions.push(problem);
    }

    /// Returns the keys in the order of their declaration. To be called once all keys are declared,
    /// since every item that is then left over is for an unknown key.
    ///
    /// # Errors
    ///
    /// Every problem, at least one, in the order of the sources: a value that is overridden must be
    /// valid, too.
    pub(super) fn finish(mut self) -> Result<Vec<Effective>, Vec<Problem>> {
        let claimed = std::mem::take(&mut self.claimed);
        let items = std::mem::take(&mut self.items).into_iter().zip(claimed);
        for (index, (item, is_claimed)) in items.enumerate() {
            let problem = match item {
                Item::Given(_) if is_claimed => continue,
                Item::Given(Entry { name, source, .. }) => Problem::UnknownKey {
                    place: source,
                    nearest: self.nearest(&name),
                    key: name,
                },
                Item::UnknownVariable { variable, name } => Problem::UnknownVariable {
                    variable,
                    nearest: self.nearest(&name).map(|name| variable_of(&name)),
                },
                Item::Problem(problem) => problem,
            };
            self.problems.push((index, problem));
        }
        self.problems.sort_by_key(|(index, _)| *index);
        let problems: Vec<_> = self
            .problems
            .into_iter()
            .map(|(_, problem)| problem)
            .collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        if !self.contradictions.is_empty() {
            return Err(self.contradictions);
        }
        Ok(self.declared)
    }

    /// Reads every value that was given for a key, and returns the last that is valid.
    fn last_given<K: Kind>(&mut self, name: &str, kind: &K) -> Option<(K::Value, Source)> {
        let mut last = None;
        for (index, (item, claimed)) in self.items.iter().zip(&mut self.claimed).enumerate() {
            let Item::Given(entry) = item else {
                continue;
            };
            if entry.name != name {
                continue;
            }
            *claimed = true;
            let source = entry.source.clone();
            match kind.read(&entry.given) {
                Ok(value) => last = Some((value, source)),
                Err(error) => {
                    let (place, key) = (source, name.to_owned());
                    let problem = Problem::Value { place, key, error };
                    self.problems.push((index, problem));
                }
            }
        }
        last
    }

    fn declare<K: Kind>(
        &mut self,
        name: String,
        kind: &K,
        value: Option<&K::Value>,
        source: Source,
        about: &'static str,
    ) {
        self.declared.push(Effective {
            name,
            value: value.map(|value| kind.show(value)),
            source,
            about,
            allowed: kind.to_string(),
        });
    }

    /// Returns the declared name that `name` was most likely meant to be.
    fn nearest(&self, name: &str) -> Option<String> {
        let names = self.declared.iter().map(|key| key.name.as_str());
        names
            .map(|known| (known, strsim::normalized_damerau_levenshtein(known, name)))
            .filter(|(_, similarity)| *similarity >= SIMILAR)
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(known, _)| known.to_owned())
    }

    #[cfg(test)]
    pub(super) fn into_declared(self) -> Vec<Effective> {
        self.declared
    }
}

impl Effective {
    /// Returns the key, with dots.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the setting as the admin plane shows it: numbers and lists as such, `null` for a key without a
    /// value.
    #[must_use]
    pub fn document(&self) -> Setting {
        Setting {
            key: self.name.clone(),
            value: serde_json::to_value(&self.value).unwrap_or_default(),
            source: self.source.document(),
            from: self.source.to_string(),
            about: self.about.to_owned(),
        }
    }

    /// Returns the source that gave the value.
    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// Returns the values that the key allows, as a phrase that can follow "must be".
    #[must_use]
    pub fn allowed(&self) -> &str {
        &self.allowed
    }

    /// Returns the help of the key: one or more lines of sentences.
    #[must_use]
    pub const fn about(&self) -> &'static str {
        self.about
    }
}
