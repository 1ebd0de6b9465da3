//! Plans walks: finds out how each group's ends follow from the ends of the code value.
//!
//! The text of a part ends where it must if it has a fixed length, or no byte in common with what
//! can follow; it begins where it must if it has none in common with what can come before. Of
//! alternatives, one byte may decide. So some boundaries follow from others, and a walk is the
//! shortest way to those that are wanted. Where there is none, the order of preference of the
//! alternatives may decide, which is a matter for the library.

use regex_syntax::hir::{Hir, HirKind};

use super::byte_set::ByteSet;
use super::heads::{HEAD_BYTES, Heads};
use super::routes::{Edge, Routes};
use super::sequence::{BEGIN, Boundary, END, Follow, Part, Sequence, Slot};
use super::walk::{Choice, Read, Step, Walk};

/// The most parts of a sequence: the work is quadratic in them.
const MAX_PARTS: usize = 64;
/// The most branches of a choice: the work is quadratic in them.
const MAX_BRANCHES: usize = 16;
/// The most places that a walk saves.
const MAX_SLOTS: usize = 64;

/// Returns the walk to the groups of these numbers, ascending, in any match of `hir`; `None` if the
/// code value alone does not determine their places, or the walk would be too long.
pub(super) fn plan(hir: &Hir, groups: &[u32]) -> Option<Walk> {
    if has_empty_class(hir) {
        return None;
    }
    let mut planner = Planner {
        groups,
        slots: 2 * (groups.len() + 1),
    };
    let sequence = Sequence::new(hir, groups);
    let steps = planner.steps(&Course {
        sequence: &sequence,
        begin: BEGIN,
        end: Goal::Known(END),
        follow: None,
        is_at_begin: true,
    })?;
    (planner.slots <= MAX_SLOTS).then(|| Walk {
        steps: steps.into(),
        slots: planner.slots,
    })
}

/// Returns `true` if `hir` has a class without members. The lengths of a repetition of it are not
/// known, although it may be left out.
fn has_empty_class(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => false,
        HirKind::Class(class) => class.is_empty(),
        HirKind::Repetition(repetition) => has_empty_class(&repetition.sub),
        HirKind::Capture(capture) => has_empty_class(&capture.sub),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => subs.iter().any(has_empty_class),
    }
}

struct Planner<'g> {
    groups: &'g [u32],
    /// The number of slots that are taken.
    slots: usize,
}

/// A sequence in its surroundings.
#[derive(Clone, Copy)]
struct Course<'a> {
    sequence: &'a Sequence<'a>,
    /// The slot of its begin.
    begin: Slot,
    end: Goal,
    follow: Option<&'a Follow<'a>>,
    /// `true` if it begins where the code value does.
    is_at_begin: bool,
}

/// The use of a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goal {
    /// It is in this slot before the walk begins.
    Known(Slot),
    /// It has to be saved in this slot.
    Wanted(Slot),
    NotWanted,
}

/// A planned choice among the alternatives of a part.
struct PlannedChoice {
    /// The slot of its begin.
    begin: Slot,
    /// The slot of its end, if the choice saves it.
    end: Option<Slot>,
    steps: Vec<Step>,
}

/// An alternative of a part.
struct Branch<'a> {
    sequence: Sequence<'a>,
    /// The bytes that it and all that follows it can begin with.
    heads: Heads,
}

