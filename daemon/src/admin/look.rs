//! What can be looked at and tried, which changes nothing.

use std::sync::Arc;

use codeid_engine::{CodeValue, OpenId, RouteTable, Scratch};
use serde_json::{Map, Value};

use super::answer::{Refusal, json, route_config, text};
use super::call::{Call, Outcome};
use super::steer::unknown_generation;
use super::{changes, status};
use crate::api::check::Checked;
use crate::api::explain::{ExplainRequest, Explained, ExplainedRule};
use crate::api::history::{History, HistoryEntry};
use crate::api::identify::IdentifyResponse;
use crate::api::problem::Problem;
use crate::api::rules::{Rule, Rules};
use crate::error_chain::ErrorChain;
use crate::metrics;
use crate::readiness::is_ready;
use crate::rules::history::Entry;

/// `GET /v1/status`
pub(super) async fn show_status(call: Call) -> Outcome {
    Ok(json(&status::status(&call.plane)))
}

/// `GET /metrics`
pub(super) async fn metrics(call: Call) -> Outcome {
    let plane = &call.plane;
    let status = plane.operator.status();
    let is_ready = is_ready(status, &plane.shutdown);
    let rendered = plane.metrics.render(&status.status(), is_ready);
    Ok(text(metrics::TEXT_TYPE, rendered))
}

/// `GET /v1/metrics`
pub(super) async fn figures(call: Call) -> Outcome {
    Ok(json(&call.plane.metrics.snapshot()))
}

/// `GET /v1/config`
pub(super) async fn config(call: Call) -> Outcome {
    let entry = call.plane.operator.live().ok_or_else(Refusal::fault)?;
    Ok(route_config(&entry.text, entry.provenance.digest))
}

/// `GET /v1/rules`
pub(super) async fn rules(call: Call) -> Outcome {
    let operator = &call.plane.operator;
    let counts = |table: &RouteTable| {
        let counts = table.rule_counts().map(|rule| (rule.decided, rule.refused));
        (table.generation(), counts.collect::<Vec<_>>())
    };
    let counted = operator.status().with_table(|table| table.map(counts));
    let (generation, counts) = counted.ok_or_else(Refusal::fault)?;
    let entry = operator.status().history.find(generation.get());
    let entry = entry.ok_or_else(Refusal::fault)?;
    let rules = changes::rules(&entry.text).into_iter().zip(counts);
    let rules = (1..)
        .zip(rules)
        .map(|(position, (members, (decided, refused)))| Rule {
            position,
            decided,
            refused_by_canary: refused,
            ..rule(members)
        });
    Ok(json(&Rules {
        generation: generation.get(),
        version: entry.version.clone(),
        sha256: entry.provenance.digest,
        rules: rules.collect(),
    }))
}

/// Returns the rule that has these members, at position 1 and without counts.
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

/// `GET /v1/history`
pub(super) async fn history(call: Call) -> Outcome {
    let status = call.plane.operator.status();
    let live = status.with_table(|table| table.map(RouteTable::generation));
    let describe = |entry: &Arc<Entry>| {
        let Entry { provenance, .. } = &**entry;
        HistoryEntry {
            generation: entry.generation.get(),
            sha256: provenance.digest,
            version: entry.version.clone(),
            rule_count: entry.rule_count,
            level: provenance.level,
            uri: provenance.uri.clone(),
            loaded_at: provenance.loaded_at_ms,
            compile_us: u64::try_from(provenance.compile_time.as_micros()).unwrap_or(u64::MAX),
            memory_bytes: entry.memory_bytes,
            live: Some(entry.generation) == live,
            by: entry.by.clone(),
        }
    };
    let entries = status.history.all().iter().map(describe).collect();
    Ok(json(&History { entries }))
}

/// `GET /v1/history/{generation}`
pub(super) async fn history_config(call: Call) -> Outcome {
    let generation = call.parameter.parse().map_err(|_| unknown_generation())?;
    let entry = call.plane.operator.status().history.find(generation);
    let entry = entry.ok_or_else(unknown_generation)?;
    Ok(route_config(&entry.text, entry.provenance.digest))
}

/// `POST /v1/check`
pub(super) async fn check(call: Call) -> Outcome {
    let checked = call.plane.operator.check(call.body.to_vec()).await;
    let replaces = checked.live.as_ref().map(|entry| entry.provenance.digest);
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
        replaces,
        changes: None,
    };
    match checked.candidate {
        Err(refused) => {
            document.why = Some(ErrorChain(&refused).to_string());
            document.problems = refused.problems().iter().map(Problem::from).collect();
        }
        Ok(candidate) => {
            let before = checked.live.as_ref().map_or("{}", |entry| &*entry.text);
            let changes = changes::between(before, &candidate.text);
            let warnings = candidate.warnings.iter().map(Problem::from);
            let removed = changes.removed.iter().map(|id| removed(id));
            document.warnings = warnings.chain(removed).collect();
            document.version = Some(candidate.version);
            document.rule_count = Some(candidate.rule_count);
            document.compile_us = Some(candidate.compile_us);
            document.memory_bytes = Some(candidate.memory_bytes);
            document.changes = Some(changes);
        }
    }
    Ok(json(&document))
}

/// Warns that a candidate lacks a live rule.
fn removed(id: &str) -> Problem {
    Problem {
        code: "rule-removed".to_owned(),
        rule: Some(id.to_owned()),
        pointer: String::new(),
        position: None,
        message: format!("the live rule {id:?} is missing from this config"),
        hint: Some(
            "leave it out only if its code values are to fall to other rules, or to none"
                .to_owned(),
        ),
    }
}

/// `POST /v1/explain`
pub(super) async fn explain(call: Call) -> Outcome {
    let given: ExplainRequest = call.json()?;
    let illegal = |error: &dyn std::fmt::Display| Refusal::malformed(format!("{error}."));
    let code_value = CodeValue::new(&given.code_value).map_err(|error| illegal(&error))?;
    let open_id = OpenId::new(&given.open_id).map_err(|error| illegal(&error))?;
    let explained = call.plane.operator.status().with_table(|table| {
        let table = table?;
        let mut scratch = Scratch::new();
        let verdict = table.identify(code_value, open_id, &mut scratch);
        let response = IdentifyResponse::from(&verdict);
        let rules = table.explain(code_value, open_id, &mut scratch);
        Some(Explained {
            generation: table.generation().get(),
            response,
            explanation: rules.iter().map(ExplainedRule::from).collect(),
        })
    });
    Ok(json(&explained.ok_or_else(Refusal::fault)?))
}
