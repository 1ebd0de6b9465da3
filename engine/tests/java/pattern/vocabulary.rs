//! The pieces from which patterns and texts are made: few, so that they collide.

/// Literal text, as rules have it.
#[rustfmt::skip]
pub(super) const WORDS: &[&str] = &[
    "a", "b", "ab", "k", "s", "i", "1", "0", "28", "281", "-", "_", "/", ":", "=", "@", "~", "<", ">",
    "!", "%", ",", "'", "\"", "é", "ß", "店", "😀", "https://", "a.b", "A", "K", "S", " ", "#", "&", "&&",
    "--", "\n", "\r", "\t", "}", "]", "\u{85}", "\u{2028}", "ſ", "\u{212a}", "µ", "x", "z", "Z", "ab1",
];

/// Characters that texts get: the limits of classes, line terminators, blanks, letters whose case is
/// special, characters of many properties.
#[rustfmt::skip]
pub(crate) const CHARACTERS: &[char] = &[
    'a', 'b', 'c', 'd', 'e', 'f', 'k', 's', 'i', 'x', 'z', 'A', 'B', 'F', 'G', 'I', 'K', 'S', 'Z', '0', '1', '2',
    '3', '7', '8', '9', '/', ':', '@', '[', ']', '`', '{', '}', '|', '~', '^', '\\', '.', '-', '_', '?', '#', '%', '&', '+',
    '*', '$', '(', ')', '!', '"', '\'', '<', '=', '>', ',', ';', ' ', '\t', '\n', '\u{b}', '\u{c}', '\r', '\0', '\u{1}',
    '\u{8}', '\u{e}', '\u{1b}', '\u{1c}', '\u{1f}', '\u{7f}', '\u{80}', '\u{84}', '\u{85}', '\u{86}', '\u{a0}', 'ª', 'µ', 'é', 'É',
    'ß', 'ÿ', 'Ā', 'ı', 'İ', 'ſ', 'ǅ', '\u{301}', 'μ', 'Σ', 'σ', 'ς', 'Ж', 'ж', 'א', '٣', 'अ', '߀', '\u{1680}',
    '\u{180e}', '\u{2003}', '\u{200b}', '\u{200d}', '\u{2028}', '\u{2029}', '\u{202f}', '\u{205f}', '₁', '€', '\u{212a}', 'Ⅷ', 'ⅷ', '√',
    '─', '\u{3000}', 'あ', 'ア', '店', '漢', '\u{e000}', '\u{fb01}', '\u{feff}', 'Ａ', '\u{fffd}', '\u{ffff}', '𐐀', '𐐨',
    '𝒜', '😀', '😂', '\u{1f1e6}', '\u{e0100}', '\u{10ffff}', '\u{378}',
];

/// A class that is written by a name or an escape, and some of its members.
pub(super) type Named = (&'static str, &'static str);

#[rustfmt::skip]
pub(super) const PREDEFINED: &[Named] = &[
    (r"\d", "0179"), (r"\D", "a:/é"), (r"\w", "aZ_0"), (r"\W", "-é \n"), (r"\s", " \t\n\u{b}"),
    (r"\S", "a\u{a0}é"), (r"\h", " \t\u{a0}\u{180e}\u{2003}\u{3000}"), (r"\H", "a\n\u{85}"),
    (r"\v", "\n\u{b}\u{c}\r\u{85}\u{2028}\u{2029}"), (r"\V", "a \té"),
];

#[rustfmt::skip]
pub(super) const POSIX: &[Named] = &[
    (r"\p{Lower}", "akz"), (r"\p{Upper}", "AKZ"), (r"\p{ASCII}", "a0\n\u{7f}"), (r"\p{Alpha}", "aZ"), (r"\p{Digit}", "09"),
    (r"\p{Alnum}", "a0Z"), (r"\p{Punct}", "!~@[`_$+<=>^|"), (r"\p{Graph}", "a!0"), (r"\p{Print}", "a !~"),
    (r"\p{Blank}", " \t"), (r"\p{Cntrl}", "\0\u{1f}\u{7f}\n"), (r"\p{XDigit}", "0aF"), (r"\p{Space}", " \t\n\u{b}\r"),
    (r"\P{Lower}", "A0é"), (r"\P{Punct}", "a é"), (r"\P{Space}", "a\u{a0}\u{85}"), (r"\P{Alnum}", "-é"), (r"\P{XDigit}", "gé"),
    (r"\P{Cntrl}", "a\u{85}"), (r"\P{ASCII}", "é\u{80}"), (r"\P{Upper}", "aé"), (r"\P{Digit}", "a٣"),
];

