//! RESP2 and RESP3 replies, from the client's side.

use serde_json::{Map, Value};

use crate::bench::connection::MAX_RESPONSE_BYTES;
use crate::bench::failure::{FailureKind, NOT_A_BATCH, Word};
use crate::bench::response::{Outcome, Response};

const BAD: FailureKind = FailureKind::Malformed("not a RESP reply");

/// Reads the reply at the start of `bytes`; returns `None` while it is incomplete.
///
/// # Errors
///
/// [`FailureKind::Malformed`] if `bytes` cannot be continued to a reply, and
/// [`FailureKind::TooLong`] if it announces a longer string or more elements than
/// [`MAX_RESPONSE_BYTES`]. An error reply is an [`Outcome::Failed`].
///
/// # Complexity
///
/// Linear in the reply: each call reads it from the beginning.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Response<'_>>, FailureKind> {
    let mut at = 0;
    // A counter instead of recursion: a reply nested to any depth takes no stack.
    let mut missing: usize = 1;
    while missing > 0 {
        let Some(element) = Element::read(bytes.get(at..).unwrap_or_default())? else {
            return Ok(None);
        };
        at += element.bytes;
        missing = missing - 1 + element.children;
        if missing > MAX_RESPONSE_BYTES {
            return Err(FailureKind::TooLong);
        }
    }
    let reply = bytes.get(..at).unwrap_or(bytes);
    let outcome = match reply {
        [b'-' | b'!', ..] => {
            let text = Element::read(reply)?.map_or(&[][..], |element| element.content);
            Outcome::Failed(FailureKind::ErrorReply(Word::from_text(text)), text)
        }
        [b'$' | b'*', b'-', ..] | [b'_', ..] => Outcome::Failed(FailureKind::NoSuchKey, &[]),
        reply => Outcome::Content(reply),
    };
    Ok(Some(Response {
        bytes: at,
        outcome,
        closes: false,
    }))
}

/// Returns the fields of a reply to `IDENTIFY`, with the names and types that they have in JSON.
///
/// Returns `None` unless `reply` is a map, or an array of names and values in turn. Each name must be
/// a text that occurs once, and each value a text or a boolean, which is 0 or 1 in RESP2.
pub(in crate::bench) fn fields(reply: &[u8]) -> Option<Map<String, Value>> {
    let head = Element::read(reply).ok()??;
    if !matches!(head.kind, b'*' | b'%') || !head.children.is_multiple_of(2) {
        return None;
    }
    let mut at = head.bytes;
    let mut next = || {
        let element = Element::read(reply.get(at..)?).ok()??;
        at += element.bytes;
        Some(element)
    };
    let mut fields = Map::new();
    for _ in 0..head.children / 2 {
        let name = next()?;
        if !name.is_text() {
            return None;
        }
        let name = std::str::from_utf8(name.content).ok()?;
        let value = next()?;
        let text = std::str::from_utf8(value.content).ok()?;
        let value = match (value.kind, text) {
            (b':', "1") | (b'#', "t") => Value::Bool(true),
            (b':', "0") | (b'#', "f") => Value::Bool(false),
            _ if value.is_text() => Value::from(text),
            _ => return None,
        };
        if fields.insert(name.to_owned(), value).is_some() {
            return None;
        }
    }
    Some(fields)
}

/// Returns the elements of an array reply, in order, each as a reply of its own: always `count` items, of
/// which one that is missing or cut is an error, as are all after it.
///
/// # Errors
///
/// [`FailureKind::Malformed`] if `reply` does not begin as an array of `count` elements does.
pub(in crate::bench) fn array_elements(
    reply: &[u8],
    count: usize,
) -> Result<impl Iterator<Item = Result<Outcome<'_>, FailureKind>>, FailureKind> {
    let head = Element::read(reply)?.ok_or(BAD)?;
    if head.kind != b'*' || head.children != count {
        return Err(NOT_A_BATCH);
    }
    let mut at = head.bytes;
    Ok((0..count).map(move |_| {
        let element = read(reply.get(at..).unwrap_or_default())?.ok_or(BAD)?;
        at += element.bytes;
        Ok(element.outcome)
    }))
}

/// One element of a reply, without those inside it.
struct Element<'a> {
    /// The first byte, or `_` for a null string of RESP2.
    kind: u8,
    /// The number of bytes that the element takes: those of a string with its content, those of an aggregate up to
    /// the first element inside it.
    bytes: usize,
    /// The content of a string, or the rest of the first line; empty for a null.
    content: &'a [u8],
    /// The number of elements inside it, at most twice [`MAX_RESPONSE_BYTES`]: a map has names and values.
    children: usize,
}

impl<'a> Element<'a> {
    /// Reads the element at the start of `bytes`; returns `None` while it is incomplete.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Malformed`] or [`FailureKind::TooLong`], as of [`read`].
    fn read(bytes: &'a [u8]) -> Result<Option<Self>, FailureKind> {
        let Some((&kind, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        if !b"+-:$*_,#(!=%~>".contains(&kind) {
            return Err(BAD);
        }
        let Some(line) = memchr::memchr(b'\r', rest) else {
            return Ok(None);
        };
        match rest.get(line + 1) {
            None => return Ok(None),
            Some(b'\n') => {}
            Some(_) => return Err(BAD),
        }
        let text = rest.get(..line).unwrap_or(rest);
        let after = 1 + line + 2;
        let mut element = Self {
            kind,
            bytes: after,
            content: text,
            children: 0,
        };
        match kind {
            b'$' | b'!' | b'=' => {
                let Some(length) = count(text)? else {
                    element.kind = b'_';
                    element.content = &[];
                    return Ok(Some(element));
                };
                let Some(content) = bytes.get(after..after + length + 2) else {
                    return Ok(None);
                };
                element.content = content.strip_suffix(b"\r\n").ok_or(BAD)?;
                element.bytes = after + length + 2;
            }
            b'*' | b'~' | b'>' => element.children = count(text)?.unwrap_or(0),
            b'%' => element.children = count(text)?.unwrap_or(0) * 2,
            _ => {}
        }
        Ok(Some(element))
    }
}

impl Element<'_> {
    const fn is_text(&self) -> bool {
        matches!(self.kind, b'$' | b'+')
    }
}

/// Parses a length; returns `None` for `-1`, the null of RESP2.
fn count(text: &[u8]) -> Result<Option<usize>, FailureKind> {
    if text == b"-1" {
        return Ok(None);
    }
    if text.is_empty() || text.len() > 19 || !text.iter().all(u8::is_ascii_digit) {
        return Err(BAD);
    }
    let count = text
        .iter()
        .fold(0_u64, |count, digit| count * 10 + u64::from(digit - b'0'));
    match usize::try_from(count) {
        Ok(count) if count <= MAX_RESPONSE_BYTES => Ok(Some(count)),
        _ => Err(FailureKind::TooLong),
    }
}

#[cfg(test)]
mod tests;
