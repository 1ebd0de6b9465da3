//! Hints of refused patterns: the pattern that a hint says to write means what the refused one means
//! to Java.

use codeid_engine::Scratch;

use crate::compare::Comparison;
use crate::counts::Counts;
use crate::engine::Compiled;
use crate::jvm::{Answer, Jvm, MatchResult, Oracle, Question};

/// Two of any line ending, as `\R{2}` takes them.
const TWO_LINE_ENDINGS: &str = r"(?:(?:\r\n|[\n\x0B\f\x85\u2028\u2029])(?:\r\n|[\n-\r\x85\u2028\u2029])|\r(?:\r\n|[\x0B-\r\x85\u2028\u2029]))";

/// Patterns that Java accepts and the engine refuses, each with a part of its hint and the pattern that
/// follows from it.
const EQUIVALENTS: &[(&str, &str, &str)] = &[
    (r"\R{2}", TWO_LINE_ENDINGS, TWO_LINE_ENDINGS),
    (
        r"a\R{2}a",
        TWO_LINE_ENDINGS,
        r"a(?:(?:\r\n|[\n\x0B\f\x85\u2028\u2029])(?:\r\n|[\n-\r\x85\u2028\u2029])|\r(?:\r\n|[\x0B-\r\x85\u2028\u2029]))a",
    ),
    (
        r"(?:\R)+",
        r"[\n-\r\x85\u2028\u2029]+",
        r"[\n-\r\x85\u2028\u2029]+",
    ),
    (r"a$\s", r"the line terminator that is meant", r"a[\n\r]"),
    (r"\N{DIGIT ONE}", r"\x{h…h}", r"\x{31}"),
    (
        r"(?i)\p{javaTitleCase}",
        r"write \p{IsTitlecase}",
        r"(?i)\p{IsTitlecase}",
    ),
    (
        r"(?i)\p{javaLowerCase}",
        r"write \p{IsLowercase}",
        r"(?i)\p{IsLowercase}",
    ),
    (
        r"(?i)\P{javaUpperCase}",
        r"write \P{IsUppercase}",
        r"(?i)\P{IsUppercase}",
    ),
    (r"\p{javaLowerCase}", r"\p{IsLowercase}", r"\p{IsLowercase}"),
    (r"\p{javaUpperCase}", r"\p{IsUppercase}", r"\p{IsUppercase}"),
    (r"\p{javaTitleCase}", r"\p{Lt}", r"\p{Lt}"),
    (
        r"\p{javaAlphabetic}",
        r"\p{IsAlphabetic}",
        r"\p{IsAlphabetic}",
    ),
    (
        r"\p{javaIdeographic}",
        r"\p{IsIdeographic}",
        r"\p{IsIdeographic}",
    ),
    (r"\p{javaDigit}", r"\p{Nd}", r"\p{Nd}"),
    (r"\P{javaDefined}", r"\p{Cn}", r"\p{Cn}"),
    (r"\p{javaLetter}", r"\p{L}", r"\p{L}"),
    (r"\p{javaLetterOrDigit}", r"[\p{L}\p{Nd}]", r"[\p{L}\p{Nd}]"),
    (
        r"\P{javaLetterOrDigit}",
        r"[^[\p{L}\p{Nd}]]",
        r"[^[\p{L}\p{Nd}]]",
    ),
    (r"\p{javaSpaceChar}", r"\p{Z}", r"\p{Z}"),
    (
        r"\p{javaWhitespace}",
        r"[\t-\r\x1C-\x1F\p{Z}&&[^\u00A0\u2007\u202F]]",
        r"[\t-\r\x1C-\x1F\p{Z}&&[^\u00A0\u2007\u202F]]",
    ),
    (r"\p{javaISOControl}", r"\p{Cc}", r"\p{Cc}"),
    (
        r"\p{javaJavaIdentifierStart}",
        r"[\p{L}\p{Nl}\p{Sc}\p{Pc}]",
        r"[\p{L}\p{Nl}\p{Sc}\p{Pc}]",
    ),
];

/// Patterns that both refuse, each with a part of its hint and a pattern that follows from it.
const CORRECTIONS: &[(&str, &str, &str)] = &[
    (r"[a-", "add the ]", "[a-]"),
    (r"[a&&", "add the ]", "[a&&[a]]"),
    (r"[a", r"write \[", r"\[a"),
    (r"[z-a]", r"write \-", r"[z\-a]"),
    (r"[a-\d]", r"write \-", r"[a\-\d]"),
    (r"\x{110000}", r"\x{10FFFF}", r"\x{10FFFF}"),
    (r"\x1", r"\x{h…h}", r"\x{1}"),
    (r"\u00e", r"\x{h…h}", r"\x{e}"),
    (r"\08", "two hex digits", r"\x008"),
    (r"a**", r"(?:a+)*", r"(?:a*)*"),
    (r"*a", r"write \ before", r"\*a"),
    (r"a{,3}", "write {n}", "a{0,3}"),
    (r"{", r"\{", r"\{"),
    (r"a)", r"\)", r"a\)"),
    (r"(a", r"\(", r"\(a"),
    (r"\p{Greek}", r"\p{IsGreek}", r"\p{IsGreek}"),
    (r"\p{alnum}", r"\p{Alnum}", r"\p{Alnum}"),
    (r"(?P<n>a)", "(?<name>…)", "(?<n>a)"),
    (r"[\b]", r"\x08", r"[\x08]"),
    ("a\\", r"\\", r"a\\"),
];

