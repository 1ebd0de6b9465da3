//! Counts with their nouns.

use std::fmt::Display;

/// Returns `count` and `noun`, which is in the singular and takes an s in the plural: `1 line`,
/// `2 lines`.
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Returns `count` with a comma before each three digits: `1,234,567`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{counted, grouped};

    #[test]
    fn digits_are_grouped_from_the_right() {
        for (count, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(grouped(count), expected);
        }
    }

    #[test]
    fn only_one_thing_is_in_the_singular() {
        assert_eq!(counted(0_u64, "line"), "0 lines");
        assert_eq!(counted(1_usize, "line"), "1 line");
        assert_eq!(counted(2_u32, "good response"), "2 good responses");
    }
}
