use regex_automata::meta::Regex;
use regex_syntax::hir::{Hir, Look};

use super::{Pattern, PatternError};

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
        (r"(?i)[\w]", "K", "\u{212a}"),
        (r"(?i)[\w]", "S", "\u{17f}"),
        (r"(?i)[\W]", "\u{212a}", "k"),
        (r"(?i)[^\W]", "k", "\u{212a}"),
        (r"(?i)[\Wk]", "K", "j"),
        (r"(?i)[\w--k]", "j", "K"),
        (r"(?i)[\w&&[k]]", "K", "\u{212a}"),
        (r"(?i)[\w--[k-m]é]", "N", "L"),
        (r"(?i)[a[\d[é]]]", "É", "e"),
        (r"(?i)k", "\u{212a}", "j"),
        (r"(?i)(?-i:[\w])(?:k)", "aK", "\u{212a}K"),
        (r"(?i:a[\w])b", "Ab_".get(..2).unwrap(), "AbB"),
    ] {
        let yes = if pattern == r"(?i:a[\w])b" {
            "A_b"
        } else {
            yes
        };
        assert!(accepts(pattern, yes), "{pattern} should accept {yes}");
        assert!(!accepts(pattern, no), "{pattern} should not accept {no}");
    }
}

#[test]
fn word_boundaries_are_ascii() {
    assert!(accepts(r"a\bé", "aé"));
    assert!(!accepts(r"a\Bé", "aé"));
    assert!(accepts(r"é\B.", "éé"));
    assert!(!accepts(r"é\bé", "éé"));
    assert!(accepts(r"é\b{start}a", "éa"));
}

#[test]
fn a_refusal_has_the_place_of_the_fault_and_a_hint() {
    for (pattern, index) in [
        (r"ab(?u)c", 4),
        (r"é(?-u:c)", 4),
        (r"(?i-u)c", 4),
        (r"a++", 2),
        (r"é*+", 2),
        (r"a?+", 2),
        (r"a{1,2}+", 6),
        (r"é\Qa.b\E", 1),
        (r"a\Z", 1),
        (r"(?=a)", 0),
        (r"b(?<!a)", 1),
        (r"(a)\1", 3),
        (r"(?>a)", 2),
        (r"(?P<code>a)", 4),
        (r"(?<code>a)", 3),
        (r"\p{Nonsense}", 0),
    ] {
        let error = refused(pattern);
        assert_eq!(error.index, index, "{pattern}: {}", error.message);
        assert!(error.hint.is_some(), "{pattern}: {}", error.message);
    }
    assert_eq!(refused("a)(b").index, 1);
    let nested = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
    assert!(
        refused(&nested).message.contains("nest"),
        "{}",
        refused(&nested).message
    );
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
}

#[test]
fn groups_are_counted_named_and_checked_for_empty_matches() {
    let pattern = Pattern::parse(r"(a)(?:(?P<n>b)|c(d*))(e+)?", 100).unwrap();
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
}
