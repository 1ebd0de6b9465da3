//! Samples of the code values that a match accepts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crc::{CRC_16_IBM_3740, Crc};
use regex_syntax::hir::{Capture, Class, ClassUnicodeRange, Hir, HirKind};

use super::language::PAYLOAD_BEGIN;
use crate::CodeValue;
use crate::parameter::is_trimmed;
use crate::rule::{DataObjectId, EmvMatch, RuleMatch};

const CHECKSUM: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);

/// The most parts of an expression that a sample goes through, repetitions counted.
const MAX_PARTS: usize = 20_000;

/// The most members of a class that are tried: more than the characters that trimming removes.
const MAX_TRIMMED: usize = 128;

/// The choice among characters, alternatives and repetitions. Three different samples distinguish
/// most rules.
#[derive(Clone, Copy)]
pub(super) enum Choice {
    /// The first character or alternative, and the fewest repetitions.
    Least,
    /// The last character or alternative, and one repetition more than the fewest.
    Most,
    /// A newline, which `.` does not accept, or the first character or alternative, and one
    /// repetition more than the fewest.
    Newline,
}

impl Choice {
    /// Every choice, in the order in which samples are looked up.
    pub(super) const ALL: [Self; 3] = [Self::Least, Self::Most, Self::Newline];
}

/// Returns a text that `rule_match`, whose language is `language`, probably accepts; `None` if it
/// would be too long or take too long.
///
/// The text ignores look-around assertions, and conditions on a payload that contradict each other. If
/// `trim` is `true`, characters that trimming removes are chosen only where there are no others.
pub(super) fn generate(
    rule_match: &RuleMatch,
    language: &Hir,
    choice: Choice,
    trim: bool,
) -> Option<String> {
    if let RuleMatch::Emv(emv) = rule_match {
        return payload(emv);
    }
    let mut sample = Sample {
        choice,
        trim,
        text: Vec::new(),
        parts_left: MAX_PARTS,
    };
    sample.write(language)?;
    String::from_utf8(sample.text).ok()
}

struct Sample {
    choice: Choice,
    trim: bool,
    text: Vec<u8>,
    parts_left: usize,
}

impl Sample {
    fn write(&mut self, hir: &Hir) -> Option<()> {
        self.parts_left = self.parts_left.checked_sub(1)?;
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.text.extend_from_slice(&literal.0),
            HirKind::Class(class) => self.write_character(class)?,
            HirKind::Capture(Capture { sub, .. }) => self.write(sub)?,
            HirKind::Concat(subs) => subs.iter().try_for_each(|sub| self.write(sub))?,
            HirKind::Alternation(subs) => self.write(match self.choice {
                Choice::Least | Choice::Newline => subs.first()?,
                Choice::Most => subs.last()?,
            })?,
            HirKind::Repetition(repetition) => {
                let times = match self.choice {
                    Choice::Least => repetition.min,
                    Choice::Most | Choice::Newline => {
                        let more = repetition.min.saturating_add(1);
                        repetition.max.map_or(more, |max| max.min(more))
                    }
                };
                (0..times).try_for_each(|_| self.write(&repetition.sub))?;
            }
        }
        (self.text.len() <= CodeValue::MAX_BYTES).then_some(())
    }

    fn write_character(&mut self, class: &Class) -> Option<()> {
        let Class::Unicode(class) = class else {
            return None;
        };
        let first = class.ranges().first()?.start();
        let last = class.ranges().last()?.end();
        let holds_newline = || {
            let mut ranges = class.ranges().iter();
            ranges.any(|range| (range.start()..=range.end()).contains(&'\n'))
        };
        let stays = |c: &char| !(self.trim && is_trimmed(*c));
        let members = |range: &ClassUnicodeRange| range.start()..=range.end();
        let character = match self.choice {
            Choice::Most => {
                let descending = class.ranges().iter().rev().flat_map(|r| members(r).rev());
                let untrimmed = descending.take(MAX_TRIMMED).find(stays);
                untrimmed.unwrap_or(last)
            }
            Choice::Newline if holds_newline() => '\n',
            Choice::Least | Choice::Newline => {
                let ascending = class.ranges().iter().flat_map(members);
                let untrimmed = ascending.take(MAX_TRIMMED).find(stays);
                untrimmed.unwrap_or(first)
            }
        };
        let mut buffer = [0; 4];
        let encoded = character.encode_utf8(&mut buffer);
        self.text.extend_from_slice(encoded.as_bytes());
        Some(())
    }
}

/// Returns a payload with the data objects that `emv` requires and as few others as possible.
fn payload(emv: &EmvMatch) -> Option<String> {
    let mut values: BTreeMap<DataObjectId, String> = BTreeMap::new();
    let mut templates: BTreeMap<DataObjectId, BTreeMap<DataObjectId, &str>> = BTreeMap::new();
    for (path, value) in &emv.tags {
        match path.sub_id {
            None => drop(values.insert(path.id, (**value).to_owned())),
            Some(sub_id) => drop(templates.entry(path.id).or_default().insert(sub_id, value)),
        }
    }
    if let Some(guid) = &emv.guid {
        let free = |id: &DataObjectId| !values.contains_key(id) && !templates.contains_key(id);
        if let Some(id) = DataObjectId::merchant_accounts().find(free) {
            let template = templates.entry(id).or_default();
            template.insert(DataObjectId::GUID, guid);
        }
    }
    for (id, sub_fields) in templates {
        let mut value = String::new();
        for (sub_id, sub_value) in sub_fields {
            push_object(&mut value, sub_id, sub_value)?;
        }
        values.entry(id).or_insert(value);
    }
    // `PAYLOAD_BEGIN` is this data object.
    values.remove(&DataObjectId::PAYLOAD_FORMAT);
    let crc = values.remove(&DataObjectId::CRC);
    let mut text = PAYLOAD_BEGIN.to_owned();
    for (id, value) in &values {
        push_object(&mut text, *id, value)?;
    }
    if emv.check_crc {
        text.push_str("6304");
        let checksum = CHECKSUM.checksum(text.as_bytes());
        write!(text, "{checksum:04X}").ok()?;
    } else if let Some(crc) = crc {
        push_object(&mut text, DataObjectId::CRC, &crc)?;
    }
    Some(text)
}

/// Appends a data object; returns `None` if the value is too long for one.
fn push_object(text: &mut String, id: DataObjectId, value: &str) -> Option<()> {
    let length = value.chars().count();
    (length <= 99).then_some(())?;
    write!(text, "{id}{length:02}{value}").ok()
}
