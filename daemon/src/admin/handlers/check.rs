//! `/v1/check`: the problems of a candidate, and what it would change.

use super::{allowlists, changes};
use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;
use crate::api::check::Checked;
use crate::api::problem::Problem;
use crate::error_chain::ErrorChain;

/// `POST /v1/check`: examines the route config in the body, and changes nothing. 200 also for one that is
/// refused.
pub(super) async fn check(request: Request) -> Outcome {
    let role = request.caller.role();
    let checked = request.plane.operator.check(request.body.to_vec()).await;
    let live = checked.live.as_ref();
    let mut document = Checked {
        ok: checked.candidate.is_ok(),
        sha256: checked.sha256,
        why: None,
        version: None,
        rule_count: None,
        problems: Vec::new(),
        warnings: Vec::new(),
        compile_us: None,
        memory_bytes: None,
        max_code_steps: None,
        replaces: live.map(|entry| entry.provenance.digest),
        changes: None,
    };
    match checked.candidate {
        Err(refused) => {
            document.why = Some(ErrorChain(&refused).to_string());
            document.problems = refused.problems().iter().map(Problem::from).collect();
        }
        Ok(candidate) => {
            // Compared as the caller may see them: "unchanged" would confirm a guessed allowlist.
            let rules = |text| allowlists::visible_to(role, changes::rules(text));
            let before = live.map_or_else(Vec::new, |entry| rules(&entry.text));
            let changes = changes::between(&before, &rules(&candidate.text));
            let warnings = candidate.warnings.iter().map(Problem::from);
            let removed = changes.removed.iter().map(|id| removed_rule(id));
            document.warnings = warnings.chain(removed).collect();
            document.version = Some(candidate.version);
            document.rule_count = Some(candidate.rule_count);
            document.compile_us = Some(candidate.compile_us);
            document.memory_bytes = Some(candidate.memory_bytes);
            document.max_code_steps = Some(candidate.max_code_steps);
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
