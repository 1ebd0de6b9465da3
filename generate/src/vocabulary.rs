//! The few words from which everything is made, so that rules and codes collide.

use crate::Entropy;

/// Literal text: beginnings inside beginnings, case variants, characters that fold to ASCII.
const WORDS: &[&str] = &[
    "a",
    "b",
    "ab",
    "aba",
    "abab",
    "1",
    "281",
    "28100104",
    "2810010",
    "2",
    "k",
    "s",
    "ks",
    "-",
    ".",
    "/",
    "/m",
    "/m/",
    "?x=",
    "#",
    "https://",
    "http://",
    "https://a.example/",
    "https://a.example/m",
    "https://b.a.example/",
    "HTTPS://A.EXAMPLE/",
    "https://a",
    ".example",
    ".shop1.example/",
    ".shop2.example/",
    "000201",
    "00020101",
    "A000000677010111",
    "5303764",
    "é",
    "ſ",
    "\u{212a}",
    "店",
    " ",
    "\"{\\",
    "1234567890123456",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// Characters with which codes are mutated and from which classes are made.
const CHARACTERS: &[char] = &[
    'a',
    'b',
    'k',
    's',
    'A',
    'K',
    'S',
    '0',
    '1',
    '2',
    '8',
    '9',
    '/',
    '.',
    '-',
    '_',
    '?',
    '#',
    ':',
    '@',
    '\\',
    ' ',
    '%',
    '{',
    '}',
    '"',
    '\n',
    '\r',
    '\t',
    '\0',
    '\u{7f}',
    '\u{85}',
    'é',
    'É',
    'ß',
    'ſ',
    '\u{212a}',
    '\u{2028}',
    '٣',
    '店',
    '😀',
    '\u{10ffff}',
];

pub(crate) fn word(entropy: &mut Entropy<'_>) -> &'static str {
    entropy.one_of(WORDS)
}

pub(crate) fn character(entropy: &mut Entropy<'_>) -> char {
    entropy.one_of(CHARACTERS)
}

/// Draws one to three words.
pub(crate) fn phrase(entropy: &mut Entropy<'_>) -> String {
    let words = 1 + entropy.below(3);
    (0..words).map(|_| word(entropy)).collect()
}

/// Returns `text` with some letters in the other case. If `beyond_ascii`, some become characters
/// outside ASCII that fold to them, such as U+212A for `k`.
pub(crate) fn vary_case(text: &str, beyond_ascii: bool, entropy: &mut Entropy<'_>) -> String {
    let vary = |c: char, entropy: &mut Entropy<'_>| match (c, entropy.below(4)) {
        (_, 0 | 1) => c,
        ('k' | 'K', 3) if beyond_ascii => '\u{212a}',
        ('s' | 'S', 3) if beyond_ascii => 'ſ',
        ('é', _) if beyond_ascii => 'É',
        (c, _) if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
        (c, _) => c.to_ascii_lowercase(),
    };
    text.chars().map(|c| vary(c, entropy)).collect()
}
