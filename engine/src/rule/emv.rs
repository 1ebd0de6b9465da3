//! The `emv` match: EMVCo merchant-presented payloads with certain data objects.

use super::fields::{
    Fields, check_length, child_pointer, read_bool, read_object, read_string, shortened,
};
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
}

/// The path of a data object: `NN`, or `NN.NN` inside a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TagPath {
    /// The ID of the data object or template, `0..100`.
    pub(crate) id: u8,
    /// The ID inside the template, `0..100`.
    pub(crate) sub_id: Option<u8>,
}

/// The maximum number of characters in the value of a data object, whose length has two digits.
const MAX_VALUE_CHARACTERS: usize = 99;

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
        &["guid", "tags", "checkCrc"],
    )?;
    let guid = guid(problems, &fields);
    let tags = tags(problems, &fields);
    let check_crc = match fields.optional("checkCrc") {
        Some(node) => read_bool(problems, node, &fields.pointer("checkCrc")),
        None => Some(true),
    };
    let (guid, tags, check_crc) = (guid?, tags?, check_crc?);
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
        check_crc,
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
        let two_digits = |text: &str| {
            (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()))
                .then(|| text.parse::<u8>().ok())
                .flatten()
        };
        match text.split_once('.') {
            None => Some(Self {
                id: two_digits(text)?,
                sub_id: None,
            }),
            Some((id, sub_id)) => Some(Self {
                id: two_digits(id)?,
                sub_id: Some(two_digits(sub_id)?),
            }),
        }
    }
}
