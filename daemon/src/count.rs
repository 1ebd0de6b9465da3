//! Counts with their nouns.

use std::fmt::Display;

/// Returns `count` and `noun`, which is in the singular and takes an s in the plural: `1 line`,
/// `2 lines`.
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn only_one_thing_is_in_the_singular() {
        assert_eq!(counted(0_u64, "line"), "0 lines");
        assert_eq!(counted(1_usize, "line"), "1 line");
        assert_eq!(counted(2_u32, "good response"), "2 good responses");
    }
}
