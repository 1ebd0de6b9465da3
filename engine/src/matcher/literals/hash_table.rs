//! Maps the views of a text to the buckets of literals that look the same.

use super::buckets::{Buckets, Family};
use super::entry::Entry;
use super::window::{self, ViewHash, WIDTH};
use super::window_selection::MAX_WINDOWS;
use crate::matcher::cost;

/// The buckets of a set of literals, by the hash of their view.
///
/// Four tags of 15 bits share a word. If another bucket belongs in a word that is full, the word's
/// highest bit is set, and the bucket is in one of the words after it.
#[derive(Debug)]
pub(super) struct HashTable<T> {
    /// By first byte, in either case.
    families: Box<[Family; 256]>,
    /// A power of two of words. A tag of 0 is a free place.
    tags: Box<[u64]>,
    /// For each tag its bucket: the one literal, or a reference to several.
    ///
    /// PERF: a literal alone in its bucket is here, not one load further: 109 → 105 ns a lookup at
    /// 1000 rules and 150 → 142 at 5000, on the workload of `ratios` (2-core x86-64, November
    /// 2026). Buckets in the cache line of their tags made no difference, see DESIGN.md.
    buckets: Box<[[Entry<T>; TAGS]]>,
}

/// The number of tags in a word.
const TAGS: usize = 4;
/// The number of bits of a word for each tag; the highest of them is not part of the tag.
const TAG_BITS: u32 = 16;
/// The bits of a tag.
const TAG_MASK: u64 = 0x7fff;
/// The lowest bit of each tag.
const LOWEST_BITS: u64 = 0x0001_0001_0001_0001;
/// Marks a word that was full when a bucket belonged there: that bucket is in a later word.
const OVERFLOW: u64 = 1 << 63;

impl<T: Copy> HashTable<T> {
    /// The table of `buckets`, whose literals are the `entries` from the index `first` on.
    pub(super) fn new(entries: &[Entry<T>], first: usize, buckets: &Buckets) -> Self {
        let mut families = Box::new([Family::EMPTY; 256]);
        for (first_byte, family) in &buckets.families {
            families[usize::from(*first_byte)] = *family;
            families[usize::from(first_byte.to_ascii_uppercase())] = *family;
        }
        // At most one bucket for each word on average, so that few words are full.
        let words = buckets.all.len().next_power_of_two();
        let mut table = Self {
            families,
            tags: vec![0; words].into(),
            buckets: vec![[entries[first]; TAGS]; words].into(),
        };
        for bucket in &buckets.all {
            let at = first + bucket.first;
            let entry = match bucket.len {
                1 => entries[at],
                _ => Entry::new_reference(at, entries[at].target),
            };
            table.insert(bucket.view.hash(), entry);
        }
        table
    }

    fn insert(&mut self, hash: ViewHash, bucket: Entry<T>) {
        let mut word = hash.index(self.tags.len());
        let lane = loop {
            let is_free = |lane: &usize| !self.is_taken(word, *lane);
            if let Some(lane) = (0..TAGS).find(is_free) {
                break lane;
            }
            self.tags[word] |= OVERFLOW;
            word = (word + 1) % self.tags.len();
        };
        self.tags[word] |= u64::from(hash.tag()) << (TAG_BITS as usize * lane);
        self.buckets[word][lane] = bucket;
    }

