//! Reads objects field by field: the types, the names, and what is missing.

use std::borrow::Cow;
use std::collections::HashSet;

use super::json::{Member, Node, Value};
use super::problems::Problems;
use crate::{Problem, ProblemCode};

/// The members of one object whose names are all known and different.
pub(super) struct Fields<'a> {
    node: Node<'a>,
    pointer: String,
    members: Vec<Member<'a>>,
}

impl<'a> Fields<'a> {
    /// Looks into the object `node`; reports names that are not `allowed` or come twice.
    pub(super) fn read(
        problems: &mut Problems<'_>,
        node: Node<'a>,
        pointer: String,
        allowed: &[&str],
    ) -> Option<Self> {
        let fields = Self::open(problems, node, pointer)?;
        fields.check_names(problems, allowed);
        Some(fields)
    }

    /// Looks into the object `node`, whose names are to be checked when it is known which are
    /// allowed.
    pub(super) fn open(
        problems: &mut Problems<'_>,
        node: Node<'a>,
        pointer: String,
    ) -> Option<Self> {
        let members = read_object(problems, node, &pointer)?;
        Some(Self {
            node,
            pointer,
            members,
        })
    }

    /// Reports names that are not `allowed`.
    pub(super) fn check_names(&self, problems: &mut Problems<'_>, allowed: &[&str]) {
        for member in &self.members {
            if !allowed.contains(&&*member.name) {
                let message = format!("unknown field {:?}", shortened(&member.name));
                let pointer = child(&self.pointer, &member.name);
                let problem = Problem::new(ProblemCode::UnknownField, pointer, message);
                let hint = format!("allowed here: {}", allowed.join(", "));
                problems.error(member.name_node, problem.with_hint(hint));
            }
        }
    }

    /// The JSON pointer of the field `name`.
    pub(super) fn pointer(&self, name: &str) -> String {
        child(&self.pointer, name)
    }

    /// The field `name`, if it is there.
    pub(super) fn optional(&self, name: &str) -> Option<Node<'a>> {
        self.members
            .iter()
            .find(|member| member.name == name)
            .map(|member| member.value)
    }

    /// The field `name`; reports if it is not there.
    pub(super) fn required(&self, problems: &mut Problems<'_>, name: &str) -> Option<Node<'a>> {
        let field = self.optional(name);
        if field.is_none() {
            let message = format!("the field {name:?} is missing");
            let pointer = self.pointer.as_str();
            let problem = Problem::new(ProblemCode::MissingField, pointer, message);
            problems.error(self.node, problem);
        }
        field
    }

    /// The string in the field `name`, `None` if the field is not there or is no string.
    pub(super) fn string(
        &self,
        problems: &mut Problems<'_>,
        name: &str,
    ) -> Option<(Node<'a>, Cow<'a, str>)> {
        let node = self.optional(name)?;
        Some((node, read_string(problems, node, &self.pointer(name))?))
    }

    /// The string in the field `name`, which must be there.
    pub(super) fn required_string(
        &self,
        problems: &mut Problems<'_>,
        name: &str,
    ) -> Option<(Node<'a>, Cow<'a, str>)> {
        self.required(problems, name)?;
        self.string(problems, name)
    }
}

/// The members of the object `node`; reports names that come twice, and drops their repeats.
pub(super) fn read_object<'a>(
    problems: &mut Problems<'_>,
    node: Node<'a>,
    pointer: &str,
) -> Option<Vec<Member<'a>>> {
    let members = match read(problems, node, pointer)? {
        Value::Object(members) => members,
        other => return mistyped(problems, node, pointer, "an object", &other),
    };
    let mut names = HashSet::with_capacity(members.len());
    let mut unique = Vec::with_capacity(members.len());
    for member in members {
        if names.insert(member.name.clone()) {
            unique.push(member);
        } else {
            let message = format!("the field {:?} is here twice", shortened(&member.name));
            let pointer = child(pointer, &member.name);
            let problem = Problem::new(ProblemCode::DuplicateField, pointer, message);
            problems.error(member.name_node, problem);
        }
    }
    Some(unique)
}

/// The elements of the array `node`.
pub(super) fn read_array<'a>(
    problems: &mut Problems<'_>,
    node: Node<'a>,
    pointer: &str,
) -> Option<Vec<Node<'a>>> {
    match read(problems, node, pointer)? {
        Value::Array(elements) => Some(elements),
        other => mistyped(problems, node, pointer, "an array", &other),
    }
}

/// The string `node`.
pub(super) fn read_string<'a>(
    problems: &mut Problems<'_>,
    node: Node<'a>,
    pointer: &str,
) -> Option<Cow<'a, str>> {
    match read(problems, node, pointer)? {
        Value::String(text) => Some(text),
        other => mistyped(problems, node, pointer, "a string", &other),
    }
}

/// The boolean `node`.
pub(super) fn read_bool(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: &str,
) -> Option<bool> {
    match read(problems, node, pointer)? {
        Value::Bool(value) => Some(value),
        other => mistyped(problems, node, pointer, "true or false", &other),
    }
}

/// The number `node`, as it is written.
pub(super) fn read_number<'a>(
    problems: &mut Problems<'_>,
    node: Node<'a>,
    pointer: &str,
) -> Option<&'a str> {
    match read(problems, node, pointer)? {
        Value::Number(text) => Some(text),
        other => mistyped(problems, node, pointer, "a number", &other),
    }
}

/// Reports the string `node` if it has fewer than `minimum` or more than `maximum` characters.
pub(super) fn check_length(
    problems: &mut Problems<'_>,
    (node, text): (Node<'_>, &str),
    pointer: &str,
    (minimum, maximum): (usize, usize),
) -> bool {
    let characters = text.chars().count();
    let allowed = (minimum..=maximum).contains(&characters);
    if !allowed {
        let message = format!("must have {minimum} to {maximum} characters, it has {characters}");
        problems.error(
            node,
            Problem::new(ProblemCode::WrongLength, pointer, message),
        );
    }
    allowed
}

/// The JSON pointer of the member `name` of what is at `pointer`.
pub(super) fn child(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Text from the document as it may stand in a message: not all of it if it is long.
pub(super) fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(64) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn read<'a>(problems: &mut Problems<'_>, node: Node<'a>, pointer: &str) -> Option<Value<'a>> {
    match node.value(problems.document()) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.unreadable(ProblemCode::LoneSurrogate, pointer, error);
            None
        }
    }
}

fn mistyped<T>(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: &str,
    expected: &str,
    found: &Value<'_>,
) -> Option<T> {
    let message = format!("must be {expected}, it is {}", found.kind());
    problems.error(node, Problem::new(ProblemCode::WrongType, pointer, message));
    None
}
