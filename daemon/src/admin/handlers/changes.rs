//! The difference between two route configs, rule by rule.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::rule_texts;
use crate::api::check::{Change, RuleChange, TrimChange};
use crate::api::role::Role;
use crate::rules::config_text::ConfigText;

/// The difference between the rules of two accepted route configs. It has the places of the rules that
/// differ, and reads them from the texts when they are asked for.
pub(super) struct Difference {
    before: Option<Arc<ConfigText>>,
    after: Arc<ConfigText>,
    /// The role of the caller, who sees the rules as that role may.
    role: Role,
    rules: Vec<ChangedRule>,
    /// The number of the rules that do not differ.
    pub(super) unchanged: usize,
}

/// A rule that differs, by its index in each config that has it.
struct ChangedRule {
    change: Change,
    before: Option<usize>,
    after: Option<usize>,
}

impl Difference {
    /// Compares two configs as a caller of `role` may see them: that another allowlist is "unchanged"
    /// would confirm a guessed one.
    pub(super) fn new(before: Option<Arc<ConfigText>>, after: Arc<ConfigText>, role: Role) -> Self {
        let old_ids = before.as_ref().map_or_else(Vec::new, |before| ids(before));
        let new_ids = ids(&after);
        let old_index: HashMap<&str, usize> = old_ids
            .iter()
            .enumerate()
            .map(|(at, id)| (&**id, at))
            .collect();
        let common: Vec<usize> = new_ids
            .iter()
            .filter_map(|id| old_index.get(&**id).copied())
            .collect();
        // Of the common rules, as many as possible count as unmoved.
        let unmoved = longest_increasing_subsequence(&common);

        let mut difference = Self {
            before,
            after,
            role,
            rules: Vec::new(),
            unchanged: 0,
        };
        for (index, id) in new_ids.iter().enumerate() {
            let rule = ChangedRule {
                change: Change::Added,
                before: old_index.get(&**id).copied(),
                after: Some(index),
            };
            let change = match rule.before {
                None => Change::Added,
                Some(_) if !difference.is_equal(&rule) => Change::Changed,
                Some(at) if unmoved.binary_search(&at).is_err() => Change::Moved,
                Some(_) => {
                    difference.unchanged += 1;
                    continue;
                }
            };
            difference.rules.push(ChangedRule { change, ..rule });
        }
        let new_ids: HashSet<&str> = new_ids.iter().map(|id| &**id).collect();
        let removed = old_ids.iter().enumerate();
        let removed = removed.filter(|(_, id)| !new_ids.contains(&***id));
        difference.rules.extend(removed.map(|(at, _)| ChangedRule {
            change: Change::Removed,
            before: Some(at),
            after: None,
        }));
        difference
    }

    /// Returns the change of `trim`; `None` if there is none, or no config before.
    pub(super) fn trim(&self) -> Option<TrimChange> {
        let change = TrimChange {
            before: self.before.as_ref()?.trims(),
            after: self.after.trims(),
        };
        (change.before != change.after).then_some(change)
    }

    /// Returns the number of rules that differ.
    pub(super) fn count(&self) -> usize {
        self.rules.len()
    }

    /// Returns the numbers, from 0, of the rules with this kind of change.
    pub(super) fn of_kind(&self, kind: Change) -> Vec<usize> {
        let numbered = self.rules.iter().enumerate();
        let found = numbered.filter(|(_, rule)| rule.change == kind);
        found.map(|(number, _)| number).collect()
    }

    /// Returns the id of a rule that differs, by its number; an empty one if fewer differ.
    pub(super) fn id(&self, number: usize) -> String {
        let Some(rule) = self.rules.get(number) else {
            return String::new();
        };
        match (rule.after, rule.before, &self.before) {
            (Some(index), _, _) => rule_texts::id(&self.after, index),
            (None, Some(index), Some(before)) => rule_texts::id(before, index),
            (None, _, _) => String::new(),
        }
    }

    /// Returns a rule that differs, by its number: in the order of the new config, then the removed ones.
    pub(super) fn rule(&self, number: usize) -> Option<RuleChange> {
        let &ChangedRule {
            change,
            before,
            after,
        } = self.rules.get(number)?;
        Some(RuleChange {
            id: self.id(number),
            change,
            before: before
                .zip(self.before.as_ref())
                .map(|(index, config)| rule_texts::rule(config, index, self.role)),
            after: after.map(|index| rule_texts::rule(&self.after, index, self.role)),
        })
    }

    fn is_equal(&self, rule: &ChangedRule) -> bool {
        let read = |config: Option<&Arc<ConfigText>>, index: Option<usize>| {
            Some(rule_texts::rule(config?, index?, self.role))
        };
        read(self.before.as_ref(), rule.before) == read(Some(&self.after), rule.after)
    }
}

fn ids(config: &ConfigText) -> Vec<String> {
    let indices = 0..config.rule_count();
    indices.map(|index| rule_texts::id(config, index)).collect()
}

