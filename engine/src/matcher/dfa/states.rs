//! The states of a DFA while it is built.

/// The index of a state.
pub(super) type State = u32;

/// The state from which nothing is accepted.
pub(super) const DEAD: State = 0;
/// A state of which nothing is to be known: the tree looks such code values up.
pub(super) const UNKNOWN: State = 1;

/// A state: a set of nodes in which the automaton may be.
#[derive(Debug)]
pub(super) struct StateInfo {
    pub(super) step: Step,
    /// The rules that accept if the code value ends here, ascending.
    pub(super) ends: Box<[u32]>,
    /// The first rule that can accept from here on.
    pub(super) first_rule: u32,
    /// `true` if a sample led here.
    pub(super) is_sampled: bool,
}

/// The way on from a state.
#[derive(Debug)]
pub(super) enum Step {
    /// The step is not known: the budget was used up before.
    Unknown,
    /// One byte: from `.0` to `.1` leads to `.2`. Other bytes lead to [`DEAD`].
    Byte(Vec<(u8, u8, State)>),
    /// The longest run of members of a class, which must have `min` to `max` characters.
    Run {
        class: u32,
        min: u16,
        max: u16,
        next: State,
    },
    /// The rules accept without reading anything, if `is_line` only if no line terminator follows.
    Accept {
        rules: Box<[u32]>,
        is_line: bool,
        next: State,
    },
}
