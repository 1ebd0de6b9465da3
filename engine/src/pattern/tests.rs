use regex_automata::meta::Regex;
use regex_syntax::hir::{Hir, Look};

use super::{Pattern, PatternError};
use crate::ProblemCode;

fn accepts(pattern: &str, code: &str) -> bool {
    let pattern = Pattern::parse(pattern, 10_000).unwrap();
    let whole = Hir::concat(vec![
        Hir::look(Look::Start),
        pattern.hir().clone(),
        Hir::look(Look::End),
    ]);
    Regex::builder()
        .build_from_hir(&whole)
        .unwrap()
        .is_match(code)
}

fn refused(pattern: &str) -> PatternError {
    Pattern::parse(pattern, 10_000).unwrap_err()
}

#[test]
fn perl_classes_are_ascii_and_their_negations_everything_else() {
    for (pattern, yes, no) in [
        (r"\d", "7", "٣"),
        (r"[\d]", "7", "٣"),
        (r"[^\d]", "٣", "7"),
        (r"\D", "٣", "7"),
        (r"\w", "_", "é"),
        (r"\W", "é", "k"),
        (r"\s", "\u{b}", "\u{a0}"),
        (r"\S", "\u{a0}", " "),
        (r"(?i)\w", "K", "\u{212a}"),
        (r"(?i)[\w]", "S", "\u{17f}"),
        (r"(?i)[\W]", "\u{212a}", "k"),
        (r"(?i)[^\W]", "k", "\u{212a}"),
        (r"(?i)[\Wk]", "K", "j"),
        (r"(?i)[\w&&[k]]", "K", "\u{212a}"),
        (r"(?i)[a[\d[é]]]", "é", "É"),
        (r"(?i)k", "K", "\u{212a}"),
        (r"(?i)(?-i:[\w])(?:k)", "aK", "aj"),
        (r"(?i:a[\w])b", "A_b", "A_B"),
    ] {
        assert!(accepts(pattern, yes), "{pattern} should accept {yes}");
        assert!(!accepts(pattern, no), "{pattern} should not accept {no}");
    }
}

#[test]
fn surrogates_are_not_characters() {
    for (pattern, yes) in [
        (r"[^\ud800-\udfff]", "\u{d7ff}"),
        (r"[\ud7ff-\ue000]", "\u{e000}"),
        (r"[\u0000-\udfff]", "\u{d7ff}"),
    ] {
        assert!(accepts(pattern, yes), "{pattern}");
    }
    for pattern in [
        r"[^\x00-\ud7ff\ue000-\x{10ffff}]",
        r"[^\x{0}-\x{10ffff}]",
        r"\P{all}",
        r"\P{C}",
        r"[\ud800-\udfff]",
        r"\p{Cs}",
    ] {
        for c in ["\u{d7ff}", "\u{e000}"] {
            assert!(!accepts(pattern, c), "{pattern} {c:?}");
        }
    }
    assert!(accepts(r"\p{Zl}\p{gc=Zp}", "\u{2028}\u{2029}"));
}

#[test]
fn word_boundaries_are_ascii() {
    assert!(accepts(r"a\bé", "aé"));
    assert!(!accepts(r"a\Bé", "aé"));
    assert!(accepts(r"é\B.", "éé"));
    assert!(!accepts(r"é\bé", "éé"));
}