    /// Calls `found` with the bucket of each of `text`'s views, and with a few other buckets, whose
    /// hash is similar.
    ///
    /// PERF: inlined, 999 → 992 instructions a lookup: callgrind on the workload of `ratios`, 1000
    /// `Patterns` (2-core x86-64, 2026-11-29).
    #[inline]
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(&Entry<T>)) {
        let Some(&first_byte) = text.first() else {
            return;
        };
        let mut buffer = [0; WIDTH];
        let text = window::padded(text, &mut buffer);
        let family = &self.families[usize::from(first_byte)];
        // All words are read before anything depends on one, so that their cache misses overlap,
        // and a lookup branches once for each bucket found, not for each window. There is one word
        // more than windows, a power of two, so that the index below needs no bounds check.
        let mut words = [0; MAX_WINDOWS + 1];
        let mut equal = 0;
        for (number, window) in family.windows().enumerate() {
            // The windows are in order, so the text ends before all later ones, too.
            let Some(view) = window.view_of_padded(text) else {
                break;
            };
            let hash = view.hash();
            let word = hash.index(self.tags.len());
            words[number] = word;
            let tags = self.tags[word];
            // A bit for each tag and window: there are fewer windows than a tag has bits.
            equal |= equal_tags(tags, hash.tag()) << number;
            if tags & OVERFLOW != 0 {
                self.find_overflowed(word, hash, &mut |bucket| found(bucket));
            }
        }
        while equal != 0 {
            let (tag, number) = split_bit_index(equal.trailing_zeros());
            equal &= equal - 1;
            found(&self.buckets[words[number % words.len()]][tag]);
        }
    }

    /// Calls `found` with the buckets of `hash` in the words after `word`, which was full. Rare, so
    /// it is kept out of the loop's way.
    #[cold]
    fn find_overflowed(&self, mut word: usize, hash: ViewHash, found: &mut dyn FnMut(&Entry<T>)) {
        while self.tags[word] & OVERFLOW != 0 {
            word = (word + 1) % self.tags.len();
            let mut equal = equal_tags(self.tags[word], hash.tag());
            while equal != 0 {
                let (tag, _) = split_bit_index(equal.trailing_zeros());
                equal &= equal - 1;
                found(&self.buckets[word][tag]);
            }
        }
    }

    /// Returns the most steps that comparing a text with literals can take: each window finds a word,
    /// and compares the text with the literals of all its buckets at most, and of the words after it
    /// as far as it overflowed. `entries` are those of all sets.
    pub(super) fn max_steps(&self, entries: &[Entry<T>]) -> u64 {
        let windows = self.families.iter().map(|family| family.windows().count());
        let windows = windows.max().unwrap_or(0) as u64;
        let words = self.tags.len();
        let in_word = |word: usize| -> u64 {
            let lanes = (0..TAGS).filter(|lane| self.is_taken(word, *lane));
            lanes
                .map(|lane| bucket_steps(&self.buckets[word][lane], entries))
                .sum()
        };
        // Backwards and twice round, so that each word knows the sum of those after it.
        let mut most = 0;
        let mut after = 0_u64;
        for word in (0..words).rev().chain((0..words).rev()) {
            after = match self.tags[word] & OVERFLOW {
                0 => in_word(word),
                _ => after.saturating_add(in_word(word)),
            };
            most = most.max(after);
        }
        most.saturating_mul(windows)
    }

    fn is_taken(&self, word: usize, lane: usize) -> bool {
        self.tags[word] >> (TAG_BITS as usize * lane) & TAG_MASK != 0
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.families) + size_of_val(&*self.tags) + size_of_val(&*self.buckets)
    }
}

/// Returns the steps of comparing a text with the literals of `bucket`.
fn bucket_steps<T: Copy>(bucket: &Entry<T>, entries: &[Entry<T>]) -> u64 {
    let Some(first) = bucket.as_reference() else {
        return cost::comparison(bucket.length());
    };
    let last = entries[first..].iter().position(Entry::is_last);
    entries[first..=first + last.unwrap_or(0)]
        .iter()
        .map(|entry| cost::comparison(entry.length()))
        .sum()
}

/// Returns the lowest bit of each of the four tags in `tags` that equals `tag`.
fn equal_tags(tags: u64, tag: u16) -> u64 {
    let different = (tags & !OVERFLOW) ^ (u64::from(tag) * LOWEST_BITS);
    // No tag has its highest bit, so where they differ the sum carries into it, and no further.
    (!(different + TAG_MASK * LOWEST_BITS) >> (TAG_BITS - 1)) & LOWEST_BITS
}

/// Splits the index of a bit in a word into the tag that it belongs to and its index in that tag,
/// which is the number of the window.
const fn split_bit_index(bit: u32) -> (usize, usize) {
    ((bit / TAG_BITS) as usize, (bit % TAG_BITS) as usize)
}

#[cfg(test)]
mod tests {
    use super::{OVERFLOW, equal_tags};

    #[test]
    fn tags_are_compared_four_at_a_time_whether_or_not_their_word_overflowed() {
        let tags = [1_u16, 0x7fff, 0x1234, 1];
        let word = (0..4).fold(0, |word, lane| word | u64::from(tags[lane]) << (16 * lane));
        for mark in [0, OVERFLOW] {
            assert_eq!(equal_tags(word | mark, 1), 1 << 48 | 1);
            assert_eq!(equal_tags(word | mark, 0x7fff), 1 << 16);
            assert_eq!(equal_tags(word | mark, 0x1234), 1 << 32);
            assert_eq!(equal_tags(word | mark, 2), 0);
        }
    }
}
