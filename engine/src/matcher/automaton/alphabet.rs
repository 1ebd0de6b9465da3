//! Classes of characters that an automaton does not distinguish.

use std::collections::HashMap;
use std::rc::Rc;

use super::positions::TooLarge;
use crate::matcher::char_class::CharClass;

/// The most membership tests while an alphabet is built, one for each class of the expressions and
/// each character at which one of them begins or ends. This bounds the time.
const MAX_MEMBERSHIP_TESTS: usize = 1_000_000;
/// The most words of an automaton's columns: 2 MiB.
const MAX_COLUMN_WORDS: usize = 1 << 18;

/// Maps each character to its class: characters that enter the same states are of one class.
#[derive(Debug)]
pub(super) struct Alphabet {
    ascii: Box<[u32; 128]>,
    /// The characters from U+0080 on at which a range of one class begins, ascending, and that
    /// class. The first is U+0080.
    beyond_ascii: Box<[(char, u32)]>,
}

impl Alphabet {
    /// Builds the alphabet of an automaton whose state `n` is entered by the characters of
    /// `classes[n]`. Returns it with its columns: for each class of the alphabet, in `words` words,
    /// the set of states that its characters enter.
    pub(super) fn new(
        classes: &[Rc<CharClass>],
        words: usize,
    ) -> Result<(Self, Box<[u64]>), TooLarge> {
        let mut states: HashMap<&Rc<CharClass>, Vec<u64>> = HashMap::new();
        for (state, class) in classes.iter().enumerate() {
            states.entry(class).or_insert_with(|| vec![0; words])[state / 64] |= 1 << (state % 64);
        }
        let mut starts: Vec<char> = states
            .keys()
            .flat_map(|class| class.ranges())
            .flat_map(|(start, end)| [Some(start), after(end)])
            .flatten()
            .chain(['\0', '\u{80}'])
            .collect();
        starts.sort_unstable();
        starts.dedup();
        if starts.len() * states.len() > MAX_MEMBERSHIP_TESTS
            || starts.len() * words > MAX_COLUMN_WORDS
        {
            return Err(TooLarge);
        }

        let mut known: HashMap<Vec<u64>, u32> = HashMap::new();
        let mut columns = Vec::new();
        let mut ascii = Box::new([0; 128]);
        let mut beyond_ascii = Vec::new();
        for (index, &start) in starts.iter().enumerate() {
            let mut column = vec![0; words];
            for (class, states) in &states {
                if class.contains(start) {
                    column
                        .iter_mut()
                        .zip(states)
                        .for_each(|(column, states)| *column |= states);
                }
            }
            let next = u32::try_from(known.len()).expect("the limits allow fewer classes");
            let class = *known.entry(column).or_insert_with_key(|column| {
                columns.extend_from_slice(column);
                next
            });
            if start.is_ascii() {
                let end = starts
                    .get(index + 1)
                    .map_or(128, |&end| (end as usize).min(128));
                ascii[start as usize..end].fill(class);
            } else {
                beyond_ascii.push((start, class));
            }
        }
        Ok((
            Self {
                ascii,
                beyond_ascii: beyond_ascii.into(),
            },
            columns.into(),
        ))
    }

    /// Returns the number of the class that `c` belongs to, from 0.
    pub(super) fn class(&self, c: char) -> usize {
        let class = match self.ascii.get(c as usize) {
            Some(&class) => class,
            None => {
                // The first entry is the first character beyond ASCII, so there is one before.
                let after = self.beyond_ascii.partition_point(|&(start, _)| start <= c);
                self.beyond_ascii[after - 1].1
            }
        };
        class as usize
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.ascii) + size_of_val(&*self.beyond_ascii)
    }
}

/// Returns the character after `c`, skipping surrogates; `None` after the last.
fn after(c: char) -> Option<char> {
    match c {
        '\u{d7ff}' => Some('\u{e000}'),
        _ => char::from_u32(u32::from(c) + 1),
    }
}
