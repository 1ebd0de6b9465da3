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
const FEW: usize = 2;

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
    let by_length = by_length(literals, &remaining);
    let last_within = |length: usize| {
        by_length
            .iter()
            .rfind(|window| window.end() <= length)
            .copied()
            .unwrap_or(by_length[0])
    };
    chosen
        .into_iter()
        .zip(literals)
        .map(|(window, literal)| window.unwrap_or_else(|| last_within(literal.len())))
        .collect()
}

/// The window that tells most of the `remaining` literals apart, and which.
fn most_telling(literals: &[&[u8]], remaining: &[usize]) -> Option<(Window, Vec<usize>)> {
    let mut best: Option<(usize, Window)> = None;
    let mut counts: HashMap<View, usize> = HashMap::with_capacity(remaining.len());
    let views = |window: Window| {
        remaining
            .iter()
            .filter_map(move |&at| Some((at, window.view(literals[at])?)))
    };
    let longest = remaining.iter().map(|&at| literals[at].len()).max()?;
    for end in 1..=longest.min(Window::MAX_END) {
        let window = Window::new(end);
        counts.clear();
        views(window).for_each(|(_, view)| *counts.entry(view).or_default() += 1);
        let told = counts.values().filter(|&&count| count <= FEW).sum();
        if best.is_none_or(|(most, _)| told > most) {
            best = Some((told, window));
        }
    }
    let (told, window) = best.filter(|&(told, _)| told * MAX_BUCKET >= remaining.len())?;
    debug_assert!(told > 0, "a share of some is some");
    counts.clear();
    views(window).for_each(|(_, view)| *counts.entry(view).or_default() += 1);
    let told = views(window)
        .filter(|(_, view)| counts[view] <= FEW)
        .map(|(at, _)| at);
    Some((window, told.collect()))
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
