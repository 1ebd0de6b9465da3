//! Selects the windows that distinguish the literals of a family.

use std::collections::HashMap;

use super::window::{View, Window};

/// The number of literals that may share a bucket: those of a bucket are compared one by one.
pub(in crate::matcher) const MAX_BUCKET: usize = 8;

/// The most windows of a family. Each of them costs every lookup in the family a probe; seven and
/// their count make a family eight bytes.
pub(super) const MAX_WINDOWS: usize = 7;
/// The number of windows selected because they distinguish many literals. The others are for what
/// remains, such as literals that are prefixes of each other, which differ in length only.
const MAX_DISTINGUISHING: usize = 5;
/// A window distinguishes a literal if at most this many literals share the literal's view.
const FEW: u8 = 2;
const TOO_MANY: u8 = FEW + 1;

/// Selects one window for each of `literals`, in their order: the window through which lookups find
/// that literal. It ends within the literal.
///
/// There is at least one literal, none is empty, and all begin with the same byte, except for its
/// case. At most [`MAX_WINDOWS`] different windows are returned.
pub(super) fn select_windows(literals: &[&[u8]]) -> Vec<Window> {
    let mut selected: Vec<Option<Window>> = vec![None; literals.len()];
    let mut remaining: Vec<usize> = (0..literals.len()).collect();
    for _ in 0..MAX_DISTINGUISHING {
        if remaining.len() <= MAX_BUCKET {
            break;
        }
        let Some((window, distinguished)) = most_distinguishing(literals, &remaining) else {
            break;
        };
        for &literal in &distinguished {
            selected[literal] = Some(window);
        }
        remaining.retain(|&literal| selected[literal].is_none());
    }
    let mut family: Vec<Window> = selected.iter().flatten().copied().collect();
    family.extend(windows_by_length(literals, &remaining));
    family.sort_unstable();
    family.dedup();
    assign_remaining(&mut selected, literals, &family);
    let all: Option<Vec<Window>> = selected.into_iter().collect();
    let mut all = all.expect("the family has a window within the shortest remaining literal");
    if family.len() > 1 {
        drop_redundant(&mut all, literals, &family);
    }
    all
}

/// Drops each window of the `family` whose literals the other windows distinguish, too.
///
/// A window selected early may distinguish nothing that later ones do not.
///
/// PERF: each window costs every lookup in the family a probe. Dropping them: 135 → 127 ns a
/// lookup, 987 → 943 instructions, on the workload of `ratios`, 5000 `Patterns` (2-core x86-64,
/// November 2026).
fn drop_redundant(selected: &mut [Window], literals: &[&[u8]], family: &[Window]) {
    let mut counts: Vec<ViewCounts> = family
        .iter()
        .map(|_| ViewCounts::new(literals.len()))
        .collect();
    for (literal, window) in literals.iter().zip(&*selected) {
        let place = family
            .binary_search(window)
            .expect("every selected window is of the family");
        counts[place].add(*window, literal);
    }
    let mut left: Vec<usize> = (0..family.len()).collect();
    for dropped in 0..family.len() {
        let moves: Option<Vec<(usize, Window)>> = (0..literals.len())
            .filter(|&at| selected[at] == family[dropped])
            .map(|at| {
                let mut others = left.iter().copied().rev().filter(|&other| other != dropped);
                let other =
                    others.find(|&other| counts[other].has_room(family[other], literals[at]))?;
                // If the window stays after all, this counts too many, which does no harm.
                counts[other].add(family[other], literals[at]);
                Some((at, family[other]))
            })
            .collect();
        if let Some(moves) = moves {
            for (at, other) in moves {
                selected[at] = other;
            }
            left.retain(|&other| other != dropped);
        }
    }
}

/// Assigns to each literal without a window the one of the family through which the fewest literals
/// look like it.
fn assign_remaining(selected: &mut [Option<Window>], literals: &[&[u8]], family: &[Window]) {
    if selected.iter().all(Option::is_some) {
        return;
    }
    let mut fewest = vec![usize::MAX; literals.len()];
    for window in family {
        let mut alike: HashMap<View, usize> = HashMap::new();
        let views: Vec<_> = literals
            .iter()
            .map(|literal| window.view(literal))
            .collect();
        for view in views.iter().flatten() {
            *alike.entry(*view).or_default() += 1;
        }
        for (at, view) in views.iter().enumerate() {
            let open = fewest[at] < usize::MAX || selected[at].is_none();
            if let Some(view) = view
                && open
                && alike[view] < fewest[at]
            {
                fewest[at] = alike[view];
                selected[at] = Some(*window);
            }
        }
    }
}

