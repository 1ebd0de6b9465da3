//! The properties of `\p{…}`, by the names that Java knows.

use std::borrow::Cow;
use std::rc::Rc;

use regex_syntax::ast::{Ast, ClassUnicode as Property, ClassUnicodeKind, ClassUnicodeOpKind};
use regex_syntax::ast::{Position, Span};
use regex_syntax::hir::translate::Translator;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::sets::{self, complement, set};
use super::tree::Set;
use crate::ProblemCode;

/// The cost of a property that is a list of hundreds of ranges.
const LONG: usize = 100;

/// The reason why a property is refused.
pub(super) struct Unknown {
    /// The code of the problem.
    pub(super) code: ProblemCode,
    /// One lower-case line without a full stop.
    pub(super) message: String,
    /// The equivalent to write instead, if it is known, or what is supported.
    pub(super) hint: Cow<'static, str>,
}

/// Returns the characters of the property that is written `name` between the braces of `\p{…}`, or
/// without them if it is one letter. `fold` is `true` under `(?i)`, which makes upper, lower and
/// title case one.
///
/// # Errors
///
/// [`Unknown`] if Java has no such property, or this program no table of it.
pub(super) fn find(name: &str, fold: bool) -> Result<Set, Unknown> {
    let found = if let Some((key, value)) = name.split_once('=') {
        match key.to_lowercase().as_str() {
            "sc" | "script" => script(value),
            "blk" | "block" => block(value),
            "gc" | "general_category" => category(value, fold),
            _ => None,
        }
    } else if let Some(name) = name.strip_prefix("In") {
        block(name)
    } else if let Some(name) = name.strip_prefix("Is") {
        binary(name, fold)
            .or_else(|| category(name, fold))
            .or_else(|| script(name))
    } else {
        category(name, fold)
    };
    let (members, cost) = found.ok_or_else(|| unknown(name, fold))?;
    Ok(Set {
        members: Rc::new(members),
        cost,
    })
}

type Found = Option<(ClassUnicode, usize)>;

fn short(ranges: &[(u32, u32)]) -> Found {
    Some((set(ranges), 1))
}

fn long(parts: &[Option<ClassUnicode>]) -> Found {
    let mut all = ClassUnicode::empty();
    for part in parts {
        all.union(part.as_ref()?);
    }
    Some((all, LONG))
}

/// Returns the set of a general category, of an ASCII class of POSIX, or of what Java counts among
/// them.
fn category(name: &str, fold: bool) -> Found {
    const LETTERS: &[(u32, u32)] = &[(0x41, 0x5a), (0x61, 0x7a)];
    match name {
        "Lu" | "Ll" | "Lt" if fold => long(&[general("LC")]),
        "LC" | "Lu" | "Ll" | "Lt" | "Lm" | "Lo" | "Mn" | "Me" | "Mc" | "Nd" | "Nl" | "No"
        | "Zs" | "Zl" | "Zp" | "Cc" | "Cf" | "Co" | "Cn" | "Pd" | "Ps" | "Pe" | "Pc" | "Po"
        | "Sm" | "Sc" | "Sk" | "So" | "Pi" | "Pf" | "L" | "M" | "N" | "Z" | "P" | "S" => {
            long(&[general(name)])
        }
        // No character is a surrogate.
        "Cs" => short(&[]),
        "C" => long(&[general("Cc"), general("Cf"), general("Co"), general("Cn")]),
        "LD" => long(&[general("L"), general("Nd")]),
        "L1" => short(&[(0, 0xff)]),
        "all" => short(&[(0, sets::MAX)]),
        "ASCII" => short(&[(0, 0x7f)]),
        "Alnum" => short(&[(0x30, 0x39), (0x41, 0x5a), (0x61, 0x7a)]),
        "Alpha" => short(LETTERS),
        "Lower" | "Upper" if fold => short(LETTERS),
        "Lower" => short(&[(0x61, 0x7a)]),
        "Upper" => short(&[(0x41, 0x5a)]),
        "Blank" => short(&[(0x9, 0x9), (0x20, 0x20)]),
        "Cntrl" => short(&[(0, 0x1f), (0x7f, 0x7f)]),
        "Digit" => short(sets::DIGITS),
        "Graph" => short(&[(0x21, 0x7e)]),
        "Print" => short(&[(0x20, 0x7e)]),
        "Punct" => short(&[(0x21, 0x2f), (0x3a, 0x40), (0x5b, 0x60), (0x7b, 0x7e)]),
        "Space" => short(sets::SPACES),
        "XDigit" => short(&[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)]),
        _ => None,
    }
}