#[test]
fn a_refusal_has_the_place_of_the_fault_and_names_what_to_write() {
    for (pattern, index, hint) in [
        (r"ab(?u)c", 4, r"\p{Nd}"),
        (r"é(?-u:c)", 4, r"\p{Nd}"),
        (r"(?U)c", 2, r"\p{Nd}"),
        (r"(?ic)c", 3, "the flags are i, d, m, s and x"),
        (r"(?y)c", 2, "the flags are i, d, m, s and x"),
        (r"a++a", 2, "remove the second +"),
        (r"é*+.", 2, "remove the second +"),
        (r"a?+a", 2, "remove the second +"),
        (r"a{1,2}+a", 6, "remove the second +"),
        (r"b(?>a|ab)c", 1, "(?:…) instead of (?>…)"),
        (r"(?=a)", 0, "put a rule for them before"),
        (r"b(?<!a)", 1, "put a rule for them before"),
        (r"(a)\1", 3, "nothing means the same"),
        (r"(?<n>a)\k<n>", 7, "nothing means the same"),
        (r"[\1]", 1, "octal"),
        (r"\08", 0, r"\0 and up to three octal digits"),
        (r"a\X", 1, "or . for any"),
        (r"a\b{g}", 1, "or . for any"),
        (r"\N{DIGIT ONE}", 0, r"\x{h…h}"),
        (r"a$\s", 1, r"\z"),
        (r"(?m)\x85^.", 8, r"\r?\n"),
        (r"\R{2}", 0, r"\r\n"),
        (r"(?:\R)+", 3, r"\r\n"),
        (r"(\Ga?){2}", 6, "before or after the repetition"),
        (r"(?P<n>a)", 2, "(?<name>…)"),
        (r"(?<code>a)", 3, "{code}"),
        (r"(?<n_>a)", 4, "a letter and then letters and digits"),
        (r"(?<n>a)(?<n>b)", 10, "a name of its own"),
        (r"a(?#x)", 3, "(?x)"),
        (r"(?(1)a)", 2, "conditional"),
        (r"\p{Nonsense}", 0, r"\p{IsHan}"),
        (r"\p{Greek}", 0, r"\p{IsGreek}"),
        (r"\p{Alphabetic}", 0, r"\p{IsAlphabetic}"),
        (r"\p{alnum}", 0, r"\p{Alnum}"),
        (r"\p{Basic Latin}", 0, r"\p{InBasic Latin}"),
        (r"\p{javaLowerCase}", 0, r"\p{IsLowercase}"),
        (r"\P{javaLowerCase}", 0, r"\P{IsLowercase}"),
        (r"\P{javaDefined}", 0, r"\p{Cn}"),
        (r"\P{javaLetterOrDigit}", 0, r"[^[\p{L}\p{Nd}]]"),
        (r"\P{alnum}", 0, r"\P{Alnum}"),
        (r"\P{Greek}", 0, r"\P{IsGreek}"),
        (r"\p{L", 0, r"\pL"),
        (r"(a)\g{1}", 3, "nothing means the same"),
        (r"\U0001F600", 0, r"\x{1F600}"),
        (r"\o{17}", 0, r"\0"),
        (r"(?'n'a)", 2, "(?<name>…)"),
        (r"(?R)", 2, "contain itself"),
        (r"a(?", 1, r"\("),
        (r"a(?i", 1, r"\("),
        (r"a\y", 1, r"without \"),
        (r"[\b]", 1, r"\x08"),
        (r"[a-\d]", 1, r"\-"),
        (r"[z-a]", 1, r"\-"),
        (r"[&&]", 1, r"\&"),
        (r"[a", 0, r"\["),
        (r"[a-", 1, r"add the ]"),
        (r"x[a&&", 3, r"add the ]"),
        (r"[a&&b", 3, r"add the ]"),
        (r"\400", 0, r"write \x{100} for"),
        (r"(a)\200", 3, r"write \x{80} for"),
        (r"(a)\100", 3, "nothing means the same"),
        (r"\189", 0, "nothing means the same"),
        (r"\1", 0, "nothing means the same"),
        (r"\x{110000}", 0, r"\x{10FFFF}"),
        (r"(?i)\p{javaTitleCase}", 4, r"write \p{IsTitlecase}"),
        (r"(?i)\P{javaTitleCase}", 4, r"write \P{IsTitlecase}"),
        (r"\p{javaTitleCase}", 0, r"write \p{Lt}"),
        (r"a**", 2, "(?:a+)*"),
        (r"a{,3}", 1, "{n,m}"),
        (r"{", 0, r"\{"),
        (r"a)(b", 1, r"\)"),
        (r"é(a", 1, r"\("),
        ("a\\", 1, r"\\"),
        ("\\c\0", 0, r"\x00"),
    ] {
        let error = refused(pattern);
        assert_eq!(error.index, index, "{pattern}: {}", error.message);
        let found = error.hint;
        assert!(
            found.contains(hint),
            "{pattern}: {}, {found}",
            error.message
        );
    }
    let nested = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
    assert!(refused(&nested).message.contains("nest"));
    let intersected = format!("[a{}]", "&&a".repeat(5000));
    assert!(refused(&intersected).message.contains("nest"));
    let nested = format!("{}a{}", "(?:".repeat(60), "+b)".repeat(60));
    let error = refused(&nested);
    assert!(error.message.contains("nest"));
    assert_eq!(error.code, ProblemCode::UnsupportedPattern);
    assert!(error.hint.contains("leave out groups"));
}

#[test]
fn a_hint_that_shows_a_pattern_shows_one_that_is_accepted() {
    for pattern in [
        r"(?:\r\n|[\n-\r\x85\u2028\u2029])",
        r"[\n-\r\x85\u2028\u2029]+",
        r"(?:(?:\r\n|[\n\x0B\f\x85\u2028\u2029])(?:\r\n|[\n-\r\x85\u2028\u2029])|\r(?:\r\n|[\x0B-\r\x85\u2028\u2029]))",
        r"[\t-\r\x1C-\x1F\p{Z}&&[^\u00A0\u2007\u202F]]",
        r"[\p{L}\p{Nl}\p{Sc}\p{Pc}]",
        r"\p{IsLowercase}\p{Lt}\p{IsIdeographic}\P{Cn}[\p{L}\p{Nd}]\p{Z}\p{Cc}",
        r"\p{Alpha}\p{IsHan}\p{InGreek}\x{1F600}\0101(?<name>a)(?:a+)*",
    ] {
        assert!(Pattern::parse(pattern, 10_000).is_ok(), "{pattern}");
    }
}

#[test]
fn possessive_and_atomic_parts_that_change_nothing_are_accepted() {
    for pattern in [
        "[0-9]++",
        "[0-9]++x",
        r"https?+://[^/]++/.*",
        "(?:[a-z]++,)*+!",
        "(?>a|bc?)d",
        "(?>ab*)c",
        "a{2}+a",
        "x(?:a|b)?+c",
        "(?>(?>a*)b)c",
        "^?+a",
        r"\R++a",
    ] {
        assert!(Pattern::parse(pattern, 1000).is_ok(), "{pattern}");
    }
    for pattern in [
        "a*+a",
        "(?:a++)+",
        "(?>a|ab)c",
        "(?>a*?)b",
        "(?>|a)b",
        "(?>a*)ab",
        r"(?>a\b)b",
        r"(?>\R)\n",
        r"\R++\r",
        "(?:a?)*+b",
    ] {
        assert!(Pattern::parse(pattern, 1000).is_err(), "{pattern}");
    }
    // What surrounds the parts is found out within a bound.
    let long = format!("(?:{})++", r"(?:\pL?)".repeat(99));
    assert!(refused(&long).message.contains("possessive"));
}

#[test]
fn a_line_ending_in_a_group_that_java_does_not_enter_again_is_refused_before_a_line_feed() {
    for pattern in [
        r"(\R){1}\n",
        r"(?:\R){1}\n",
        r"(?:x\R){1}\n",
        r"(?:\R){1,1}?\n",
        r"(?:(\R)){1}[^x]",
        r"(?:(?:\R){1}b?)\n",
        r"(?:\R){2}\n",
    ] {
        assert!(Pattern::parse(pattern, 1000).is_err(), "{pattern}");
    }
    for pattern in [r"(?:\R){0,1}\n", r"(?:\R)?\n", r"\R\n", r"(?:\R){1}a"] {
        assert!(Pattern::parse(pattern, 1000).is_ok(), "{pattern}");
    }
}

#[test]
fn only_groups_that_are_found_as_in_java_are_certain() {
    for (pattern, certain) in [
        ("(a)|(b)?c", [true, true]),
        ("(a+(b)*)", [true, false]),
        ("(?:(a)|(b))+", [false, false]),
        ("(a){1}(b){0,1}", [false, true]),
        ("(a){2}(b){0}", [false, false]),
        ("((a)){1}|b", [false, false]),
        ("(?:(a)){1}c|(b)", [false, true]),
        ("(?i:(a)){1,1}c|(b)", [false, true]),
        ("(?:(a)(b)){1}", [false, false]),
        ("(?>(a))(b)", [false, true]),
        ("(a)?+(b)", [false, true]),
        ("(a)(?:b*)*(c)", [false, false]),
        ("(a)(?:b*)?(c)", [true, true]),
    ] {
        let pattern = Pattern::parse(pattern, 1000).unwrap_or_else(|e| panic!("{pattern}: {e:?}"));
        assert_eq!([1, 2].map(|n| pattern.is_group_certain(n)), certain);
        assert_eq!([0, 3].map(|n| pattern.is_group_certain(n)), [false, false]);
    }
}

#[test]
fn a_pattern_that_costs_too_much_is_refused_before_anything_is_built() {
    assert!(
        refused("(?:a{1000}){1000}")
            .message
            .contains("1000000 states")
    );
    assert!(
        refused("(?:(?:(?:a{999}){999}){999}){999}")
            .message
            .contains("states")
    );
    assert!(refused(&r"\pL".repeat(40_000)).message.contains("states"));
    assert!(Pattern::parse("[a-z]{10000}", 10_000).is_ok());
    let pattern = Pattern::parse(r"[\p{IsHan}a]{2,20}", 1_000).unwrap();
    let costs = (pattern.cost(), pattern.library_states(), pattern.written());
    assert_eq!(costs, (20, 2020, 101));
}

#[test]
fn groups_are_counted_named_and_checked_for_empty_matches() {
    let pattern = Pattern::parse(r"(a)(?:(?<n>b)|c(d*))(e+)?", 100).unwrap();
    assert_eq!(pattern.group_count(), 4);
    assert_eq!(pattern.group_named("n"), Some(2));
    assert_eq!(pattern.group_named("m"), None);
    assert_eq!(
        [1, 2, 3, 4].map(|i| pattern.never_all_empty(&[i])),
        [true, false, false, false]
    );
    let pattern = Pattern::parse(r"(?:(a)|(a*))+((b)|(b))", 100).unwrap();
    assert_eq!(
        [1, 2, 3, 4].map(|i| pattern.never_all_empty(&[i])),
        [false, false, true, false]
    );
    assert!(
        !Pattern::parse("(a)|(b)|c", 100)
            .unwrap()
            .never_all_empty(&[1, 2])
    );
    assert!(
        Pattern::parse("(a)|(b)", 100)
            .unwrap()
            .never_all_empty(&[1, 2])
    );
    // A class without members may be left out.
    let left_out = Pattern::parse("([b&&c]?)a", 100).unwrap();
    assert!(!left_out.never_all_empty(&[1]));
}
