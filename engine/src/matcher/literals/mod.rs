//! Finds all literals of a set with which a text begins, by hashing.
//!
//! The first byte of the text picks a *family* of literals. A family has a few *windows*, at which
//! up to sixteen bytes of the text are looked up, one probe each. What a probe finds is a *bucket*: the
//! literals that show the same through that window. They are compared one by one, and there are
//! few of them: where more would share a bucket, the caller puts what they have in common into a
//! literal of its own.

mod choice;
mod hash_table;
mod window;

use self::hash_table::{Family, HashTable};
use self::window::{View, Window};
use super::segment::Literal;
use super::tree::Span;

/// Up to so many literals are compared one by one.
const MAX_COMPARED: usize = 4;
/// How many literals should share a bucket at the most.
pub(super) const MAX_BUCKET: usize = 8;

/// Sets of literals, each of which leads to a `T`. All of a tree are kept together.
#[derive(Debug)]
pub(super) struct Literals<T> {
    /// The literals of a set follow each other.
    entries: Vec<Entry<T>>,
    /// The bytes of all literals; in lower case where the case does not matter.
    bytes: Vec<u8>,
    /// Of the sets that are hashed.
    tables: Vec<HashTable<T>>,
}

/// One of the sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct LiteralSet {
    entries: Span,
    /// Its hash table; [`Self::NOT_HASHED`] where the literals are so few that all are compared.
    table: u32,
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
    /// Where its bytes begin.
    offset: u32,
    /// How many there are, and above that [`Self::ANY_CASE`] and [`Self::LAST`].
    length: u32,
    target: T,
}

impl<T> Entry<T> {
    /// Its letters match in either case.
    const ANY_CASE: u32 = 1 << 31;
    /// It is the last of its bucket.
    const LAST: u32 = 1 << 30;

    const fn length(&self) -> usize {
        (self.length & !(Self::ANY_CASE | Self::LAST)) as usize
    }

    /// Stands for the literals from the one numbered `first` on, up to the last of their bucket.
    fn several_from(first: usize, target: T) -> Self {
        Self {
            offset: number(first),
            length: 0,
            target,
        }
    }

    const fn is_last(&self) -> bool {
        self.length & Self::LAST != 0
    }

    #[inline]
    fn is_prefix_of(&self, text: &[u8], bytes: &[u8]) -> bool {
        let own = &bytes[self.offset as usize..][..self.length()];
        match text.get(..own.len()) {
            Some(start) if self.length & Self::ANY_CASE != 0 => start.eq_ignore_ascii_case(own),
            Some(start) => start == own,
            None => false,
        }
    }
}

impl LiteralSet {
    /// No literals.
    pub(super) const EMPTY: Self = Self {
        entries: Span::EMPTY,
        table: Self::NOT_HASHED,
    };
    const NOT_HASHED: u32 = u32::MAX;

    pub(super) const fn is_empty(self) -> bool {
        self.entries.is_empty()
    }
}

impl<T: Copy> Literals<T> {
    pub(super) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            bytes: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// Adds a set of `literals`, which are different, each with its target. `sorted` are the
    /// buckets into which they are sorted already.
    pub(super) fn add(
        &mut self,
        literals: Vec<(Literal, T)>,
        sorted: Option<Buckets>,
    ) -> LiteralSet {
        let as_bytes = |(literal, target): (Literal, T)| {
            let bytes = Vec::from(literal.text.into_boxed_bytes());
            (literal.any_case, bytes, target)
        };
        self.add_sorted(literals.into_iter().map(as_bytes).collect(), sorted)
    }

    /// The same with suffixes, for texts that are read backwards.
    pub(super) fn add_reversed(&mut self, suffixes: Vec<(Literal, T)>) -> LiteralSet {
        let reversed = |(suffix, target): (Literal, T)| {
            let bytes = suffix.text.bytes().rev().collect();
            (suffix.any_case, bytes, target)
        };
        self.add_bytes(suffixes.into_iter().map(reversed).collect())
    }

    /// The same with bytes, and whether their letters match in either case.
    pub(super) fn add_bytes(&mut self, literals: Vec<(bool, Vec<u8>, T)>) -> LiteralSet {
        self.add_sorted(literals, None)
    }

    fn add_sorted(
        &mut self,
        mut literals: Vec<(bool, Vec<u8>, T)>,
        sorted: Option<Buckets>,
    ) -> LiteralSet {
        let buckets = (literals.len() > MAX_COMPARED)
            .then(|| sorted.unwrap_or_else(|| buckets(&mut literals, |(_, bytes, _)| bytes)));
        let first = self.entries.len();
        for (any_case, bytes, target) in literals {
            let any_case = if any_case { Entry::<T>::ANY_CASE } else { 0 };
            self.entries.push(Entry {
                offset: number(self.bytes.len()),
                length: number(bytes.len()) | any_case,
                target,
            });
            self.bytes.extend(bytes);
        }
        let table = buckets.map_or(LiteralSet::NOT_HASHED, |buckets| {
            for bucket in &buckets.all {
                let last = first + bucket.first + bucket.entries - 1;
                self.entries[last].length |= Entry::<T>::LAST;
            }
            self.tables
                .push(HashTable::new(&self.entries, first, &buckets));
            number(self.tables.len() - 1)
        });
        LiteralSet {
            entries: Span::of(first, self.entries.len()),
            table,
        }
    }

    /// Tells `sink` each literal of `set` with which `text` begins, in no order, if it wants the
    /// target.
    #[inline]
    pub(super) fn find_prefixes(&self, set: LiteralSet, text: &[u8], sink: &mut impl Sink<T>) {
        let mut compare = |entry: &Entry<T>| {
            if sink.wants(entry.target) && entry.is_prefix_of(text, &self.bytes) {
                sink.found(entry.target, entry.length());
            }
        };
        match self.tables.get(set.table as usize) {
            None => self.entries[set.entries.range()].iter().for_each(compare),
            Some(table) => table.find(text, |bucket| {
                if bucket.length != 0 {
                    return compare(bucket);
                }
                for entry in &self.entries[bucket.offset as usize..] {
                    compare(entry);
                    if entry.is_last() {
                        break;
                    }
                }
            }),
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let tables: usize = self.tables.iter().map(HashTable::heap_bytes).sum();
        size_of_val(&*self.entries) + self.bytes.len() + tables
    }

    /// Gives back what was allocated for growing.
    pub(super) fn shrink_to_fit(&mut self) {
        self.entries.shrink_to_fit();
        self.bytes.shrink_to_fit();
        self.tables.shrink_to_fit();
    }
}

fn number(n: usize) -> u32 {
    // Two bits are needed for marks.
    u32::try_from(n)
        .ok()
        .filter(|n| n >> 30 == 0)
        .expect("literals are bounded by the config")
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
    view: View,
}

/// Whether no bucket has to hold too many of `literals`.
pub(super) fn can_be_told_apart(literals: &[&[u8]]) -> bool {
    let buckets = buckets(&mut literals.to_vec(), |literal| literal);
    buckets
        .all
        .iter()
        .all(|bucket| bucket.entries <= MAX_BUCKET)
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
                let (.., view) = keys[at];
                all.push(Bucket {
                    first: place,
                    entries: 1,
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
