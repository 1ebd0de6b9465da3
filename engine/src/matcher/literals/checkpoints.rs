//! At which lengths the beginning of a text is looked up.

use super::MAX_BUCKET;
use super::hash::{PrefixHash, PrefixHasher};

/// A few lengths in bytes, ascending; the first is that of the shortest literal at most.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Checkpoints {
    lengths: [u8; MAX_CHECKPOINTS],
    count: u8,
}

const MAX_CHECKPOINTS: usize = 7;
/// Beyond this many bytes nothing is hashed.
const MAX_LENGTH: usize = 64;
/// How many lengths are tried.
const MAX_CANDIDATES: usize = 16;

impl Checkpoints {
    /// Chooses them, one after the other, so that the fewest literals share a bucket. `literals`
    /// are sorted, by what they are in lower case.
    pub(super) fn choose<T>(literals: &[T], text: impl Fn(&T) -> &[u8]) -> Self {
        let shared = |pair: &[T]| {
            let (a, b) = (text(&pair[0]), text(&pair[1]));
            a.iter()
                .zip(b)
                .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
                .count()
        };
        let family = Family {
            lengths: literals
                .iter()
                .map(|literal| text(literal).len().min(MAX_LENGTH))
                .collect(),
            shared: std::iter::once(0)
                .chain(literals.windows(2).map(shared))
                .collect(),
        };
        let candidates = family.candidates();
        let mut chosen = Self::default();
        chosen.insert(candidates[0]);
        let mut cost = family.cost(&chosen);
        while usize::from(chosen.count) < MAX_CHECKPOINTS {
            let best = candidates
                .iter()
                .filter(|length| !chosen.get().contains(length))
                .map(|&length| {
                    let mut with = chosen;
                    with.insert(length);
                    (family.cost(&with), length)
                })
                .min();
            match best {
                // One more probe for every lookup must spare more than it costs.
                Some((less, length)) if less + family.lengths.len() < cost => {
                    chosen.insert(length);
                    cost = less;
                }
                _ => break,
            }
        }
        chosen
    }

    /// The checkpoint of a literal of `length` bytes: the last that it reaches.
    pub(super) fn of_length(&self, length: usize) -> usize {
        let reached = self
            .get()
            .iter()
            .rfind(|&&checkpoint| usize::from(checkpoint) <= length);
        usize::from(*reached.unwrap_or(&self.lengths[0]))
    }

    /// Calls `probe` with the hash at each checkpoint that `text` reaches.
    #[inline]
    pub(super) fn hashes(&self, text: &[u8], mut probe: impl FnMut(PrefixHash)) {
        let mut hasher = PrefixHasher::new(text);
        for &checkpoint in self.get() {
            let checkpoint = usize::from(checkpoint);
            if checkpoint > text.len() {
                break;
            }
            probe(hasher.prefix(checkpoint));
        }
    }

    fn get(&self) -> &[u8] {
        &self.lengths[..usize::from(self.count)]
    }

    fn insert(&mut self, length: u8) {
        let at = self.get().partition_point(|&other| other < length);
        self.lengths.copy_within(at..MAX_CHECKPOINTS - 1, at + 1);
        self.lengths[at] = length;
        self.count += 1;
    }
}

/// What the choice depends on.
struct Family {
    /// Of each literal, the length that can be hashed.
    lengths: Vec<usize>,
    /// Of each literal, how many bytes it shares with the one before.
    shared: Vec<usize>,
}

impl Family {
    /// The lengths to try: that of the shortest literal, and some of the others.
    fn candidates(&self) -> Vec<u8> {
        let mut all = self.lengths.clone();
        all.sort_unstable();
        all.dedup();
        let step = all.len().div_ceil(MAX_CANDIDATES).max(1);
        let some = all.iter().step_by(step);
        some.map(|&length| u8::try_from(length).expect("at most MAX_LENGTH"))
            .collect()
    }

    /// How many comparisons are made if each literal is looked for once: the sum of the squares of
    /// the buckets' sizes. Buckets that are too large are split, at the price of another lookup.
    fn cost(&self, checkpoints: &Checkpoints) -> usize {
        let mut cost = 0;
        // Of the bucket last met at each checkpoint: its size, and how many bytes all literals
        // since share with it.
        let mut open = [(0_usize, 0_usize); MAX_CHECKPOINTS];
        let close = |size: usize| size * size.min(2 * MAX_BUCKET);
        for (&length, &shared) in self.lengths.iter().zip(&self.shared) {
            let mut own = 0;
            for (index, &checkpoint) in checkpoints.get().iter().enumerate() {
                open[index].1 = open[index].1.min(shared);
                if usize::from(checkpoint) <= length {
                    own = index;
                }
            }
            let checkpoint = usize::from(checkpoints.lengths[own]);
            let (size, common) = &mut open[own];
            if *common >= checkpoint {
                *size += 1;
            } else {
                cost += close(*size);
                *size = 1;
            }
            *common = usize::MAX;
        }
        cost + open.iter().map(|&(size, _)| close(size)).sum::<usize>()
    }
}
