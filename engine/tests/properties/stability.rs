//! A change to a config does not change the outcomes that it should not.

use codeid_engine::{CodeValue, OpenId, RolloutPercentage, Scratch};
use codeid_generate::{Action, Match, Rule};
use proptest::prelude::*;

use crate::{any_case, compile, config};

proptest! {
    #![proptest_config(config(4))]

    /// Raising a percentage never drops an openId.
    #[test]
    fn a_raised_percentage_keeps_every_open_id(
        group in ".{1,20}",
        open_ids in proptest::collection::vec("[a-zé0-9:-]{3,24}", 1..50),
        (low, high) in (0_u16..=10_000, 0_u16..=10_000).prop_map(|(a, b)| (a.min(b), a.max(b))),
    ) {
        let table = |hundredths: u16| {
            let percentage = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            assert_eq!(RolloutPercentage::parse(&percentage).unwrap().hundredths(), hundredths);
            let group = serde_json::json!(group);
            compile(&format!(
                r#"{{"format": "codeid/1", "version": "1", "rules": [
                    {{"id": "a", "match": {{"prefix": "2"}}, "action": {{"type": "DECODE"}},
                      "canary": {{"percentage": {percentage}, "group": {group}}}}}]}}"#
            )).expect("a prefix costs little")
        };
        let (before, after) = (table(low), table(high));
        let mut scratch = Scratch::new();
        let code = CodeValue::new("281").unwrap();
        for open_id in &open_ids {
            let open_id = OpenId::new(open_id).unwrap();
            let admitted = before.identify(code, open_id, &mut scratch).rule.is_some();
            let still = after.identify(code, open_id, &mut scratch).rule.is_some();
            prop_assert!(still || !admitted, "{} to {} drops {:?}", low, high, open_id.as_str());
            prop_assert!(high < 10_000 || still);
            prop_assert!(low > 0 || !admitted);
        }
    }

    /// A rule that accepts none of the codes changes nothing, wherever it is inserted.
    #[test]
    fn an_unrelated_rule_changes_nothing(case in any_case(), place in any::<prop::sample::Index>()) {
        let mut longer = case.clone();
        let unrelated = Rule {
            id: "unrelated".to_owned(),
            matching: Match::Prefix("\u{e000}unrelated".to_owned()),
            action: Action::Unsupported,
            canary: None,
        };
        longer.rules.insert(place.index(case.rules.len() + 1), unrelated);
        let (table, longer) = (compile(&case.config_json())?, compile(&longer.config_json())?);
        let (mut scratch, mut other_scratch) = (Scratch::new(), Scratch::new());
        for code in case.codes.iter().filter(|code| !code.starts_with('\u{e000}')) {
            let code = CodeValue::new(code).unwrap();
            for open_id in &case.open_ids {
                let open_id = OpenId::new(open_id).unwrap();
                let before = table.identify(code, open_id, &mut scratch);
                let after = longer.identify(code, open_id, &mut other_scratch);
                prop_assert_eq!(before.rule, after.rule);
                prop_assert!(before.outcome == after.outcome);
            }
        }
    }

    /// A scratch can be used for one table after another.
    #[test]
    fn a_scratch_works_with_any_table(first in any_case(), second in any_case()) {
        let tables = [compile(&first.config_json())?, compile(&second.config_json())?];
        let mut shared = Scratch::new();
        for code in first.codes.iter().chain(&second.codes) {
            let code = CodeValue::new(code).unwrap();
            let open_id = OpenId::new(&first.open_ids[0]).unwrap();
            for table in &tables {
                let mut fresh = Scratch::new();
                let expected = table.identify(code, open_id, &mut fresh);
                let verdict = table.identify(code, open_id, &mut shared);
                prop_assert_eq!(verdict.rule, expected.rule);
                prop_assert!(verdict.outcome == expected.outcome);
            }
        }
    }
}
