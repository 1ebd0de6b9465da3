//! Rules as short texts.

use serde_json::{Map, Value};

/// The limit on the text of a match, in characters.
const MATCH_CHARACTERS: usize = 60;

/// Returns the type of an action; `-` if it has none.
pub(super) fn action(action: &Map<String, Value>) -> String {
    let kind = action.get("type").and_then(Value::as_str);
    kind.unwrap_or("-").to_owned()
}

/// Returns the share of openIds that a canary admits, and the length of its allowlist, such as
/// `5 % and 3 listed`; `0 %` without a percentage.
pub(super) fn canary(canary: &Map<String, Value>) -> String {
    let percentage = canary.get("percentage");
    let percentage = percentage.map_or_else(|| "0".to_owned(), Value::to_string);
    let listed = canary.get("allowlist").and_then(Value::as_array);
    match listed.map_or(0, Vec::len) {
        0 => format!("{percentage} %"),
        listed => format!("{percentage} % and {listed} listed"),
    }
}

/// Returns the match of a rule, as `kind content`, cut to [`MATCH_CHARACTERS`].
pub(super) fn matching(matching: &Map<String, Value>) -> String {
    let parts = matching.iter().map(|(kind, content)| match content {
        Value::String(text) => format!("{kind} {text}"),
        content => format!("{kind} {content}"),
    });
    let text = parts.collect::<Vec<_>>().join(", ");
    cut(&text, MATCH_CHARACTERS)
}

/// Returns the first `characters` of `text`, with an ellipsis if there are more.
pub(super) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
    }
}

/// Returns a rule in one line: its match, its action and its canary; a part that it lacks is left out.
pub(super) fn one_line(rule: &Map<String, Value>) -> String {
    let member = |name| rule.get(name).and_then(Value::as_object);
    let mut line = member("match").map_or_else(String::new, matching);
    line += " → ";
    line += &member("action").map_or_else(String::new, action);
    if let Some(members) = member("canary") {
        line += &format!(" for {}", canary(members));
    }
    line
}
