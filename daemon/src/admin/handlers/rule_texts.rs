//! Rules of an accepted route config, read from their texts one by one.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::allowlists;
use crate::api::role::Role;
use crate::rules::config_text::ConfigText;

#[derive(Deserialize)]
struct OnlyId<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// Returns the members of the rule at `index` as a caller of `role` may see them; none if there is
/// not such a rule.
pub(super) fn rule(config: &ConfigText, index: usize, role: Role) -> Map<String, Value> {
    let members = config.rule(index).map(serde_json::from_str);
    let members = members.and_then(Result::ok).unwrap_or_default();
    allowlists::visible_to(role, members)
}

/// Returns the id of the rule at `index`; an empty one if there are fewer rules.
pub(super) fn id(config: &ConfigText, index: usize) -> String {
    let only: Option<OnlyId<'_>> = config
        .rule(index)
        .and_then(|text| serde_json::from_str(text).ok());
    only.map_or_else(String::new, |only| only.id.into_owned())
}
