//! `/v1/rules`: the live rules, with how often each decided.

use codeid_engine::RouteTable;
use serde_json::{Map, Value};

use super::rule_texts;
use crate::admin::body::Document;
use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::document;
use crate::api::rules::{Rule, Rules};

/// `GET /v1/rules`: the live rules in their order, with their counts, all of one table.
pub(super) async fn list(request: Request) -> Outcome {
    let status = request.plane.operator.status();
    let counts = |table: &RouteTable| {
        let counts = table.rule_counts().map(|rule| (rule.decided, rule.refused));
        (table.generation(), counts.collect::<Vec<_>>())
    };
    let counted = status.with_table(|table| table.map(counts));
    let (generation, counts) = counted.ok_or_else(Refusal::fault)?;
    let entry = status.history.find(generation.get());
    let entry = entry.ok_or_else(Refusal::fault)?;
    let skeleton = Rules {
        generation: generation.get(),
        version: entry.version.clone(),
        sha256: entry.provenance.digest,
        trim: entry.config.trims(),
        rules: Vec::new(),
    };
    let role = request.caller.role();
    let count = counts.len().min(entry.config.rule_count());
    let describe = move |index: usize| {
        let &(decided, refused_by_canary) = counts.get(index)?;
        Some(Rule {
            position: index + 1,
            decided,
            refused_by_canary,
            ..rule(rule_texts::rule(&entry.config, index, role))
        })
    };
    let listed = Document::new(&skeleton).with_list("rules", count, describe);
    Ok(document(listed))
}

/// Returns the rule with these members, at position 1 and without counts.
fn rule(mut members: Map<String, Value>) -> Rule {
    let mut object = |name| match members.remove(name) {
        Some(Value::Object(members)) => Some(members),
        _ => None,
    };
    let (matching, action, canary) = (object("match"), object("action"), object("canary"));
    let mut text = |name| match members.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    Rule {
        position: 1,
        id: text("id").unwrap_or_default(),
        description: text("description"),
        matching: matching.unwrap_or_default(),
        action: action.unwrap_or_default(),
        canary,
        decided: 0,
        refused_by_canary: 0,
    }
}
