//! Parsing returns a table or problems with a position, whatever the bytes are.

use std::cell::Cell;

use codeid_engine::{CompileLimits, ProblemCode, RouteTable};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::{any_case, config, hold};

/// The numbers of cases by how far their text was read.
#[derive(Default)]
struct Reached {
    /// It was compiled.
    tables: Cell<u32>,
    /// It is JSON, and is refused for its content.
    refused: Cell<u32>,
    /// It is not JSON, or not even text.
    not_json: Cell<u32>,
}

#[test]
fn any_bytes_give_a_table_or_problems() {
    let (config, reached) = (config(2), Reached::default());
    let cases = config.cases;
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    hold(config, &bytes, |bytes| check(&bytes, &reached));
    assert_eq!(reached.all(), cases);
}

#[test]
fn text_close_to_json_gives_a_table_or_problems() {
    let (config, reached) = (config(2), Reached::default());
    let cases = config.cases;
    // Half of the texts are whole objects.
    let text = prop_oneof![
        r#"[\[\]{}":,a\\0-9eE.\-é\n ]{0,100}"#,
        r#"\{("[a-c]":("[a-c]?"|[0-9]|\[\]|\{\}|null),)*"format":"codeid/1"\}"#,
    ];
    hold(config, &text, |text| check(text.as_bytes(), &reached));
    let refused = reached.refused.get();
    assert!(refused > cases / 4, "{refused} of {cases} are JSON");
    let not_json = reached.not_json.get();
    assert!(not_json > cases / 4, "{not_json} of {cases} are not JSON");
}

/// A valid config with some bytes overwritten, removed or repeated.
#[test]
fn a_mutated_config_gives_a_table_or_problems() {
    let (config, reached) = (config(2), Reached::default());
    let cases = config.cases;
    let changes = proptest::collection::vec((any::<Index>(), 0_u8..8, any::<u8>()), 1..4);
    hold(config, &(any_case(), changes), |(case, changes)| {
        let bytes = mutated(case.config_json().into_bytes(), &changes);
        check(&bytes, &reached)
    });
    for (name, count) in [
        ("compiled", &reached.tables),
        ("refused for their content", &reached.refused),
        ("not JSON", &reached.not_json),
    ] {
        let count = count.get();
        assert!(count > cases / 20, "{count} of {cases} are {name}");
    }
}

fn mutated(mut bytes: Vec<u8>, changes: &[(Index, u8, u8)]) -> Vec<u8> {
    for &(place, kind, byte) in changes {
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
            5 => bytes.truncate(place + 1),
            // Often what it was within a string or a number, so that the config stays one.
            _ if bytes[place].is_ascii_digit() => bytes[place] = b'0' + byte % 10,
            _ if bytes[place].is_ascii_lowercase() => bytes[place] = b'a' + byte % 26,
            _ => {}
        }
    }
    bytes
}

impl Reached {
    fn all(&self) -> u32 {
        self.tables.get() + self.refused.get() + self.not_json.get()
    }
}

fn check(bytes: &[u8], reached: &Reached) -> Result<(), TestCaseError> {
    let count = |cell: &Cell<u32>| cell.set(cell.get() + 1);
    let Err(error) = RouteTable::from_json(bytes, &CompileLimits::default()) else {
        count(&reached.tables);
        return Ok(());
    };
    let is_of_the_text = error.problems().iter().any(|problem| {
        use ProblemCode::{ByteOrderMark, NotJson, NotUtf8};
        matches!(problem.code(), ByteOrderMark | NotJson | NotUtf8)
    });
    count(match is_of_the_text {
        true => &reached.not_json,
        false => &reached.refused,
    });
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