#[rustfmt::skip]
pub(super) const PROPERTIES: &[Named] = &[
    (r"\p{L}", "aéЖ店ª"), (r"\pL", "aéЖ"), (r"\PL", "0-"), (r"\p{IsL}", "aé"), (r"\p{Lu}", "AÉЖ"), (r"\p{Ll}", "aéж"),
    (r"\p{Lt}", "ǅ"), (r"\p{Lm}", "\u{2b0}"), (r"\p{Lo}", "店ªא"), (r"\p{LC}", "aAǅ"), (r"\p{LD}", "a0٣"), (r"\p{L1}", "aÿ\n"),
    (r"\p{M}", "\u{301}"), (r"\p{Mn}", "\u{301}"), (r"\pM", "\u{301}"), (r"\p{N}", "0٣Ⅷ₁"), (r"\pN", "0٣"), (r"\p{Nd}", "0٣߀"),
    (r"\p{Nl}", "Ⅷ"), (r"\p{No}", "₁"), (r"\p{P}", "!-_"), (r"\pP", "!-"), (r"\p{Pd}", "-"), (r"\p{Ps}", "(["), (r"\p{Pe}", ")]"),
    (r"\p{Pc}", "_"), (r"\p{Po}", "!%"), (r"\p{Pi}", "«"), (r"\p{Pf}", "»"), (r"\p{S}", "+€√"), (r"\p{Sc}", "$€"), (r"\p{Sm}", "+√<"),
    (r"\p{Sk}", "^`"), (r"\p{So}", "😀─"), (r"\p{Z}", " \u{a0}\u{2028}"), (r"\p{Zs}", " \u{a0}\u{3000}"), (r"\p{Zl}", "\u{2028}"),
    (r"\p{Zp}", "\u{2029}"), (r"\p{C}", "\0\u{200d}\u{e000}"), (r"\p{Cc}", "\0\u{85}"), (r"\p{Cf}", "\u{200d}\u{feff}"),
    (r"\p{Co}", "\u{e000}"), (r"\p{Cn}", "\u{378}"), (r"\p{Cs}", "a"), (r"\P{Lu}", "aé0"), (r"\P{L}", "0-"), (r"\P{Nd}", "aⅧ"),
    (r"\p{IsHan}", "店漢"), (r"\p{script=Han}", "店漢"), (r"\p{sc=Han}", "店"), (r"\p{IsLatin}", "aéſ"), (r"\p{IsGreek}", "Σσς"),
    (r"\p{IsCyrillic}", "Жж"), (r"\p{IsHiragana}", "あ"), (r"\p{IsKatakana}", "ア"), (r"\p{IsHebrew}", "א"), (r"\p{IsArabic}", "٣"),
    (r"\p{IsCommon}", "0 €"), (r"\p{IsInherited}", "\u{301}"), (r"\p{ishan}", "店"), (r"\p{script=latin}", "aé"), (r"\p{SCRIPT=GREEK}", "Σ"),
    (r"\p{sc=Latn}", "aé"), (r"\p{IsLatn}", "a"), (r"\P{IsHan}", "aé"), (r"\P{script=Latin}", "0店"), (r"\p{IsDevanagari}", "अ"),
    (r"\p{InGreek}", "Σσς\u{378}"), (r"\p{InGreekandCoptic}", "Σσ"), (r"\p{block=Greek}", "Σ"), (r"\p{blk=Cyrillic}", "Ж"),
    (r"\p{InBasicLatin}", "a0\n"), (r"\p{InBasic Latin}", "a0"), (r"\p{InBASIC_LATIN}", "a"), (r"\p{InLatin-1Supplement}", "éÿ"),
    (r"\p{InCyrillic}", "Ж"), (r"\p{InCJKUnifiedIdeographs}", "店"), (r"\p{InHiragana}", "あ"), (r"\P{InGreek}", "aé"),
    (r"\p{InArrows}", "→"), (r"\p{InEmoticons}", "😀"), (r"\p{InGeneralPunctuation}", "\u{2028}"), (r"\p{IsAlphabetic}", "aéⅧ"),
    (r"\p{IsLetter}", "aé"), (r"\p{IsDigit}", "0٣"), (r"\p{IsUppercase}", "AÉⅧ"), (r"\p{IsLowercase}", "aéªⅷ"), (r"\p{IsTitlecase}", "ǅ"),
    (r"\p{IsPunctuation}", "!-_"), (r"\p{IsControl}", "\0\u{85}"), (r"\p{IsWhite_Space}", " \u{85}\u{a0}"), (r"\p{IsWhiteSpace}", " \u{a0}"),
    (r"\p{IsHex_Digit}", "0aＡ"), (r"\p{IsHexDigit}", "0aＡ"), (r"\p{IsIdeographic}", "店"), (r"\p{IsAssigned}", "aé"),
    (r"\p{IsNoncharacter_Code_Point}", "\u{ffff}"), (r"\p{IsJoin_Control}", "\u{200d}"), (r"\p{IsAlnum}", "a0٣"), (r"\p{IsAlpha}", "aé"),
    (r"\p{IsPunct}", "!-"), (r"\p{IsSpace}", " \u{a0}"), (r"\p{IsBlank}", " \t"), (r"\p{IsGraph}", "aé"), (r"\p{IsPrint}", "a é"),
    (r"\p{IsCntrl}", "\0"), (r"\p{IsUpper}", "AÉ"), (r"\p{IsLower}", "aé"), (r"\p{IsWord}", "aé_"), (r"\p{IsASCII}", "a"),
    (r"\p{IsLu}", "AÉ"), (r"\p{gc=Lu}", "AÉ"), (r"\p{general_category=Nd}", "0٣"), (r"\p{GC=Ll}", "aé"), (r"\p{gc=L}", "aé"),
    (r"\p{all}", "a\né"), (r"\p{ALL}", "aé"), (r"\P{all}", "a"), (r"\p{lower}", "a"), (r"\p{alpha}", "a"), (r"\p{Any}", "a"),
    (r"\p{Latin}", "a"), (r"\p{Han}", "店"), (r"\p{Greek}", "Σ"), (r"\p{IsNonsense}", "a"), (r"\p{InNonsense}", "a"), (r"\p{Letter}", "a"),
    (r"\p{}", "a"), (r"\p{^L}", "0"), (r"\p{L", "a"), (r"\p", "a"), (r"\p{ L}", "a"), (r"\p{l}", "a"), (r"\pl", "a"), (r"\p1", "a"),
    (r"\p{gc=Letter}", "a"), (r"\p{IsEmoji}", "😀"), (r"\p{sc=}", "a"), (r"\p{scx=Han}", "店"), (r"\p{Is Han}", "店"), (r"\p{IsL1}", "aé"),
    (r"\p{IsLD}", "a0"), (r"\p{name=x}", "x"), (r"\p{alphabetic}", "a"), (r"\p{IsUnknown}", "\u{378}"), (r"\p{InGREEK}", "Σ"), (r"\p{ingreek}", "Σ"),
];

