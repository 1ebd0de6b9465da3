//! Through which windows the literals of a family are told apart.

use std::collections::HashMap;

use super::MAX_BUCKET;
use super::window::{View, Window};

/// How many windows a family may have; each costs every lookup in it a probe.
pub(super) const MAX_WINDOWS: usize = 7;
/// How many of them are chosen for what they tell apart. The others are for literals of which one
/// is the beginning of another: these differ in length only.
const MAX_TELLING: usize = 5;
/// A literal is told apart if so many share its bucket at the most.
const FEW: u8 = 2;
const TOO_MANY: u8 = FEW + 1;

/// Chooses windows for `literals`, and one of them for each, in which it lies.
pub(super) fn windows(literals: &[&[u8]]) -> Vec<Window> {
    let mut chosen: Vec<Option<Window>> = vec![None; literals.len()];
    let mut remaining: Vec<usize> = (0..literals.len()).collect();
    for _ in 0..MAX_TELLING {
        if remaining.len() <= MAX_BUCKET {
            break;
        }
        let Some((window, told)) = most_telling(literals, &remaining) else {
            break;
        };
        for &literal in &told {
            chosen[literal] = Some(window);
        }
        remaining.retain(|&literal| chosen[literal].is_none());
    }
    let mut family: Vec<Window> = chosen.iter().flatten().copied().collect();
    family.extend(by_length(literals, &remaining));
    family.sort_unstable();
    family.dedup();
    share_least(&mut chosen, literals, &family);
    let all: Option<Vec<Window>> = chosen.into_iter().collect();
    let mut all = all.expect("a window was chosen for the shortest literal that remained");
    if family.len() > 1 {
        spare(&mut all, literals, &family);
    }
    all
}

/// Spares each window of the `family` whose literals are told apart through the others, too.
///
/// PERF: each costs every lookup in the family a probe: 5000 rules of the bench's workload take
/// 127 ns instead of 135, in turns (2-core x86-64, November 2026).
fn spare(chosen: &mut [Window], literals: &[&[u8]], family: &[Window]) {
    let mut looks: Vec<Looks> = family.iter().map(|_| Looks::new(literals.len())).collect();
    for (literal, window) in literals.iter().zip(&*chosen) {
        let place = family.binary_search(window).expect("of the family");
        looks[place].add(*window, literal);
    }
    let mut left: Vec<usize> = (0..family.len()).collect();
    for spared in 0..family.len() {
        let moves: Option<Vec<(usize, Window)>> = (0..literals.len())
            .filter(|&at| chosen[at] == family[spared])
            .map(|at| {
                let mut others = left.iter().copied().rev().filter(|&other| other != spared);
                let other =
                    others.find(|&other| looks[other].has_room(family[other], literals[at]))?;
                // Where the window stays after all, this counts too many, which does no harm.
                looks[other].add(family[other], literals[at]);
                Some((at, family[other]))
            })
            .collect();
        if let Some(moves) = moves {
            for (at, other) in moves {
                chosen[at] = other;
            }
            left.retain(|&other| other != spared);
        }
    }
}

/// For each literal that has none, chooses that window of the family through which fewest look like
/// it.
fn share_least(chosen: &mut [Option<Window>], literals: &[&[u8]], family: &[Window]) {
    if chosen.iter().all(Option::is_some) {
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
            let open = fewest[at] < usize::MAX || chosen[at].is_none();
            if let Some(view) = view
                && open
                && alike[view] < fewest[at]
            {
                fewest[at] = alike[view];
                chosen[at] = Some(*window);
            }
        }
    }
}

/// The window that tells most of the `remaining` literals apart, and which.
fn most_telling(literals: &[&[u8]], remaining: &[usize]) -> Option<(Window, Vec<usize>)> {
    let longest = remaining.iter().map(|&at| literals[at].len()).max()?;
    let mut looks = Looks::new(remaining.len());
    let (window, told) = (1..=longest.min(Window::MAX_END))
        .map(Window::new)
        .map(|window| (window, looks.told(window, literals, remaining)))
        .reduce(|best, next| if next.1 >= best.1 { next } else { best })?;
    if told == 0 || told * MAX_BUCKET < remaining.len() {
        return None;
    }
    looks.told(window, literals, remaining);
    let is_told = |at: &usize| {
        let place = looks.place(window, literals[*at]);
        place.is_some_and(|place| looks.counts[place] <= FEW)
    };
    Some((window, remaining.iter().copied().filter(is_told).collect()))
}

/// How many literals look alike through a window.
///
/// Counted by hash, which is much cheaper than by view. Views that share a place count as one, so a
/// window may tell more than is seen here, never less.
struct Looks {
    counts: Vec<u8>,
}

impl Looks {
    fn new(literals: usize) -> Self {
        Self {
            counts: vec![0; (literals * 4).next_power_of_two()],
        }
    }

    /// Counts the `remaining` of the `literals`, and tells how many `window` tells apart.
    fn told(&mut self, window: Window, literals: &[&[u8]], remaining: &[usize]) -> usize {
        self.counts.fill(0);
        let mut told = 0;
        for &at in remaining {
            match self.add(window, literals[at]) {
                Some(..=FEW) => told += 1,
                Some(TOO_MANY) => told -= usize::from(FEW),
                _ => {}
            }
        }
        told
    }

    /// Counts `literal`, and tells how many look like it by now; `None` if the window is beyond it.
    fn add(&mut self, window: Window, literal: &[u8]) -> Option<u8> {
        let place = self.place(window, literal)?;
        let count = &mut self.counts[place];
        *count = count.saturating_add(1);
        Some(*count)
    }

    /// Whether `literal` would be told apart from those that were counted.
    fn has_room(&self, window: Window, literal: &[u8]) -> bool {
        self.place(window, literal)
            .is_some_and(|place| self.counts[place] < FEW)
    }

    fn place(&self, window: Window, literal: &[u8]) -> Option<usize> {
        let view = window.view(literal)?;
        Some(view.hash().place(self.counts.len()))
    }
}

/// Windows at the lengths of the `remaining` literals: the shortest, and where there are many, as
/// many more as there is room for, so that each holds as few.
fn by_length(literals: &[&[u8]], remaining: &[usize]) -> Vec<Window> {
    let mut lengths: Vec<usize> = remaining
        .iter()
        .map(|&at| literals[at].len().min(Window::MAX_END))
        .collect();
    lengths.sort_unstable();
    let room = if lengths.len() <= MAX_BUCKET {
        1
    } else {
        MAX_WINDOWS - MAX_TELLING
    };
    let mut ends: Vec<usize> = (0..room)
        .filter_map(|part| lengths.get(part * lengths.len() / room))
        .copied()
        .collect();
    ends.dedup();
    ends.into_iter().map(Window::new).collect()
}
