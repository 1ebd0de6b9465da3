//! Hints for patterns that are refused: what users of java.util.regex can write instead.

use regex_syntax::{ast, hir};

/// The hint for a possessive quantifier.
pub(super) const POSSESSIVE: &str = "matching is always linear in the code value, so a possessive quantifier is not needed: remove the \
     second +";

/// Returns a hint for a pattern that does not parse.
pub(super) fn for_syntax_error(text: &str, error: &ast::Error) -> Option<&'static str> {
    let at = text.get(error.span().start.offset..).unwrap_or_default();
    match error.kind() {
        ast::ErrorKind::UnsupportedLookAround => Some(
            "look-around is not supported; to exclude codes, put a rule for them before this one",
        ),
        ast::ErrorKind::UnsupportedBackreference => {
            Some("back-references are not supported: matching is always linear in the code value")
        }
        ast::ErrorKind::EscapeUnrecognized => match at.as_bytes().get(1) {
            Some(b'Q' | b'E') => {
                Some("write the quoted text with \\ before each special character")
            }
            Some(b'Z' | b'G') => Some("remove it: a pattern always matches the whole code value"),
            Some(b'h') => Some("write [ \\t] or the blanks that are meant"),
            Some(b'R') => Some("write (?:\\r\\n|[\\n\\r]) or the line ends that are meant"),
            Some(b'e') => Some("write \\x1B"),
            Some(b'c') => Some("write the control character as \\x and two hex digits"),
            Some(b'0') => Some("write the octal number as \\x and two hex digits"),
            _ => Some("a character without a special meaning needs no \\ before it"),
        },
        ast::ErrorKind::FlagUnrecognized if at.starts_with('>') => {
            Some("matching is always linear, so an atomic group is not needed: write (?:…)")
        }
        ast::ErrorKind::FlagUnrecognized => Some("the flags are i, m, s, U, x and R"),
        ast::ErrorKind::RepetitionCountUnclosed | ast::ErrorKind::RepetitionCountDecimalEmpty => {
            Some("for a literal brace write \\{")
        }
        _ => None,
    }
}

/// Returns a hint for a pattern that parses but cannot be translated.
pub(super) fn for_translation_error(error: &hir::Error) -> Option<&'static str> {
    match error.kind() {
        hir::ErrorKind::UnicodePropertyNotFound | hir::ErrorKind::UnicodePropertyValueNotFound => {
            Some(
                "properties are those of the Unicode standard, such as \\p{L}, \\p{Han} or \\p{Lu}",
            )
        }
        _ => None,
    }
}
