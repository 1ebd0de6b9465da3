//! `/v1/check`: the problems of a candidate, and what it would change.

use std::mem;
use std::sync::Arc;

use super::changes::Difference;
use crate::admin::body::Document;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::document;
use crate::api::check::{Change, Changes, Checked};
use crate::api::problem::Problem;
use crate::api::role::Role;
use crate::error_chain::ErrorChain;
use crate::rules::candidate::{Candidate, CheckReport};

/// `POST /v1/check`: examines the route config in the body, and changes nothing. 200 also for one that is
/// refused.
pub(super) async fn check(mut request: Request) -> Outcome {
    let role = request.caller.role();
    let text = mem::take(&mut request.body);
    let checked = request.plane.operator.check(text).await;
    Ok(document(report(checked, role)))
}

fn report(checked: CheckReport, role: Role) -> Document {
    let skeleton = Checked {
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
        replaces: checked.live.as_ref().map(|entry| entry.provenance.digest),
        changes: None,
    };
    match checked.candidate {
        Err(refused) => {
            let skeleton = Checked {
                why: Some(ErrorChain(&refused).to_string()),
                ..skeleton
            };
            let count = refused.problems().len();
            let problem = move |at: usize| refused.problems().get(at).map(Problem::from);
            Document::new(&skeleton).with_list("problems", count, problem)
        }
        Ok(candidate) => {
            let before = checked.live.map(|entry| Arc::clone(&entry.config));
            let difference = Difference::new(before, Arc::clone(&candidate.config), role);
            accepted(skeleton, candidate, Arc::new(difference))
        }
    }
}

/// Adds to `skeleton` what an accepted candidate is and changes.
fn accepted(skeleton: Checked, candidate: Candidate, difference: Arc<Difference>) -> Document {
    let skeleton = Checked {
        version: Some(candidate.version),
        rule_count: Some(candidate.rule_count),
        compile_us: Some(candidate.compile_us),
        memory_bytes: Some(candidate.memory_bytes),
        max_code_steps: Some(candidate.max_code_steps),
        changes: Some(Changes {
            unchanged: difference.unchanged,
            trim: difference.trim(),
            ..Changes::default()
        }),
        ..skeleton
    };
    let warnings = candidate.warnings;
    let count = warnings.len();
    let warning = move |at: usize| warnings.get(at).map(Problem::from);
    let mut document = Document::new(&skeleton).with_list("warnings", count, warning);
    for (name, kind) in [
        ("added", Change::Added),
        ("removed", Change::Removed),
        ("changed", Change::Changed),
        ("moved", Change::Moved),
    ] {
        let (numbers, ids) = (difference.of_kind(kind), Arc::clone(&difference));
        let count = numbers.len();
        let id = move |at: usize| numbers.get(at).map(|number| ids.id(*number));
        document = document.with_list(name, count, id);
    }
    let count = difference.count();
    document.with_list("rules", count, move |number| difference.rule(number))
}
