//! The difference between two route configs, rule by rule.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::api::check::{Change, Changes, RuleChange};

/// Returns the difference between the rules of two accepted route configs.
pub(super) fn between(before: &[Map<String, Value>], after: &[Map<String, Value>]) -> Changes {
    let old_index: HashMap<&str, usize> = before
        .iter()
        .enumerate()
        .map(|(at, rule)| (id(rule), at))
        .collect();
    let new_ids: HashMap<&str, ()> = after.iter().map(|rule| (id(rule), ())).collect();
    let common: Vec<usize> = after
        .iter()
        .filter_map(|rule| old_index.get(id(rule)).copied())
        .collect();
    // Of the common rules, as many as possible count as unmoved.
    let unmoved = longest_increasing_subsequence(&common);

    let mut changes = Changes::default();
    for rule in after {
        let before = old_index.get(id(rule)).map(|at| (*at, &before[*at]));
        let change = match before {
            None => Change::Added,
            Some((_, before)) if before != rule => Change::Changed,
            Some((at, _)) if unmoved.binary_search(&at).is_err() => Change::Moved,
            Some(_) => {
                changes.unchanged += 1;
                continue;
            }
        };
        add(
            &mut changes,
            change,
            before.map(|(_, rule)| rule),
            Some(rule),
        );
    }
    for rule in before.iter().filter(|rule| !new_ids.contains_key(id(rule))) {
        add(&mut changes, Change::Removed, Some(rule), None);
    }
    changes
}

fn add(
    changes: &mut Changes,
    change: Change,
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) {
    let id = after.or(before).map_or("", id).to_owned();
    let ids = match change {
        Change::Added => &mut changes.added,
        Change::Removed => &mut changes.removed,
        Change::Changed => &mut changes.changed,
        Change::Moved => &mut changes.moved,
    };
    ids.push(id.clone());
    changes.rules.push(RuleChange {
        id,
        change,
        before: before.cloned(),
        after: after.cloned(),
    });
}

/// Returns the rules of the text of an accepted route config.
pub(super) fn rules(text: &str) -> Vec<Map<String, Value>> {
    let mut config: Value = serde_json::from_str(text).unwrap_or_default();
    match config["rules"].take() {
        Value::Array(rules) => rules.into_iter().filter_map(object).collect(),
        _ => Vec::new(),
    }
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

fn id(rule: &Map<String, Value>) -> &str {
    let id = rule.get("id").and_then(Value::as_str);
    id.unwrap_or_default()
}

/// Returns a longest increasing subsequence of `numbers`, which must be distinct.
///
/// # Complexity
///
/// `O(n log n)`.
fn longest_increasing_subsequence(numbers: &[usize]) -> Vec<usize> {
    // For each length, the index of the smallest number that can end a subsequence of it.
    let mut ends: Vec<usize> = Vec::new();
    let mut predecessors: Vec<Option<usize>> = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|end| numbers[*end] < *number);
        predecessors.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(index);
        } else {
            ends[length] = index;
        }
    }
    let mut subsequence = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(index) = next {
        subsequence.push(numbers[index]);
        next = predecessors[index];
    }
    subsequence.reverse();
    subsequence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(rules: &[(&str, u32)]) -> String {
        let rules: Vec<String> = rules
            .iter()
            .map(|(id, x)| format!(r#"{{"id": "{id}", "match": {{"exact": "{x}"}}}}"#))
            .collect();
        format!(r#"{{"rules": [{}]}}"#, rules.join(","))
    }

    fn between(before: &[(&str, u32)], after: &[(&str, u32)]) -> Changes {
        super::between(&rules(&config(before)), &rules(&config(after)))
    }

    #[test]
    fn each_kind_of_change_is_reported() {
        let before = [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5)];
        let changes = between(&before, &before);
        assert_eq!((changes.unchanged, changes.rules.len()), (5, 0));

        let changes = between(&before, &[("b", 2), ("x", 1), ("c", 9), ("a", 1), ("e", 5)]);
        assert_eq!(changes.added, ["x"]);
        assert_eq!(changes.removed, ["d"]);
        assert_eq!(changes.changed, ["c"]);
        assert_eq!(changes.moved, ["a"]);
        assert_eq!(changes.unchanged, 2);
        let order: Vec<&str> = changes.rules.iter().map(|rule| &*rule.id).collect();
        assert_eq!(order, ["x", "c", "a", "d"]);
        let [added, changed, moved, removed] = &changes.rules[..] else {
            panic!()
        };
        assert!(added.before.is_none() && added.after.is_some());
        assert_eq!(changed.before.as_ref().unwrap()["match"]["exact"], "3");
        assert_eq!(changed.after.as_ref().unwrap()["match"]["exact"], "9");
        assert_eq!(moved.before, moved.after);
        assert!(removed.before.is_some() && removed.after.is_none());
    }

    #[test]
    fn as_few_rules_as_possible_count_as_moved() {
        let before: Vec<(String, u32)> = (0..1000).map(|n| (n.to_string(), n)).collect();
        let before: Vec<(&str, u32)> = before.iter().map(|(id, x)| (&**id, *x)).collect();
        let mut after = before.clone();
        let first = after.remove(0);
        after.push(first);
        let changes = between(&before, &after);
        assert_eq!(changes.moved, ["0"]);
        assert_eq!(changes.unchanged, 999);
        after.reverse();
        assert_eq!(between(&before, &after).moved.len(), 998);
    }
}
