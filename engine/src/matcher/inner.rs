//! Texts that a remainder must hold somewhere, found for all remainders in one pass.

use aho_corasick::{AhoCorasick, AhoCorasickKind, automaton::OverlappingState};
use memchr::memmem::{self, Finder};
use regex_syntax::hir::{Class, Hir, HirKind, Literal, Repetition};

use super::char_class::CharClass;

/// Shorter texts are too common to tell anything.
const MIN_BYTES: usize = 3;
/// Beyond so many texts, remainders are tried without.
const MAX_TEXTS: usize = 1024;

/// For some of the remainders of a node, a text that each must hold.
#[derive(Debug)]
pub(super) struct InnerLiterals {
    /// No text is part of another, so at each byte at most one ends.
    search: AhoCorasick,
    /// By text, the remainders that must hold it.
    remainders: Box<[Box<[u32]>]>,
    /// The remainders of which nothing is known.
    untold: Box<[u32]>,
}

impl InnerLiterals {
    /// For remainders that must hold `texts`, or of which nothing is known; `None` if that is so
    /// for too many to be worth it.
    pub(super) fn new(texts: &[Option<Vec<u8>>]) -> Option<Self> {
        const WORTH_IT: usize = 3;
        let mut told: Vec<(&[u8], u32)> = Vec::new();
        let mut untold = Vec::new();
        for (remainder, text) in (0..).zip(texts) {
            match text {
                Some(text) => told.push((text, remainder)),
                None => untold.push(remainder),
            }
        }
        if told.len() < WORTH_IT {
            return None;
        }
        told.sort_by_key(|(text, _)| text.len());
        let mut searched: Vec<(&[u8], Vec<u32>)> = Vec::new();
        for (text, remainder) in told {
            // What holds the longer text holds the shorter one.
            match searched
                .iter()
                .position(|(part, _)| memmem::find(text, part).is_some())
            {
                Some(part) => searched[part].1.push(remainder),
                None if searched.len() < MAX_TEXTS => searched.push((text, vec![remainder])),
                None => untold.push(remainder),
            }
        }
        let search = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(searched.iter().map(|(text, _)| text))
            .ok()?;
        let remainders = searched
            .into_iter()
            .map(|(_, remainders)| remainders.into())
            .collect();
        Some(Self {
            search,
            remainders,
            untold: untold.into(),
        })
    }

    /// Calls `found` once with each remainder that can match `text`. `seen` is room for marks.
    pub(super) fn candidates(&self, text: &str, seen: &mut Vec<bool>, mut found: impl FnMut(u32)) {
        self.untold.iter().for_each(|&remainder| found(remainder));
        seen.clear();
        seen.resize(self.remainders.len(), false);
        let mut state = OverlappingState::start();
        loop {
            self.search.find_overlapping(text, &mut state);
            let Some(at) = state.get_match() else { return };
            let which = at.pattern().as_usize();
            if !std::mem::replace(&mut seen[which], true) {
                self.remainders[which]
                    .iter()
                    .for_each(|&remainder| found(remainder));
            }
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let remainders: usize = self.remainders.iter().map(|r| 16 + size_of_val(&**r)).sum();
        self.search.memory_usage() + remainders + size_of_val(&*self.untold)
    }
}

/// A remainder that must hold a text, between any number of members of one class: `.*text.*`.
#[derive(Debug)]
pub(super) struct Holding {
    class: CharClass,
    finder: Finder<'static>,
}

impl Holding {
    /// `hir`, if it is one.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let HirKind::Concat(parts) = hir.kind() else {
            return None;
        };
        let [before, text, after] = parts.as_slice() else {
            return None;
        };
        let (before, after) = (any_number(before)?, any_number(after)?);
        let HirKind::Literal(Literal(text)) = text.kind() else {
            return None;
        };
        let class = CharClass::new(before);
        let is_member = |text: &str| text.chars().all(|c| class.contains(c));
        if before != after || !str::from_utf8(text).is_ok_and(is_member) {
            return None;
        }
        Some(Self {
            class,
            finder: Finder::new(text).into_owned(),
        })
    }

    /// Whether it matches `code` from the byte `from` to its end.
    pub(super) fn accepts(&self, code: &str, from: usize) -> bool {
        self.finder.find(&code.as_bytes()[from..]).is_some()
            && self.class.run_end(code, from, 0, u32::MAX) == Some(code.len())
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.finder.needle().len() + self.class.heap_bytes()
    }
}

/// The class of which `hir` is any number of members.
fn any_number(hir: &Hir) -> Option<&Class> {
    let HirKind::Repetition(Repetition {
        min: 0,
        max: None,
        sub,
        ..
    }) = hir.kind()
    else {
        return None;
    };
    match sub.kind() {
        HirKind::Class(class) => Some(class),
        _ => None,
    }
}

/// The longest text that every match of `hir` holds, if one is certain and tells anything.
pub(super) fn required(hir: &Hir) -> Option<Vec<u8>> {
    fn parts<'a>(hir: &'a Hir, visit: &mut impl FnMut(Option<&'a [u8]>)) {
        match hir.kind() {
            HirKind::Literal(literal) => visit(Some(&literal.0)),
            HirKind::Capture(capture) => parts(&capture.sub, visit),
            HirKind::Concat(subs) => subs.iter().for_each(|sub| parts(sub, visit)),
            HirKind::Empty | HirKind::Look(_) => {}
            _ => visit(None),
        }
    }
    let mut best = Vec::new();
    let mut current = Vec::new();
    parts(hir, &mut |part| match part {
        Some(bytes) => {
            current.extend_from_slice(bytes);
            if current.len() > best.len() {
                best.clone_from(&current);
            }
        }
        None => current.clear(),
    });
    (best.len() >= MIN_BYTES).then_some(best)
}
