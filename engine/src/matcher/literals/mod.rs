//! Finds all literals of a set with which a text begins, by hashing.
//!
//! The first byte of the text picks a *family* of literals. A family has a few *windows*, at which
//! eight bytes of the text are looked up, one probe each. What a probe finds is a *bucket*: the
//! literals that show the same through that window. They are compared one by one, and there are
//! few of them: where more would share a bucket, the caller puts what they have in common into a
//! literal of its own.

mod choice;
mod window;

use self::choice::MAX_WINDOWS;
use self::window::{View, Window};
use super::segment::Literal;

/// Up to so many literals are compared one by one.
const MAX_COMPARED: usize = 4;
/// How many literals should share a bucket at the most.
pub(super) const MAX_BUCKET: usize = 8;

/// A set of literals, each of which leads to a `T`.
#[derive(Debug)]
pub(super) struct LiteralIndex<T> {
    /// By first byte. Empty where the literals are so few that all are compared.
    families: Box<[Family]>,
    /// Where there are families, a hash table: each literal at or after the place that its hash
    /// says, with unused entries between.
    entries: Box<[Entry<T>]>,
    /// The bytes of all literals; in lower case where the case does not matter.
    bytes: Box<[u8]>,
}

/// What becomes of the literals that are found.
pub(super) trait Sink<T> {
    /// Whether it matters that the literal of `target` is found.
    fn wants(&self, target: T) -> bool;
    /// The literal of `target`, of so many bytes, is found.
    fn found(&mut self, target: T, length: usize);
}

/// One literal and where it leads.
#[derive(Clone, Copy, Debug)]
struct Entry<T> {
    /// Of the hash of what it shows through its window; 0 where nothing is hashed.
    tag: u32,
    /// Where its bytes begin.
    offset: u32,
    /// How many there are; 0 if the entry is not used.
    length: u32,
    any_case: bool,
    target: T,
}

impl<T> Entry<T> {
    /// Its own bytes, of those of all.
    fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.offset as usize..][..self.length as usize]
    }

    fn is_prefix_of(&self, text: &[u8], bytes: &[u8]) -> bool {
        let own = self.of(bytes);
        match text.get(..own.len()) {
            Some(start) if self.any_case => start.eq_ignore_ascii_case(own),
            Some(start) => start == own,
            None => false,
        }
    }
}

impl<T: Copy> LiteralIndex<T> {
    /// Of `literals`, which are different, each with its target.
    pub(super) fn new(literals: Vec<(Literal, T)>) -> Self {
        let bytes = |literal: Literal| literal.text.as_bytes().to_vec();
        Self::of_bytes(literals, bytes)
    }

    /// Of suffixes, for texts that are read backwards.
    pub(super) fn reversed(suffixes: Vec<(Literal, T)>) -> Self {
        Self::of_bytes(suffixes, |suffix| suffix.text.bytes().rev().collect())
    }

    fn of_bytes(literals: Vec<(Literal, T)>, bytes_of: impl Fn(Literal) -> Vec<u8>) -> Self {
        let mut literals: Vec<(bool, Vec<u8>, T)> = literals
            .into_iter()
            .map(|(literal, target)| (literal.any_case, bytes_of(literal), target))
            .collect();
        let hashed = literals.len() > MAX_COMPARED;
        let buckets = hashed.then(|| buckets(&mut literals, |(_, bytes, _)| bytes));
        let mut bytes = Vec::new();
        let entry = |(any_case, literal, target): (bool, Vec<u8>, T)| {
            let offset = number(bytes.len());
            bytes.extend(literal);
            let length = number(bytes.len()) - offset;
            Entry {
                tag: 0,
                offset,
                length,
                any_case,
                target,
            }
        };
        let entries: Vec<Entry<T>> = literals.into_iter().map(entry).collect();
        match buckets {
            None => Self {
                families: Box::default(),
                entries: entries.into(),
                bytes: bytes.into(),
            },
            Some(buckets) => Self {
                families: families(&buckets.families),
                entries: hash_table(&entries, &buckets.all),
                bytes: bytes.into(),
            },
        }
    }

    /// Tells `sink` each literal with which `text` begins, in no order, if it wants the target.
    #[inline]
    pub(super) fn find_prefixes(&self, text: &[u8], sink: &mut impl Sink<T>) {
        let mut compare = |entry: &Entry<T>| {
            if sink.wants(entry.target) && entry.is_prefix_of(text, &self.bytes) {
                sink.found(entry.target, entry.length as usize);
            }
        };
        if self.families.is_empty() {
            self.entries.iter().for_each(compare);
            return;
        }
        let Some(&first) = text.first() else { return };
        let Family { windows, count } = &self.families[usize::from(first)];
        let mask = self.entries.len() - 1;
        for window in &windows[..usize::from(*count)] {
            // The windows are in order, so the text ends before all others too.
            let Some(view) = window.view(text) else { break };
            let hash = window.hash(view);
            let mut at = hash.place(self.entries.len());
            // Literals of another hash may stand between those of this one, up to the next gap.
            loop {
                let entry = &self.entries[at];
                if entry.length == 0 {
                    break;
                }
                if entry.tag == hash.tag() {
                    compare(entry);
                }
                at = (at + 1) & mask;
            }
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.families) + size_of_val(&*self.entries) + self.bytes.len()
    }
}

