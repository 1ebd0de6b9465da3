//! Cuts a branch where the end of a segment would have to be searched for.

use std::collections::VecDeque;
use std::rc::Rc;

use regex_syntax::hir::Hir;

use super::char_class::CharClass;
use super::segment::{Before, Branch, Ending, Literal, Segment, UNBOUNDED};

/// The most bytes of a run's suffix, all of which a lookup copies.
const MAX_SUFFIX: usize = 128;

/// Returns the branch of `segments` and then `remainder`, cut before the first segment whose end the
/// code value alone does not determine.
///
/// The end of a run is determined if it cannot be anywhere but where the members of its class end:
/// because the run has a fixed length, nothing follows, or what follows begins with a character that
/// is not a member. If the literal after it begins with members, these are the run's suffix.
pub(super) fn cut_undetermined(segments: Vec<Segment>, remainder: Option<Rc<Hir>>) -> Branch {
    let mut done: Vec<Segment> = Vec::with_capacity(segments.len());
    let mut rest: VecDeque<Segment> = segments.into();
    while let Some(segment) = rest.pop_front() {
        let Segment::Run { class, min, max } = &segment else {
            done.push(segment);
            continue;
        };
        if min == max {
            done.push(segment);
            continue;
        }
        match rest.front() {
            None if remainder.is_none() => {
                if class.is_everything() && *min == 0 && *max == UNBOUNDED {
                    return Branch {
                        segments: done,
                        ending: Ending::Anything,
                    };
                }
                done.push(segment);
            }
            Some(Segment::Run {
                class: next,
                min: 1..,
                ..
            }) if class.is_disjoint(next) => {
                done.push(segment);
            }
            Some(Segment::Literal(next)) => match member_prefix(class, next) {
                Some(0) => done.push(segment),
                Some(inside) => {
                    let ends_there = inside == next.text.len();
                    let (suffix, after) = next.text.split_at(inside);
                    let literal = |text: &str| Literal {
                        text: text.into(),
                        any_case: next.any_case,
                    };
                    let (suffix, after) = (literal(suffix), literal(after));
                    let followed = !ends_there
                        || match rest.get(1) {
                            None => remainder.is_none(),
                            Some(Segment::Run {
                                class: beyond,
                                min: 1..,
                                ..
                            }) => class.is_disjoint(beyond),
                            _ => false,
                        };
                    if !followed || suffix.text.len() > MAX_SUFFIX {
                        return cut(done, segment, rest, remainder);
                    }
                    let before = Before::Characters {
                        min: *min,
                        max: *max,
                    };
                    done.push(Segment::RunWithSuffix {
                        class: class.clone(),
                        before,
                        suffix,
                    });
                    rest.pop_front();
                    if !ends_there {
                        rest.push_front(Segment::Literal(after));
                    }
                }
                None => return cut(done, segment, rest, remainder),
            },
            _ => return cut(done, segment, rest, remainder),
        }
    }
    let ending = remainder.map_or(Ending::End, Ending::Remainder);
    Branch {
        segments: done,
        ending,
    }
}

/// Returns the number of bytes at the beginning of `literal` that are members of `class`; `None` if
/// that depends on the case of a letter.
fn member_prefix(class: &CharClass, literal: &Literal) -> Option<usize> {
    for (at, c) in literal.text.char_indices() {
        let member = class.contains(c);
        if literal.any_case && class.contains(c.to_ascii_uppercase()) != member {
            return None;
        }
        if !member {
            return Some(at);
        }
    }
    Some(literal.text.len())
}

/// Returns the branch of the segments `done`, with `segment` and all after it as its remainder.
fn cut(
    done: Vec<Segment>,
    segment: Segment,
    rest: impl IntoIterator<Item = Segment>,
    remainder: Option<Rc<Hir>>,
) -> Branch {
    let mut parts = vec![segment.to_hir()];
    parts.extend(rest.into_iter().map(|segment| segment.to_hir()));
    parts.extend(remainder.map(|remainder| Hir::clone(&remainder)));
    Branch {
        segments: done,
        ending: Ending::Remainder(Rc::new(Hir::concat(parts))),
    }
}
