//! The two parameters of `identifyCode`: borrowed, checked for their length, never shown in full.

use std::fmt;

/// The scanned content to identify: 1 to 8192 characters of Unicode text.
///
/// Its `Debug` form shows the length only, since a code value may identify a person or an order.
///
/// Source: SPEC.md, section 1.
///
/// ```
/// use codeid_engine::CodeValue;
/// assert_eq!(CodeValue::new("28100104df23").unwrap().as_str(), "28100104df23");
/// assert!(CodeValue::new("").is_err());
/// assert!(CodeValue::new(&"é".repeat(8192)).is_ok());
/// assert!(CodeValue::new(&"é".repeat(8193)).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodeValue<'a>(&'a str);

impl<'a> CodeValue<'a> {
    /// The fewest characters a code value may have.
    pub const MIN_CHARACTERS: usize = 1;
    /// The most characters a code value may have.
    pub const MAX_CHARACTERS: usize = 8192;
    /// The most bytes a code value may have.
    pub(crate) const MAX_BYTES: usize = Self::MAX_CHARACTERS * char::MAX.len_utf8();

    /// Borrows `text` if its length is allowed.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if `text` has fewer than [`Self::MIN_CHARACTERS`] or more than
    /// [`Self::MAX_CHARACTERS`] characters. A character is a Unicode scalar value.
    ///
    /// # Complexity
    ///
    /// Constant for 4 to 8192 bytes, otherwise linear in `text`.
    pub fn new(text: &'a str) -> Result<Self, ParameterError> {
        let (minimum, maximum) = (Self::MIN_CHARACTERS, Self::MAX_CHARACTERS);
        check_length("codeValue", text, minimum, maximum).map(|()| Self(text))
    }

    /// Returns the text, with the lifetime of the text that was borrowed.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// Returns what is left of the text once everything that [`is_trimmed`] is removed from both ends:
    /// perhaps nothing.
    pub(crate) fn trimmed(self) -> &'a str {
        self.0.trim_matches(is_trimmed)
    }
}

/// Returns `true` for a character that a config with `trim` removes from both ends of a code value:
/// Unicode's White_Space, a control character (category Cc), or U+FEFF, which is the byte order mark.
///
/// Source: SPEC.md, section 2.
pub(crate) fn is_trimmed(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == '\u{feff}'
}

impl fmt::Debug for CodeValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeValue({} bytes)", self.0.len())
    }
}

/// The caller's stable identity of a user, which canaries admit or refuse: 3 to 256 characters.
///
/// Its `Debug` form shows the length only.
///
/// Source: SPEC.md, section 1.
///
/// ```
/// use codeid_engine::OpenId;
/// let open_id = OpenId::new("user-42").unwrap();
/// assert_eq!(format!("{open_id:?}"), "OpenId(7 bytes)");
/// assert!(OpenId::new("ab").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OpenId<'a>(&'a str);

impl<'a> OpenId<'a> {
    /// The fewest characters an openId may have.
    pub const MIN_CHARACTERS: usize = 3;
    /// The most characters an openId may have.
    pub const MAX_CHARACTERS: usize = 256;

    /// Borrows `text` if its length is allowed.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] if `text` has fewer than [`Self::MIN_CHARACTERS`] or more than
    /// [`Self::MAX_CHARACTERS`] characters. A character is a Unicode scalar value.
    ///
    /// # Complexity
    ///
    /// Constant for 12 to 256 bytes, otherwise linear in `text`.
    pub fn new(text: &'a str) -> Result<Self, ParameterError> {
        check_length("openId", text, Self::MIN_CHARACTERS, Self::MAX_CHARACTERS)
            .map(|()| Self(text))
    }

    /// Returns the text, with the lifetime of the text that was borrowed.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for OpenId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenId({} bytes)", self.0.len())
    }
}

/// An error about a parameter of `identifyCode` whose length is not allowed.
///
/// Its message names the parameter, its limits and the length given, never the content.
///
/// Source: SPEC.md, section 1.
///
/// ```
/// use codeid_engine::OpenId;
/// let error = OpenId::new("ab").unwrap_err();
/// assert_eq!(error.parameter(), "openId");
/// assert_eq!(error.to_string(), "openId must have 3 to 256 characters but has 2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterError {
    /// The name on the wire.
    parameter: &'static str,
    minimum: usize,
    maximum: usize,
    /// The number of characters given.
    characters: usize,
}

impl ParameterError {
    /// Returns the parameter's name on the wire: `codeValue` or `openId`.
    #[must_use]
    pub const fn parameter(&self) -> &'static str {
        self.parameter
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            parameter,
            minimum,
            maximum,
            characters,
        } = self;
        write!(
            f,
            "{parameter} must have {minimum} to {maximum} characters but has {characters}"
        )
    }
}

impl std::error::Error for ParameterError {}

/// Checks that `text` has `minimum` to `maximum` characters.
fn check_length(
    parameter: &'static str,
    text: &str,
    minimum: usize,
    maximum: usize,
) -> Result<(), ParameterError> {
    // A character has one to four bytes, so the number of bytes decides most texts.
    if text.len() <= maximum && text.len() >= minimum * 4 {
        return Ok(());
    }
    let characters = text.chars().count();
    if (minimum..=maximum).contains(&characters) {
        Ok(())
    } else {
        Err(ParameterError {
            parameter,
            minimum,
            maximum,
            characters,
        })
    }
}
