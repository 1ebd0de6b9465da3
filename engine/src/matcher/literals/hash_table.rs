//! From what the windows of a text show to the buckets of literals that show the same.

use super::choice::MAX_WINDOWS;
use super::window::{self, ViewHash, WIDTH, Window};
use super::{Buckets, Entry};

/// The buckets of a set of literals, by the hash of their view.
///
/// Four tags of 15 bits share a word. A word that was full when another bucket belonged there is
/// marked by its highest bit, and the bucket is in one of the words after it.
#[derive(Debug)]
pub(super) struct HashTable<T> {
    /// By first byte.
    families: Box<[Family; 256]>,
    tags: Box<[u64]>,
    /// For each tag its bucket: the one literal, or where several begin.
    ///
    /// PERF: literals that are alone lie here, not one load further: 105 ns instead of 109 at 1000
    /// rules of the bench's workload, 142 instead of 150 at 5000 (2-core x86-64, November 2026).
    buckets: Box<[[Entry<T>; TAGS]]>,
}

/// The windows of the literals with one first byte, in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Family {
    windows: [Window; MAX_WINDOWS],
    count: u8,
}

/// How many tags a word has.
const TAGS: usize = 4;
/// How many bits each takes of it.
const TAG_BITS: u32 = 16;
/// The lowest bit of each of them.
const EACH: u64 = 0x0001_0001_0001_0001;
/// Marks a word beyond which a bucket may be that belongs to it.
const OVERFLOWN: u64 = 1 << 63;

impl Family {
    /// Of a byte with which no literal begins.
    const NONE: Self = Self {
        windows: [Window::FIRST_BYTE; MAX_WINDOWS],
        count: 0,
    };

    /// Of the windows that the literals have.
    pub(super) fn new(mut all: Vec<Window>) -> Self {
        all.sort_unstable();
        all.dedup();
        let mut windows = [all[0]; MAX_WINDOWS];
        windows[..all.len()].copy_from_slice(&all);
        Self {
            windows,
            count: u8::try_from(all.len()).expect("at most MAX_WINDOWS"),
        }
    }
}

impl<T: Copy> HashTable<T> {
    /// Of `buckets`, whose literals are those of `entries` from `first` on.
    pub(super) fn new(entries: &[Entry<T>], first: usize, buckets: &Buckets) -> Self {
        let mut families = Box::new([Family::NONE; 256]);
        for (first_byte, family) in &buckets.families {
            families[usize::from(*first_byte)] = *family;
            families[usize::from(first_byte.to_ascii_uppercase())] = *family;
        }
        // One bucket for each word on average, so that few words are full.
        let words = buckets.all.len().next_power_of_two();
        let mut table = Self {
            families,
            tags: vec![0; words].into(),
            buckets: vec![[entries[first]; TAGS]; words].into(),
        };
        for bucket in &buckets.all {
            let at = first + bucket.first;
            let entry = match bucket.entries {
                1 => entries[at],
                _ => Entry::several_from(at, entries[at].target),
            };
            table.put(bucket.view.hash(), entry);
        }
        table
    }

    fn put(&mut self, hash: ViewHash, bucket: Entry<T>) {
        let mut word = hash.place(self.tags.len());
        let lane = loop {
            let taken = |lane: &usize| self.tags[word] >> (TAG_BITS as usize * lane) & 0x7fff != 0;
            if let Some(lane) = (0..TAGS).find(|lane| !taken(lane)) {
                break lane;
            }
            self.tags[word] |= OVERFLOWN;
            word = (word + 1) % self.tags.len();
        };
        self.tags[word] |= u64::from(hash.tag()) << (TAG_BITS as usize * lane);
        self.buckets[word][lane] = bucket;
    }

    /// Calls `found` with each bucket of `text`'s views; with a few of others,
    /// too, whose hash is alike.
    #[inline]
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(&Entry<T>)) {
        let Some(&first_byte) = text.first() else {
            return;
        };
        let mut room = [0; WIDTH];
        let text = window::padded(text, &mut room);
        let Family { windows, count } = &self.families[usize::from(first_byte)];
        // PERF: all words are read before anything depends on one, so that their cache misses
        // overlap, and a lookup branches once for each bucket found, not for each window.
        let mut words = [0; MAX_WINDOWS + 1];
        let mut equal = 0;
        for (number, window) in windows.iter().enumerate().take(usize::from(*count)) {
            // The windows are in order, so the text ends before all others too.
            let Some(view) = window.view_of_padded(text) else {
                break;
            };
            let hash = view.hash();
            let word = hash.place(self.tags.len());
            words[number] = word;
            let tags = self.tags[word];
            // A bit for each window and tag: there are fewer windows than a tag has bits.
            equal |= equal_tags(tags, hash.tag()) << number;
            if tags & OVERFLOWN != 0 {
                self.find_beyond(word, hash, &mut |bucket| found(bucket));
            }
        }
        while equal != 0 {
            let (tag, number) = divide(equal.trailing_zeros());
            equal &= equal - 1;
            found(&self.buckets[words[number % words.len()]][tag]);
        }
    }

    /// In the words after `word`, which was full. Rare, so it is kept out of the loop's way.
    #[cold]
    fn find_beyond(&self, mut word: usize, hash: ViewHash, found: &mut dyn FnMut(&Entry<T>)) {
        while self.tags[word] & OVERFLOWN != 0 {
            word = (word + 1) % self.tags.len();
            let mut equal = equal_tags(self.tags[word], hash.tag());
            while equal != 0 {
                let (tag, _) = divide(equal.trailing_zeros());
                equal &= equal - 1;
                found(&self.buckets[word][tag]);
            }
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.families) + size_of_val(&*self.tags) + size_of_val(&*self.buckets)
    }
}

/// Which of the four tags in `tags` are `tag`: the lowest bit of each that is.
#[inline]
fn equal_tags(tags: u64, tag: u16) -> u64 {
    let different = (tags & !OVERFLOWN) ^ (u64::from(tag) * EACH);
    // No tag has its highest bit, so the sum carries into it, and no further, where they differ.
    (!(different + 0x7fff * EACH) >> (TAG_BITS - 1)) & EACH
}

/// Which tag the bit `at` of a word belongs to, and which of its bits it is.
#[inline]
const fn divide(at: u32) -> (usize, usize) {
    ((at / TAG_BITS) as usize, (at % TAG_BITS) as usize)
}

#[cfg(test)]
mod tests {
    use super::{OVERFLOWN, equal_tags};

    #[test]
    fn tells_which_tags_are_equal() {
        let tags = [1_u16, 0x7fff, 0x1234, 1];
        let word = (0..4).fold(0, |word, lane| word | u64::from(tags[lane]) << (16 * lane));
        for mark in [0, OVERFLOWN] {
            assert_eq!(equal_tags(word | mark, 1), 1 << 48 | 1);
            assert_eq!(equal_tags(word | mark, 0x7fff), 1 << 16);
            assert_eq!(equal_tags(word | mark, 0x1234), 1 << 32);
            assert_eq!(equal_tags(word | mark, 2), 0);
        }
    }
}
