//! Which characters an automaton does not tell apart.

use std::collections::HashMap;
use std::rc::Rc;

use super::positions::TooLarge;
use crate::matcher::char_class::CharClass;

/// How often a class may be asked for a character while an alphabet is made.
const MAX_QUESTIONS: usize = 1_000_000;
/// How many words the columns of an automaton may have: 2 MiB.
const MAX_COLUMN_WORDS: usize = 1 << 18;

/// Maps each character to its class: characters that enter the same states are of one class.
#[derive(Debug)]
pub(super) struct Alphabet {
    ascii: Box<[u32; 128]>,
    /// The characters beyond ASCII at which a class begins, in order, and that class.
    beyond_ascii: Box<[(char, u32)]>,
}

impl Alphabet {
    /// The alphabet of states that the characters of `classes` enter, state by state; and for each
    /// class of characters, in `words` words, the states that it enters.
    pub(super) fn of(
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
        if starts.len() * states.len() > MAX_QUESTIONS || starts.len() * words > MAX_COLUMN_WORDS {
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

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.ascii) + size_of_val(&*self.beyond_ascii)
    }
}

/// The character after `c`, if there is one.
fn after(c: char) -> Option<char> {
    match c {
        '\u{d7ff}' => Some('\u{e000}'),
        _ => char::from_u32(u32::from(c) + 1),
    }
}
