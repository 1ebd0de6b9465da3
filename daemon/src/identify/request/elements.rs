//! The places of a batch's elements, found one by one.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::error::Category;

use super::{MAX_ELEMENTS, RequestError};
use crate::identify::MAX_BODY_BYTES;
use crate::json::{BodyError, Kind, unreadable_beginning};

/// The most bytes of white space that one step skips.
const SPACE_BYTES: usize = 64 << 10;

/// A reader of an array that goes on in short steps, so that other work can be done between any two.
///
/// It reads the brackets and commas. The elements are left to the parser of JSON, each within the
/// limit of a request for one code value.
#[derive(Debug)]
pub(in crate::identify) struct ElementReader {
    /// The number of bytes that were read.
    at: usize,
    /// The number of elements that were read.
    count: usize,
    expected: Expected,
}

/// The part of the array that comes next.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Array,
    /// The first element, or the end of the array.
    First,
    /// A comma, or the end of the array.
    Comma,
    Element,
    /// Only white space.
    Nothing,
}

/// A step of an [`ElementReader`].
pub(in crate::identify) enum Step {
    /// The element with this number, from 1, is at this place in the body.
    Element(usize, Range<usize>),
    /// This many bytes between elements were read.
    Between(usize),
    /// The body was read to its end.
    End,
}

impl ElementReader {
    /// A reader that is before the array.
    pub(in crate::identify) const START: Self = Self {
        at: 0,
        count: 0,
        expected: Expected::Array,
    };

    /// Reads on in `body`, which is the same for every call.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the body is not an array in JSON, an element is longer than a request for
    /// one code value, or there are more elements than a batch may have. Elements beyond the limit are
    /// read before that is an error: a malformed batch is reported as that.
    pub(in crate::identify) fn step(&mut self, body: &[u8]) -> Result<Step, RequestError> {
        let rest = body.get(self.at..).unwrap_or_default();
        let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let within = rest.iter().take(SPACE_BYTES);
        let space = within.take_while(is_space).count();
        if space > 0 {
            self.at += space;
            return Ok(Step::Between(space));
        }
        self.expected = match (self.expected, rest.first()) {
            (Expected::Array, Some(b'[')) => match unreadable_beginning(rest) {
                None => Expected::First,
                Some(error) => return Err(RequestError::Malformed(error)),
            },
            (Expected::Array, _) => return Err(not_an_array(rest, self.at)),
            (Expected::Comma, Some(b',')) => Expected::Element,
            (Expected::First | Expected::Comma, Some(b']')) => Expected::Nothing,
            (Expected::Comma, _) => return Err(self.expected("`,` or `]`")),
            (Expected::Nothing, Some(_)) => return Err(self.expected("the end of the body")),
            (Expected::Nothing, None) if self.count > MAX_ELEMENTS => {
                return Err(RequestError::TooManyElements);
            }
            (Expected::Nothing, None) => return Ok(Step::End),
            (Expected::First | Expected::Element, _) => {
                self.count += 1;
                let start = self.at;
                self.at += self.length_of_element(rest)?;
                self.expected = Expected::Comma;
                return Ok(Step::Element(self.count, start..self.at));
            }
        };
        self.at += 1;
        Ok(Step::Between(1))
    }

    fn length_of_element(&self, rest: &[u8]) -> Result<usize, RequestError> {
        let within = rest.get(..=MAX_BODY_BYTES).unwrap_or(rest);
        let mut values = serde_json::Deserializer::from_slice(within).into_iter::<IgnoredAny>();
        let read = values.next();
        let length = values.byte_offset();
        match read {
            Some(Ok(IgnoredAny)) if length <= MAX_BODY_BYTES => Ok(length),
            Some(Ok(IgnoredAny)) => Err(RequestError::ElementTooLong(self.count)),
            Some(Err(error)) if error.classify() == Category::Eof && within.len() < rest.len() => {
                Err(RequestError::ElementTooLong(self.count))
            }
            Some(Err(error)) => {
                let error = BodyError::Syntax(error);
                Err(RequestError::Element(self.count, error))
            }
            None => Err(self.expected("a value")),
        }
    }

    const fn expected(&self, expected: &'static str) -> RequestError {
        RequestError::Array {
            expected,
            at: self.at,
        }
    }
}

/// Returns the error for a body that does not begin as an array. `rest` is what follows `space` bytes of
/// white space.
fn not_an_array(rest: &[u8], space: usize) -> RequestError {
    // The first character decides about the kind, and whether it can be JSON at all.
    let first = rest.first().map_or(&[][..], std::slice::from_ref);
    let kind = str::from_utf8(first).ok().and_then(Kind::from_text);
    let unreadable = (space == 0).then(|| unreadable_beginning(rest));
    RequestError::Malformed(match (unreadable.flatten(), kind) {
        (Some(error), _) => error,
        (None, Some(actual)) => BodyError::WrongKind {
            required: Kind::Array,
            actual,
        },
        (None, None) if rest.is_empty() => BodyError::Blank,
        (None, None) => BodyError::NotJson,
    })
}
