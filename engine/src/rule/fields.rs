//! Reads the fields of objects, and reports those that are missing, unknown, repeated or mistyped.

use std::borrow::Cow;
use std::collections::HashSet;

use super::json::{Member, Node, Value};
use super::problems::Problems;
use crate::{Problem, ProblemCode};

/// The members of one object, with different names.
pub(super) struct Fields<'a> {
    node: Node<'a>,
    pointer: String,
    members: Vec<Member<'a>>,
}

impl<'a> Fields<'a> {
    /// Reads the object `node`, and reports names that are not `allowed` or occur twice. Returns
    /// `None` if `node` is not an object.
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

    /// Like [`Self::read`], but the caller calls [`Self::check_names`] once it knows which names are
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
                let pointer = child_pointer(&self.pointer, &member.name);
                let problem = Problem::new(ProblemCode::UnknownField, pointer, message);
                let hint = format!("allowed here: {}", allowed.join(", "));
                problems.error(member.name_node, problem.with_hint(hint));
            }
        }
    }

    /// Returns the JSON pointer of the field `name`.
    pub(super) fn pointer(&self, name: &str) -> String {
        child_pointer(&self.pointer, name)
    }

    /// Returns the field `name`, if there is one.
    pub(super) fn optional(&self, name: &str) -> Option<Node<'a>> {
        self.members
            .iter()
            .find(|member| member.name == name)
            .map(|member| member.value)
    }

    /// Returns the field `name`, and reports if it is missing.
    pub(super) fn required(&self, problems: &mut Problems<'_>, name: &str) -> Option<Node<'a>> {
        let field = self.optional(name);
        if field.is_none() {
            let message = format!("missing field {name:?}");
            let pointer = self.pointer.as_str();
            let problem = Problem::new(ProblemCode::MissingField, pointer, message);
            problems.error(self.node, problem);
        }
        field
    }

    /// Returns the string in the field `name`; `None` if there is no such field, or if it is not a
    /// string, which is reported.
    pub(super) fn string(
        &self,
        problems: &mut Problems<'_>,
        name: &str,
    ) -> Option<(Node<'a>, Cow<'a, str>)> {
        let node = self.optional(name)?;
        Some((node, read_string(problems, node, &self.pointer(name))?))
    }

    /// Returns the boolean in the field `name`, or `default` if there is no such field; `None` if it is
    /// not a boolean, which is reported.
    pub(super) fn flag(
        &self,
        problems: &mut Problems<'_>,
        name: &str,
        default: bool,
    ) -> Option<bool> {
        match self.optional(name) {
            Some(node) => read_bool(problems, node, &self.pointer(name)),
            None => Some(default),
        }
    }

    /// Like [`Self::string`], but also reports if the field is missing.
    pub(super) fn required_string(
        &self,
        problems: &mut Problems<'_>,
        name: &str,
    ) -> Option<(Node<'a>, Cow<'a, str>)> {
        self.required(problems, name)?;
        self.string(problems, name)
    }
}

/// Returns the members of the object `node`, reports names that occur twice, and drops all but the
/// first member of such a name.
pub(super) fn read_object<'a>(
    problems: &mut Problems<'_>,
    node: Node<'a>,
    pointer: &str,
) -> Option<Vec<Member<'a>>> {
    let members = match read(problems, node, pointer)? {
        Value::Object(members) => members,
        other => return wrong_type(problems, node, pointer, "an object", &other),
    };
    let mut names = HashSet::with_capacity(members.len());
    let mut unique = Vec::with_capacity(members.len());
    for member in members {
        if names.insert(member.name.clone()) {
            unique.push(member);
        } else {
            let message = format!("duplicate field {:?}", shortened(&member.name));
            let pointer = child_pointer(pointer, &member.name);
            let problem = Problem::new(ProblemCode::DuplicateField, pointer, message);
            problems.error(member.name_node, problem);
        }
    }
    Some(unique)
}

/// Returns the elements of the array `node`.
pub(super) fn read_array<'a>(
    problems: &mut Problems<'_>,
    node: Node<'a>,
    pointer: &str,
) -> Option<Vec<Node<'a>>> {
    match read(problems, node, pointer)? {
        Value::Array(elements) => Some(elements),
        other => wrong_type(problems, node, pointer, "an array", &other),
    }
}

/// Returns the text of the string `node`.
pub(super) fn read_string<'a>(
    problems: &mut Problems<'_>,
    node: Node<'a>,
    pointer: &str,
) -> Option<Cow<'a, str>> {
    match read(problems, node, pointer)? {
        Value::String(text) => Some(text),
        other => wrong_type(problems, node, pointer, "a string", &other),
    }
}

/// Returns the number `node` as it is written, so that decimals stay exact.
pub(super) fn read_number<'a>(
    problems: &mut Problems<'_>,
    node: Node<'a>,
    pointer: &str,
) -> Option<&'a str> {
    match read(problems, node, pointer)? {
        Value::Number(text) => Some(text),
        other => wrong_type(problems, node, pointer, "a number", &other),
    }
}

/// Reports the string `node`, and returns `false`, if it has fewer than `minimum` or more than
/// `maximum` characters.
pub(super) fn check_length(
    problems: &mut Problems<'_>,
    (node, text): (Node<'_>, &str),
    pointer: &str,
    (minimum, maximum): (usize, usize),
) -> bool {
    let characters = text.chars().count();
    let allowed = (minimum..=maximum).contains(&characters);
    if !allowed {
        let message =
            format!("the text must have {minimum} to {maximum} characters but has {characters}");
        problems.error(
            node,
            Problem::new(ProblemCode::WrongLength, pointer, message),
        );
    }
    allowed
}

/// Returns the JSON pointer of the member `name` of the object at `pointer`.
pub(super) fn child_pointer(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Returns text of the document for a message: at most 64 characters of it, since it may be long.
pub(super) fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(64) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn read_bool(problems: &mut Problems<'_>, node: Node<'_>, pointer: &str) -> Option<bool> {
    match read(problems, node, pointer)? {
        Value::Bool(value) => Some(value),
        other => wrong_type(problems, node, pointer, "true or false", &other),
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

/// Reports a value of another type than `expected`.
fn wrong_type<T>(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: &str,
    expected: &str,
    found: &Value<'_>,
) -> Option<T> {
    let message = format!("expected {expected}, found {}", found.kind());
    problems.error(node, Problem::new(ProblemCode::WrongType, pointer, message));
    None
}