/// Returns the set of a binary property, which is named in any case.
fn binary(name: &str, fold: bool) -> Found {
    const JOINERS: &[(u32, u32)] = &[(0x200c, 0x200d)];
    let cases = || long(&[named("Lowercase"), named("Uppercase"), general("Lt")]);
    match name.to_uppercase().as_str() {
        "ALPHABETIC" | "ALPHA" => long(&[named("Alphabetic")]),
        "ASSIGNED" => Some((complement(general("Cn")?), LONG)),
        "CONTROL" | "CNTRL" => long(&[general("Cc")]),
        "EMOJI" => long(&[named("Emoji")]),
        "EMOJI_PRESENTATION" => long(&[named("Emoji_Presentation")]),
        "EMOJI_MODIFIER" => long(&[named("Emoji_Modifier")]),
        "EMOJI_MODIFIER_BASE" => long(&[named("Emoji_Modifier_Base")]),
        "EMOJI_COMPONENT" => long(&[named("Emoji_Component")]),
        "EXTENDED_PICTOGRAPHIC" => long(&[named("Extended_Pictographic")]),
        "HEXDIGIT" | "HEX_DIGIT" | "XDIGIT" => {
            let letters = [
                (0x41, 0x46),
                (0x61, 0x66),
                (0xff21, 0xff26),
                (0xff41, 0xff46),
            ];
            long(&[general("Nd"), Some(set(&letters))])
        }
        "IDEOGRAPHIC" => long(&[named("Ideographic")]),
        "JOINCONTROL" | "JOIN_CONTROL" => short(JOINERS),
        "LETTER" => long(&[general("L")]),
        "LOWERCASE" | "LOWER" | "UPPERCASE" | "UPPER" | "TITLECASE" if fold => cases(),
        "LOWERCASE" | "LOWER" => long(&[named("Lowercase")]),
        "UPPERCASE" | "UPPER" => long(&[named("Uppercase")]),
        "TITLECASE" => long(&[general("Lt")]),
        "NONCHARACTERCODEPOINT" | "NONCHARACTER_CODE_POINT" => {
            long(&[named("Noncharacter_Code_Point")])
        }
        "PUNCTUATION" | "PUNCT" => long(&[general("P")]),
        "WHITESPACE" | "WHITE_SPACE" | "SPACE" => {
            long(&[general("Z"), Some(set(&[(0x9, 0xd), (0x85, 0x85)]))])
        }
        "WORD" => long(&[
            named("Alphabetic"),
            general("M"),
            general("Nd"),
            general("Pc"),
            Some(set(JOINERS)),
        ]),
        "DIGIT" => long(&[general("Nd")]),
        "ALNUM" => long(&[named("Alphabetic"), general("Nd")]),
        "BLANK" => long(&[general("Zs"), Some(set(&[(0x9, 0x9)]))]),
        "GRAPH" => Some((graph()?, LONG)),
        "PRINT" => {
            let mut print = graph()?;
            print.union(&general("Zs")?);
            Some((print, LONG))
        }
        _ => None,
    }
}

fn graph() -> Option<ClassUnicode> {
    let (others, _) = long(&[general("Z"), general("Cc"), general("Cn")])?;
    Some(complement(others))
}

/// Returns the set of a script, which is named by its code or its whole name, in any case.
fn script(name: &str) -> Found {
    let scripts = || rows(include_str!("scripts.txt"));
    let is_named = |names: [&str; 2]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    if is_named(["Zzzz", "Unknown"]) {
        let known: Vec<_> = scripts().map(|(_, name)| table_of_script(name)).collect();
        let (known, cost) = long(&known)?;
        return Some((complement(known), cost));
    }
    let (_, whole_name) = scripts().find(|&(code, whole)| is_named([code, whole]))?;
    long(&[table_of_script(whole_name)])
}

fn table_of_script(name: &str) -> Option<ClassUnicode> {
    table(ClassUnicodeKind::NamedValue {
        op: ClassUnicodeOpKind::Equal,
        name: "sc".to_owned(),
        value: name.to_owned(),
    })
}

/// Returns the set of a block. Its name is written in any case as in the Unicode Character Database,
/// without spaces, or, unless Java has another name there, with `_` for each space and hyphen.
fn block(name: &str) -> Found {
    /// The names of blocks that earlier versions of Unicode had, and that Java also knows.
    const FORMER: [(&str, &str); 3] = [
        ("Greek", "Greek and Coptic"),
        ("Cyrillic Supplementary", "Cyrillic Supplement"),
        (
            "Combining Marks for Symbols",
            "Combining Diacritical Marks for Symbols",
        ),
    ];
    let is_written = |block: &str, with_underscores: bool| {
        name.eq_ignore_ascii_case(block)
            || name.eq_ignore_ascii_case(&block.replace(' ', ""))
            || with_underscores && name.eq_ignore_ascii_case(&block.replace([' ', '-'], "_"))
    };
    let former = FORMER.iter().find(|(former, _)| is_written(former, true));
    let (range, _) = rows(include_str!("blocks.txt")).find(|&(_, block)| match former {
        Some(&(_, today)) => block == today,
        None => is_written(block, FORMER.iter().all(|&(_, today)| block != today)),
    })?;
    let (start, end) = range.split_once("..")?;
    let number = |hex| u32::from_str_radix(hex, 16).ok();
    short(&[(number(start)?, number(end)?)])
}

