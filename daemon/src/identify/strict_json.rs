//! What JSON leaves open and we refuse: repeated keys and lone surrogates, at every depth.

use std::borrow::Cow;
use std::collections::HashSet;

use memchr::memchr2;
use serde_json::value::RawValue;

/// How deeply a request may be nested; serde_json's own bound, which it does not apply to text that
/// it only skips.
const MAX_DEPTH: usize = 127;

/// Why a value that is JSON by its grammar is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Laxity {
    RepeatedKey,
    LoneSurrogate,
    TooDeep,
}

impl Laxity {
    /// The end of a sentence that begins with where it is.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::RepeatedKey => "has an object with a repeated key",
            Self::LoneSurrogate => "has a string with a lone surrogate",
            Self::TooDeep => "is nested more than 127 levels deep",
        }
    }
}

/// Looks into `value`, which lies inside `enclosing` objects and arrays.
///
/// Linear in the length of the value.
///
/// # Errors
///
/// The first [`Laxity`] there is.
pub(crate) fn check(value: &RawValue, enclosing: usize) -> Result<(), Laxity> {
    // The grammar was checked when the value was taken, so only its tokens are looked at here.
    let text = value.get();
    let bytes = text.as_bytes();
    let mut open: Vec<Container<'_>> = Vec::new();
    let mut at_key = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                if enclosing + open.len() >= MAX_DEPTH {
                    return Err(Laxity::TooDeep);
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
                let string = decode(&text[at..end])?;
                match open.last_mut() {
                    Some(Container::Object(keys)) if at_key => {
                        if !keys.insert(string) {
                            return Err(Laxity::RepeatedKey);
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
    /// The keys seen so far.
    Object(HashSet<Cow<'a, str>>),
}

/// Where the string that begins at `start` ends, its quotes included.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = memchr2(b'"', b'\\', &bytes[at..]) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        // An escape: whatever follows the backslash is no end.
        at += 2;
    }
    bytes.len()
}

/// The content of a string in its quotes, its escapes resolved.
///
/// # Errors
///
/// [`Laxity::LoneSurrogate`].
pub(crate) fn decode(quoted: &str) -> Result<Cow<'_, str>, Laxity> {
    if memchr::memchr(b'\\', quoted.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(&quoted[1..quoted.len() - 1]));
    }
    match serde_json::from_str(quoted) {
        Ok(content) => Ok(Cow::Owned(content)),
        Err(_) => Err(Laxity::LoneSurrogate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Result<(), Laxity> {
        check(serde_json::from_str(text).unwrap(), 0)
    }

    #[test]
    fn what_json_leaves_open_is_refused_at_every_depth() {
        let table = [
            (r#"{"a":1,"b":1}"#, Ok(())),
            (r#"{"a":{"a":1},"b":{"a":1}}"#, Ok(())),
            (r#"[{"a":1},{"a":1}]"#, Ok(())),
            (r#"{"a":"b","b":"a","c":["a","a"]}"#, Ok(())),
            (r#"{"a":[1,2],"b":{"c":[]},"d":1e999}"#, Ok(())),
            (r#""\ud83d\ude00""#, Ok(())),
            (r#""\\ud800""#, Ok(())),
            (r#"{"a\"":1,"a":1}"#, Ok(())),
            (r#"{"a":1,"a":1}"#, Err(Laxity::RepeatedKey)),
            (r#"{"a":1,"\u0061":1}"#, Err(Laxity::RepeatedKey)),
            (r#"{"a":[{"b":[],"c":{},"b":1}]}"#, Err(Laxity::RepeatedKey)),
            (r#"[[{"":1,"":1}]]"#, Err(Laxity::RepeatedKey)),
            (r#""\ud800""#, Err(Laxity::LoneSurrogate)),
            (r#""\udc00""#, Err(Laxity::LoneSurrogate)),
            (r#"["\ud800\u0041"]"#, Err(Laxity::LoneSurrogate)),
            (r#"{"\udfff":1}"#, Err(Laxity::LoneSurrogate)),
            (r#"{"a":"\ud800\ud800"}"#, Err(Laxity::LoneSurrogate)),
        ];
        for (text, expected) in table {
            assert_eq!(check_text(text), expected, "{text}");
        }
    }

    #[test]
    fn depth_is_counted_with_what_encloses_the_value() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(check_text(&nested(127)), Ok(()));
        assert_eq!(check_text(&nested(128)), Err(Laxity::TooDeep));
        let text = nested(126);
        let value: &RawValue = serde_json::from_str(&text).unwrap();
        assert_eq!(check(value, 1), Ok(()));
        assert_eq!(check(value, 2), Err(Laxity::TooDeep));
    }
}
