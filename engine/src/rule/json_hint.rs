//! Hints for text that is not JSON: what the commonest mistakes look like.

/// The hint for a text in UTF-16 that begins with its byte order mark.
pub(super) const UTF_16: &str =
    "this looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8 FILE";

/// The hints for a text in UTF-16 without a mark, of which iconv must know the order of the bytes.
const UTF_16LE: &str = "this looks like UTF-16; convert it with: iconv -f UTF-16LE -t UTF-8 FILE";
const UTF_16BE: &str = "this looks like UTF-16; convert it with: iconv -f UTF-16BE -t UTF-8 FILE";

const EMPTY: &str = "the document is empty; a route config is a JSON object";
const MARKUP: &str = "this looks like HTML or XML, perhaps the error page of a server";
const YAML: &str = "this looks like YAML; a route config is JSON";
const CUT_OFF: &str =
    "the document may be cut off, or a closing brace, bracket or quotation mark is missing";
const QUOTES: &str = "replace the typographic quotation marks by straight ones";
const SINGLE_QUOTES: &str = "texts and names stand between double quotation marks";
const COMMENT: &str = "JSON has no comments; a rule can have a \"description\"";
const COMMA_TOO_MANY: &str = "remove the comma before the closing brace or bracket";
const COMMA_MISSING: &str =
    "a comma may be missing before this, or a \\ before a quotation mark inside a text";
const BACKSLASH: &str = "in JSON, write each \\ of a pattern twice: \"\\\\d\" for \\d";
const CONTROL: &str =
    "a closing quotation mark may be missing; a line break in a text is written \\n, a tab \\t";
const NAME: &str = "names stand between double quotation marks";
const WORD: &str =
    "true, false and null are written in lower case, and texts between quotation marks";
const MORE: &str = "a route config is one JSON object, with nothing after it";

/// Returns a hint for the error `message` of the parser at the byte `offset` of `document`, if the
/// text there looks like a known mistake.
pub(super) fn find(document: &str, offset: usize, message: &str) -> Option<&'static str> {
    let begin = document.trim_start();
    if begin.is_empty() {
        return Some(EMPTY);
    }
    match document.as_bytes() {
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => return Some(UTF_16LE),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => return Some(UTF_16BE),
        _ => {}
    }
    if begin.starts_with('<') {
        return Some(MARKUP);
    }
    if is_yaml(begin) {
        return Some(YAML);
    }
    if message.starts_with("EOF") {
        return Some(CUT_OFF);
    }
    let mut here = document[offset..].chars();
    match (here.next(), here.next()) {
        (Some(mark), _) if is_typographic(mark) => return Some(QUOTES),
        (Some('\''), _) => return Some(SINGLE_QUOTES),
        (Some(']' | '}'), _) if document[..offset].trim_end().ends_with(',') => {
            return Some(COMMA_TOO_MANY);
        }
        (Some('#'), _) | (Some('/'), Some('/' | '*')) => return Some(COMMENT),
        _ => {}
    }
    if message.starts_with("invalid escape") {
        return Some(BACKSLASH);
    }
    if message.starts_with("trailing characters") {
        return Some(MORE);
    }
    // A typographic mark that should end a text lets it go on to a later place.
    let line = document[..offset].rsplit('\n').next().unwrap_or_default();
    let continues = message.starts_with("control character")
        || message.starts_with("expected `,`")
        || message.starts_with("expected `:`");
    if continues && line.contains(is_typographic) {
        return Some(QUOTES);
    }
    if message.starts_with("control character") {
        return Some(CONTROL);
    }
    if message.starts_with("expected `,`") {
        return Some(COMMA_MISSING);
    }
    if message.starts_with("key must be a string") {
        return Some(NAME);
    }
    let is_word = document[offset..].starts_with(|c: char| c.is_ascii_alphabetic());
    (is_word && message.starts_with("expected")).then_some(WORD)
}

/// Returns `true` if the first line that is not a comment begins with a name and a colon, or is one
/// of the marks with which YAML documents and lists begin.
fn is_yaml(document: &str) -> bool {
    let mut lines = document.lines().map(str::trim_start);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        let name = line.split(':').next().unwrap_or_default();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        line.starts_with("---")
            || line.starts_with("- ")
            || (is_name && line[name.len()..].starts_with(':'))
    })
}

fn is_typographic(c: char) -> bool {
    matches!(
        c,
        '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{ff02}'
    )
}