/// Returns a longest increasing subsequence of `numbers`, which must be distinct.
///
/// # Complexity
///
/// `O(n log n)`.
fn longest_increasing_subsequence(numbers: &[usize]) -> Vec<usize> {
    // For each length, the smallest number that can end a subsequence of it, and its index.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut predecessors: Vec<Option<usize>> = Vec::with_capacity(numbers.len());
    for (index, number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|(end, _)| end < number);
        let shorter = length.checked_sub(1).and_then(|shorter| ends.get(shorter));
        predecessors.push(shorter.map(|(_, index)| *index));
        match ends.get_mut(length) {
            Some(end) => *end = (*number, index),
            None => ends.push((*number, index)),
        }
    }
    let mut subsequence = Vec::with_capacity(ends.len());
    let mut next = ends.last().map(|(_, index)| *index);
    while let Some(index) = next {
        subsequence.extend(numbers.get(index));
        next = predecessors.get(index).copied().flatten();
    }
    subsequence.reverse();
    subsequence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(rules: &[(&str, u32)]) -> Arc<ConfigText> {
        let rules: Vec<String> = rules
            .iter()
            .map(|(id, x)| format!(r#"{{"id": "{id}", "match": {{"exact": "{x}"}}}}"#))
            .collect();
        let text = format!(r#"{{"rules": [{}]}}"#, rules.join(","));
        Arc::new(ConfigText::new(text.into()))
    }

    fn between(before: &[(&str, u32)], after: &[(&str, u32)]) -> Difference {
        Difference::new(Some(config(before)), config(after), Role::Operate)
    }

    fn ids(difference: &Difference, kind: Change) -> Vec<String> {
        let numbers = difference.of_kind(kind).into_iter();
        numbers.map(|number| difference.id(number)).collect()
    }

    #[test]
    fn each_kind_of_change_is_reported() {
        let before = [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5)];
        let changes = between(&before, &before);
        assert_eq!((changes.unchanged, changes.count()), (5, 0));

        let changes = between(&before, &[("b", 2), ("x", 1), ("c", 9), ("a", 1), ("e", 5)]);
        assert_eq!(ids(&changes, Change::Added), ["x"]);
        assert_eq!(ids(&changes, Change::Removed), ["d"]);
        assert_eq!(ids(&changes, Change::Changed), ["c"]);
        assert_eq!(ids(&changes, Change::Moved), ["a"]);
        assert_eq!(changes.unchanged, 2);
        let rules: Vec<RuleChange> = (0..4).filter_map(|number| changes.rule(number)).collect();
        let order: Vec<&str> = rules.iter().map(|rule| &*rule.id).collect();
        assert_eq!(order, ["x", "c", "a", "d"]);
        let [added, changed, moved, removed] = &rules[..] else {
            panic!()
        };
        assert!(added.before.is_none() && added.after.is_some());
        assert_eq!(changed.before.as_ref().unwrap()["match"]["exact"], "3");
        assert_eq!(changed.after.as_ref().unwrap()["match"]["exact"], "9");
        assert_eq!(moved.before, moved.after);
        assert!(removed.before.is_some() && removed.after.is_none());
    }

    #[test]
    fn a_change_of_trim_is_reported() {
        let config =
            |top: &str| Arc::new(ConfigText::new(format!("{{{top} \"rules\": []}}").into()));
        let trim = "\"trim\": true,";
        for (before, after, expected) in [
            ("", trim, Some((false, true))),
            (trim, "", Some((true, false))),
            (trim, trim, None),
            ("", "\"trim\": false,", None),
        ] {
            let difference = Difference::new(Some(config(before)), config(after), Role::Read);
            let change = difference
                .trim()
                .map(|change| (change.before, change.after));
            assert_eq!(change, expected);
        }
        assert!(
            Difference::new(None, config(trim), Role::Read)
                .trim()
                .is_none()
        );
    }

    #[test]
    fn without_a_config_before_every_rule_is_added() {
        let after = config(&[("a", 1), ("b", 2)]);
        let changes = Difference::new(None, after, Role::Read);
        assert_eq!(ids(&changes, Change::Added), ["a", "b"]);
        assert_eq!(changes.count(), 2);
    }

    #[test]
    fn as_few_rules_as_possible_count_as_moved() {
        let before: Vec<(String, u32)> = (0..1000).map(|n| (n.to_string(), n)).collect();
        let before: Vec<(&str, u32)> = before.iter().map(|(id, x)| (&**id, *x)).collect();
        let mut after = before.clone();
        let first = after.remove(0);
        after.push(first);
        let changes = between(&before, &after);
        assert_eq!(ids(&changes, Change::Moved), ["0"]);
        assert_eq!(changes.unchanged, 999);
        after.reverse();
        assert_eq!(ids(&between(&before, &after), Change::Moved).len(), 998);
    }
}
