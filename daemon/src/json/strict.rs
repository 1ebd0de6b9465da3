//! The check for repeated keys and lone surrogates, at every depth.

use std::borrow::Cow;
use std::collections::HashSet;

use memchr::{memchr, memchr2};
use serde_json::value::RawValue;
use thiserror::Error;

/// The most levels of objects and arrays. This is the limit of serde_json, which does not apply it to
/// text that it only skips.
const MAX_DEPTH: usize = 127;

/// The error for a value that follows the grammar of JSON and is refused all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StrictJsonError {
    /// An object has two members with the same key.
    #[error("an object has a repeated key")]
    RepeatedKey,
    /// A string has half of a surrogate pair, which is not a character.
    #[error("a string has a lone surrogate")]
    LoneSurrogate,
    /// There are more levels of objects and arrays than the limit.
    #[error("objects and arrays are nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
}

/// Checks `value`, which lies inside `enclosing` objects and arrays, in time linear in its length.
///
/// # Errors
///
/// [`StrictJsonError`] for the first place that is not strict.
pub(crate) fn check(value: &RawValue, enclosing: usize) -> Result<(), StrictJsonError> {
    // The value is known to follow the grammar, so it is enough to look at its tokens.
    let text = value.get();
    let bytes = text.as_bytes();
    let mut open: Vec<Container<'_>> = Vec::new();
    let mut at_key = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                if enclosing + open.len() >= MAX_DEPTH {
                    return Err(StrictJsonError::TooDeep);
                }
                at_key = byte == b'{';
                open.push(if at_key {
                    Container::Object(HashSet::new())
                } else {
                    Container::Array
                });
            }
            b'}' | b']' => {
                open.pop();
            }
            b',' => at_key = matches!(open.last(), Some(Container::Object(_))),
            b'"' => {
                let end = end_of_string(bytes, at);
                let string = decode_string(text.get(at..end).unwrap_or_default())?;
                match open.last_mut() {
                    Some(Container::Object(keys)) if at_key => {
                        if !keys.insert(string) {
                            return Err(StrictJsonError::RepeatedKey);
                        }
                        at_key = false;
                    }
                    _ => {}
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

enum Container<'a> {
    Array,
    /// With the keys so far.
    Object(HashSet<Cow<'a, str>>),
}

/// Returns the end of the string that begins at `start`, its quotes included.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(rest) = bytes.get(at..)
        && let Some(found) = memchr2(b'"', b'\\', rest)
    {
        at += found;
        if rest.get(found) == Some(&b'"') {
            return at + 1;
        }
        // In an escape, the byte after the backslash is not the end.
        at += 2;
    }
    bytes.len()
}

/// Returns the content of a string in its quotes, with its escapes resolved.
///
/// # Errors
///
/// [`StrictJsonError::LoneSurrogate`] if an escape is half of a surrogate pair.
pub(crate) fn decode_string(quoted: &str) -> Result<Cow<'_, str>, StrictJsonError> {
    if memchr(b'\\', quoted.as_bytes()).is_none() {
        let content = quoted.strip_prefix('"').unwrap_or(quoted);
        return Ok(Cow::Borrowed(content.strip_suffix('"').unwrap_or(content)));
    }
    match serde_json::from_str(quoted) {
        Ok(content) => Ok(Cow::Owned(content)),
        Err(_) => Err(StrictJsonError::LoneSurrogate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Result<(), StrictJsonError> {
        check(serde_json::from_str(text).unwrap(), 0)
    }

    #[test]
    fn repeated_keys_and_lone_surrogates_are_refused_at_every_depth() {
        let table = [
            (r#"{"a":1,"b":1}"#, Ok(())),
            (r#"{"a":{"a":1},"b":{"a":1}}"#, Ok(())),
            (r#"[{"a":1},{"a":1}]"#, Ok(())),
            (r#"{"a":"b","b":"a","c":["a","a"]}"#, Ok(())),
            (r#"{"a":[1,2],"b":{"c":[]},"d":1e999}"#, Ok(())),
            (r#""\ud83d\ude00""#, Ok(())),
            (r#""\\ud800""#, Ok(())),
            (r#"{"a\"":1,"a":1}"#, Ok(())),
            (r#"{"a":1,"a":1}"#, Err(StrictJsonError::RepeatedKey)),
            (r#"{"a":1,"\u0061":1}"#, Err(StrictJsonError::RepeatedKey)),
            (
                r#"{"a":[{"b":[],"c":{},"b":1}]}"#,
                Err(StrictJsonError::RepeatedKey),
            ),
            (r#"[[{"":1,"":1}]]"#, Err(StrictJsonError::RepeatedKey)),
            (r#""\ud800""#, Err(StrictJsonError::LoneSurrogate)),
            (r#""\udc00""#, Err(StrictJsonError::LoneSurrogate)),
            (r#"["\ud800\u0041"]"#, Err(StrictJsonError::LoneSurrogate)),
            (r#"{"\udfff":1}"#, Err(StrictJsonError::LoneSurrogate)),
            (
                r#"{"a":"\ud800\ud800"}"#,
                Err(StrictJsonError::LoneSurrogate),
            ),
        ];
        for (text, expected) in table {
            assert_eq!(check_text(text), expected, "{text}");
        }
    }

    #[test]
    fn the_depth_includes_what_encloses_the_value() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(check_text(&nested(127)), Ok(()));
        assert_eq!(check_text(&nested(128)), Err(StrictJsonError::TooDeep));
        let text = nested(126);
        let value: &RawValue = serde_json::from_str(&text).unwrap();
        assert_eq!(check(value, 1), Ok(()));
        assert_eq!(check(value, 2), Err(StrictJsonError::TooDeep));
    }
}
