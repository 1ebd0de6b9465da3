//! Classes of characters whose runs a DFA scans.

use crate::matcher::char_class::CharClass;

/// The number of characters of Unicode's first plane, which has nearly all that are written.
const PLANE: usize = 0x1_0000;
/// The fewest ranges beyond ASCII for which looking a character up in bits is faster.
const MIN_RANGES: usize = 3;

/// A class of characters.
#[derive(Debug)]
pub(super) struct RunClass {
    pub(super) class: CharClass,
    /// A bit for each character of the first plane; `None` if the class has few ranges, which are
    /// compared.
    plane: Option<Box<[u64; PLANE / 64]>>,
}

/// Returns the number of bytes that a [`RunClass`] of `class` takes beside the class.
pub(super) fn plane_bytes(class: &CharClass) -> usize {
    if has_plane(class) { PLANE / 8 } else { 0 }
}

fn has_plane(class: &CharClass) -> bool {
    let beyond_ascii = class.ranges().filter(|(_, end)| !end.is_ascii());
    !class.has_all_beyond_ascii() && beyond_ascii.count() >= MIN_RANGES
}

impl RunClass {
    pub(super) fn new(class: CharClass) -> Self {
        let plane = has_plane(&class).then(|| {
            let mut plane = Box::new([0; PLANE / 64]);
            for (start, end) in class.ranges() {
                let (start, end) = (start as usize, (end as usize).min(PLANE - 1));
                for (index, word) in plane.iter_mut().enumerate().skip(start / 64) {
                    let first = 64 * index;
                    if first > end {
                        break;
                    }
                    let from = u64::MAX << start.saturating_sub(first);
                    let to = u64::MAX >> (first + 63).saturating_sub(end);
                    *word |= from & to;
                }
            }
            plane
        });
        Self { class, plane }
    }

    /// Returns what [`CharClass::run_end`] returns.
    pub(super) fn run_end(&self, text: &str, from: usize, min: u32, max: u32) -> Option<usize> {
        let Some(plane) = &self.plane else {
            return self.class.run_end(text, from, min, max);
        };
        let (mut count, mut end) = (0, from);
        for c in text[from..].chars() {
            let is_member = match plane.get(c as usize / 64) {
                Some(word) => word >> (c as usize % 64) & 1 == 1,
                None => self.class.contains(c),
            };
            if count == max || !is_member {
                break;
            }
            count += 1;
            end += c.len_utf8();
        }
        (count >= min).then_some(end)
    }

    /// Returns the number of bytes on the heap, without the value itself.
    pub(super) fn heap_bytes(&self) -> usize {
        self.class.heap_bytes() + self.plane.as_ref().map_or(0, |plane| size_of_val(&**plane))
    }
}

#[cfg(test)]
mod tests {
    use super::RunClass;
    use crate::matcher::char_class::CharClass;
    use regex_syntax::hir::HirKind;

    #[test]
    fn runs_end_where_those_of_the_class_end() {
        let hir = regex_syntax::parse(r"[\p{Han}a-z\u{1F600}é]").unwrap();
        let HirKind::Class(class) = hir.kind() else {
            panic!("it is a class");
        };
        let class = CharClass::new(class);
        let run_class = RunClass::new(class.clone());
        assert!(run_class.plane.is_some());
        for text in [
            "中文ab中",
            "ab1",
            "",
            "é😀中\u{20000}\u{1F601}",
            "ñ",
            "abcdefghijklmnopqrst中-",
            "\u{ffff}",
        ] {
            for (min, max) in [(0, u32::MAX), (1, 3), (3, 3), (2, 100), (0, 1)] {
                let expected = class.run_end(text, 0, min, max);
                assert_eq!(
                    run_class.run_end(text, 0, min, max),
                    expected,
                    "{text} {min} {max}"
                );
            }
        }
    }
}
