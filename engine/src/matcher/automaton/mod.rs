//! Matches remainders of several rules at once, character by character.
//!
//! A position automaton (Glushkov's): one state for each character or class of the expressions,
//! with their repetitions written out. The states that are active after a character are bits of a
//! few words, and one step is a handful of operations on these: always linear in the code value,
//! and built without determinising anything. Source of the construction: V. M. Glushkov,
//! "The abstract theory of automata", 1961; of the bits: G. Navarro and M. Raffinot, "Flexible
//! Pattern Matching in Strings", 2002, chapter 5.

mod alphabet;
mod part_trie;
mod positions;

use self::alphabet::Alphabet;
pub(super) use self::part_trie::{PartTrie, states};
use self::positions::{Positions, TooLarge};
use super::cost::{self, Cost};

/// Expressions of several rules, each of which must match from one place to the end.
#[derive(Debug)]
pub(super) struct Automaton {
    /// The number of words of a set of states. State `n` is bit `n % 64` of word `n / 64`.
    words: usize,
    alphabet: Alphabet,
    /// For each class of the alphabet, the set of states that its characters enter: `words` words
    /// each.
    columns: Box<[u64]>,
    /// The set of states that the first character can enter.
    first: Box<[u64]>,
    /// Transitions to a state a fixed distance ahead, for the most frequent distances.
    shifts: Box<[Shift]>,
    /// The set of states with a transition to themselves.
    stays: Box<[u64]>,
    /// The set of states with transitions that are neither shifts nor stays.
    jumps: Box<[u64]>,
    /// For each state, the index in `targets` after its last jump. Its first is where the jumps of
    /// the state before end.
    jump_ends: Box<[u32]>,
    targets: Box<[Target]>,
    /// The most targets of the states that are active after a character.
    max_targets: usize,
    /// One for each expression, in the order in which they were passed.
    rules: Box<[RuleEnd]>,
    /// The states with which an expression can end, each with an index in `rules`.
    ends: Box<[(Target, u32)]>,
}

/// States of one word of a set.
#[derive(Clone, Copy, Debug)]
struct Target {
    word: u32,
    mask: u64,
}

/// Transitions from some states to those `distance` ahead.
#[derive(Debug)]
struct Shift {
    /// From 1 to 63, so that at most one word is carried into.
    distance: u32,
    from: Box<[u64]>,
}

#[derive(Clone, Copy, Debug)]
struct RuleEnd {
    rule: u32,
    accepts_empty: bool,
}

/// One thread's memory for the sets of states of a run.
#[derive(Debug, Default)]
pub(super) struct StateSets {
    active: Vec<u64>,
    next: Vec<u64>,
}

/// The most distances that are shifts. Each costs every step an operation on every word, where a jump
/// costs a branch and a load whenever its state is active.
const MAX_SHIFTS: usize = 4;

impl Automaton {
    /// Builds the automaton of the expressions of `trie`, which have no look-around assertions. Returns
    /// about the number of pairs of states that can follow each other, too.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] if more than `max_edges` pairs of states can follow each other, or the
    /// expressions distinguish too many characters or have too many different classes.
    pub(super) fn new(trie: &PartTrie<'_>, max_edges: usize) -> Result<(Self, usize), TooLarge> {
        let mut positions = Positions::new(trie, max_edges)?;
        let rules = trie.rules().iter().zip(positions.nullable());
        let rules = rules.map(|(&rule, &accepts_empty)| RuleEnd {
            rule,
            accepts_empty,
        });
        let rules = rules.collect();
        let ends = positions.ends().iter();
        let ends = ends
            .map(|&(last, index)| (Target::from_state(last), index))
            .collect();
        let words = positions.len().div_ceil(64).max(1);
        let (alphabet, columns) = Alphabet::new(positions.classes(), words)?;
        let mut this = Self {
            words,
            alphabet,
            first: positions.first().iter().fold(empty(words), insert),
            shifts: worthwhile_shifts(&mut positions, &columns, words),
            columns,
            stays: empty(words),
            jumps: empty(words),
            jump_ends: Box::default(),
            targets: Box::default(),
            max_targets: 0,
            rules,
            ends,
        };
        this.set_follow(&mut positions);
        let columns = this.columns.chunks_exact(words);
        this.max_targets = columns.map(|c| this.targets_in(c)).max().unwrap_or(0);
        Ok((this, positions.edges()))
    }

