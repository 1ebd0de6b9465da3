//! Validation of responses.

mod expected;
#[cfg(test)]
mod tests;

use std::path::Path;

use memchr::memmem::Finder;
use serde_json::value::RawValue;

use self::expected::{Expected, read_expected};
use super::failure::{FailureKind, NOT_A_BATCH};
use super::reader::resp_elements;
use super::response::Outcome;
use super::target::Protocol;

pub(super) use self::expected::ExpectedError;

/// Decides whether a response is good.
#[derive(Debug)]
pub(super) struct Validator {
    protocol: Protocol,
    /// The number of code values in each request; `None` for one that is not in an array.
    batch: Option<usize>,
    /// The number of code values of the run, at least 1.
    codes: usize,
    /// The expected responses, one for each code value, in their order; `None` if any success is good.
    expected: Option<Vec<Expected>>,
    /// Finds the `resultStatus` of a success, as codeid spells it.
    success: Finder<'static>,
}

/// A response that is not good.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rejected<'a> {
    /// The kind of failure as which it counts.
    pub(super) kind: FailureKind,
    /// The index of the code value that failed, from 0; of a batch that failed as a whole, of the first.
    pub(super) code: usize,
    /// The response, or the part of it that is about the code value.
    pub(super) text: &'a [u8],
}

impl Validator {
    /// Returns a validator for requests of `batch` code values each, of which the run has `codes`, and reads
    /// the file `expect` of expected responses. Without that file any success is good.
    ///
    /// # Errors
    ///
    /// [`ExpectedError`] if the file cannot be read, or does not have one response for each of the
    /// `codes`.
    pub(super) fn new(
        protocol: &Protocol,
        batch: Option<usize>,
        expect: Option<&Path>,
        codes: usize,
    ) -> Result<Self, ExpectedError> {
        let expected = match expect {
            None => None,
            Some(path) => Some(read_expected(protocol, path, codes)?),
        };
        Ok(Self {
            protocol: protocol.clone(),
            batch,
            codes,
            expected,
            success: Finder::new(br#""resultStatus":"S""#),
        })
    }

    /// Checks that `outcome` is a good response to the code value at `index`, from 0, or to the batch
    /// that begins with it.
    ///
    /// # Errors
    ///
    /// [`Rejected`] with the kind of a failed outcome; with [`FailureKind::Unexpected`] if the response is
    /// not the expected one; with [`FailureKind::NotIdentified`] if none is expected and it is not a
    /// success; with [`FailureKind::Malformed`] if a batch has the wrong number of elements.
    pub(super) fn check<'a>(
        &self,
        index: usize,
        outcome: &Outcome<'a>,
    ) -> Result<(), Rejected<'a>> {
        let rejected = |code, kind, outcome: &Outcome<'a>| Rejected {
            kind,
            code,
            text: match outcome {
                Outcome::Content(text) | Outcome::Failed(_, text) => text,
            },
        };
        let (Some(count), Outcome::Content(content)) = (self.batch, outcome) else {
            let checked = self.check_one(index, outcome);
            return checked.map_err(|kind| rejected(index, kind, outcome));
        };
        let check = |(at, element): (usize, Outcome<'a>)| {
            let code = (index + at) % self.codes;
            let checked = self.check_one(code, &element);
            checked.map_err(|kind| rejected(code, kind, &element))
        };
        let malformed = |kind| rejected(index, kind, outcome);
        if self.protocol == Protocol::IdentifyResp {
            let elements = resp_elements(content, count).map_err(malformed)?;
            for (at, element) in elements.enumerate() {
                check((at, element.map_err(malformed)?))?;
            }
            return Ok(());
        }
        if self.expected.is_none() {
            // An array of successes has as many of these as elements: within a text, quotation marks are
            // escaped.
            return match self.success.find_iter(content).count() == count {
                true => Ok(()),
                false => Err(malformed(FailureKind::NotIdentified)),
            };
        }
        let elements: Vec<&'a RawValue> = match serde_json::from_slice(content) {
            Ok(elements) => elements,
            Err(_) => return Err(malformed(NOT_A_BATCH)),
        };
        if elements.len() != count {
            return Err(malformed(NOT_A_BATCH));
        }
        let outcomes = elements
            .into_iter()
            .map(|element| Outcome::Content(element.get().as_bytes()));
        outcomes.enumerate().try_for_each(check)
    }

    /// Checks the response to the one code value at `index`, as [`Self::check`] does.
    fn check_one(&self, index: usize, outcome: &Outcome<'_>) -> Result<(), FailureKind> {
        let expected = self.expected.as_ref().map(|responses| &responses[index]);
        match (outcome, expected) {
            (Outcome::Failed(FailureKind::ErrorReply(word), _), Some(expected)) => {
                match expected.failure() {
                    Some(code) if word.is(code) => Ok(()),
                    Some(_) => Err(FailureKind::Unexpected),
                    None => Err(FailureKind::ErrorReply(*word)),
                }
            }
            (Outcome::Failed(kind, _), _) => Err(*kind),
            (Outcome::Content(content), Some(expected)) => {
                let content = self.fields_of(content);
                if expected.equals(&self.protocol, content) {
                    Ok(())
                } else {
                    Err(FailureKind::Unexpected)
                }
            }
            (Outcome::Content(content), None) => match self.protocol {
                Protocol::IdentifyHttp { .. } | Protocol::IdentifyRespJson
                    if self.success.find(content).is_none() =>
                {
                    Err(FailureKind::NotIdentified)
                }
                _ => Ok(()),
            },
        }
    }

    /// Returns the part of a response to one code value that has its fields.
    fn fields_of<'a>(&self, content: &'a [u8]) -> &'a [u8] {
        if self.protocol != Protocol::IdentifyRespJson {
            return content;
        }
        // A bulk string: the line with its length, the text, and a line break.
        let text = content.splitn(2, |byte| *byte == b'\n').nth(1);
        text.map_or(content, |text| text.trim_ascii_end())
    }
}
