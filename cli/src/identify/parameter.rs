//! The parameters of `identifyCode`: from the command line, and from the lines of a file.

use std::ffi::OsStr;

use codeid_engine::{CodeValue, OpenId, ParameterError};

use super::lines::MAX_LINE_BYTES;

/// The reason why a parameter is not allowed. Its message shows nothing of the parameter.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum IllegalParameter {
    /// The argument that gives this parameter is not UTF-8.
    #[error("{0} is not valid UTF-8")]
    ArgumentNotUtf8(&'static str),
    /// The line that gives the code value is not UTF-8; this many of its bytes are, from its start.
    #[error("codeValue is not valid UTF-8 at byte {0}")]
    LineNotUtf8(usize),
    /// The line is longer than any code value. Its rest may have been dropped, so its characters cannot
    /// be counted.
    #[error(
        "codeValue must have 1 to {} characters but has more than {MAX_LINE_BYTES} bytes",
        CodeValue::MAX_CHARACTERS
    )]
    LineTooLong,
    /// The parameter has too few or too many characters.
    #[error(transparent)]
    Length(#[from] ParameterError),
}

impl IllegalParameter {
    /// Returns the message as a sentence, as the field `detail` of a response has it.
    pub(super) fn detail(&self) -> String {
        format!("{self}.")
    }
}

/// Returns the code value that an argument gives.
///
/// # Errors
///
/// [`IllegalParameter`] if the argument is not UTF-8, or its length is not allowed.
pub(super) fn code_value_of_argument(argument: &OsStr) -> Result<CodeValue<'_>, IllegalParameter> {
    let text = argument.to_str();
    let text = text.ok_or(IllegalParameter::ArgumentNotUtf8("codeValue"))?;
    Ok(CodeValue::new(text)?)
}

/// Returns the openId that an argument gives.
///
/// # Errors
///
/// [`IllegalParameter`] if the argument is not UTF-8, or its length is not allowed.
pub(super) fn open_id_of_argument(argument: &OsStr) -> Result<OpenId<'_>, IllegalParameter> {
    let text = argument.to_str();
    let text = text.ok_or(IllegalParameter::ArgumentNotUtf8("openId"))?;
    Ok(OpenId::new(text)?)
}

/// Returns the code value that a line gives; a line longer than [`MAX_LINE_BYTES`] may be cut.
///
/// # Errors
///
/// [`IllegalParameter`] if the line is not UTF-8, or its length is not allowed.
pub(super) fn code_value_of_line(line: &[u8]) -> Result<CodeValue<'_>, IllegalParameter> {
    if line.len() > MAX_LINE_BYTES {
        return Err(IllegalParameter::LineTooLong);
    }
    let text = std::str::from_utf8(line)
        .map_err(|error| IllegalParameter::LineNotUtf8(error.valid_up_to()))?;
    Ok(CodeValue::new(text)?)
}
