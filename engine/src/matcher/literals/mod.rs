//! Finds every literal of a set with which a text begins, by hashing.
//!
//! The first byte of the text picks a *family* of literals. A family has a few *windows*, through
//! which up to sixteen bytes of the text are hashed, one probe each. A probe finds a *bucket*: the
//! literals that look the same through that window. They are compared one by one, and there are
//! few of them: if more would share a bucket, the caller splits what they have in common off into
//! a literal of its own.

mod buckets;
mod entry;
mod hash_table;
mod window;
mod window_selection;

pub(super) use self::buckets::Buckets;
use self::entry::{Entry, to_u32};
use self::hash_table::HashTable;
pub(super) use self::window_selection::MAX_BUCKET;
use super::cost;
use super::segment::Literal;
use super::span::Span;

/// The number of literals up to which a set has no hash table, whose families alone take 2 KB: its
/// literals are compared one by one.
const MAX_COMPARED: usize = 4;

/// Sets of literals, each of which leads to a `T`. All sets of a tree share these arrays.
#[derive(Debug)]
pub(super) struct Literals<T> {
    /// The literals of a set are contiguous, and so are those of a bucket, which the last one ends.
    entries: Vec<Entry<T>>,
    /// The bytes of all literals; lower case where the case does not matter.
    bytes: Vec<u8>,
    /// The hash tables of the sets that have one.
    tables: Vec<HashTable<T>>,
}

/// One of the sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct LiteralSet {
    entries: Span,
    /// The index of its hash table, or [`Self::NOT_HASHED`].
    table: u32,
}

/// Receives the literals that are found.
pub(super) trait Sink<T> {
    /// Returns `true` if it matters that the literal of `target` is found.
    fn wants(&self, target: T) -> bool;
    /// Receives the target of a literal that is found, and the literal's number of bytes.
    fn found(&mut self, target: T, length: usize);
    /// Receives the target of a literal that the text is compared with, and the literal's number of
    /// bytes. Only a sink that measures has a use for it.
    fn compared(&mut self, _target: T, _length: usize) {}
}

impl LiteralSet {
    /// The set without literals.
    pub(super) const EMPTY: Self = Self {
        entries: Span::EMPTY,
        table: Self::NOT_HASHED,
    };
    /// Stands for no table: the index of none, since there are fewer.
    const NOT_HASHED: u32 = u32::MAX;

    /// Returns `true` if no literal is in the set.
    pub(super) const fn is_empty(self) -> bool {
        self.entries.is_empty()
    }
}

impl<T: Copy> Literals<T> {
    /// No set yet.
    pub(super) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            bytes: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// Adds a set of different `literals`, each with its target. Takes their `buckets` if the
    /// literals are sorted into them already.
    pub(super) fn add(
        &mut self,
        literals: Vec<(Literal, T)>,
        buckets: Option<Buckets>,
    ) -> LiteralSet {
        let as_bytes = |(literal, target): (Literal, T)| {
            let bytes = Vec::from(literal.text.into_boxed_bytes());
            (literal.any_case, bytes, target)
        };
        self.add_sorted(literals.into_iter().map(as_bytes).collect(), buckets)
    }

    /// Adds a set of different `suffixes` with their bytes reversed, for texts that are read
    /// backwards.
    pub(super) fn add_reversed(&mut self, suffixes: Vec<(Literal, T)>) -> LiteralSet {
        let reversed = |(suffix, target): (Literal, T)| {
            let bytes = suffix.text.bytes().rev().collect();
            (suffix.any_case, bytes, target)
        };
        self.add_bytes(suffixes.into_iter().map(reversed).collect())
    }

    /// Adds a set of different literals, each as `(any_case, bytes, target)`; the bytes are lower
    /// case if the case does not matter.
    pub(super) fn add_bytes(&mut self, literals: Vec<(bool, Vec<u8>, T)>) -> LiteralSet {
        self.add_sorted(literals, None)
    }

    fn add_sorted(
        &mut self,
        mut literals: Vec<(bool, Vec<u8>, T)>,
        buckets: Option<Buckets>,
    ) -> LiteralSet {
        let buckets = (literals.len() > MAX_COMPARED).then(|| {
            buckets.unwrap_or_else(|| Buckets::sort(&mut literals, |(_, bytes, _)| bytes))
        });
        let first = self.entries.len();
        for (any_case, bytes, target) in literals {
            self.entries
                .push(Entry::new(self.bytes.len(), bytes.len(), any_case, target));
            self.bytes.extend(bytes);
        }
        let table = buckets.map_or(LiteralSet::NOT_HASHED, |buckets| {
            for bucket in &buckets.all {
                self.entries[first + bucket.first + bucket.len - 1].set_last();
            }
            self.tables
                .push(HashTable::new(&self.entries, first, &buckets));
            to_u32(self.tables.len() - 1)
        });
        LiteralSet {
            entries: Span::new(first, self.entries.len()),
            table,
        }
    }

    /// Calls `sink` with each literal of `set` with which `text` begins, in no particular order, if
    /// the sink wants the target.
    ///
    /// PERF: inlined, 1,461 → 1,425 instructions a lookup: callgrind on the workload of `ratios`, 1000
    /// `All` (2-core x86-64, 2026-11-29).
    #[inline]
    pub(super) fn find_prefixes(&self, set: LiteralSet, text: &[u8], sink: &mut impl Sink<T>) {
        let mut compare = |entry: &Entry<T>| {
            if !sink.wants(entry.target) {
                return;
            }
            sink.compared(entry.target, entry.length());
            if entry.is_prefix_of(text, &self.bytes) {
                sink.found(entry.target, entry.length());
            }
        };
        match self.tables.get(set.table as usize) {
            None => self.entries[set.entries.range()].iter().for_each(compare),
            Some(table) => table.find(text, |bucket| {
                let Some(first) = bucket.as_reference() else {
                    return compare(bucket);
                };
                for entry in &self.entries[first..] {
                    compare(entry);
                    if entry.is_last() {
                        break;
                    }
                }
            }),
        }
    }

    /// Returns the literals of `set`, their bytes and targets, in no particular order. The bytes are
    /// lower case where the case does not matter.
    pub(super) fn literals(&self, set: LiteralSet) -> impl Iterator<Item = (&[u8], T)> {
        let entries = self.entries[set.entries.range()].iter();
        entries.map(|entry| (entry.bytes(&self.bytes), entry.target))
    }

    /// Returns the steps of hashing a text to find the literals of `set`.
    pub(super) fn probe_steps(&self, set: LiteralSet) -> u64 {
        match self.tables.get(set.table as usize) {
            None => 0,
            Some(_) => cost::PROBES,
        }
    }

    /// Returns the most steps that finding the literals of `set` can take for any text.
    pub(super) fn max_steps(&self, set: LiteralSet) -> u64 {
        let comparisons = match self.tables.get(set.table as usize) {
            None => {
                let entries = self.entries[set.entries.range()].iter();
                entries.map(|entry| cost::comparison(entry.length())).sum()
            }
            Some(table) => table.max_steps(&self.entries),
        };
        self.probe_steps(set).saturating_add(comparisons)
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let tables: usize = self.tables.iter().map(HashTable::heap_bytes).sum();
        size_of_val(&*self.entries) + self.bytes.len() + tables
    }

    /// Frees what was allocated for growing.
    pub(super) fn shrink_to_fit(&mut self) {
        self.entries.shrink_to_fit();
        self.bytes.shrink_to_fit();
        self.tables.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests;