/// Classes of java.lang.Character, which are refused.
#[rustfmt::skip]
pub(super) const JAVA_PROPERTIES: &[Named] = &[
    (r"\p{javaLowerCase}", "a"), (r"\p{javaWhitespace}", " "), (r"\P{javaDigit}", "a"), (r"\p{javaMirrored}", "("),
];

/// Single characters that are written in another way.
#[rustfmt::skip]
pub(super) const ESCAPES: &[Named] = &[
    (r"\t", "\t"), (r"\n", "\n"), (r"\r", "\r"), (r"\f", "\u{c}"), (r"\a", "\u{7}"), (r"\e", "\u{1b}"), (r"\07", "\u{7}"),
    (r"\060", "0"), (r"\0101", "A"), (r"\0141", "a"), (r"\0377", "ÿ"), (r"\0400", " "), (r"\00", "\0"), (r"\x61", "a"), (r"\x4b", "K"),
    (r"\xe9", "é"), (r"\xE9", "é"), (r"\x{61}", "a"), (r"\x{1F600}", "😀"), (r"\x{00000061}", "a"), (r"\x{10ffff}", "\u{10ffff}"),
    (r"\u0061", "a"), (r"\u212A", "\u{212a}"), (r"\u00e9", "é"), (r"\uD83D\uDE00", "😀"), (r"\u005b", "["), (r"\u002a", "*"),
    (r"\u000a", "\n"), (r"\cA", "\u{1}"), (r"\cM", "\r"), (r"\c@", "\0"), (r"\ca", "!"), (r"\c[", "\u{1b}"), (r"\c?", "\u{7f}"), (r"\c1", "q"),
    (r"\cé", "©"), (r"\.", "."), (r"\*", "*"), (r"\\", "\\"), (r"\[", "["), (r"\]", "]"), (r"\{", "{"), (r"\}", "}"), (r"\(", "("), (r"\)", ")"),
    (r"\|", "|"), (r"\^", "^"), (r"\$", "$"), (r"\?", "?"), (r"\+", "+"), (r"\-", "-"), (r"\&", "&"), (r"\/", "/"), (r"\<", "<"), (r"\>", ">"),
    (r"\ ", " "), (r"\#", "#"), (r"\_", "_"), (r"\~", "~"), (r"\%", "%"), (r"\é", "é"), (r"\店", "店"), ("\\\n", "\n"), (r"\:", ":"), (r"\=", "="),
    (r"\'", "'"), (r#"\""#, "\""), (r"\@", "@"), (r"\!", "!"), (r"\,", ","), (r"\;", ";"), (r"\`", "`"), (r"\😀", "😀"),
];

/// Escapes that Java rejects, or that are easily mistaken.
#[rustfmt::skip]
pub(super) const BAD_ESCAPES: &[Named] = &[
    (r"\y", "y"), (r"\i", "i"), (r"\_a", "_a"), (r"\0", "\0"), (r"\08", "8"), (r"\09", "9"), (r"\x", "x"), (r"\x6", "6"), (r"\xg1", "g"),
    (r"\x{}", "a"), (r"\x{110000}", "a"), (r"\x{g}", "a"), (r"\x{61", "a"), (r"\u", "u"), (r"\u61", "a"), (r"\u{61}", "a"), (r"\c", "a"),
    (r"\E", ""), (r"\Q", ""), (r"\uD83D", "😀"), (r"\uDE00", "😀"), (r"\U0061", "a"), (r"\L", "L"), (r"\C", "C"), (r"\M", "M"), (r"\O", "O"),
    (r"\F", "F"), (r"\I", "I"), (r"\J", "J"), (r"\K", "K"), (r"\Y", "Y"), (r"\T", "T"), (r"\g", "g"), (r"\l", "l"), (r"\m", "m"), (r"\o", "o"),
    (r"\q", "q"), (r"\j", "j"), (r"\N", "a"), (r"\k", "k"), (r"\X", "a"), (r"\", ""), (r"\x{d83d}", "😀"), (r"\u2028", "\u{2028}"),
];

#[rustfmt::skip]
pub(super) const ANCHORS: &[&str] = &["^", "$", r"\A", r"\z", r"\Z", r"\G", r"\b", r"\B"];

/// Constructs that java.util.regex has and that are refused.
#[rustfmt::skip]
pub(super) const SPECIAL: &[Named] = &[
    (r"\X", "a"), (r"\N{LATIN SMALL LETTER A}", "a"), (r"\N{WHITE SMILING FACE}", "☺"), (r"\b{g}", ""), ("(?u)", ""), ("(?U)", ""),
    ("(?iu)", ""), ("(?U:\\w)", "é"), ("(?u:k)", "k"), ("(?-u)", ""), ("(?-U)", ""),
];

/// Pieces that are mostly errors, and sometimes literals.
#[rustfmt::skip]
pub(super) const ODD: &[Named] = &[
    ("{", "{"), ("}", "}"), ("]", "]"), ("{}", "{}"), ("{1}", "{1}"), ("a{", "a{"), ("a{,2}", "a"), ("a{2", "aa"), ("a{2,1}", "aa"), ("a{ 2}", "aa"),
    ("a{2 }", "aa"), ("a{2,}?", "aa"), ("a{1,2}{2}", "aa"), ("a**", "a"), ("a*??", "a"), ("a+*", "a"), ("*", "*"), ("+", "+"), ("?", "?"),
    ("(", "("), (")", ")"), ("[", "["), ("[]", "[]"), ("[^]", "a"), ("()", ""), ("(?)", ""), ("(?:", ""), ("(?i", ""), ("(?a)", ""), ("(?i:", ""),
    ("(?<1a>b)", "b"), ("(?<a_b>c)", "c"), ("(?P<n>a)", "a"), ("(?'n'a)", "a"), ("(?#c)", ""), ("(?|a)", "a"), ("(?R)", ""), ("(?--i)", ""), ("(?-)", ""),
    ("(?i-)", ""), ("(?-i-s)", ""), ("(?ii)", ""), ("(?i-i)", ""), ("(*)", ""), ("(?", ""), ("(?<", ""), ("(?<n", ""), ("(?<>a)", "a"), ("a{0}", ""), ("a{0,0}", ""),
    ("a{99999999999}", "a"), ("a{1}{1}", "a"), ("^*", ""), ("$+", ""), (r"\b?", ""), ("(?i)*", ""), ("|*", ""), ("(*a)", "a"), ("(+)", ""), ("a|*", "a"), ("}}", "}}"), ("a}", "a}"),
    ("(?x", ""), ("(?x)", ""), ("(?-x)", ""), ("a{1,}+b", "ab"), ("$$", ""), ("^^", ""), ("(?i)(?-i)", ""), ("(?:)", ""), ("(?:)*", ""), ("()*", ""), ("(|a)*", "a"), ("(a|)+", "a"), ("(a*)*", "aa"),
    ("(a*)+", "a"), ("(?:a?){3}", "aa"), ("(?:a*b*)*", "ab"), ("(a?)*?", "a"), ("(a?b??)*", "ab"), ("(^a)*", "a"), ("(a$)?", "a"), ("(?:^)*", ""), ("(?:$)+", ""), ("((a)|b)*", "ab"),
];

/// Parts of classes that other libraries read otherwise.
#[rustfmt::skip]
pub(super) const ODD_IN_CLASS: &[Named] = &[
    ("+--", "+,-"), ("a~~b", "a~b"), ("0-9--4", "04-"), ("--", "-"), ("~~", "~"), ("&&", "&"), ("&", "&"), ("&&&", "&"), ("&&&&", "&"), ("-", "-"), ("^", "^"), ("[:alpha:]", "alp:h"),
    ("[:digit:]", "digt:"), ("a-", "a-"), ("-a", "-a"), ("a-a", "a"), ("z-a", "z"), ("!--", "!-,"), ("*-.", "*-."), (".-/", "./"), ("a-c-e", "abc-e"), ("\\w-", "a-"), ("\\w-.", "a-."), ("a-\\d", "a-0"), ("\\d-z", "0-z"),
    ("-\\d", "-0"), ("]", "]"), ("[", "["), ("[]", "["), ("[^]", "^"), ("a&b", "a&b"), ("&a", "&a"), ("a&", "a&"), ("&&a", "a"), ("a&&", "a"), ("&&&a", "a"), ("a&&&", "a"), ("a&&&b", "a"), ("a&&&&b", "b"), ("a&-z", "a&"), (".", "."), ("$", "$"),
    ("|", "|"), ("(", "("), (")", ")"), ("*", "*"), ("+", "+"), ("?", "?"), ("{", "{"), ("}", "}"), ("#", "#"), (" ", " "), ("\n", "\n"), ("\\b", "b"), ("\\B", "B"), ("\\A", "A"), ("\\R", "\n"), ("\\X", "a"), ("\\1", "1"), ("\\Z", "Z"), ("\\z", "z"), ("\\G", "G"),
    ("\\Qa-c\\E", "a-c"), ("\\Q]\\E", "]"), ("\\Q^\\E", "^"), ("\\Q&&\\E", "&"), ("a-\\Qz\\E", "az"), ("\\Qa\\E-z", "az"), ("\\E", ""), ("\\Q\\E", ""), ("a-\\x7a", "az"), ("\\x61-z", "az"), ("\\060-9", "09"), ("\\t-\\r", "\t\n"), ("\\c@-\\c_", "\0"),
    ("\\\\", "\\"), ("\\]", "]"), ("\\[", "["), ("\\^", "^"), ("\\-", "-"), ("\\&", "&"), ("\\&&a", "&a"), ("a-[b]", "a-b"), ("a-[b-d]", "a-b"), ("[a]-z", "a-z"), ("[a-c]-[e]", "a-e"), ("a-&&b", "ab"), ("&&-a", "-a"), ("-&&-", "-"), ("^a", "^a"), ("a-]", "a-"), ("\u{10ffff}", "\u{10ffff}"),
    ("\\ud83d\\ude00", "😀"), ("\\ud83d", "😀"), ("😀-😂", "😀😂"), ("\\uD83D\\uDE00-\\uD83D\\uDE02", "😀😂"), ("\\x{1F600}-😂", "😀"), ("ſ", "ſ"), ("\u{212a}", "\u{212a}k"), ("à-ö", "éÉ"), ("A-z", "A_z"), ("!-~", "!A~"), (" -~", " A~"), ("\\x00-\\x7f", "aA"), ("K-k", "K_k"), ("\u{80}-\u{10ffff}", "éſ"),
    ("^&&a", "a"), ("a^", "a^"), ("\\N{DIGIT ONE}", "1"), ("\\p{javaDigit}", "1"), ("\\h", " "), ("\\v", "\n"), ("\\H", "a"), ("\\V", "a"), ("\\0", "0"), ("\\c", "a"), ("\\e", "\u{1b}"), ("\\a", "\u{7}"),
];

/// Bounds of ranges in classes.
#[rustfmt::skip]
pub(super) const RANGES: &[(char, char)] = &[
    ('a', 'z'), ('A', 'Z'), ('0', '9'), ('a', 'c'), ('b', 'k'), ('1', '7'), ('A', 'F'), ('h', 't'), ('H', 'T'), ('Y', 'b'), (' ', '~'), ('!', '/'), ('+', '.'), ('à', 'ö'), ('α', 'ω'),
    ('а', 'я'), ('一', '龥'), ('😀', '😂'), ('\0', '\u{1f}'), ('\u{80}', '\u{ffff}'), ('a', 'a'), ('_', 'a'), ('\t', '\r'), ('i', 'ı'), ('s', 'ſ'), ('k', '\u{212a}'),
];

/// Names of groups.
#[rustfmt::skip]
pub(super) const NAMES: &[&str] = &["n", "name", "x1", "Ab", "g"];

/// Rules as they are written by people.
#[rustfmt::skip]
pub(super) const WHOLE: &[(&str, &str)] = &[
    (r"281\d{3}04[0-9A-Za-z]{4,24}", "28100104ab12"), (r"281\d{3}04.+", "28100104x"), (r"^https?://(?:www\.)?a\.example/.*$", "https://a.example/x"), (r"(?i)https://qr\.[a-z]+\.com/\w*", "HTTPS://QR.AB.com/x"),
    (r"(\d{4})(\d{2})?(?<n>[A-Z]*)", "123456AB"), (r"[0-9]++x", "12x"), (r"(?>\d+)x", "12x"), (r"000201.*A000000677010111.*6304[0-9A-F]{4}", "000201A0000006770101116304ABCD"), (r"\d{6,}", "123456"), (r"[^/]+/([^/]+)/(.*)", "a/b/c"),
    (r"(?:a|b|c)*(d)?", "abcd"), (r"(?s).*\bpay\b.*", "a pay b"), (r"\w+([-.]\w+)*@\w+([-.]\w+)*\.\w+", "a.b@c.d"), (r"(\w+)\s*=\s*(\w*)", "a = b"), (r"([a-z]+)(\d*)?|(x)", "ab1"),
];
