//! The steps of a lookup are within the bound that was computed when the table was compiled.

use codeid_engine::{CodeValue, RouteTable, Scratch};
use codeid_generate::Case;
use proptest::prelude::*;

use crate::{any_case, compile, config};

proptest! {
    #![proptest_config(config(2))]

    #[test]
    fn no_code_value_takes_more_steps_than_the_bound(case in any_case(), seed in any::<u64>()) {
        check(&case, seed)?;
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn the_costly_code_value_is_within_the_bound_and_the_same_each_time(case in any_case()) {
        let json = case.config_json();
        let table = compile(&json)?;
        let costly = table.costly_code();
        prop_assert!(costly.cost.steps <= table.max_code_steps());
        prop_assert!(CodeValue::new(&costly.code_value).is_ok());
        let again = compile(&json).expect("it compiled before");
        prop_assert_eq!(again.max_code_steps(), table.max_code_steps());
        prop_assert_eq!(again.costly_code(), costly);
    }
}

fn check(case: &Case, mut seed: u64) -> Result<(), TestCaseError> {
    let table = compile(&case.config_json())?;
    let mut scratch = Scratch::new();
    for code in &case.codes {
        check_code(&table, code, &mut scratch)?;
        // Codes of every length, which repeat a part of one that nearly matches.
        let characters: Vec<char> = code.chars().collect();
        let (from, length) = (next(&mut seed) % characters.len(), next(&mut seed) % 9 + 1);
        let part: Vec<char> = characters.iter().copied().skip(from).take(length).collect();
        for (extra, total) in [("", 200), ("é", 700), ("😀", next(&mut seed) % 8192 + 1)] {
            let repeated = extra.chars().chain(part.iter().copied().cycle());
            let long: String = characters[..from]
                .iter()
                .copied()
                .chain(repeated)
                .take(total)
                .collect();
            check_code(&table, &long, &mut scratch)?;
        }
    }
    Ok(())
}

fn check_code(table: &RouteTable, code: &str, scratch: &mut Scratch) -> Result<(), TestCaseError> {
    let code_value = CodeValue::new(code).expect("of an allowed length");
    let cost = table.code_cost(code_value, scratch);
    let bound = table.max_code_steps();
    prop_assert!(
        cost.steps <= bound,
        "{} steps, bound {bound}: {code:?}",
        cost.steps
    );
    Ok(())
}

fn next(seed: &mut u64) -> usize {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).expect("31 bits")
}
