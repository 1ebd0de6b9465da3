//! The classes of bytes that the states of a DFA distinguish.

use std::collections::HashMap;

use super::states::{DEAD, State};
use crate::matcher::byte_set::ByteSet;

/// Classes of bytes, each of which leads to the same state from every state.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// By byte, the index of the range of bytes that it is in. No state distinguishes the bytes of a
    /// range.
    range_of: Box<[u8; 256]>,
    /// By range of bytes, its class.
    class_of: Vec<u8>,
    len: usize,
}

impl Alphabet {
    /// Returns the classes that states distinguish. `steps` are the ranges of bytes of each state, with
    /// the state that they lead to.
    pub(super) fn new<'a>(steps: impl Iterator<Item = &'a [(u8, u8, State)]> + Clone) -> Self {
        let mut firsts = ByteSet::default();
        for &(low, high, _) in steps.clone().flatten() {
            firsts.insert(low, low);
            if let Some(next) = high.checked_add(1) {
                firsts.insert(next, next);
            }
        }
        let mut range_of = Box::new([0; 256]);
        let mut ranges = 1;
        for first in firsts.members().filter(|&first| first > 0) {
            range_of[usize::from(first)..].fill(u8::try_from(ranges).unwrap_or(u8::MAX));
            ranges += 1;
        }
        let mut this = Self {
            range_of,
            class_of: vec![0; ranges],
            len: 1,
        };
        let mut targets = vec![DEAD; ranges];
        for step in steps {
            if this.len == ranges {
                break;
            }
            targets.fill(DEAD);
            for &(low, high, to) in step {
                targets[this.range(low)..=this.range(high)].fill(to);
            }
            this.divide(&targets);
        }
        this
    }

    /// Divides the classes whose ranges lead to several of `targets`, one for each range.
    fn divide(&mut self, targets: &[State]) {
        let mut first = [None; 256];
        let is_divided = self.class_of.iter().zip(targets).any(|(&class, &to)| {
            let first = first[usize::from(class)].get_or_insert(to);
            *first != to
        });
        if !is_divided {
            return;
        }
        let mut classes: HashMap<(u8, State), u8> = HashMap::new();
        for (class, &to) in self.class_of.iter_mut().zip(targets) {
            let next = u8::try_from(classes.len()).unwrap_or(u8::MAX);
            *class = *classes.entry((*class, to)).or_insert(next);
        }
        self.len = classes.len();
    }

    fn range(&self, byte: u8) -> usize {
        usize::from(self.range_of[usize::from(byte)])
    }

    /// Returns the number of classes.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Returns by byte its class.
    pub(super) fn classes(&self) -> Box<[u8; 256]> {
        Box::new(self.range_of.map(|range| self.class_of[usize::from(range)]))
    }

    /// Sets `row` to the state that each class leads to. `step` has the ranges of bytes of one of the
    /// states.
    pub(super) fn spread(&self, step: &[(u8, u8, State)], row: &mut Vec<State>) {
        row.clear();
        row.resize(self.len, DEAD);
        for &(low, high, to) in step {
            for &class in &self.class_of[self.range(low)..=self.range(high)] {
                row[usize::from(class)] = to;
            }
        }
    }
}
