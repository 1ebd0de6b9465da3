//! Classes of characters that an automaton does not distinguish.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::positions::TooLarge;
use crate::matcher::char_class::CharClass;

/// The most membership tests while an alphabet is built, one for each class of the expressions and
/// each character at which one of them begins or ends. This bounds the time.
const MAX_MEMBERSHIP_TESTS: usize = 1_000_000;
/// The most words of an automaton's columns: 2 MiB.
const MAX_COLUMN_WORDS: usize = 1 << 18;
/// The most words of the sets of states of all classes of the expressions: 16 MiB, which are freed
/// once the alphabet is built. Within the default limit of 10,000 states a rule never takes more.
const MAX_STATE_WORDS: usize = 1 << 21;

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
    ///
    /// # Errors
    ///
    /// [`TooLarge`] if building the alphabet would take more than the limits of this file: the classes
    /// distinguish too many characters, or too many of them differ.
    pub(super) fn new(
        classes: &[Rc<CharClass>],
        words: usize,
    ) -> Result<(Self, Box<[u64]>), TooLarge> {
        let distinct: HashSet<&Rc<CharClass>> = classes.iter().collect();
        let mut starts: Vec<char> = distinct
            .iter()
            .flat_map(|class| class.ranges())
            .flat_map(|(start, end)| [Some(start), after(end)])
            .flatten()
            .chain(['\0', '\u{80}'])
            .collect();
        starts.sort_unstable();
        starts.dedup();
        if starts.len().saturating_mul(distinct.len()) > MAX_MEMBERSHIP_TESTS
            || starts.len().saturating_mul(words) > MAX_COLUMN_WORDS
            || distinct.len().saturating_mul(words) > MAX_STATE_WORDS
        {
            return Err(TooLarge);
        }

        let mut states: HashMap<&Rc<CharClass>, Vec<u64>> = HashMap::with_capacity(distinct.len());
        for (state, class) in classes.iter().enumerate() {
            states.entry(class).or_insert_with(|| vec![0; words])[state / 64] |= 1 << (state % 64);
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

    /// Returns the most steps of finding the class of a character.
    pub(super) fn steps(&self) -> usize {
        2 + self.beyond_ascii.len().ilog2() as usize
    }

    /// Returns a character of each class, and further ones of some.
    pub(super) fn representatives(&self) -> impl Iterator<Item = char> {
        let mut seen = HashSet::new();
        // Visible characters first, since people may read what is made of them.
        let ascii = (b'!'..=b'~').chain(0..b'!').chain([0x7f]).map(char::from);
        let ascii = ascii.filter(move |&c| seen.insert(self.class(c)));
        ascii.chain(self.beyond_ascii.iter().map(|&(start, _)| start))
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

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange};

    use super::{Alphabet, MAX_STATE_WORDS};
    use crate::matcher::char_class::CharClass;

    /// Returns a class for each set of the `count` first letters from `a` on, except the empty one.
    fn sets_of_letters(count: u32) -> Vec<Rc<CharClass>> {
        let class = |set: u32| {
            let members = ('a'..).zip(0..count).filter(|(_, bit)| set >> bit & 1 == 1);
            let ranges = members.map(|(c, _)| ClassUnicodeRange::new(c, c));
            Rc::new(CharClass::new(&Class::Unicode(ClassUnicode::new(ranges))))
        };
        (1..1 << count).map(class).collect()
    }

    #[test]
    fn many_classes_of_few_characters_are_refused_before_their_states_are_stored() {
        let classes = sets_of_letters(14);
        let words = classes.len().div_ceil(64);
        assert!(classes.len() * words > MAX_STATE_WORDS);
        assert!(Alphabet::new(&classes, words).is_err());
        let (alphabet, columns) = Alphabet::new(&classes[..63], 1).unwrap();
        // The letter `a` enters the states whose set has the lowest bit: every other one.
        assert_eq!(columns[alphabet.class('a')], 0x5555_5555_5555_5555);
        assert_eq!(columns[alphabet.class('z')], 0);
    }
}