    /// Returns the number of targets of the states of a column.
    fn targets_in(&self, column: &[u64]) -> usize {
        let jumping = column.iter().zip(&self.jumps).enumerate();
        let states = jumping.flat_map(|(word, (column, jumps))| {
            let mut left = column & jumps;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(word * 64 + bit)
            })
        });
        states.map(|state| self.targets_of(state).len()).sum()
    }

    fn set_follow(&mut self, positions: &mut Positions<'_>) {
        let mut targets: Vec<Target> = Vec::new();
        let mut jump_ends = Vec::with_capacity(positions.len());
        for state in 0..to_u32(positions.len()) {
            let own = Target::from_state(state);
            let begin = targets.len();
            for &follower in positions.followers(state) {
                if follower == state {
                    self.stays[own.word as usize] |= own.mask;
                } else if let Some(shift) = self.shift_index(state, follower) {
                    self.shifts[shift].from[own.word as usize] |= own.mask;
                } else {
                    let target = Target::from_state(follower);
                    match targets[begin..].last_mut() {
                        Some(last) if last.word == target.word => last.mask |= target.mask,
                        _ => targets.push(target),
                    }
                }
            }
            if targets.len() > begin {
                self.jumps[own.word as usize] |= own.mask;
            }
            jump_ends.push(to_u32(targets.len()));
        }
        self.jump_ends = jump_ends.into();
        self.targets = targets.into();
    }

    fn shift_index(&self, state: u32, follower: u32) -> Option<usize> {
        let distance = follower.checked_sub(state)?;
        self.shifts
            .iter()
            .position(|shift| shift.distance == distance)
    }

    /// Returns the steps of a character, apart from jumps.
    fn character_steps(&self) -> usize {
        self.alphabet.steps() + self.words * (2 + self.shifts.len())
    }

    /// Returns the steps that [`Self::run`] takes, which begins at the first character of `text`.
    pub(super) fn steps(&self, text: &str) -> u64 {
        let (mut active, mut reachable) = (empty(self.words), empty(self.words));
        let mut steps = self.ends.len();
        self.follow(text, &mut active, &mut reachable, |more| steps += more);
        steps as u64
    }

    /// Returns the most steps that [`Self::run`] can take for any code value.
    pub(super) fn bound(&self) -> Cost {
        let character = (self.character_steps() + self.max_targets) as u64;
        Cost {
            fixed: self.ends.len() as u64,
            linear: character.saturating_mul(cost::MAX_CHARACTERS),
        }
    }

    /// Returns the rules of the expressions, in the order in which they were passed.
    pub(super) fn rules(&self) -> impl Iterator<Item = u32> {
        self.rules.iter().map(|end| end.rule)
    }

    /// Returns the rules that [`Self::run`] can accept, each as often as it can at most, or more.
    pub(super) fn acceptances(&self) -> impl Iterator<Item = u32> {
        let ends = self.ends.iter();
        let by_end = ends.map(|&(_, place)| self.rules[place as usize].rule);
        self.rules().chain(by_end)
    }

    /// Returns a character of each class of characters that the automaton distinguishes.
    pub(super) fn representatives(&self) -> impl Iterator<Item = char> {
        self.alphabet.representatives()
    }

    /// Calls `accepted` with each rule whose expression matches the whole of `text`; with some rules
    /// more than once.
    pub(super) fn run(&self, text: &str, sets: &mut StateSets, mut accepted: impl FnMut(u32)) {
        if text.is_empty() {
            self.rules
                .iter()
                .filter(|rule| rule.accepts_empty)
                .for_each(|end| accepted(end.rule));
            return;
        }
        let StateSets { active, next } = sets;
        active.clear();
        active.resize(self.words, 0);
        next.clear();
        next.resize(self.words, 0);
        let alive = if self.words == 1 {
            active[0] = self.follow_one_word(text);
            active[0] != 0
        } else {
            self.follow(text, active, next, |_| ())
        };
        if alive {
            for (target, place) in &self.ends {
                if active[target.word as usize] & target.mask != 0 {
                    accepted(self.rules[*place as usize].rule);
                }
            }
        }
    }

    /// Returns the states that are active after `text`, for an automaton of at most 64 states.
    fn follow_one_word(&self, text: &str) -> u64 {
        let (stays, jumps) = (self.stays[0], self.jumps[0]);
        let mut reachable = self.first[0];
        let mut active = 0;
        for c in text.chars() {
            active = reachable & self.columns[self.alphabet.class(c)];
            if active == 0 {
                return 0;
            }
            reachable = active & stays;
            for shift in &self.shifts {
                reachable |= (active & shift.from[0]) << shift.distance;
            }
            let mut jumping = active & jumps;
            while jumping != 0 {
                for target in self.targets_of(jumping.trailing_zeros() as usize) {
                    reachable |= target.mask;
                }
                jumping &= jumping - 1;
            }
        }
        active
    }

    /// Leaves the states that are active after `text` in `active`; returns `true` if there are any.
    /// Both slices have [`Self::words`] words.
    /// Calls `spent` with the steps of each character and of each jump, which only
    /// [`Self::steps`] needs.
    fn follow(
        &self,
        text: &str,
        active: &mut [u64],
        reachable: &mut [u64],
        mut spent: impl FnMut(usize),
    ) -> bool {
        reachable.copy_from_slice(&self.first);
        for c in text.chars() {
            spent(self.character_steps());
            let column = &self.columns[self.alphabet.class(c) * self.words..][..self.words];
            let mut any = 0;
            for ((active, reachable), column) in active.iter_mut().zip(&*reachable).zip(column) {
                *active = reachable & column;
                any |= *active;
            }
            if any == 0 {
                return false;
            }
            for ((reachable, active), stays) in reachable.iter_mut().zip(&*active).zip(&self.stays)
            {
                *reachable = active & stays;
            }
            for Shift { distance, from } in &self.shifts {
                let mut carry = 0;
                for ((reachable, active), from) in reachable.iter_mut().zip(&*active).zip(from) {
                    let shifting = active & from;
                    *reachable |= shifting << distance | carry;
                    carry = shifting >> (64 - distance);
                }
            }
            for (word, (active, jumps)) in active.iter().zip(&self.jumps).enumerate() {
                let mut jumping = active & jumps;
                while jumping != 0 {
                    let state = word * 64 + jumping.trailing_zeros() as usize;
                    let targets = self.targets_of(state);
                    spent(targets.len());
                    for target in targets {
                        reachable[target.word as usize] |= target.mask;
                    }
                    jumping &= jumping - 1;
                }
            }
        }
        true
    }

    fn targets_of(&self, state: usize) -> &[Target] {
        let begin = if state == 0 {
            0
        } else {
            self.jump_ends[state - 1]
        };
        &self.targets[begin as usize..self.jump_ends[state] as usize]
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let words = self.columns.len() + (3 + self.shifts.len()) * self.words;
        self.alphabet.heap_bytes()
            + size_of_val(&*self.jump_ends)
            + size_of_val(&*self.targets)
            + size_of_val(&*self.ends)
            + size_of_val(&*self.rules)
            + words * size_of::<u64>()
    }
}