/// Returns the window that distinguishes the most of the `remaining` literals, and these literals.
///
/// Returns `None` if the best window distinguishes fewer than one of [`MAX_BUCKET`]: a probe then
/// saves less than one comparison on average.
///
/// PERF: of the windows that distinguish equally many the last one is taken, because it shows more
/// often where a near miss differs, so that nothing has to be compared. Together with a rule's
/// canary behind a pointer: 97 → 90 ns a lookup, near misses 84 → 74, on the workload of `ratios`,
/// 1000 `Patterns` (2-core x86-64, November 2026).
fn most_distinguishing(literals: &[&[u8]], remaining: &[usize]) -> Option<(Window, Vec<usize>)> {
    let longest = remaining.iter().map(|&at| literals[at].len()).max()?;
    let mut counts = ViewCounts::new(remaining.len());
    let (window, count) = (1..=longest.min(Window::MAX_END))
        .map(Window::new)
        .map(|window| {
            (
                window,
                counts.count_distinguished(window, literals, remaining),
            )
        })
        .reduce(|best, next| if next.1 >= best.1 { next } else { best })?;
    if count == 0 || count * MAX_BUCKET < remaining.len() {
        return None;
    }
    counts.count_distinguished(window, literals, remaining);
    let is_distinguished = |at: &usize| {
        let index = counts.index(window, literals[*at]);
        index.is_some_and(|index| counts.counts[index] <= FEW)
    };
    let distinguished = remaining.iter().copied().filter(is_distinguished).collect();
    Some((window, distinguished))
}

/// The number of literals that look alike through a window.
///
/// Counted by the view's hash, in an array of four places for each literal, without storing or
/// comparing views. Views that share a place count as one, so a window may distinguish more
/// literals than are counted, never fewer.
struct ViewCounts {
    counts: Vec<u8>,
}

impl ViewCounts {
    fn new(literals: usize) -> Self {
        Self {
            counts: vec![0; (literals * 4).next_power_of_two()],
        }
    }

    /// Counts the `remaining` of the `literals`, and returns how many `window` distinguishes.
    fn count_distinguished(
        &mut self,
        window: Window,
        literals: &[&[u8]],
        remaining: &[usize],
    ) -> usize {
        self.counts.fill(0);
        let mut distinguished = 0;
        for &at in remaining {
            match self.add(window, literals[at]) {
                Some(..=FEW) => distinguished += 1,
                // Those that were counted before this one are not distinguished either.
                Some(TOO_MANY) => distinguished -= usize::from(FEW),
                _ => {}
            }
        }
        distinguished
    }

    /// Counts `literal`, and returns how many literals look like it so far; `None` if the window
    /// ends after the literal.
    fn add(&mut self, window: Window, literal: &[u8]) -> Option<u8> {
        let index = self.index(window, literal)?;
        let count = &mut self.counts[index];
        *count = count.saturating_add(1);
        Some(*count)
    }

    /// Returns `true` if `window` would distinguish `literal` from those counted.
    fn has_room(&self, window: Window, literal: &[u8]) -> bool {
        self.index(window, literal)
            .is_some_and(|index| self.counts[index] < FEW)
    }

    fn index(&self, window: Window, literal: &[u8]) -> Option<usize> {
        let view = window.view(literal)?;
        Some(view.hash().index(self.counts.len()))
    }
}

/// Returns windows at the lengths of the `remaining` literals: at the shortest, so that each literal
/// has a window, and, if there are many, at quantiles of their lengths, as many as there is room
/// for, so that each window is for about as many literals.
fn windows_by_length(literals: &[&[u8]], remaining: &[usize]) -> Vec<Window> {
    let mut lengths: Vec<usize> = remaining
        .iter()
        .map(|&at| literals[at].len().min(Window::MAX_END))
        .collect();
    lengths.sort_unstable();
    let room = if lengths.len() <= MAX_BUCKET {
        1
    } else {
        MAX_WINDOWS - MAX_DISTINGUISHING
    };
    let mut ends: Vec<usize> = (0..room)
        .filter_map(|part| lengths.get(part * lengths.len() / room))
        .copied()
        .collect();
    ends.dedup();
    ends.into_iter().map(Window::new).collect()
}
