//! Formatting of times and numbers.

/// Formats a time, given in microseconds, in a suitable unit.
pub(super) fn time(microseconds: f64) -> String {
    if microseconds < 1000.0 {
        format!("{} µs", rounded(microseconds))
    } else if microseconds < 1e6 {
        format!("{} ms", rounded(microseconds / 1e3))
    } else {
        format!("{} s", rounded(microseconds / 1e6))
    }
}

/// Formats a whole number with commas between the thousands.
pub(super) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Formats a number with three significant digits; all digits before the point are kept.
pub(super) fn rounded(number: f64) -> String {
    let decimals = match number {
        _ if number.fract() == 0.0 || number >= 100.0 => 0,
        _ if number >= 10.0 => 1,
        _ => 2,
    };
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::{grouped, time};

    #[test]
    fn numbers_are_grouped_and_times_have_units() {
        assert_eq!(grouped(0.4), "0");
        assert_eq!(grouped(999.0), "999");
        assert_eq!(grouped(1_234_567.8), "1,234,568");
        assert_eq!(time(0.5), "0.50 µs");
        assert_eq!(time(43.26), "43.3 µs");
        assert_eq!(time(812.4), "812 µs");
        assert_eq!(time(1000.0), "1 ms");
        assert_eq!(time(2_500_000.0), "2.50 s");
    }
}
