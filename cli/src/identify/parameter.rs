//! The parameters of `identifyCode`: from the command line, and from the lines of a file.

use std::ffi::OsStr;

use codeid_engine::{CodeValue, OpenId, ParameterError};

use super::lines::{MAX_CODE_BYTES, MAX_OPEN_ID_BYTES};

/// The reason why a parameter is not allowed. Its message shows nothing of the parameter.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum IllegalParameter {
    /// The argument that gives this parameter is not UTF-8.
    #[error("{0} is not valid UTF-8")]
    ArgumentNotUtf8(&'static str),
    /// The column of a line that gives this parameter is not UTF-8; this many of its bytes are, from
    /// its start.
    #[error("{0} is not valid UTF-8 at byte {1}")]
    ColumnNotUtf8(&'static str, usize),
    /// The column is longer than any code value. Its rest may have been dropped, so its characters
    /// cannot be counted.
    #[error(
        "codeValue must have 1 to {} characters but has more than {MAX_CODE_BYTES} bytes",
        CodeValue::MAX_CHARACTERS
    )]
    CodeTooLong,
    /// The column is longer than any openId. Its rest may have been dropped, so its characters cannot
    /// be counted.
    #[error(
        "openId must have {} to {} characters but has more than {MAX_OPEN_ID_BYTES} bytes",
        OpenId::MIN_CHARACTERS,
        OpenId::MAX_CHARACTERS
    )]
    OpenIdTooLong,
    /// Neither the line nor the command line gives an openId.
    #[error("openId is missing: give it after a tab, or with --open-id for all lines")]
    NoOpenId,
    /// The line has more columns than a code value and an openId.
    #[error("the line has more than two columns, separated by tabs: codeValue and openId")]
    ManyColumns,
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

/// Returns the code value and the openId of a line: the columns before and after its tab. Without a
/// tab, or with nothing after it, the openId is `default`. A column that is too long may be cut.
///
/// # Errors
///
/// [`IllegalParameter`] if a column is not UTF-8, its length is not allowed, or there are more than two
/// columns or no openId.
pub(super) fn parameters_of_line<'a>(
    line: &'a [u8],
    default: Option<OpenId<'a>>,
) -> Result<(CodeValue<'a>, OpenId<'a>), IllegalParameter> {
    let tab = memchr::memchr(b'\t', line);
    let (code, open_id) = match tab.and_then(|tab| line.split_at_checked(tab)) {
        Some((code, [_, open_id @ ..])) => (code, open_id),
        _ => (line, &[][..]),
    };
    if code.len() > MAX_CODE_BYTES {
        return Err(IllegalParameter::CodeTooLong);
    }
    if open_id.contains(&b'\t') {
        return Err(IllegalParameter::ManyColumns);
    }
    if open_id.len() > MAX_OPEN_ID_BYTES {
        return Err(IllegalParameter::OpenIdTooLong);
    }
    let code = CodeValue::new(text_of("codeValue", code)?)?;
    let open_id = match open_id {
        [] => default.ok_or(IllegalParameter::NoOpenId)?,
        open_id => OpenId::new(text_of("openId", open_id)?)?,
    };
    Ok((code, open_id))
}

fn text_of<'a>(parameter: &'static str, column: &'a [u8]) -> Result<&'a str, IllegalParameter> {
    std::str::from_utf8(column)
        .map_err(|error| IllegalParameter::ColumnNotUtf8(parameter, error.valid_up_to()))
}
