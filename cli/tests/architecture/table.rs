//! The tables of `ARCHITECTURE.md` that say which room of a crate may import which.

use std::collections::{BTreeMap, BTreeSet};

/// Reads the table below the heading that names `folder`: a room in each row's first cell, and in
/// the second the rooms that it may import.
pub(crate) fn rows(text: &str, folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let heading = format!("### `{folder}/`");
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&heading));
    assert!(lines.next().is_some(), "no heading {heading}");
    let rows = lines
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2);
    rows.map(|row| {
        let mut cells = row.split('|').skip(1).map(words);
        let rooms = cells.next().unwrap();
        assert_eq!(rooms.len(), 1, "{row}");
        (rooms.into_iter().next().unwrap(), cells.next().unwrap())
    })
    .collect()
}

/// Returns the words in backquotes, without a final slash.
fn words(cell: &str) -> BTreeSet<String> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted
        .map(|word| word.trim_end_matches('/').to_owned())
        .collect()
}
