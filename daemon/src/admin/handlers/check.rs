//! `/v1/check`: the problems of a candidate, and what it would change.

use super::changes;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;
use crate::api::check::Checked;
use crate::api::problem::Problem;

pub(super) async fn check(request: Request) -> Outcome {
    let checked = request.plane.operator.check(request.body.to_vec()).await;
    let live = checked.serving.as_ref();
    let mut document = Checked {
        ok: checked.verdict.is_ok(),
        sha256: checked.sha256,
        why: None,
        version: None,
        rule_count: None,
        problems: Vec::new(),
        warnings: Vec::new(),
        compile_us: None,
        memory_bytes: None,
        replaces: live.map(|entry| entry.provenance.digest),
        changes: None,
    };
    match checked.verdict {
        Err(refused) => {
            document.why = Some(refused.why);
            document.problems = refused.problems.iter().map(Problem::from).collect();
        }
        Ok(accepted) => {
            let before = live.map_or("{}", |entry| &*entry.text);
            let changes = changes::between(before, &accepted.text);
            let warnings = accepted.warnings.iter().map(Problem::from);
            let removed = changes.removed.iter().map(|id| removed_rule(id));
            document.warnings = warnings.chain(removed).collect();
            document.version = Some(accepted.version);
            document.rule_count = Some(accepted.rule_count);
            document.compile_us = Some(accepted.compile_us);
            document.memory_bytes = Some(accepted.memory_bytes);
            document.changes = Some(changes);
        }
    }
    Ok(json(&document))
}

/// Warns that a candidate lacks a live rule.
fn removed_rule(id: &str) -> Problem {
    Problem {
        code: "rule-removed".to_owned(),
        rule: Some(id.to_owned()),
        pointer: String::new(),
        position: None,
        message: format!("the live rule {id:?} is missing from this config"),
        hint: Some(
            "leave it out only if other rules, or none, are to decide its code values".to_owned(),
        ),
    }
}
