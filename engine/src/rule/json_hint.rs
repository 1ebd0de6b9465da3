//! Hints for text that is not JSON: what the commonest mistakes look like.

/// The hint for a text in UTF-16 that begins with its byte order mark.
const UTF_16: &str = "this looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8 FILE";

/// The hints for a text in UTF-16 without a mark, of which iconv must know the order of the bytes.
const UTF_16LE: &str = "this looks like UTF-16; convert it with: iconv -f UTF-16LE -t UTF-8 FILE";
const UTF_16BE: &str = "this looks like UTF-16; convert it with: iconv -f UTF-16BE -t UTF-8 FILE";

const GZIP: &str = "this is compressed; decompress it with: gunzip FILE.gz";
const ZSTD: &str = "this is compressed; decompress it with: unzstd FILE.zst";
const ZIP: &str = "this is an archive; unpack it with: unzip FILE";
const LATIN_1: &str =
    "this looks like Windows-1252 or Latin-1; convert it with: iconv -f WINDOWS-1252 -t UTF-8 FILE";
const OTHER_ENCODING: &str = "this looks like another encoding, such as GB18030, BIG5 or SHIFT_JIS; convert it with: iconv -f \
     GB18030 -t UTF-8 FILE";
const CUT_CHARACTER: &str = "the document may be cut off: it ends within a character";

const EMPTY: &str = "the document is empty; a route config is a JSON object";
const MARKUP: &str = "this looks like HTML or XML, perhaps the error page of a server";
const YAML: &str = "this looks like YAML; a route config is JSON";
const CUT_OFF: &str =
    "the document may be cut off, or a closing brace, bracket or quotation mark is missing";
const QUOTES: &str = "replace the typographic quotation marks by straight ones";
const SINGLE_QUOTES: &str = "texts and names stand between double quotation marks";
const COMMENT: &str = "JSON has no comments; a rule can have a \"description\"";
const COMMA_TOO_MANY: &str = "remove the comma before the closing brace or bracket";
const COMMA_ALONE: &str = "remove this comma, or write what is missing before it";
const CONFLICT: &str = "this looks like a merge conflict: choose a side, and remove the lines that begin with <<<<<<<, |||||||, \
     ======= and >>>>>>>";
const NO_DIGIT: &str = "a number has a digit before its decimal point: 0.5";
const PLUS: &str = "a number has no + in front";
const LEADING_ZERO: &str =
    "a number has no zeros in front, and a text stands between quotation marks";
const NUMBER: &str = "numbers are written as 10, 12.5 or 1e3";
const COMMA_MISSING: &str =
    "a comma may be missing before this, or a \\ before a quotation mark inside a text";
const BACKSLASH: &str = "in JSON, write each \\ of a pattern twice: \"\\\\d\" for \\d";
const CONTROL: &str =
    "a closing quotation mark may be missing; a line break in a text is written \\n, a tab \\t";
const NAME: &str = "names stand between double quotation marks";
const WORD: &str =
    "true, false and null are written in lower case, and texts between quotation marks";
const MORE: &str = "a route config is one JSON object, with nothing after it";

/// Returns a hint for a document that is not UTF-8 and begins with `valid` bytes that are: what it looks
/// like.
pub(super) fn for_bytes(document: &[u8], valid: usize) -> &'static str {
    match document {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return UTF_16,
        [0x1f, 0x8b, ..] => return GZIP,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => return ZSTD,
        [b'P', b'K', 3, 4, ..] => return ZIP,
        _ => {}
    }
    if let Some(hint) = of_wide(document) {
        return hint;
    }
    match &document[valid..] {
        // One byte for a character beyond ASCII.
        [_, after, ..] if after.is_ascii() => LATIN_1,
        [first, rest @ ..] if first.leading_ones() > 1 && rest.len() < 3 => CUT_CHARACTER,
        _ => OTHER_ENCODING,
    }
}

/// Returns the hint for a text in UTF-16 without a mark, which begins with ASCII.
const fn of_wide(document: &[u8]) -> Option<&'static str> {
    match document {
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => Some(UTF_16LE),
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// Returns a hint for the error `message` of the parser at the byte `offset` of `document`, if the
/// text there looks like a known mistake.
pub(super) fn find(document: &str, offset: usize, message: &str) -> Option<&'static str> {
    let begin = document.trim_start();
    if begin.is_empty() {
        return Some(EMPTY);
    }
    if let Some(hint) = of_wide(document.as_bytes()) {
        return Some(hint);
    }
    let before_in_line = document[..offset].rsplit('\n').next().unwrap_or_default();
    let line = &document[offset - before_in_line.len()..];
    if ["<<<<<<<", "|||||||", "=======", ">>>>>>>"]
        .iter()
        .any(|mark| line.starts_with(mark))
    {
        return Some(CONFLICT);
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
        (Some(','), _)
            if document[..offset]
                .trim_end()
                .ends_with(['[', '{', ',', ':']) =>
        {
            return Some(COMMA_ALONE);
        }
        (Some('.'), Some('0'..='9')) => return Some(NO_DIGIT),
        (Some('+'), Some('0'..='9')) => return Some(PLUS),
        (Some('#'), _) | (Some('/'), Some('/' | '*')) => return Some(COMMENT),
        _ => {}
    }
    if message.starts_with("invalid number") {
        return Some(number(document, offset));
    }
    if message.starts_with("invalid escape") {
        return Some(BACKSLASH);
    }
    if message.starts_with("trailing characters") {
        return Some(MORE);
    }
    // A typographic mark that should end a text lets it go on to a later place.
    let continues = message.starts_with("control character")
        || message.starts_with("expected `,`")
        || message.starts_with("expected `:`");
    if continues && before_in_line.contains(is_typographic) {
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

/// Returns the hint for the number around the byte `offset` of `document`.
fn number(document: &str, offset: usize) -> &'static str {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-');
    let start = document[..offset].trim_end_matches(is_part).len();
    let digits = document[start..].trim_start_matches('-').as_bytes();
    match digits {
        [b'0', b'0'..=b'9', ..] => LEADING_ZERO,
        _ => NUMBER,
    }
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
