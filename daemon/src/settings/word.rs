//! Enums whose values have one word each in the settings.

use codeid_engine::InitLevel;

/// An enum whose values have one word each.
pub(super) trait Word: Copy + 'static {
    /// Every value, in the order in which messages list them.
    const ALL: &'static [Self];

    /// Returns the word for the value.
    fn word(self) -> &'static str;

    /// Returns the value that has the word `text`.
    fn from_word(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.word() == text)
    }
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
