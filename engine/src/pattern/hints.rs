//! What to write instead, for those who come from java.util.regex.

use regex_syntax::{ast, hir};

pub(super) const POSSESSIVE: &str = "matching is linear in the code as it is, so a possessive quantifier is not needed: drop the \
     second +";

/// A hint for a pattern that does not parse.
pub(super) fn for_syntax_error(text: &str, error: &ast::Error) -> Option<&'static str> {
    let at = text.get(error.span().start.offset..).unwrap_or_default();
    match error.kind() {
        ast::ErrorKind::UnsupportedLookAround => {
            Some("look-around is not supported; a rule above this one can carve codes out of it")
        }
        ast::ErrorKind::UnsupportedBackreference => {
            Some("back-references are not supported: matching is linear in the code, always")
        }
        ast::ErrorKind::EscapeUnrecognized => match at.as_bytes().get(1) {
            Some(b'Q' | b'E') => {
                Some("write the quoted text with \\ before each special character")
            }
            Some(b'Z') => Some("leave it out: a pattern matches the whole code value as it is"),
            Some(b'G') => Some("leave it out: a pattern matches the whole code value as it is"),
            Some(b'h') => Some("write [ \\t] and the other blanks that are meant"),
            Some(b'R') => Some("write (?:\\r\\n|[\\n\\r]) or the line ends that are meant"),
            Some(b'e') => Some("write \\x1B"),
            Some(b'c') => Some("write the control character as \\x and two hex digits"),
            Some(b'0') => Some("write the octal number as \\x and two hex digits"),
            _ => Some("a character that means nothing special needs no \\ before it"),
        },
        ast::ErrorKind::FlagUnrecognized if at.starts_with('>') => {
            Some("atomic groups are not needed, matching is linear as it is: write (?:…)")
        }
        ast::ErrorKind::FlagUnrecognized => Some("the flags are i, m, s, U, x and R"),
        ast::ErrorKind::RepetitionCountUnclosed | ast::ErrorKind::RepetitionCountDecimalEmpty => {
            Some("for a brace that means itself, write \\{")
        }
        _ => None,
    }
}

/// A hint for a pattern that parses and means nothing.
pub(super) fn for_translation_error(error: &hir::Error) -> Option<&'static str> {
    match error.kind() {
        hir::ErrorKind::UnicodePropertyNotFound | hir::ErrorKind::UnicodePropertyValueNotFound => {
            Some("properties are those of the Unicode standard, such as \\p{L}, \\p{Han}, \\p{Lu}")
        }
        _ => None,
    }
}
