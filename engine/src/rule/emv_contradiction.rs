//! Finds `emv` matches that accept no payload, because what they require contradicts itself.

use std::collections::BTreeMap;

use super::emv::{DataObjectId, EmvMatch, MAX_VALUE_CHARACTERS};
use super::json::Node;
use super::problems::Problems;
use crate::{CodeValue, Problem, ProblemCode};

/// The number of characters of a data object before its value.
const HEADER_CHARACTERS: usize = 4;
/// The value of the data object with which every payload begins.
const PAYLOAD_FORMAT: &str = "01";

/// The requirements on one data object.
#[derive(Default)]
struct Required<'a> {
    value: Option<&'a str>,
    sub_values: BTreeMap<DataObjectId, &'a str>,
}

impl<'a> Required<'a> {
    /// Returns the number of characters of the value, with `additional` ones, if it has the sub-fields
    /// that are required and no others.
    fn characters(&self, additional: usize) -> usize {
        match self.value {
            Some(value) => value.chars().count(),
            None => {
                let objects = self.sub_values.values();
                objects.map(|value| object_characters(value)).sum::<usize>() + additional
            }
        }
    }

    /// Returns the only value that the sub-field `id` can have, if there is only one.
    fn sub_value(&self, id: DataObjectId, allow_empty: bool) -> SubValue<'a> {
        let required = self.sub_values.get(&id);
        match (self.value, required) {
            (Some(value), _) => {
                sub_field(value, id, allow_empty).map_or(SubValue::Absent, SubValue::Only)
            }
            (None, Some(value)) => SubValue::Only(value),
            (None, None) => SubValue::Free,
        }
    }
}

/// The values that a sub-field can have.
enum SubValue<'a> {
    /// The template has a whole value, without the sub-field.
    Absent,
    Only(&'a str),
    Free,
}

/// Warns if no payload has all that `emv`, which was read from `node`, requires.
pub(super) fn warn(problems: &mut Problems<'_>, node: Node<'_>, pointer: String, emv: &EmvMatch) {
    if let Some((message, hint)) = find(emv) {
        let problem = Problem::new(ProblemCode::MatchesNothing, pointer, message);
        problems.warn(node, problem.with_hint(hint));
    }
}

/// Returns the reason why no payload has all that `emv` requires, and the way to cure it; `None` if a
/// payload may have it.
///
/// A data object may occur again after its first occurrence, so the checksum contradicts nothing.
fn find(emv: &EmvMatch) -> Option<(String, &'static str)> {
    let mut required: BTreeMap<DataObjectId, Required<'_>> = BTreeMap::new();
    for (path, value) in &emv.tags {
        let object = required.entry(path.id).or_default();
        match path.sub_id {
            None => object.value = Some(value),
            Some(sub_id) => drop(object.sub_values.insert(sub_id, value)),
        }
    }
    if let Some(begin) = required.get(&DataObjectId::PAYLOAD_FORMAT)
        && (begin.value.is_some_and(|value| value != PAYLOAD_FORMAT)
            || !begin.sub_values.is_empty())
    {
        let message = "no payload has this data object 00, since all begin with 000201";
        return Some((message.to_owned(), "leave 00 out"));
    }
    for (&id, object) in &required {
        if let Some(found) = in_object(id, object, emv.allow_empty) {
            return Some(found);
        }
    }
    if let Some(guid) = &emv.guid
        && !DataObjectId::merchant_accounts()
            .any(|id| has_room(required.get(&id), guid, emv.allow_empty))
    {
        let message = format!(
            "no merchant account template, 26 to 51, has room for the guid, which has {} characters",
            guid.chars().count()
        );
        return Some((message, "correct the guid, or the tags of these templates"));
    }
    let others = required
        .iter()
        .filter(|(id, _)| **id != DataObjectId::PAYLOAD_FORMAT);
    let characters: usize = others
        .map(|(_, object)| HEADER_CHARACTERS + object.characters(0))
        .sum::<usize>()
        + HEADER_CHARACTERS
        + PAYLOAD_FORMAT.len();
    (characters > CodeValue::MAX_CHARACTERS).then(|| {
        let message = format!(
            "the tags take {characters} characters, more than the {} of a code value",
            CodeValue::MAX_CHARACTERS
        );
        (message, "leave tags out")
    })
}

/// Returns the contradiction within the data object `id`, if there is one.
fn in_object(
    id: DataObjectId,
    object: &Required<'_>,
    allow_empty: bool,
) -> Option<(String, &'static str)> {
    if object.value.is_none() {
        let characters = object.characters(0);
        return (characters > MAX_VALUE_CHARACTERS).then(|| {
            let message = format!(
                "the sub-fields of {id} take {characters} characters with their IDs and lengths, more \
                 than the {MAX_VALUE_CHARACTERS} of a data object"
            );
            (message, "leave sub-fields out, or correct their values")
        });
    }
    let contradicts =
        |&(sub_id, value): &(&DataObjectId, &&str)| match object.sub_value(*sub_id, allow_empty) {
            SubValue::Only(found) => found != *value,
            SubValue::Absent => true,
            SubValue::Free => false,
        };
    // What the whole value has is asked, not what is required of the sub-field.
    let (sub_id, _) = object.sub_values.iter().find(contradicts)?;
    let message = format!("the value of {id} does not have the value of {id}.{sub_id} in it");
    Some((message, "leave one of the two out, or correct it"))
}

/// Returns `true` if the template of which this is required can have `guid`.
fn has_room(template: Option<&Required<'_>>, guid: &str, allow_empty: bool) -> bool {
    let free = Required::default();
    let template = template.unwrap_or(&free);
    match template.sub_value(DataObjectId::GUID, allow_empty) {
        SubValue::Absent => false,
        SubValue::Only(value) => value.eq_ignore_ascii_case(guid),
        SubValue::Free => template.characters(object_characters(guid)) <= MAX_VALUE_CHARACTERS,
    }
}

fn object_characters(value: &str) -> usize {
    HEADER_CHARACTERS + value.chars().count()
}

/// Returns the first value of the sub-field `id` in `template`; `None` if it is absent, or `template` is
/// malformed.
fn sub_field(template: &str, id: DataObjectId, allow_empty: bool) -> Option<&str> {
    let mut found = None;
    let mut rest = template;
    while !rest.is_empty() {
        let header = rest.get(..HEADER_CHARACTERS)?;
        if !header.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = |text: &str| text.parse::<u8>().ok();
        let (sub_id, length) = (number(&header[..2])?, number(&header[2..])?);
        let body = &rest[HEADER_CHARACTERS..];
        if length == 0 && !allow_empty {
            return None;
        }
        let end = match body.char_indices().nth(usize::from(length)) {
            Some((end, _)) => end,
            None if body.chars().count() == usize::from(length) => body.len(),
            None => return None,
        };
        if length > 0 && DataObjectId::new(sub_id) == Some(id) {
            found = found.or(Some(&body[..end]));
        }
        rest = &body[end..];
    }
    found
}
