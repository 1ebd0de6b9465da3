//! The two parameters of a request.

use std::borrow::Cow;
use std::fmt;
use std::str::Utf8Error;

use codeid_engine::{CodeValue, OpenId};
use thiserror::Error;

use crate::json::Kind;

/// The parameters of one request, as they were given.
#[derive(Debug)]
pub(crate) struct Parameters<'a> {
    /// The code value, which is not checked yet.
    pub(super) code_value: Parameter<'a>,
    /// The openId, which is not checked yet.
    pub(super) open_id: Parameter<'a>,
}

/// A parameter as it was given.
pub(super) enum Parameter<'a> {
    /// The request does not have it.
    Missing,
    /// It is not a string, but a value of this kind.
    Mistyped(Kind),
    /// It is this string, of any length.
    Text(Cow<'a, str>),
}

/// The error for a parameter that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ParameterError {
    /// The parameter is missing.
    #[error("{0} but is missing")]
    Missing(Constraint),
    /// The parameter is not a string, but a value of this kind.
    #[error("{0} but is {1}")]
    Mistyped(Constraint, Kind),
    /// The bytes of the parameter with this name are not UTF-8, from this one on.
    #[error("{0} is not valid UTF-8 at byte {1}")]
    NotUtf8(&'static str, usize),
    /// The string is too short or too long.
    #[error(transparent)]
    Length(#[from] codeid_engine::ParameterError),
}

/// The errors of one or both parameters. Displays with a semicolon between two.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) struct ParameterErrors([Option<ParameterError>; 2]);

/// The type and length of a parameter. Displays as the beginning of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Constraint {
    name: &'static str,
    min_characters: usize,
    max_characters: usize,
}

impl Constraint {
    /// The constraint of `codeValue`.
    pub(crate) const CODE_VALUE: Self = Self {
        name: "codeValue",
        min_characters: 1,
        max_characters: CodeValue::MAX_CHARACTERS,
    };
    /// The constraint of `openId`.
    pub(crate) const OPEN_ID: Self = Self {
        name: "openId",
        min_characters: OpenId::MIN_CHARACTERS,
        max_characters: OpenId::MAX_CHARACTERS,
    };
}

impl Parameters<'_> {
    /// Returns the code value and the openId, if both are strings.
    pub(super) fn texts(&self) -> Option<(&str, &str)> {
        match (&self.code_value, &self.open_id) {
            (Parameter::Text(code_value), Parameter::Text(open_id)) => Some((code_value, open_id)),
            _ => None,
        }
    }

    /// Returns the parameters, if both have the type and length that they must have.
    ///
    /// # Errors
    ///
    /// [`ParameterErrors`], with an error for each one that does not.
    pub(crate) fn check(&self) -> Result<(CodeValue<'_>, OpenId<'_>), ParameterErrors> {
        let code_value = self.code_value.text(Constraint::CODE_VALUE);
        let code_value = code_value.and_then(|text| Ok(CodeValue::new(text)?));
        let open_id = self.open_id.text(Constraint::OPEN_ID);
        let open_id = open_id.and_then(|text| Ok(OpenId::new(text)?));
        both(code_value, open_id)
    }
}

/// Returns the parameters that were given as bytes, if both are UTF-8 and have the length that they must have.
///
/// # Errors
///
/// [`ParameterErrors`], with an error for each one that does not.
pub(crate) fn check_texts<'a>(
    code_value: Result<&'a str, Utf8Error>,
    open_id: Result<&'a str, Utf8Error>,
) -> Result<(CodeValue<'a>, OpenId<'a>), ParameterErrors> {
    let not_utf8 = |constraint: Constraint| {
        move |error: Utf8Error| ParameterError::NotUtf8(constraint.name, error.valid_up_to())
    };
    let code_value = code_value.map_err(not_utf8(Constraint::CODE_VALUE));
    let code_value = code_value.and_then(|text| Ok(CodeValue::new(text)?));
    let open_id = open_id.map_err(not_utf8(Constraint::OPEN_ID));
    both(code_value, open_id.and_then(|text| Ok(OpenId::new(text)?)))
}

fn both<'a>(
    code_value: Result<CodeValue<'a>, ParameterError>,
    open_id: Result<OpenId<'a>, ParameterError>,
) -> Result<(CodeValue<'a>, OpenId<'a>), ParameterErrors> {
    match (code_value, open_id) {
        (Ok(code_value), Ok(open_id)) => Ok((code_value, open_id)),
        (code_value, open_id) => Err(ParameterErrors([code_value.err(), open_id.err()])),
    }
}

impl ParameterErrors {
    /// The error for a request without its parameters, or without the openId only.
    pub(crate) fn missing(has_code_value: bool) -> Self {
        let code_value = ParameterError::Missing(Constraint::CODE_VALUE);
        Self([
            Some(code_value).filter(|_| !has_code_value),
            Some(ParameterError::Missing(Constraint::OPEN_ID)),
        ])
    }
}

/// Displays without an allocation, as everything that answers a command.
impl fmt::Display for ParameterErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.0.iter().flatten().enumerate() {
            let separator = if number == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl Parameter<'_> {
    fn text(&self, constraint: Constraint) -> Result<&str, ParameterError> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Missing => Err(ParameterError::Missing(constraint)),
            Self::Mistyped(kind) => Err(ParameterError::Mistyped(constraint, *kind)),
        }
    }
}

/// Shows the length in bytes only.
impl fmt::Debug for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Mistyped(kind) => write!(f, "{kind}"),
            Self::Text(text) => write!(f, "{} bytes", text.len()),
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            min_characters,
            max_characters,
        } = self;
        write!(
            f,
            "{name} must be a string of {min_characters} to {max_characters} characters"
        )
    }
}
