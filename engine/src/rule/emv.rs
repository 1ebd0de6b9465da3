//! The `emv` match: EMVCo merchant-presented payloads with certain data objects.

use std::fmt;
use std::ops::RangeInclusive;

use super::fields::{Fields, check_length, child_pointer, read_object, read_string, shortened};
use super::json::Node;
use super::problems::Problems;
use crate::{Problem, ProblemCode};

/// The EMVCo payloads that a rule accepts.
///
/// Source: SPEC.md, section 2.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EmvMatch {
    /// The globally unique identifier that a merchant account template must have, in upper case.
    pub(crate) guid: Option<Box<str>>,
    /// The data objects that must be present, each with its value.
    pub(crate) tags: Vec<(TagPath, Box<str>)>,
    /// `true` if the payload must end with its checksum.
    pub(crate) check_crc: bool,
    /// `true` if data objects of length 00 are allowed, which count as absent.
    pub(crate) allow_empty: bool,
}

/// The path of a data object: `NN`, or `NN.NN` inside a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TagPath {
    /// The ID of the data object or template.
    pub(crate) id: DataObjectId,
    /// The ID inside the template; `None` if the path has one ID only.
    pub(crate) sub_id: Option<DataObjectId>,
}

/// The ID of a data object: a number of two digits, from 0 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DataObjectId(u8);

/// The numbers of the merchant account templates.
const MERCHANT_ACCOUNTS: RangeInclusive<u8> = 26..=51;

/// The maximum number of characters in the value of a data object, whose length has two digits.
pub(super) const MAX_VALUE_CHARACTERS: usize = 99;

/// Reads an `emv` match from `node`. Returns `None` if it has errors, which are reported.
pub(super) fn parse(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: String,
) -> Option<EmvMatch> {
    let fields = Fields::read(
        problems,
        node,
        pointer.clone(),
        &["guid", "tags", "checkCrc", "allowEmpty"],
    )?;
    let guid = guid(problems, &fields);
    let tags = tags(problems, &fields);
    let check_crc = fields.flag(problems, "checkCrc", true);
    let allow_empty = fields.flag(problems, "allowEmpty", false);
    let (guid, tags) = (guid?, tags?);
    if guid.is_none() && tags.is_empty() {
        let message = "an emv match needs a guid or at least one tag";
        problems.error(
            node,
            Problem::new(ProblemCode::EmptyEmvMatch, pointer, message),
        );
        return None;
    }
    Some(EmvMatch {
        guid,
        tags,
        check_crc: check_crc?,
        allow_empty: allow_empty?,
    })
}

fn guid(problems: &mut Problems<'_>, fields: &Fields<'_>) -> Option<Option<Box<str>>> {
    if fields.optional("guid").is_none() {
        return Some(None);
    }
    let (node, text) = fields.string(problems, "guid")?;
    let pointer = fields.pointer("guid");
    check_length(problems, (node, &text), &pointer, (1, MAX_VALUE_CHARACTERS))
        .then(|| Some(text.to_ascii_uppercase().into()))
}

fn tags(problems: &mut Problems<'_>, fields: &Fields<'_>) -> Option<Vec<(TagPath, Box<str>)>> {
    let Some(node) = fields.optional("tags") else {
        return Some(Vec::new());
    };
    let pointer = fields.pointer("tags");
    let members = read_object(problems, node, &pointer)?;
    let mut tags = Vec::with_capacity(members.len());
    let mut complete = true;
    for member in members {
        let at = child_pointer(&pointer, &member.name);
        let path = TagPath::parse(&member.name);
        if path.is_none() {
            let message = format!(
                "{:?} is not the ID of a data object",
                shortened(&member.name)
            );
            let hint = "write the two digits of its ID, or NN.NN inside a template";
            let problem = Problem::new(ProblemCode::BadTag, at.as_str(), message);
            problems.error(member.name_node, problem.with_hint(hint));
        }
        let value = read_string(problems, member.value, &at).filter(|value| {
            check_length(
                problems,
                (member.value, value),
                &at,
                (1, MAX_VALUE_CHARACTERS),
            )
        });
        match (path, value) {
            (Some(path), Some(value)) => tags.push((path, value.into())),
            _ => complete = false,
        }
    }
    complete.then_some(tags)
}

impl TagPath {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once('.') {
            None => Some(Self {
                id: DataObjectId::parse(text)?,
                sub_id: None,
            }),
            Some((id, sub_id)) => Some(Self {
                id: DataObjectId::parse(id)?,
                sub_id: Some(DataObjectId::parse(sub_id)?),
            }),
        }
    }
}

impl DataObjectId {
    /// The number of different IDs. [`Self::index`] is below it.
    pub(crate) const COUNT: usize = 100;
    /// The ID of the data object that contains the checksum.
    pub(crate) const CRC: Self = Self(63);
    /// The ID, in a merchant account template, of the globally unique identifier.
    pub(crate) const GUID: Self = Self(0);
    /// The ID of the data object with which every payload begins.
    pub(crate) const PAYLOAD_FORMAT: Self = Self(0);

    /// Returns the ID of this `number`; `None` if it has more than two digits.
    pub(crate) fn new(number: u8) -> Option<Self> {
        (usize::from(number) < Self::COUNT).then_some(Self(number))
    }

    /// Returns the ID that `text` writes; `None` if that is not two digits.
    fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        is_id
            .then(|| text.parse().ok())
            .flatten()
            .and_then(Self::new)
    }

    /// Returns the IDs of the merchant account templates, which may contain a globally unique
    /// identifier.
    pub(crate) fn merchant_accounts() -> impl Iterator<Item = Self> {
        MERCHANT_ACCOUNTS.map(Self)
    }

    /// Returns `true` if this is the ID of a merchant account template.
    pub(crate) fn is_merchant_account(self) -> bool {
        MERCHANT_ACCOUNTS.contains(&self.0)
    }

    /// Returns the number, for a table with one element for each ID.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for DataObjectId {
    /// Writes the two digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{DataObjectId, TagPath};

    #[test]
    fn an_id_is_two_ascii_digits() {
        let id = |text| DataObjectId::parse(text).map(DataObjectId::index);
        assert_eq!(id("00"), Some(0));
        assert_eq!(id("63"), Some(63));
        assert_eq!(id("99"), Some(DataObjectId::COUNT - 1));
        for text in ["+1", "1 ", "1a", ":0", "1", "100", "é"] {
            assert_eq!(id(text), None, "{text:?}");
        }
        assert_eq!(DataObjectId::new(100), None);
    }

    #[test]
    fn a_path_is_one_id_or_two_with_a_dot() {
        let parse = |text| {
            let TagPath { id, sub_id } = TagPath::parse(text)?;
            Some((id.index(), sub_id.map(DataObjectId::index)))
        };
        assert_eq!(parse("62"), Some((62, None)));
        assert_eq!(parse("62.07"), Some((62, Some(7))));
        for text in [
            "", "6", "062", "62.", ".07", "62.7", "62.07.01", "é", "62.é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
