//! Groups literals into buckets: those of one bucket look the same through their window.

use super::window::{View, Window};
use super::window_selection::{MAX_BUCKET, MAX_WINDOWS, select_windows};

/// The buckets of some literals, which are sorted accordingly.
pub(in crate::matcher) struct Buckets {
    /// Each family with its literals' first byte, in lower case.
    pub(super) families: Vec<(u8, Family)>,
    /// The buckets, in the order of the literals: each begins where the one before ends.
    pub(in crate::matcher) all: Vec<Bucket>,
}

/// Literals next to each other that show the same view through the same window.
pub(in crate::matcher) struct Bucket {
    /// The index of the first.
    pub(super) first: usize,
    /// The number of literals, at least one.
    pub(in crate::matcher) len: usize,
    /// The view that the literals share.
    pub(super) view: View,
}

/// The windows of the literals with one first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Family {
    /// In ascending order; those after `count` repeat the first.
    windows: [Window; MAX_WINDOWS],
    count: u8,
}

impl Family {
    /// The family of a byte with which no literal begins.
    pub(super) const EMPTY: Self = Self {
        windows: [Window::FIRST_BYTE; MAX_WINDOWS],
        count: 0,
    };

    /// The family of literals with these windows, at least one, in any order.
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

    /// Returns the windows, in ascending order.
    pub(super) fn windows(&self) -> impl Iterator<Item = &Window> {
        self.windows.iter().take(usize::from(self.count))
    }
}

impl Buckets {
    /// Sorts `items` so that those whose literals share a bucket are next to each other, and
    /// returns the buckets in that order, with the windows through which a lookup finds them.
    ///
    /// `literal` returns the literal of an item.
    ///
    /// # Panics
    ///
    /// If a literal is empty.
    ///
    /// # Complexity
    ///
    /// Sorting `n` items takes O(`n` log `n`) comparisons. Selecting the windows takes a few
    /// rounds, and each round looks at a literal through at most [`Window::MAX_END`] windows.
    pub(in crate::matcher) fn sort<T>(items: &mut [T], literal: impl Fn(&T) -> &[u8]) -> Self {
        let first_byte = |item: &T| literal(item)[0].to_ascii_lowercase();
        items.sort_by_key(first_byte);
        let mut families = Vec::new();
        let mut keys: Vec<(u8, Window, View)> = Vec::with_capacity(items.len());
        for family in items.chunk_by(|a, b| first_byte(a) == first_byte(b)) {
            let first_byte = first_byte(&family[0]);
            let literals: Vec<&[u8]> = family.iter().map(&literal).collect();
            let windows = select_windows(&literals);
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
                Some(bucket) if keys[order[bucket.first]] == keys[at] => bucket.len += 1,
                _ => {
                    let (.., view) = keys[at];
                    all.push(Bucket {
                        first: place,
                        len: 1,
                        view,
                    });
                }
            }
        }
        permute(items, order);
        Self { families, all }
    }

    /// Returns `true` if no bucket has more than [`MAX_BUCKET`] literals.
    pub(in crate::matcher) fn are_small(&self) -> bool {
        self.all.iter().all(|bucket| bucket.len <= MAX_BUCKET)
    }
}

/// Moves to each place the item that `order` names for it.
fn permute<T>(items: &mut [T], mut order: Vec<usize>) {
    for place in 0..order.len() {
        let mut from = order[place];
        // The item of an earlier place was moved to where that place's new item came from.
        while from < place {
            from = order[from];
        }
        items.swap(place, from);
        order[place] = from;
    }
}
