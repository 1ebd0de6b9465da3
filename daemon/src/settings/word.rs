//! Enums whose values have one word each in the settings.

use codeid_engine::InitLevel;
use thiserror::Error;

/// An enum whose values have one word each.
pub(super) trait Word: Copy + 'static {
    /// Every value, in the order in which messages list them.
    const ALL: &'static [Self];

    /// Returns the word for the value.
    fn word(self) -> &'static str;

    /// Returns the value that has the word `text`.
    fn from_word(text: &str) -> Result<Self, UnknownWord> {
        let mut all = Self::ALL.iter().copied();
        let found = all.find(|value| value.word() == text);
        found.ok_or_else(|| UnknownWord {
            allowed: words::<Self>(),
        })
    }
}

/// A text that is not one of the words that a setting allows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("must be one of {allowed}")]
pub struct UnknownWord {
    allowed: String,
}

/// Lists the words of an enum: `error, warn, info`.
pub(super) fn words<T: Word>() -> String {
    let words: Vec<_> = T::ALL.iter().map(|value| value.word()).collect();
    words.join(", ")
}

impl Word for InitLevel {
    const ALL: &'static [Self] = &[Self::Remote, Self::Local, Self::Preset];

    fn word(self) -> &'static str {
        self.name()
    }
}
