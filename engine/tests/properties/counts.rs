//! A table's counts agree with a recount by the reference matcher and the oracle.

use codeid_engine::{CodeValue, LiveTable, OpenId, ReferenceMatcher, RouteConfig, Scratch};
use codeid_generate::Case;
use proptest::prelude::*;

use crate::oracle::Oracle;
use crate::{any_case, compile, config, limits};

proptest! {
    #![proptest_config(config(4))]

    #[test]
    fn counts_agree_with_a_recount(case in any_case()) {
        check(&case)?;
    }
}

fn check(case: &Case) -> Result<(), TestCaseError> {
    let json = case.config_json();
    let table = compile(&json)?;
    let live = LiveTable::with_counts(2);
    live.publish(table);
    let parsed =
        RouteConfig::from_json(json.as_bytes(), &limits()).expect("what compiles also parses");
    let reference = ReferenceMatcher::new(&parsed);
    let oracle = Oracle::new(case);
    let mut expected = vec![(0, 0); case.rules.len()];
    // Lookups without a shard, or with one that the table does not have, are not counted.
    let mut counting = [Scratch::with_shard(0), Scratch::with_shard(1)];
    let mut others = [Scratch::with_shard(2), Scratch::new()];
    let mut lookups = 0;
    for code in &case.codes {
        let code_value = CodeValue::new(code).expect("generated codes have an allowed length");
        let matching = reference.matching_rules(code_value);
        for open_id in &case.open_ids {
            let user = OpenId::new(open_id).expect("generated openIds have an allowed length");
            lookups += 1;
            live.with(|table| {
                let table = table.expect("a table was published");
                let scratch = &mut counting[lookups % 2];
                let _ = table.explain(code_value, user, scratch);
                let _ = table.identify(code_value, user, scratch);
                let _ = table.identify(code_value, user, &mut others[lookups % 2]);
            });
            for &rule in &matching {
                if oracle.admits(rule, user) {
                    expected[rule].0 += 1;
                    break;
                }
                expected[rule].1 += 1;
            }
        }
    }
    let counted: Vec<_> = live.with(|table| {
        let counts = table.expect("a table was published").rule_counts();
        counts.map(|rule| (rule.decided, rule.refused)).collect()
    });
    prop_assert_eq!(counted, expected);
    Ok(())
}
