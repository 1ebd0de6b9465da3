//! The buckets of many openIds: their distribution, and that of two groups.

use super::bucket;

/// χ² with k degrees of freedom has the mean k and the variance 2k. Six standard deviations are 848.
#[test]
fn buckets_are_uniform_to_a_hundredth_of_a_percent() {
    for (group, users) in [
        ("r", 1_000_000),
        ("order-codes", 300_000),
        ("gr\u{f6}up", 300_000),
    ] {
        let chi_squared = chi_squared(group, users);
        assert!(
            (chi_squared - 9_999.0).abs() < 848.0,
            "{group}: {chi_squared}"
        );
    }
}

/// Returns χ² of the buckets of `users` openIds in a group, which has 9,999 degrees of freedom.
fn chi_squared(group: &str, users: u32) -> f64 {
    let mut counts = vec![0_u32; 10_000];
    for number in 0..users {
        counts[usize::from(bucket(group, &format!("user-{number}")))] += 1;
    }
    let expected = f64::from(users) / 10_000.0;
    let deviation = |&count: &u32| (f64::from(count) - expected).powi(2) / expected;
    counts.iter().map(deviation).sum()
}

/// The buckets of a user in two groups, as of 100,000 users: of independent buckets, |r| is below 0.01
/// with three standard deviations.
#[test]
fn the_buckets_of_a_user_in_two_groups_are_not_correlated() {
    let groups = ["r", "r2", "order-codes", "order-codes.bare"];
    let buckets = groups.map(|group| -> Vec<f64> {
        (0..100_000)
            .map(|number| f64::from(bucket(group, &format!("user-{number}"))))
            .collect()
    });
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let covariance = |a: &[f64], b: &[f64]| {
        let (mean_a, mean_b) = (mean(a), mean(b));
        let products = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b));
        products.sum::<f64>() / a.len() as f64
    };
    for (at, one) in buckets.iter().enumerate() {
        for (other_at, other) in buckets.iter().enumerate().skip(at + 1) {
            let spread = covariance(one, one).sqrt() * covariance(other, other).sqrt();
            let r = covariance(one, other) / spread;
            assert!(
                r.abs() < 0.01,
                "{} and {}: {r}",
                groups[at],
                groups[other_at]
            );
        }
    }
}
