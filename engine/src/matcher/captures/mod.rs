//! Finds the groups of a pattern in a code value that it matches.
//!
//! The code value is known to match, so all that is left to find is where its groups are. Mostly only
//! one place is possible for each, and [`walk`] goes there; where several are, [`library`] searches
//! for the one that the pattern prefers.

mod byte_set;
mod heads;
mod library;
mod plan;
mod routes;
mod sequence;
mod walk;

use regex_automata::util::primitives::NonMaxUsize;

pub(crate) use self::library::GroupsTooCostly;
use self::library::{Library, LibraryScratch};
use self::walk::Walk;
use super::simulation::SimulationScratch;
use crate::CompileLimits;
use crate::pattern::Pattern;

/// Finds the groups of one pattern that a template inserts, in time linear in the code value.
#[derive(Debug)]
pub(crate) struct GroupFinder {
    engine: Engine,
    /// The pattern's numbers of the groups to find, ascending. The engine numbers them from 1 in
    /// this order.
    groups: Vec<u32>,
}

#[derive(Debug)]
enum Engine {
    Walk(Walk),
    Library(Library),
}

/// The way in which the groups of a pattern are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupSearch {
    /// By a walk over the code value.
    Walk,
    /// By the library's one-pass automaton.
    OnePass,
    /// By the library's bounded backtracker, or its simulation if the code value is too long.
    Backtracking,
}

/// One thread's memory for finding groups, and for patterns with look-around assertions.
#[derive(Debug, Default)]
pub(crate) struct CaptureScratch {
    library: LibraryScratch,
    /// The memory of the simulation, which patterns with look-around assertions use, too.
    pub(super) simulation: SimulationScratch,
    /// The begin and the end of each group, those of the whole match first, and then places that a
    /// walk saves.
    slots: Vec<Option<NonMaxUsize>>,
}

/// The groups that were found in a code value.
#[derive(Debug)]
pub(crate) struct Groups<'a> {
    code: &'a str,
    finder: &'a GroupFinder,
    slots: &'a [Option<NonMaxUsize>],
}

impl GroupFinder {
    /// Builds a finder of the groups `wanted` of `pattern`; returns `None` if no group is wanted.
    ///
    /// # Errors
    ///
    /// [`GroupsTooCostly`] if the groups have to be searched for, perhaps by the simulation, and
    /// `pattern` has more states than a tenth of what `limits` allow a rule.
    pub(crate) fn new(
        pattern: &Pattern,
        wanted: impl Iterator<Item = u32>,
        limits: &CompileLimits,
    ) -> Result<Option<Self>, GroupsTooCostly> {
        let mut groups: Vec<u32> = wanted.collect();
        groups.sort_unstable();
        groups.dedup();
        if groups.is_empty() {
            return Ok(None);
        }
        let engine = match plan::plan(pattern.hir(), &groups) {
            Some(walk) => Engine::Walk(walk),
            None => Engine::Library(Library::new(pattern, &groups, limits)?),
        };
        Ok(Some(Self { engine, groups }))
    }

    /// Finds the groups in `code`, which the pattern matches.
    ///
    /// The scratch may have any content, also of another finder.
    pub(crate) fn find<'a>(&'a self, code: &'a str, scratch: &'a mut CaptureScratch) -> Groups<'a> {
        let CaptureScratch {
            library,
            simulation,
            slots,
        } = scratch;
        slots.clear();
        match &self.engine {
            Engine::Walk(walk) => {
                slots.resize(walk.slots, None);
                walk.find(code, slots);
            }
            Engine::Library(search) => {
                slots.resize(2 * (self.groups.len() + 1), None);
                search.find(code, slots, library, simulation);
            }
        }
        Groups {
            code,
            finder: self,
            slots,
        }
    }

    /// Returns the way in which the groups are found.
    pub(crate) const fn search(&self) -> GroupSearch {
        match &self.engine {
            Engine::Walk(_) => GroupSearch::Walk,
            Engine::Library(Library::OnePass(_)) => GroupSearch::OnePass,
            Engine::Library(Library::Backtracker(_)) => GroupSearch::Backtracking,
        }
    }

    /// Returns the steps that [`Self::find`] takes for `code`.
    pub(crate) fn steps(&self, code: &str) -> u64 {
        match &self.engine {
            Engine::Walk(walk) => walk.steps(code),
            Engine::Library(search) => search.steps(code),
        }
    }

    /// Returns the most steps that [`Self::find`] can take for any code value.
    pub(crate) fn max_steps(&self) -> u64 {
        match &self.engine {
            Engine::Walk(walk) => walk.max_steps(),
            Engine::Library(search) => search.max_steps(),
        }
    }

    /// Returns about how many bytes the finder takes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let engine = match &self.engine {
            Engine::Walk(walk) => walk.heap_bytes(),
            Engine::Library(search) => search.heap_bytes(),
        };
        engine + size_of_val(&*self.groups)
    }
}

impl<'a> Groups<'a> {
    /// Returns the text of the group that the pattern numbers `index`.
    ///
    /// It is empty if the group matched the empty text, if it took no part in the match, or if it
    /// is not one of those that the finder was built for.
    pub(crate) fn text(&self, index: u32) -> &'a str {
        let Ok(place) = self.finder.groups.binary_search(&index) else {
            return "";
        };
        let slot = |slot: usize| {
            self.slots
                .get(slot)
                .copied()
                .flatten()
                .map(NonMaxUsize::get)
        };
        match (slot(2 * place + 2), slot(2 * place + 3)) {
            (Some(start), Some(end)) => self.code.get(start..end).unwrap_or(""),
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests;