/// Returns the two columns of a table.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once("; "))
}

/// Returns the characters of a general category.
fn general(name: &str) -> Option<ClassUnicode> {
    table(ClassUnicodeKind::NamedValue {
        op: ClassUnicodeOpKind::Equal,
        name: "gc".to_owned(),
        value: name.to_owned(),
    })
}

/// Returns the characters of a binary property of the Unicode Character Database.
fn named(name: &str) -> Option<ClassUnicode> {
    table(ClassUnicodeKind::Named(name.to_owned()))
}

/// Returns a set of the library's tables.
fn table(kind: ClassUnicodeKind) -> Option<ClassUnicode> {
    let span = Span::splat(Position::new(0, 1, 1));
    let negated = false;
    let ast = Ast::class_unicode(Property {
        span,
        negated,
        kind,
    });
    match Translator::new().translate("", &ast).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        // A set of one character becomes that character.
        HirKind::Literal(literal) => {
            let characters = std::str::from_utf8(&literal.0).ok()?.chars();
            Some(ClassUnicode::new(
                characters.map(|c| ClassUnicodeRange::new(c, c)),
            ))
        }
        _ => None,
    }
}

fn unknown(name: &str, fold: bool) -> Unknown {
    let shown: String = name.chars().take(40).collect();
    let java = name.strip_prefix("Is").unwrap_or(name);
    if java.starts_with("java") {
        return Unknown {
            code: ProblemCode::UnsupportedPattern,
            message: format!("the property {shown} of a JVM is not supported"),
            hint: for_java(java, fold).into(),
        };
    }
    let posix = [
        "Alnum", "Alpha", "ASCII", "Blank", "Cntrl", "Digit", "Graph", "Lower", "Print", "Punct",
        "Space", "Upper", "XDigit",
    ];
    let in_other_case = posix.iter().find(|posix| posix.eq_ignore_ascii_case(name));
    let hint = if let Some(posix) = in_other_case {
        format!("write \\p{{{posix}}}").into()
    } else if !name.contains('=') && (script(name).is_some() || binary(name, false).is_some()) {
        format!("write \\p{{Is{shown}}}").into()
    } else if !name.contains('=') && block(name).is_some() {
        format!("write \\p{{In{shown}}}").into()
    } else {
        "properties are written as in \\p{L}, \\p{Lu}, \\p{Alpha}, \\p{IsHan}, \\p{IsAlphabetic} \
         and \\p{InGreek}"
            .into()
    };
    Unknown {
        code: ProblemCode::BadPattern,
        message: format!("not a valid pattern: unknown property {shown}"),
        hint,
    }
}

/// Returns a hint about `\p{…}` as one about `\P{…}`, which means all other characters.
pub(super) fn complement_hint(hint: Cow<'static, str>) -> Cow<'static, str> {
    if let Some(name) = hint.strip_prefix("write \\p{") {
        format!("write \\P{{{name}").into()
    } else if let Some(name) = hint.strip_prefix("write \\P{") {
        format!("write \\p{{{name}").into()
    } else if let Some(class) = hint.strip_prefix("write [") {
        format!("write [^[{class}]").into()
    } else {
        hint
    }
}

/// Returns what to write instead of a property that a method of `java.lang.Character` defines. `fold` is
/// `true` under `(?i)`.
fn for_java(name: &str, fold: bool) -> &'static str {
    match name {
        // Not `\p{Lt}`, which is one with `\p{Lu}` and `\p{Ll}` then.
        "javaTitleCase" if fold => "write \\p{IsTitlecase}",
        "javaLowerCase" => "write \\p{IsLowercase}",
        "javaUpperCase" => "write \\p{IsUppercase}",
        "javaTitleCase" => "write \\p{Lt}",
        "javaAlphabetic" => "write \\p{IsAlphabetic}",
        "javaIdeographic" => "write \\p{IsIdeographic}",
        "javaDigit" => "write \\p{Nd}",
        "javaDefined" => "write \\P{Cn}",
        "javaLetter" => "write \\p{L}",
        "javaLetterOrDigit" => "write [\\p{L}\\p{Nd}]",
        "javaSpaceChar" => "write \\p{Z}",
        "javaWhitespace" => "write [\\t-\\r\\x1C-\\x1F\\p{Z}&&[^\\u00A0\\u2007\\u202F]]",
        "javaISOControl" => "write \\p{Cc}",
        "javaJavaIdentifierStart" => "write [\\p{L}\\p{Nl}\\p{Sc}\\p{Pc}]",
        _ => "write the characters that are meant, or a property such as \\p{L} or \\p{Nd}",
    }
}
