//! The allowlists of canaries, which only operators may see: they name users.

use serde_json::{Map, Value};

use crate::api::role::Role;

/// The member of a canary with the openIds that it always admits.
const ALLOWLIST: &str = "allowlist";

/// The member that takes its place, with the number of its entries.
const ALLOWLIST_COUNT: &str = "allowlistCount";

/// Returns a rule as a caller of this role may see it: for all but operators, the allowlist of its
/// canary is replaced by its length.
pub(super) fn visible_to(role: Role, mut rule: Map<String, Value>) -> Map<String, Value> {
    if role < Role::Operate {
        hide(&mut rule);
    }
    rule
}

/// Replaces the allowlist of a rule of an accepted route config, if it has one.
fn hide(rule: &mut Map<String, Value>) {
    let Some(Value::Object(canary)) = rule.get_mut("canary") else {
        return;
    };
    if let Some(allowlist) = canary.remove(ALLOWLIST) {
        let count = allowlist.as_array().map_or(0, Vec::len);
        canary.insert(ALLOWLIST_COUNT.to_owned(), count.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn visible(role: Role, rule: &Value) -> Value {
        let rule = rule.as_object().unwrap().clone();
        json!(visible_to(role, rule))
    }

    #[test]
    fn all_but_operators_see_the_length_of_an_allowlist() {
        let rule = json!({"id": "a", "canary": {
            "percentage": 12.5, "group": "g", "allowlist": ["user-42", "user-43"]
        }});
        assert_eq!(visible(Role::Operate, &rule), rule);
        let counted = json!({"id": "a", "canary": {
            "percentage": 12.5, "group": "g", "allowlistCount": 2
        }});
        for role in [Role::Anonymous, Role::Metrics, Role::Read] {
            assert_eq!(visible(role, &rule), counted);
        }
    }

    #[test]
    fn rules_without_an_allowlist_are_unchanged() {
        for rule in [
            json!({"id": "a"}),
            json!({"id": "a", "canary": {"percentage": 1}}),
        ] {
            assert_eq!(visible(Role::Read, &rule), rule);
        }
    }
}
