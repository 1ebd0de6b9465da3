//! EMVCo payloads: parsed once for a lookup, and the rules on them found by what they hold.

use std::collections::HashMap;

use crc::{CRC_16_IBM_3740, Crc};

use super::visitor::Visitor;
use crate::rule::{EmvMatch, TagPath};

/// The checksum of EMVCo payloads, there called CRC-16/CCITT-FALSE.
const CHECKSUM: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);

/// The merchant account templates, which may hold a globally unique identifier.
const MERCHANT_ACCOUNTS: std::ops::RangeInclusive<u8> = 26..=51;
/// The sub-field of such a template that holds it.
const GUID: u8 = 0;
/// The data object that holds the checksum.
const CRC: u8 = 63;

/// A data object's value has at most 99 characters.
const MAX_VALUE_BYTES: usize = 99 * 4;

/// The `emv` rules of a table.
#[derive(Debug)]
pub(super) struct EmvIndex {
    first_rule: u32,
    rules: Box<[EmvRule]>,
    /// By identifier, in upper case, places in `rules`.
    by_guid: HashMap<Box<[u8]>, Vec<u32>>,
    /// For the rules without one: by a data object that all of a group look at, and its value.
    by_tag: Vec<(TagPath, ByValue)>,
}

/// By value, places in the list of rules.
type ByValue = HashMap<Box<str>, Vec<u32>>;

#[derive(Debug)]
struct EmvRule {
    rule: u32,
    /// The data objects to look at besides the one by which the rule is found.
    tags: Box<[(TagPath, Box<str>)]>,
    check_crc: bool,
}

impl EmvIndex {
    pub(super) fn new(matches: Vec<(u32, EmvMatch)>) -> Self {
        let first_rule = matches
            .iter()
            .map(|&(rule, _)| rule)
            .min()
            .unwrap_or(u32::MAX);
        let mut rules = Vec::with_capacity(matches.len());
        let mut by_guid: HashMap<Box<[u8]>, Vec<u32>> = HashMap::new();
        let mut by_tag: Vec<(TagPath, ByValue)> = Vec::new();
        for (
            place,
            (
                rule,
                EmvMatch {
                    guid,
                    mut tags,
                    check_crc,
                },
            ),
        ) in (0..).zip(matches)
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
            });
        }
        Self {
            first_rule,
            rules: rules.into(),
            by_guid,
            by_tag,
        }
    }

    /// Tells `visitor` the rules that accept `code`, of which it is known that it begins `000201`.
    pub(super) fn search(&self, code: &str, visitor: &mut impl Visitor) {
        if !visitor.wants(self.first_rule) {
            return;
        }
        let Some(payload) = Payload::parse(code) else {
            return;
        };
        let mut crc_is_right = None;
        self.candidates(&payload, |place| {
            let EmvRule {
                rule,
                tags,
                check_crc,
            } = &self.rules[place as usize];
            if visitor.wants(*rule)
                && tags.iter().all(|(path, value)| payload.has(*path, value))
                && (!check_crc || *crc_is_right.get_or_insert_with(|| payload.crc_is_right()))
            {
                visitor.accepted(*rule);
            }
        });
    }

    /// The places of the rules whose identifier, or whose first data object, `payload` has.
    fn candidates(&self, payload: &Payload<'_>, mut found: impl FnMut(u32)) {
        if !self.by_guid.is_empty() {
            for id in MERCHANT_ACCOUNTS {
                let Some(guid) = payload.sub_field(id, GUID) else {
                    continue;
                };
                let mut upper = [0; MAX_VALUE_BYTES];
                let upper = &mut upper[..guid.len()];
                upper.copy_from_slice(guid.as_bytes());
                upper.make_ascii_uppercase();
                self.by_guid
                    .get(&*upper)
                    .into_iter()
                    .flatten()
                    .for_each(|&place| found(place));
            }
        }
        for (path, by_value) in &self.by_tag {
            let value = payload.value(*path);
            value
                .and_then(|v| by_value.get(v))
                .into_iter()
                .flatten()
                .for_each(|&p| found(p));
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let tag = |(_, value): &(TagPath, Box<str>)| size_of::<(TagPath, Box<str>)>() + value.len();
        let rule = |rule: &EmvRule| size_of::<EmvRule>() + rule.tags.iter().map(tag).sum::<usize>();
        let found = |key: usize, places: &Vec<u32>| key + 48 + places.len() * 4;
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

/// A payload whose data objects are well formed.
///
/// Source: EMV QR Code Specification for Payment Systems, Merchant-Presented Mode, 1.1, section 3;
/// SPEC.md, section 2.1.
struct Payload<'a> {
    text: &'a str,
    /// By ID, the first data object's value.
    values: [Option<&'a str>; 100],
    /// The last data object.
    last: (u8, &'a str),
}

impl<'a> Payload<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut values = [None; 100];
        let mut last = (0, "");
        let mut objects = DataObjects { rest: text };
        while let Some(object) = objects.next() {
            let (id, value) = object?;
            last = (id, value);
            values[usize::from(id)].get_or_insert(value);
        }
        Some(Self { text, values, last })
    }

    fn value(&self, path: TagPath) -> Option<&'a str> {
        match path.sub_id {
            None => self.values[usize::from(path.id)],
            Some(sub_id) => self.sub_field(path.id, sub_id),
        }
    }

    fn has(&self, path: TagPath, value: &str) -> bool {
        self.value(path) == Some(value)
    }

    /// The first value of a sub-field, if the template is there and well formed.
    fn sub_field(&self, id: u8, sub_id: u8) -> Option<&'a str> {
        let mut found = None;
        let mut objects = DataObjects {
            rest: self.values[usize::from(id)]?,
        };
        while let Some(object) = objects.next() {
            let (id, value) = object?;
            if id == sub_id {
                found.get_or_insert(value);
            }
        }
        found
    }

    fn crc_is_right(&self) -> bool {
        let (id, crc) = self.last;
        let before = &self.text[..self.text.len() - crc.len()];
        id == CRC
            && crc.len() == 4
            && crc.bytes().all(|b| b.is_ascii_hexdigit())
            && u16::from_str_radix(crc, 16) == Ok(CHECKSUM.checksum(before.as_bytes()))
    }
}

/// Takes data objects off a text, one after the other.
struct DataObjects<'a> {
    rest: &'a str,
}

impl<'a> DataObjects<'a> {
    /// The next ID and value; `Some(None)` if what follows is no data object.
    #[expect(clippy::option_option, reason = "the end and a fault are different")]
    fn next(&mut self) -> Option<Option<(u8, &'a str)>> {
        if self.rest.is_empty() {
            return None;
        }
        Some(self.take())
    }

    fn take(&mut self) -> Option<(u8, &'a str)> {
        let header = self.rest.as_bytes().first_chunk::<4>()?;
        if !header.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let two_digits = |tens: u8, ones: u8| (tens - b'0') * 10 + (ones - b'0');
        let id = two_digits(header[0], header[1]);
        let length = usize::from(two_digits(header[2], header[3]));
        let text = &self.rest[4..];
        let end = match text.as_bytes().get(..length) {
            Some(value) if value.is_ascii() => length,
            _ => {
                let mut characters = text.char_indices();
                characters.nth(length.checked_sub(1)?)?;
                characters.offset()
            }
        };
        let (value, rest) = text.split_at(end);
        self.rest = rest;
        (length > 0).then_some((id, value))
    }
}
