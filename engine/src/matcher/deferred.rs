//! Endings that read the rest of a code value, which a search tries last.

use super::emv::EmvIndex;
use super::remainder::Remainder;
use super::text_remainders::{Condition, TextRemainders};

/// The deferred endings of one node. They are the most expensive part of a search, so it tries them
/// last: a rule found by then may have made them unnecessary.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    /// The `emv` rules; `None` if the node has none.
    pub(super) emv: Option<EmvIndex>,
    /// Those that are tried for every code value, in the order of their first rules.
    pub(super) remainders: Vec<Remainder>,
    /// Those that are tried if the code value contains a certain text; `None` if there are none.
    pub(super) with_texts: Option<TextRemainders>,
}

impl Deferred {
    /// Returns about how many bytes the endings take on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let with_texts = self.with_texts.as_ref();
        size_of::<Self>()
            + self.emv.as_ref().map_or(0, EmvIndex::heap_bytes)
            + with_texts.map_or(0, TextRemainders::heap_bytes)
            + self.remainders().map(Remainder::bytes).sum::<usize>()
    }

    /// Returns all remainders, those that are tried for some code values only, too.
    pub(super) fn remainders(&self) -> impl Iterator<Item = &Remainder> {
        let with_texts = self.with_texts.iter().flat_map(|texts| {
            let single = texts
                .remainders
                .iter()
                .filter_map(|it| match &it.condition {
                    Condition::Class(_) => None,
                    Condition::Tried(remainder) | Condition::Alone(remainder) => Some(remainder),
                });
            single.chain(&texts.together)
        });
        self.remainders.iter().chain(with_texts)
    }
}
