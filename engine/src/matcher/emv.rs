//! EMVCo payloads: a lookup parses one once, and finds its rules by what it contains.

use std::collections::HashMap;

use super::cost::{self, Cost};
use super::payload::Payload;
use super::visitor::Visitor;
use crate::rule::{DataObjectId, EmvMatch, TagPath};

/// The most bytes of a data object's value: its length has two digits, and counts characters.
const MAX_VALUE_BYTES: usize = 99 * 4;

/// The text with which each payload begins: its format, version 01.
pub(super) const PAYLOAD_START: &str = "000201";

/// The steps of parsing a template, and comparing a value of it.
const TEMPLATE: u64 = 100;

/// The steps of each byte of a payload, for parsing it and for its checksum.
const PAYLOAD_BYTE: u64 = 2;

/// The `emv` rules of a table.
#[derive(Debug)]
pub(super) struct EmvIndex {
    /// The number of the first of the rules.
    first_rule: u32,
    /// The rules by [`Place`], in the order in which they were passed.
    rules: Box<[EmvRule]>,
    /// The rules with an identifier, by that identifier in upper case.
    by_guid: HashMap<Box<[u8]>, Vec<Place>>,
    /// The rules without an identifier: for each data object that one of them names first, the
    /// rules by its value.
    by_tag: Vec<(TagPath, ByValue)>,
    /// `true` if one of the rules allows empty data objects.
    allow_empty: bool,
}

/// Rules by the value of a data object.
type ByValue = HashMap<Box<str>, Vec<Place>>;

/// The index of a rule in [`EmvIndex::rules`], which is not the rule's number.
#[derive(Clone, Copy, Debug)]
struct Place(u32);

#[derive(Debug)]
struct EmvRule {
    /// The number of the rule.
    rule: u32,
    /// The data objects to compare, without the one by which the rule is found.
    tags: Box<[(TagPath, Box<str>)]>,
    check_crc: bool,
    allow_empty: bool,
}

impl EmvIndex {
    /// Creates the index of `matches`, each with the number of its rule.
    ///
    /// # Complexity
    ///
    /// O(`m` × `p`), where `m` is the number of matches, and `p` that of the different paths which
    /// matches without an identifier name first.
    pub(super) fn new(matches: Vec<(u32, EmvMatch)>) -> Self {
        let first_rule = matches
            .iter()
            .map(|&(rule, _)| rule)
            .min()
            .unwrap_or(u32::MAX);
        let mut rules = Vec::with_capacity(matches.len());
        let mut by_guid: HashMap<Box<[u8]>, Vec<Place>> = HashMap::new();
        let mut by_tag: Vec<(TagPath, ByValue)> = Vec::new();
        let allow_empty = matches.iter().any(|(_, emv)| emv.allow_empty);
        for (
            place,
            (
                rule,
                EmvMatch {
                    guid,
                    mut tags,
                    check_crc,
                    allow_empty,
                },
            ),
        ) in (0..).map(Place).zip(matches)
        {
            match guid {
                Some(guid) => {
                    by_guid
                        .entry(guid.as_bytes().into())
                        .or_default()
                        .push(place);
                }
                None => {
                    // A match without an identifier has at least one data object.
                    let (path, value) = tags.swap_remove(0);
                    let group = match by_tag.iter().position(|(other, _)| *other == path) {
                        Some(group) => group,
                        None => {
                            by_tag.push((path, HashMap::new()));
                            by_tag.len() - 1
                        }
                    };
                    by_tag[group].1.entry(value).or_default().push(place);
                }
            }
            rules.push(EmvRule {
                rule,
                tags: tags.into(),
                check_crc,
                allow_empty,
            });
        }
        Self {
            first_rule,
            rules: rules.into(),
            by_guid,
            by_tag,
            allow_empty,
        }
    }

    /// Calls `visitor` with the numbers of the rules that accept `code`, which begins with
    /// `000201`.
    ///
    /// # Complexity
    ///
    /// O(`n` + `p` × `t`), where `n` is the number of bytes of the payload, `p` that of the paths
    /// in [`Self::by_tag`] and in the rules that are found, and `t` that of the bytes of the
    /// longest template, at most [`MAX_VALUE_BYTES`]. The payload is parsed once, but a template is
    /// parsed again for each path into it.
    pub(super) fn search(&self, code: &str, visitor: &mut impl Visitor) {
        if !visitor.wants(self.first_rule) {
            return;
        }
        visitor.spend(|| (self.first_rule, self.payload_steps(code.len() as u64)));
        let Some(payload) = Payload::parse(code, self.allow_empty) else {
            return;
        };
        // Computed once, and only if a rule that is accepted otherwise needs it.
        let mut crc_is_right = None;
        self.candidates(&payload, |place, beside_empty| {
            let EmvRule {
                rule,
                tags,
                check_crc,
                allow_empty,
            } = &self.rules[place.index()];
            visitor.spend(|| (*rule, self.rules[place.index()].steps()));
            let has = |(path, value): &(TagPath, Box<str>)| {
                let found = payload.value(*path, *allow_empty);
                found.is_some_and(|found| found.text == &**value)
            };
            if visitor.wants(*rule)
                && (*allow_empty || !(payload.has_empty || beside_empty))
                && tags.iter().all(has)
                && (!check_crc || *crc_is_right.get_or_insert_with(|| payload.crc_is_right()))
            {
                visitor.accepted(*rule);
            }
        });
    }