impl Planner<'_> {
    /// Returns the steps to the groups of a sequence, and to its end if that is wanted.
    fn steps(&mut self, course: &Course<'_>) -> Option<Vec<Step>> {
        let parts = &course.sequence.parts;
        if parts.len() > MAX_PARTS || self.slots > MAX_SLOTS {
            return None;
        }
        let mut routes = course.routes();
        let mut choices: Vec<Option<PlannedChoice>> = parts.iter().map(|_| None).collect();
        let mut tried = vec![false; parts.len()];
        loop {
            routes.extend(course.sequence);
            if course.wanted().all(|boundary| routes.reaches(boundary)) {
                break;
            }
            let part = (0..parts.len())
                .find(|&part| !tried[part] && routes.reaches(part) && !routes.reaches(part + 1))?;
            tried[part] = true;
            let end = self.new_slot();
            choices[part] = self.choice(course, part, Goal::Wanted(end));
            if choices[part].is_some() {
                routes.add_choice(part);
            }
        }
        for (part, choice) in choices.iter_mut().enumerate() {
            if parts[part].has_groups && choice.is_none() {
                let end = match course.end {
                    Goal::Known(_) if part + 1 == parts.len() => course.end,
                    _ => Goal::NotWanted,
                };
                *choice = Some(self.choice(course, part, end)?);
            }
        }
        Some(self.emit(course, &routes, choices))
    }

    fn emit(
        &mut self,
        course: &Course<'_>,
        routes: &Routes,
        choices: Vec<Option<PlannedChoice>>,
    ) -> Vec<Step> {
        let parts = &course.sequence.parts;
        let mut places = vec![None; parts.len() + 1];
        if let Goal::Known(slot) = course.end {
            places[parts.len()] = Some((slot, 0));
        }
        places[0] = Some((course.begin, 0));
        let mut emitter = Emitter {
            planner: self,
            course,
            routes,
            choices,
            places,
            steps: Vec::new(),
        };
        for (part, of) in parts.iter().enumerate() {
            if of.has_groups {
                emitter.choose(part);
            }
        }
        for (slot, boundary) in course.saved() {
            emitter.save(slot, boundary);
        }
        emitter.steps
    }

    /// Plans the choice among the alternatives of a part, whose begin is known.
    fn choice(&mut self, course: &Course<'_>, part: Boundary, end: Goal) -> Option<PlannedChoice> {
        let parts = &course.sequence.parts;
        let follow = Follow {
            parts: &parts[part + 1..],
            then: course.follow,
        };
        let branches = self.branches(&parts[part], follow)?;
        let begin = match part {
            0 => course.begin,
            _ => self.new_slot(),
        };
        let course = Course {
            begin,
            end,
            follow: Some(&follow),
            is_at_begin: course.is_at_begin && part == 0,
            ..*course
        };
        let steps = self.decide(&course, &branches.iter().collect::<Vec<_>>())?;
        let end = match end {
            Goal::Wanted(slot) => Some(slot),
            Goal::Known(_) | Goal::NotWanted => None,
        };
        Some(PlannedChoice { begin, end, steps })
    }

    /// Returns the alternatives of `part`; `None` if it has none, or too many.
    fn branches<'a>(&self, part: &Part<'a>, follow: Follow<'_>) -> Option<Vec<Branch<'a>>> {
        let sequences = match part.hir.kind() {
            HirKind::Alternation(subs) if subs.len() <= MAX_BRANCHES => subs
                .iter()
                .map(|sub| Sequence::new(sub, self.groups))
                .collect(),
            HirKind::Repetition(repetition) if (repetition.min, repetition.max) == (0, Some(1)) => {
                vec![
                    Sequence::new(&repetition.sub, self.groups),
                    Sequence::empty(),
                ]
            }
            _ => return None,
        };
        let branch = |sequence: Sequence<'a>| {
            let mut heads = Heads::new();
            for part in &sequence.parts {
                heads.add(part.hir);
            }
            follow.add_to(&mut heads);
            Branch { sequence, heads }
        };
        Some(sequences.into_iter().map(branch).collect())
    }

    /// Returns the steps through the one of `branches` that the code value goes through. The
    /// sequence of `course` is not used.
    fn decide(&mut self, course: &Course<'_>, branches: &[&Branch<'_>]) -> Option<Vec<Step>> {
        if let &[branch] = branches {
            let sequence = &branch.sequence;
            return self.steps(&Course {
                sequence,
                ..*course
            });
        }
        let by_distance = (0..HEAD_BYTES).map(|distance| (distance, apart(branches, distance)));
        // Of those with equally many, the last one is the maximum.
        let (distance, apart) = by_distance.rev().max_by_key(|(_, apart)| apart.len())?;
        if apart.len() == 1 {
            return None;
        }
        let mut planned = Vec::new();
        for (bytes, branches) in apart {
            planned.push((bytes, self.decide(course, &branches)?.into()));
        }
        let choice = Choice {
            distance,
            branches: planned.into(),
        };
        Some(vec![Step {
            from: course.begin,
            shift: 0,
            read: Read::Choice(Box::new(choice)),
            to: course.begin,
        }])
    }

    fn new_slot(&mut self) -> Slot {
        let slot = self.slots;
        self.slots += 1;
        // Plans with more than `MAX_SLOTS` are dropped.
        Slot::try_from(slot).unwrap_or(Slot::MAX)
    }
}

