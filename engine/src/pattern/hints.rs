//! Hints for patterns that are refused: what users of java.util.regex can write instead.

/// The hint for what Java's grapheme clusters are needed for.
pub(super) const GRAPHEME: &str =
    "grapheme clusters are not supported: write the characters that are meant, or . for any";

/// The hint for a back-reference. No pattern without one means the same.
pub(super) const BACK_REFERENCE: &str = "matching is always linear in the code value, so nothing means the same: write the repeated text \
     out in alternatives, or let another part check that it is the same";

/// The hint for look-around.
pub(super) const LOOK_AROUND: &str = "to exclude codes, put a rule for them before this one; to require a text, write it in its place";

/// The hint for a possessive quantifier or an atomic group that may change what is matched.
pub(super) const POSSESSIVE: &str = "it may change what is matched here, unless what follows cannot begin as the repeated part does: \
     if it need not, remove the second +, or write (?:…) instead of (?>…)";

/// The hint for the flags `u` and `U`.
pub(super) const UNICODE_FLAG: &str = "patterns match Unicode text, and \\d, \\w, \\s and \\b mean ASCII; for all digits or letters write \
     \\p{Nd} or \\p{L}, for both cases of other letters write them out, as [éÉ]";

/// The hint for a pattern that is nested too deeply.
pub(super) const NESTING: &str = "leave out groups that change nothing, as in (?:(?:a)), and write nested alternatives side by side";

/// The hint for `\p` without a whole name.
pub(super) const PROPERTY: &str = "write \\p{L} or \\pL";

/// The flags that are supported.
pub(super) const FLAGS: &str = "the flags are i, d, m, s and x, as in (?i) or (?i-s:…)";

/// The hint for a quantifier that repeats nothing.
pub(super) const DANGLING: &str =
    "write \\ before a literal *, +, ? or {; a repetition is repeated as in (?:a+)*";

/// The hint for `$` before a part that may take a line terminator.
pub(super) const END: &str = "it would also match before a final line terminator, which the part after it may take: write \\z for \
     the end, or the line terminator that is meant";

/// The hint for an assertion about lines that cannot be expressed.
pub(super) const LINES: &str = "write the line terminators that are meant, such as (?:\\r?\\n), instead of ^ and $ inside the pattern, \
     or (?d) before it if only \\n ends a line";

/// The hint for `\R` where it may be repeated or be followed by `\n`.
pub(super) const LINE_ENDING: &str = "write [\\n-\\r\\x85\\u2028\\u2029]+ for one or more line endings, (?:\\r\\n|[\\n-\\r\\x85\\u2028\\u2029]) for one, or those \
     that are meant, such as \\r?\\n";

/// The hint for `\R` with a number of repetitions.
pub(super) const LINE_ENDINGS: &str = "write \\R+ for any number, or, unless \\n can follow, two as \
     (?:(?:\\r\\n|[\\n\\x0B\\f\\x85\\u2028\\u2029])(?:\\r\\n|[\\n-\\r\\x85\\u2028\\u2029])|\\r(?:\\r\\n|[\\x0B-\\r\\x85\\u2028\\u2029]))";

/// Returns the hint for an escape that Java does not have.
pub(super) fn for_escape(c: char) -> &'static str {
    match c {
        'b' => "in brackets write \\x08 for a backspace; a word boundary can only stand outside",
        'E' => "\\E ends a quotation, which \\Q begins",
        'Q' => "a quotation is \\Q…\\E",
        'R' => "in brackets write \\n-\\r\\x85\\u2028\\u2029",
        'K' => "write the whole pattern: the code value is matched as a whole",
        'A' | 'B' | 'G' | 'X' | 'Z' | 'z' => "it can only stand outside brackets",
        'g' => BACK_REFERENCE,
        'U' => "write a code point as \\x{…}, such as \\x{1F600}",
        'o' => "an octal number is \\0 and its digits",
        'k' | '1'..='9' => {
            "a back-reference cannot stand in brackets; an octal number is \\0 and its digits"
        }
        _ => "a letter or digit without a special meaning is written without \\",
    }
}

/// Returns the hint for a group that begins with `(?` and `c`, and that Java does not have.
pub(super) fn for_group(c: char) -> &'static str {
    match c {
        'P' | '\'' => {
            "write a named group as (?<name>…); back-references and recursion are not supported"
        }
        'R' | '0'..='9' | '&' | '+' => {
            "a group cannot contain itself: write it out as deep as is meant"
        }
        '#' => "write a comment under (?x), from # to the end of the line, or use description",
        '(' => "conditional groups do not exist in Java: write the alternatives out",
        '|' => "groups are numbered one by one: write (?:…|…)",
        _ => FLAGS,
    }
}