    /// Calls `found` with the rules whose identifier, or whose first data object, `payload` has, and with
    /// `true` if that is in a template with empty data objects. A rule may come more than once.
    fn candidates(&self, payload: &Payload<'_>, mut found: impl FnMut(Place, bool)) {
        if !self.by_guid.is_empty() {
            for id in DataObjectId::merchant_accounts() {
                let sub_field = payload.sub_field(id, DataObjectId::GUID, self.allow_empty);
                let Some(guid) = sub_field else {
                    continue;
                };
                let mut upper = [0; MAX_VALUE_BYTES];
                let upper = &mut upper[..guid.text.len()];
                upper.copy_from_slice(guid.text.as_bytes());
                upper.make_ascii_uppercase();
                self.by_guid
                    .get(&*upper)
                    .into_iter()
                    .flatten()
                    .for_each(|&place| found(place, guid.beside_empty));
            }
        }
        for (path, by_value) in &self.by_tag {
            let Some(value) = payload.value(*path, self.allow_empty) else {
                continue;
            };
            by_value
                .get(value.text)
                .into_iter()
                .flatten()
                .for_each(|&place| found(place, value.beside_empty));
        }
    }

    /// Returns the steps of parsing and checking a payload of `bytes` bytes, and of looking up the
    /// rules that it names.
    fn payload_steps(&self, bytes: u64) -> u64 {
        let guids = match self.by_guid.is_empty() {
            true => 0,
            false => DataObjectId::merchant_accounts().count(),
        };
        let looked_up = (guids + self.by_tag.len()) as u64;
        PAYLOAD_BYTE * bytes + TEMPLATE * looked_up
    }

    /// Returns the most steps that [`Self::search`] can take for any code value, if accepting a rule
    /// takes the steps that `accept` returns.
    pub(super) fn bound(&self, accept: impl Fn(u32) -> u64) -> Cost {
        let group = |places: &Vec<Place>| {
            let rules = places.iter().map(|place| &self.rules[place.index()]);
            let steps = rules.map(|rule| rule.steps().saturating_add(accept(rule.rule)));
            steps.fold(0, u64::saturating_add)
        };
        // A payload has one value for each path, and as many identifiers as it has templates, which
        // may be equal.
        let by_guid = self.by_guid.values().map(group).max().unwrap_or(0);
        let guids = DataObjectId::merchant_accounts().count() as u64;
        let by_tag = |(_, values): &(TagPath, ByValue)| values.values().map(group).max();
        let by_tag = self.by_tag.iter().filter_map(by_tag);
        let found = by_tag.fold(by_guid.saturating_mul(guids), u64::saturating_add);
        Cost {
            fixed: self.payload_steps(0).saturating_add(found),
            linear: PAYLOAD_BYTE * cost::MAX_BYTES,
        }
    }

    /// Returns the numbers of the rules.
    pub(super) fn rules(&self) -> impl Iterator<Item = u32> {
        self.rules.iter().map(|rule| rule.rule)
    }

    /// Returns identifiers that rules look for, in upper case, in an order that a config always has.
    pub(super) fn guids(&self) -> Vec<&str> {
        let guids = self.by_guid.keys().map(|guid| str::from_utf8(guid));
        let mut guids: Vec<&str> = guids.flatten().collect();
        guids.sort_unstable();
        guids
    }

    /// Returns about how many bytes the rules take on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let tag = |(_, value): &(TagPath, Box<str>)| size_of::<(TagPath, Box<str>)>() + value.len();
        let rule = |rule: &EmvRule| size_of::<EmvRule>() + rule.tags.iter().map(tag).sum::<usize>();
        // An entry's key and value have some 48 bytes besides what they point to.
        let found = |key: usize, places: &Vec<Place>| key + 48 + size_of_val(&**places);
        self.rules.iter().map(rule).sum::<usize>()
            + self
                .by_guid
                .iter()
                .map(|(k, v)| found(k.len(), v))
                .sum::<usize>()
            + self
                .by_tag
                .iter()
                .flat_map(|(_, by_value)| by_value)
                .map(|(k, v)| found(k.len(), v))
                .sum::<usize>()
    }
}

impl EmvRule {
    /// Returns the steps of comparing its data objects, each of which may be in a template.
    fn steps(&self) -> u64 {
        TEMPLATE * (1 + self.tags.len() as u64)
    }
}

impl Place {
    const fn index(self) -> usize {
        self.0 as usize
    }
}
