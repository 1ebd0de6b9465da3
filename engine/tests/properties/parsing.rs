//! Parsing returns a table or problems with a position, whatever the bytes are.

use codeid_engine::{CompileLimits, ProblemCode, RouteTable};
use proptest::prelude::*;

use crate::{any_case, config};

proptest! {
    #![proptest_config(config(2))]

    #[test]
    fn any_bytes_give_a_table_or_problems(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes)?;
    }

    #[test]
    fn text_close_to_json_gives_a_table_or_problems(text in r#"[\[\]{}":,a\\0-9eE.\-é\n ]{0,100}"#) {
        check(text.as_bytes())?;
    }

    /// A valid config with some bytes overwritten, removed or repeated.
    #[test]
    fn a_mutated_config_gives_a_table_or_problems(
        case in any_case(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..6, any::<u8>()), 1..4),
    ) {
        let mut bytes = case.config_json().into_bytes();
        for (place, kind, byte) in changes {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            let end = bytes.len().min(place + 1 + usize::from(byte) / 8);
            match kind {
                0 => bytes[place] = byte,
                1 => bytes[place] = b"{}[]\",:\\0a-"[usize::from(byte) % 11],
                2 => drop(bytes.drain(place..end)),
                3 => {
                    let copy = bytes[place..end].to_vec();
                    bytes.splice(place..place, copy);
                }
                4 => bytes.insert(place, byte),
                _ => bytes.truncate(place + 1),
            }
        }
        check(&bytes)?;
    }
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Err(error) = RouteTable::from_json(bytes, &CompileLimits::default()) else {
        return Ok(());
    };
    prop_assert!(!error.problems().is_empty());
    for problem in error.problems() {
        prop_assert!(!problem.message().is_empty());
        prop_assert_ne!(
            problem.code(),
            ProblemCode::InternalFault,
            "a panic was caught"
        );
        prop_assert!(problem.pointer().is_empty() || problem.pointer().starts_with('/'));
        if let Some(position) = problem.position() {
            prop_assert!(position.offset <= bytes.len());
            prop_assert!(position.line >= 1 && position.column >= 1);
            let lines = bytes[..position.offset]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count();
            prop_assert_eq!(position.line, lines + 1, "{:?}", problem);
        }
    }
    Ok(())
}
