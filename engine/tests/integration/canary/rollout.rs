//! Rollouts: which openIds a percentage, a group and an allowlist admit.

use std::collections::BTreeSet;

use codeid_engine::{
    Bucket, CodeValue, CompileLimits, OpenId, Outcome, RolloutPercentage, RouteTable, Scratch,
};

use super::bucket;

#[test]
fn raising_the_percentage_keeps_every_user() {
    let users: Vec<String> = (0..200).map(|number| format!("user-{number}")).collect();
    let mut before = BTreeSet::new();
    for percentage in [
        "0", "0.01", "0.29", "1", "12.5", "33.33", "50", "99.99", "100",
    ] {
        let admitted = admitted(&users, &format!(r#"{{"percentage": {percentage}}}"#));
        assert!(admitted.is_superset(&before), "{percentage} drops a user");
        match percentage {
            "0" => assert!(admitted.is_empty(), "0 admits a user"),
            "100" => assert_eq!(admitted.len(), users.len(), "100 refuses a user"),
            _ => {}
        }
        before = admitted;
    }
}

#[test]
fn each_hundredth_of_a_percent_is_a_different_share() {
    let mut inside = 0;
    for hundredths in 0..=10_000_u16 {
        let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let percentage = RolloutPercentage::parse(&text).expect("two places are allowed");
        assert_eq!(percentage.hundredths(), hundredths, "{text}");
        let admitted = percentage.admits(Bucket::new("r", OpenId::new("user-42").unwrap()));
        assert!(
            admitted || inside == 0,
            "{text} refuses a user whom a lower percentage admits"
        );
        inside += u16::from(admitted);
    }
    assert_eq!(10_000 - inside, bucket("r", "user-42"));
}

#[test]
fn an_allowlist_admits_users_whatever_their_bucket() {
    let users: Vec<String> = (0..200).map(|number| format!("user-{number}")).collect();
    for percentage in ["0", "0.01", "50"] {
        let listed = &users[..20];
        let canary = format!(r#"{{"percentage": {percentage}, "allowlist": {listed:?}}}"#);
        let without = admitted(&users, &format!(r#"{{"percentage": {percentage}}}"#));
        let expected: BTreeSet<&str> = without
            .into_iter()
            .chain(listed.iter().map(String::as_str))
            .collect();
        assert_eq!(admitted(&users, &canary), expected);
    }
}

#[test]
fn groups_admit_independently_of_each_other() {
    let users: Vec<String> = (0..4000).map(|number| format!("user-{number}")).collect();
    let one = admitted(&users, r#"{"percentage": 50, "group": "one"}"#);
    let other = admitted(&users, r#"{"percentage": 50, "group": "other"}"#);
    let both = one.intersection(&other).count();
    // A quarter is 1000. Half or none would mean that the hash does not depend on the group.
    assert!(
        (800..1200).contains(&both),
        "{both} of 4000 are in both halves"
    );
}

/// Of a million users, none leaves a rollout whose percentage rises by any hundredth of a percent, and the
/// share of those admitted is what the percentage says.
#[test]
fn a_rollout_of_a_million_users_only_grows() {
    let mut users = vec![None; 10_000];
    for number in 0..1_000_000 {
        let user = format!("user-{number}");
        let bucket = Bucket::new("ramp", OpenId::new(&user).expect("long enough"));
        users[usize::from(bucket.get())]
            .get_or_insert((bucket, 0))
            .1 += 1;
    }
    let users: Vec<(Bucket, u32)> = users.into_iter().flatten().collect();
    assert_eq!(users.len(), 10_000, "a bucket has no users");
    let mut next = 0;
    let mut admitted = 0;
    for hundredths in 0..=10_000_u16 {
        let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let percentage = RolloutPercentage::parse(&text).expect("two places are allowed");
        // One bucket more with each hundredth, and all those before it.
        while users
            .get(next)
            .is_some_and(|(bucket, _)| percentage.admits(*bucket))
        {
            admitted += users[next].1;
            next += 1;
        }
        assert_eq!(next, usize::from(hundredths), "{text} %");
        if hundredths % 100 == 0 {
            assert!(
                users[..next]
                    .iter()
                    .all(|(bucket, _)| percentage.admits(*bucket))
            );
            assert!(
                !users[next..]
                    .iter()
                    .any(|(bucket, _)| percentage.admits(*bucket))
            );
        }
        // Five standard deviations of a binomial distribution, which has at most 500.
        let expected = u32::from(hundredths) * 100;
        assert!(
            admitted.abs_diff(expected) <= 2_500,
            "{text} % admit {admitted}"
        );
    }
}

/// Returns the users for whom a rule with this canary decides.
fn admitted<'a>(users: &'a [String], canary: &str) -> BTreeSet<&'a str> {
    let config = format!(
        r#"{{"format": "codeid/1", "version": "1", "rules": [{{"id": "r", "match": {{"exact": "x"}},
            "action": {{"type": "DECODE"}}, "canary": {canary}}}]}}"#
    );
    let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default())
        .expect("the config is good");
    let mut scratch = Scratch::new();
    let mut decides = |user: &str| {
        let code = CodeValue::new("x").expect("one character is allowed");
        let verdict = table.identify(
            code,
            OpenId::new(user).expect("a user-N is long enough"),
            &mut scratch,
        );
        verdict.outcome != Outcome::Unsupported
    };
    users
        .iter()
        .map(String::as_str)
        .filter(|user| decides(user))
        .collect()
}