/// The families by first byte, in either case.
fn families(all: &[(u8, Family)]) -> Box<[Family]> {
    let mut by_first_byte = vec![Family::NONE; 256];
    for (first_byte, family) in all {
        by_first_byte[usize::from(*first_byte)] = *family;
        by_first_byte[usize::from(first_byte.to_ascii_uppercase())] = *family;
    }
    by_first_byte.into()
}

/// Puts `entries`, which are in the order of their `buckets`, where their hashes say.
fn hash_table<T: Copy>(entries: &[Entry<T>], buckets: &[Bucket]) -> Box<[Entry<T>]> {
    let unused = Entry {
        tag: 0,
        offset: 0,
        length: 0,
        any_case: false,
        target: entries[0].target,
    };
    // PERF: at most a quarter of the places are used, so that a probe soon comes to a gap; with half
    // of them, 1000 rules of the bench's workload take 159 ns a lookup instead of 139 (2-core
    // x86-64, November 2026).
    let mut table = vec![unused; (entries.len() * 4).next_power_of_two()];
    for bucket in buckets {
        let hash = bucket.window.hash(bucket.view);
        let mut at = hash.place(table.len());
        for entry in &entries[bucket.first..][..bucket.entries] {
            while table[at].length > 0 {
                at = (at + 1) % table.len();
            }
            table[at] = Entry {
                tag: hash.tag(),
                ..*entry
            };
        }
    }
    table.into()
}

fn number(n: usize) -> u32 {
    u32::try_from(n).expect("literals are bounded by the config")
}

/// The windows of the literals with one first byte, in order.
#[derive(Clone, Copy, Debug)]
struct Family {
    windows: [Window; MAX_WINDOWS],
    count: u8,
}

impl Family {
    /// Of a byte with which no literal begins.
    const NONE: Self = Self {
        windows: [Window::FIRST_BYTE; MAX_WINDOWS],
        count: 0,
    };

    /// Of the windows that the literals have.
    fn new(mut all: Vec<Window>) -> Self {
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

/// How literals share buckets.
pub(super) struct Buckets {
    /// Each with its first byte, in lower case.
    families: Vec<(u8, Family)>,
    pub(super) all: Vec<Bucket>,
}

/// Literals next to each other that show the same through the window they share.
pub(super) struct Bucket {
    pub(super) first: usize,
    pub(super) entries: usize,
    window: Window,
    view: View,
}

/// Sorts `items` so that those whose literals share a bucket are next to each other.
pub(super) fn buckets<T>(items: &mut [T], literal: impl Fn(&T) -> &[u8]) -> Buckets {
    let first_byte = |item: &T| literal(item)[0].to_ascii_lowercase();
    items.sort_by_key(first_byte);
    let mut families = Vec::new();
    let mut keys: Vec<(u8, Window, View)> = Vec::with_capacity(items.len());
    for family in items.chunk_by(|a, b| first_byte(a) == first_byte(b)) {
        let first_byte = first_byte(&family[0]);
        let literals: Vec<&[u8]> = family.iter().map(&literal).collect();
        let windows = choice::windows(&literals);
        keys.extend(literals.iter().zip(&windows).map(|(literal, window)| {
            let view = window.view(literal).expect("a literal's window lies in it");
            (first_byte, *window, view)
        }));
        families.push((first_byte, Family::new(windows)));
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&at| keys[at]);
    let mut all: Vec<Bucket> = Vec::new();
    for (place, &at) in order.iter().enumerate() {
        match all.last_mut() {
            Some(bucket) if keys[order[bucket.first]] == keys[at] => bucket.entries += 1,
            _ => {
                let (_, window, view) = keys[at];
                all.push(Bucket {
                    first: place,
                    entries: 1,
                    window,
                    view,
                });
            }
        }
    }
    permute(items, order);
    Buckets { families, all }
}

/// Puts at each place the item that `order` names for it.
fn permute<T>(items: &mut [T], mut order: Vec<usize>) {
    for place in 0..order.len() {
        let mut from = order[place];
        // What stood at an earlier place was moved to where that place's item came from.
        while from < place {
            from = order[from];
        }
        items.swap(place, from);
        order[place] = from;
    }
}

#[cfg(test)]
mod tests;
