//! The `canary` of a rule: which openIds the rule admits.

use super::fields::{Fields, check_length, read_array, read_number, read_string};
use super::json::Node;
use super::problems::Problems;
use crate::canary::{Allowlist, Canary, EntryError};
use crate::{Problem, ProblemCode, RolloutPercentage};

const MAX_GROUP_CHARACTERS: usize = 256;

/// Reads the canary `node`, whose group is by default `rule_id`.
pub(super) fn parse(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: String,
    rule_id: Option<&str>,
) -> Option<Canary> {
    let fields = Fields::read(
        problems,
        node,
        pointer.clone(),
        &["percentage", "group", "allowlist"],
    )?;
    let percentage = percentage(problems, &fields);
    let group = if fields.optional("group").is_some() {
        fields.string(problems, "group").and_then(|(node, text)| {
            let at = fields.pointer("group");
            check_length(problems, (node, &text), &at, (1, MAX_GROUP_CHARACTERS))
                .then(|| Box::from(&*text))
        })
    } else {
        rule_id.map(Box::from)
    };
    let allowlist = allowlist(problems, &fields);
    let canary = Canary {
        percentage: percentage?,
        group: group?,
        allowlist: allowlist?,
    };
    if canary.percentage.hundredths() == 0 && canary.allowlist.is_empty() {
        let problem = Problem::new(
            ProblemCode::AdmitsNobody,
            pointer,
            "this canary admits no openId, so the rule never decides",
        );
        problems.warn(
            node,
            problem.with_hint("give it a percentage or an allowlist"),
        );
    }
    Some(canary)
}

fn percentage(problems: &mut Problems<'_>, fields: &Fields<'_>) -> Option<RolloutPercentage> {
    let Some(node) = fields.optional("percentage") else {
        return Some(RolloutPercentage::default());
    };
    let pointer = fields.pointer("percentage");
    let text = read_number(problems, node, &pointer)?;
    let percentage = RolloutPercentage::parse(text);
    if percentage.is_none() {
        let message = format!(
            "the percentage must be a number from 0 to 100 with at most two decimal places, not {}",
            super::fields::shortened(text)
        );
        problems.error(
            node,
            Problem::new(ProblemCode::BadPercentage, pointer, message),
        );
    }
    percentage
}

fn allowlist(problems: &mut Problems<'_>, fields: &Fields<'_>) -> Option<Allowlist> {
    let mut allowlist = Allowlist::default();
    let Some(node) = fields.optional("allowlist") else {
        return Some(allowlist);
    };
    let pointer = fields.pointer("allowlist");
    let mut complete = true;
    for (index, entry) in read_array(problems, node, &pointer)?
        .into_iter()
        .enumerate()
    {
        let at = format!("{pointer}/{index}");
        let Some(text) = read_string(problems, entry, &at) else {
            complete = false;
            continue;
        };
        if let Err(error) = allowlist.add(&text) {
            let code = match error {
                EntryError::Digest => ProblemCode::BadDigest,
                EntryError::OpenId(_) => ProblemCode::WrongLength,
            };
            problems.error(entry, Problem::new(code, at, error.to_string()));
            complete = false;
        }
    }
    complete.then_some(allowlist)
}
