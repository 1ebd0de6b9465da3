//! A header of the command line, which each HTTP request carries.

use std::str::FromStr;

/// A header with a valid name, in whose value `{code}` and `{openId}` stand for those of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeaderTemplate(String);

/// The reason why a text is not a header. Its value is not shown: it may be a token.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParseHeaderError {
    /// The text has no colon.
    #[error("expected NAME: VALUE, but there is no colon")]
    NoColon,
    /// The name before the colon is empty.
    #[error("expected NAME: VALUE, but the name is empty")]
    NoName,
    /// The name has this character.
    #[error("a name must have only letters, digits, - and _ but has {0:?}")]
    Name(char),
    /// The value has this control character, which could end the header.
    #[error("a value must have no control characters except tabs but has {0:?}")]
    ControlInValue(char),
}

impl HeaderTemplate {
    /// Returns the text `NAME: VALUE`.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parses a header of the form `NAME: VALUE`; the space may be left out.
///
/// # Errors
///
/// [`ParseHeaderError`] if the text does not have this form, or has a character that a header cannot have.
impl FromStr for HeaderTemplate {
    type Err = ParseHeaderError;

    fn from_str(text: &str) -> Result<Self, ParseHeaderError> {
        let (name, value) = text.split_once(':').ok_or(ParseHeaderError::NoColon)?;
        if name.is_empty() {
            return Err(ParseHeaderError::NoName);
        }
        let is_allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if let Some(c) = name.chars().find(|c| !is_allowed(c)) {
            return Err(ParseHeaderError::Name(c));
        }
        if let Some(c) = value.chars().find(|c| ends_header(*c)) {
            return Err(ParseHeaderError::ControlInValue(c));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Returns `true` for a character that a header cannot have: an ASCII control character other than a tab.
pub(super) const fn ends_header(c: char) -> bool {
    c.is_ascii_control() && c != '\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_a_name_and_a_value_without_control_characters() {
        for good in ["X-Code: {code}", "a_1:", "Authorization: Bearer x\ty:é"] {
            let header: HeaderTemplate = good.parse().unwrap();
            assert_eq!(header.as_str(), good);
        }
        for (bad, reason) in [
            ("", ParseHeaderError::NoColon),
            ("Authorization Bearer x", ParseHeaderError::NoColon),
            (": x", ParseHeaderError::NoName),
            ("X Y: x", ParseHeaderError::Name(' ')),
            ("X-{code}: x", ParseHeaderError::Name('{')),
            ("X\r: x", ParseHeaderError::Name('\r')),
            ("X: a\r\nY: b", ParseHeaderError::ControlInValue('\r')),
            ("X: \u{1}{code}", ParseHeaderError::ControlInValue('\u{1}')),
        ] {
            assert_eq!(bad.parse::<HeaderTemplate>(), Err(reason), "{bad}");
        }
    }
}
