//! What can be looked at and tried, which changes nothing.

use codeid_engine::{CodeValue, OpenId, RouteTable, Scratch};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Refusal, json, route_config, text};
use super::call::{Call, Outcome};
use super::changes::{self, Changes};
use super::status::Document;
use super::steer::unknown_generation;
use crate::identify::{ExplainedRule, write_verdict};
use crate::metrics;
use crate::rules::history::Entry;

/// `GET /v1/status`
pub(super) async fn status(call: Call) -> Outcome {
    Ok(json(&Document::of(&call.plane)))
}

/// `GET /metrics`
pub(super) async fn metrics(call: Call) -> Outcome {
    Ok(text(metrics::TEXT_TYPE, call.plane.metrics.render()))
}

/// `GET /v1/metrics`
pub(super) async fn figures(call: Call) -> Outcome {
    Ok(json(&call.plane.metrics.snapshot()))
}

/// `GET /v1/config`
pub(super) async fn config(call: Call) -> Outcome {
    let entry = call.plane.operator.serving().ok_or_else(Refusal::fault)?;
    Ok(route_config(&entry.text, entry.provenance.digest))
}

/// `GET /v1/rules`
pub(super) async fn rules(call: Call) -> Outcome {
    let operator = &call.plane.operator;
    let counts = |table: &RouteTable| {
        let counts = table.rule_counts().map(|rule| (rule.decided, rule.refused));
        (table.generation(), counts.collect::<Vec<_>>())
    };
    let counted = operator.board().with_table(|table| table.map(counts));
    let (generation, counts) = counted.ok_or_else(Refusal::fault)?;
    let entry = operator.board().history.find(generation.get());
    let entry = entry.ok_or_else(Refusal::fault)?;
    let rules: Vec<Value> = changes::rules(&entry.text)
        .into_iter()
        .zip(counts)
        .enumerate()
        .map(|(index, (mut rule, (decided, refused)))| {
            json!({
                "index": index,
                "id": rule["id"].take(),
                "description": rule["description"].take(),
                "match": rule["match"].take(),
                "action": rule["action"].take(),
                "canary": rule["canary"].take(),
                "decided": decided,
                "refusedByCanary": refused,
            })
        })
        .collect();
    Ok(json(&json!({
        "generation": generation.get(),
        "version": entry.version,
        "sha256": entry.provenance.digest,
        "rules": rules,
    })))
}

/// `GET /v1/history`
pub(super) async fn history(call: Call) -> Outcome {
    let board = call.plane.operator.board();
    let serving = board.with_table(|table| table.map(RouteTable::generation));
    let entries: Vec<Value> = board
        .history
        .all()
        .iter()
        .map(|entry| {
            let Entry { provenance, .. } = &**entry;
            json!({
                "generation": entry.generation.get(),
                "sha256": provenance.digest,
                "version": entry.version,
                "ruleCount": entry.rule_count,
                "level": provenance.level,
                "uri": provenance.uri,
                "loadedAt": provenance.loaded_at_ms,
                "compileUs": u64::try_from(provenance.compile_time.as_micros()).unwrap_or(u64::MAX),
                "memoryBytes": entry.memory_bytes,
                "serving": Some(entry.generation) == serving,
                "by": entry.by,
            })
        })
        .collect();
    Ok(json(&json!({ "entries": entries })))
}

/// `GET /v1/history/{generation}`
pub(super) async fn history_config(call: Call) -> Outcome {
    let generation = call.parameter.parse().map_err(|_| unknown_generation())?;
    let entry = call.plane.operator.board().history.find(generation);
    let entry = entry.ok_or_else(unknown_generation)?;
    Ok(route_config(&entry.text, entry.provenance.digest))
}

/// `POST /v1/check`
pub(super) async fn check(call: Call) -> Outcome {
    let checked = call.plane.operator.check(call.body.to_vec()).await;
    let sound = match checked.verdict {
        Ok(sound) => sound,
        Err(unsound) => {
            return Ok(json(&json!({
                "ok": false,
                "sha256": checked.sha256,
                "why": unsound.why,
                "version": null,
                "ruleCount": null,
                "problems": unsound.problems,
                "warnings": [],
                "compileUs": null,
                "memoryBytes": null,
                "replaces": checked.serving.as_ref().map(|entry| entry.provenance.digest),
                "changes": null,
            })));
        }
    };
    let before = checked.serving.as_ref().map_or("{}", |entry| &*entry.text);
    let changes = Changes::between(before, &sound.text);
    let mut warnings = Vec::new();
    for warning in &sound.warnings {
        warnings.push(serde_json::to_value(warning).unwrap_or_default());
    }
    for id in &changes.removed {
        warnings.push(json!({
            "code": "rule-removed",
            "rule": id,
            "pointer": "",
            "position": null,
            "message": format!("the rule {id:?}, which serves, is not there any more"),
            "hint": "leave it out only if its code values are to fall to other rules, or to none",
        }));
    }
    Ok(json(&json!({
        "ok": true,
        "sha256": checked.sha256,
        "why": null,
        "version": sound.version,
        "ruleCount": sound.rule_count,
        "problems": [],
        "warnings": warnings,
        "compileUs": sound.compile_us,
        "memoryBytes": sound.memory_bytes,
        "replaces": checked.serving.as_ref().map(|entry| entry.provenance.digest),
        "changes": changes,
    })))
}

/// `POST /v1/explain`
pub(super) async fn explain(call: Call) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Parameters {
        code_value: String,
        open_id: String,
    }
    #[derive(Serialize)]
    struct Explained<'a> {
        generation: u64,
        answer: Value,
        explanation: Vec<ExplainedRule<'a>>,
    }
    let given: Parameters = call.json()?;
    let illegal = |error: &dyn std::fmt::Display| Refusal::malformed(format!("{error}."));
    let code_value = CodeValue::new(&given.code_value).map_err(|error| illegal(&error))?;
    let open_id = OpenId::new(&given.open_id).map_err(|error| illegal(&error))?;
    let answer = call.plane.operator.board().with_table(|table| {
        let table = table?;
        let (mut scratch, mut out) = (Scratch::new(), Vec::new());
        write_verdict(&table.identify(code_value, open_id, &mut scratch), &mut out);
        let rules = table.explain(code_value, open_id, &mut scratch);
        Some(json(&Explained {
            generation: table.generation().get(),
            answer: serde_json::from_slice(&out).ok()?,
            explanation: rules.iter().map(ExplainedRule::new).collect(),
        }))
    });
    answer.ok_or_else(Refusal::fault)
}