impl Target {
    fn from_state(state: u32) -> Self {
        Self {
            word: state / 64,
            mask: 1 << (state % 64),
        }
    }
}

/// Returns shifts, without states, for the most frequent distances of states that follow each other,
/// as far as they take fewer steps than jumps would. `columns` are those of an [`Alphabet`].
fn worthwhile_shifts(positions: &mut Positions<'_>, columns: &[u64], words: usize) -> Box<[Shift]> {
    let mut by_distance: Vec<(usize, Shift)> = (0..64)
        .map(|distance| {
            let from = empty(words);
            (0, Shift { distance, from })
        })
        .collect();
    for state in 0..to_u32(positions.len()) {
        let own = Target::from_state(state);
        for &follower in positions.followers(state) {
            let distance = follower.saturating_sub(state) as usize;
            if let Some((count, shift)) = by_distance.get_mut(distance) {
                *count += 1;
                shift.from[own.word as usize] |= own.mask;
            }
        }
    }
    // A transition to the same state is not a shift, and one backwards has no distance either.
    by_distance.remove(0);
    by_distance.sort_by_key(|(count, shift)| std::cmp::Reverse((*count, shift.distance)));
    by_distance.truncate(MAX_SHIFTS);
    let is_worthwhile = |Shift { from, .. }: &Shift| {
        let jumping = columns.chunks_exact(words).map(|column| {
            let both = column.iter().zip(from).map(|(a, b)| a & b);
            both.map(|states| states.count_ones() as usize).sum()
        });
        jumping.max().unwrap_or(0) >= words
    };
    let shifts = by_distance.into_iter().filter(|(count, _)| *count > 0);
    let shifts = shifts.map(|(_, shift)| shift).filter(is_worthwhile);
    let without_states = |shift: Shift| Shift {
        from: empty(words),
        ..shift
    };
    shifts.map(without_states).collect()
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).expect("states and their followers are bounded by the limits")
}

fn empty(words: usize) -> Box<[u64]> {
    vec![0; words].into()
}

fn insert(mut set: Box<[u64]>, state: &u32) -> Box<[u64]> {
    let target = Target::from_state(*state);
    set[target.word as usize] |= target.mask;
    set
}