#[test]
fn a_pattern_that_follows_from_a_hint_means_the_same() {
    let oracle = Oracle::compile();
    let mut jvm = Jvm::start(&oracle);
    let texts = texts();
    let nested = format!("{}a{}", "(?:".repeat(101), ")".repeat(101));
    let nested = [(nested.as_str(), "leave out groups that change nothing", "a")];
    for &(refused, hint, written) in EQUIVALENTS.iter().chain(&nested) {
        let before = matches(&ask(&mut jvm, refused, &texts));
        assert!(before.contains(&true), "{refused:?} matches no text");
        let after = checked(&mut jvm, refused, hint, written, &texts);
        let differs = before.iter().zip(&after).position(|(a, b)| a != b);
        let differs = differs.map(|at| &texts[at]);
        assert_eq!(differs, None, "{refused:?} and {written:?} differ");
    }
    for &(refused, hint, written) in CORRECTIONS {
        let answer = ask(&mut jvm, refused, &texts);
        assert!(
            matches!(answer, Answer::Rejected(_)),
            "Java accepts {refused:?}"
        );
        checked(&mut jvm, refused, hint, written, &texts);
    }
}

/// Checks that the engine refuses `refused` with `hint`, and accepts `written` with Java's meaning. Returns,
/// for each text, whether it matches `written`.
fn checked(jvm: &mut Jvm, refused: &str, hint: &str, written: &str, texts: &[String]) -> Vec<bool> {
    let Err(refusal) = Compiled::new(refused, &[]) else {
        panic!("the engine accepts {refused:?}");
    };
    let found = refusal.hint.unwrap_or_default();
    assert!(
        found.contains(hint),
        "{refused:?}: {found:?} lacks {hint:?}"
    );
    let answer = ask(jvm, written, texts);
    let comparison = Comparison {
        seed: 0,
        question: Question {
            pattern: written,
            names: &[],
            texts,
        },
        version: jvm.version,
    };
    assert!(
        Compiled::new(written, &[]).is_ok(),
        "{written:?} is refused"
    );
    let (mut scratch, mut counts) = (Scratch::new(), Counts::default());
    let differences = comparison.differences(&answer, &mut scratch, &mut counts);
    if let Some(difference) = differences.first() {
        panic!("{difference}");
    }
    matches(&answer)
}

fn ask(jvm: &mut Jvm, pattern: &str, texts: &[String]) -> Answer {
    let question = Question {
        pattern,
        names: &[],
        texts,
    };
    jvm.ask([question].into_iter());
    jvm.answer()
}

/// Returns `true` for each text that matches; nothing for a pattern that Java does not accept.
fn matches(answer: &Answer) -> Vec<bool> {
    let Answer::Accepted { texts, .. } = answer else {
        panic!("Java does not accept the pattern: {answer:?}");
    };
    let is_match = |result: &MatchResult| matches!(result, MatchResult::Match(_));
    texts.iter().map(|text| is_match(&text.result)).collect()
}

/// Returns texts of one character, and short ones of line endings and letters.
fn texts() -> Vec<String> {
    let ranges = [
        0..0x250,
        0x370..0x400,
        0x660..0x66a,
        0x1f80..0x1fb0,
        0x2000..0x2070,
        0x2160..0x2170,
        0x3000..0x3040,
        0x4e00..0x4e02,
        0xfe33..0xfe35,
        0xff10..0xff50,
        0xfff0..0x1_0000,
    ];
    let characters = ranges.into_iter().flatten().filter_map(char::from_u32);
    let mut texts: Vec<String> = characters.map(String::from).collect();
    let parts = ["\r", "\n", "\u{b}", "\u{85}", "a"];
    let mut longer = parts.map(str::to_owned).to_vec();
    for _ in 0..3 {
        let extended = longer
            .iter()
            .flat_map(|text| parts.map(|part| format!("{text}{part}")));
        longer = extended.collect();
        texts.extend(longer.iter().cloned());
    }
    let others = [
        "[a", "a]", "z-a", "a**", "a)", "aaa", "(a", "a\\", "*a", "\u{0}8", "\u{e}",
    ];
    texts.extend(others.map(str::to_owned));
    texts
}