impl<'a> Course<'a> {
    fn routes(&self) -> Routes {
        let Sequence { parts, .. } = self.sequence;
        let follow = |boundary: Boundary| Follow {
            parts: &parts[boundary..],
            then: self.follow,
        };
        let before = |boundary: Boundary| {
            // The bytes before the sequence are not known.
            let is_known = self.is_at_begin || !self.sequence.is_nullable_before(boundary);
            is_known.then(|| self.sequence.last_before(boundary))
        };
        let boundaries = 0..=parts.len();
        let mut routes = Routes::new(
            boundaries.clone().map(|b| follow(b).first()).collect(),
            boundaries.map(before).collect(),
        );
        if let Goal::Known(_) = self.end {
            routes.add_known(parts.len());
        }
        routes.add_known(0);
        routes
    }

    /// Returns the slots in which boundaries have to be saved.
    fn saved(&self) -> impl Iterator<Item = (Slot, Boundary)> + 'a {
        let end = match self.end {
            Goal::Wanted(slot) => Some((slot, self.sequence.parts.len())),
            Goal::Known(_) | Goal::NotWanted => None,
        };
        self.sequence.marks.iter().copied().chain(end)
    }

    /// Returns the boundaries to find.
    fn wanted(&self) -> impl Iterator<Item = Boundary> + 'a {
        let parts = self.sequence.parts.iter().enumerate();
        let with_groups = parts.filter(|(_, part)| part.has_groups);
        let saved = self.saved().map(|(_, boundary)| boundary);
        saved.chain(with_groups.map(|(part, _)| part))
    }
}

/// Returns the groups of `branches` of which no two have what is at `distance` in common, each with
/// that.
fn apart<'b, 'a>(
    branches: &[&'b Branch<'a>],
    distance: usize,
) -> Vec<(ByteSet, Vec<&'b Branch<'a>>)> {
    let mut groups: Vec<(ByteSet, Vec<&Branch<'_>>)> = Vec::new();
    for &branch in branches {
        let mut joined = (branch.heads.sets[distance], vec![branch]);
        groups.retain_mut(|(bytes, branches)| {
            let is_apart = !bytes.overlaps(joined.0);
            if !is_apart {
                joined.0 = joined.0.or(*bytes);
                joined.1.append(branches);
            }
            is_apart
        });
        groups.push(joined);
    }
    groups
}

/// Puts steps in the order in which they are taken.
struct Emitter<'e, 'g> {
    planner: &'e mut Planner<'g>,
    course: &'e Course<'e>,
    routes: &'e Routes,
    /// By part; taken when their steps are emitted.
    choices: Vec<Option<PlannedChoice>>,
    /// By boundary, what [`Self::place`] returns, once that is certain.
    places: Vec<Option<(Slot, i32)>>,
    steps: Vec<Step>,
}

impl Emitter<'_, '_> {
    /// Saves `boundary` in `slot`.
    fn save(&mut self, slot: Slot, boundary: Boundary) {
        let (from, shift) = self.place(boundary);
        if (from, shift) != (slot, 0) {
            self.push(from, shift, Read::Nothing, slot);
        }
    }

    /// Returns a slot, and the number of bytes from the place in it to `boundary`.
    fn place(&mut self, boundary: Boundary) -> (Slot, i32) {
        if let Some(place) = self.places[boundary] {
            return place;
        }
        let place = match self.routes.edge(boundary) {
            Edge::Fixed { from, shift } => {
                let (slot, before) = self.place(from);
                (slot, before + shift)
            }
            Edge::Choice { part } => (self.choose(part), 0),
            Edge::Read { from, scan, shift } => {
                let (slot, before) = self.place(from);
                let mut saved = self.course.saved();
                let to = match saved.find(|&(_, at)| at == boundary) {
                    Some((slot, _)) if shift == 0 => slot,
                    _ => self.planner.new_slot(),
                };
                self.push(slot, before, scan.read(), to);
                (to, shift)
            }
        };
        self.places[boundary] = Some(place);
        place
    }

    /// Emits the choice of `part`, and returns the slot of its end if the choice saves it.
    fn choose(&mut self, part: Boundary) -> Slot {
        let (from, shift) = self.place(part);
        let Some(choice) = self.choices[part].take() else {
            return BEGIN;
        };
        if (from, shift) != (choice.begin, 0) {
            self.push(from, shift, Read::Nothing, choice.begin);
        }
        self.steps.extend(choice.steps);
        if let Some(end) = choice.end {
            self.places[part + 1] = Some((end, 0));
        }
        choice.end.unwrap_or(BEGIN)
    }

    fn push(&mut self, from: Slot, shift: i32, read: Read, to: Slot) {
        self.steps.push(Step {
            from,
            shift,
            read,
            to,
        });
    }
}
