//! What operators change: the table that serves, the hold, the log, and whether it serves at all.

use codeid_engine::ConfigDigest;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Refusal, json};
use super::call::{Call, IfMatch, Outcome};
use crate::api::apply::{Applied, RollbackRequest};
use crate::api::freeze::{FreezeAction, FreezeChanged, FreezeRequest};
use crate::api::problem::Problem;
use crate::api::reload::{ReloadOutcome, Reloaded};
use crate::api::status::{CheckOutcome, SourceCheck};
use crate::error_chain::ErrorChain;
use crate::rules::operator::{OperatorError, Order};
use crate::shutdown::Stage;

/// The longest reason for a hold, in characters.
const MAX_REASON_CHARACTERS: usize = 200;

/// What served before a change and what after it, beside the answer, for the audit log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replaced {
    pub(super) from: Option<ConfigDigest>,
    pub(super) to: Option<ConfigDigest>,
}

/// `POST /v1/apply`
pub(super) async fn apply(call: Call) -> Outcome {
    let Some(replaces) = call.if_match()? else {
        return Err(Refusal::new(
            StatusCode::PRECONDITION_REQUIRED,
            "ifMatchMissing",
            "If-Match must name the SHA-256 of the route config that is to be replaced, in quotes, \
             or be * for any.",
        ));
    };
    put(&call, call.body.to_vec(), replaces, FreezeAction::Apply).await
}

/// `POST /v1/rollback`
pub(super) async fn rollback(call: Call) -> Outcome {
    let RollbackRequest { generation } = call.json()?;
    let replaces = call.if_match()?.unwrap_or(IfMatch::Anything);
    let entry = call.plane.operator.status().history.find(generation);
    let entry = entry.ok_or_else(unknown_generation)?;
    let text = entry.text.as_bytes().to_vec();
    put(&call, text, replaces, FreezeAction::Rollback).await
}

/// `POST /v1/reload`
pub(super) async fn reload(call: Call) -> Outcome {
    let Nothing {} = call.json_or_nothing()?;
    let operator = &call.plane.operator;
    if call.plane.shutdown.reached(Stage::Drain) {
        let detail = "The daemon is stopping, or drained; its sources are not read any more.";
        return Err(Refusal::new(StatusCode::CONFLICT, "stopping", detail));
    }
    let from = operator.live_digest();
    let looks = operator.reload().await.map_err(Refusal::from)?;
    let to = operator.live_digest();
    let answer = json(&Reloaded {
        outcome: outcome(&looks),
        checks: looks,
        generation: operator.live().map(|entry| entry.generation.get()),
        sha256: to,
    });
    Ok(with(answer, Replaced { from, to }))
}

fn outcome(checks: &[SourceCheck]) -> ReloadOutcome {
    match checks.last().map(|check| check.outcome) {
        Some(CheckOutcome::Activated) => ReloadOutcome::Activated,
        Some(CheckOutcome::Unchanged) => ReloadOutcome::Unchanged,
        Some(CheckOutcome::Refused) => ReloadOutcome::Refused,
        Some(CheckOutcome::Failed | CheckOutcome::Absent) | None => ReloadOutcome::Failed,
    }
}

/// `POST /v1/freeze`
pub(super) async fn freeze(call: Call) -> Outcome {
    let FreezeRequest { reason } = call.json_or_nothing()?;
    let is_long = |reason: &String| reason.chars().count() > MAX_REASON_CHARACTERS;
    if reason.as_ref().is_some_and(is_long) {
        return Err(Refusal::malformed(format!(
            "The reason must have {MAX_REASON_CHARACTERS} characters at most."
        )));
    }
    let by = call.caller.to_string();
    let freeze = call.plane.operator.freeze(reason, by).await?;
    Ok(json(&FreezeChanged {
        freeze: Some(freeze),
    }))
}

/// `POST /v1/thaw`
pub(super) async fn thaw(call: Call) -> Outcome {
    let Nothing {} = call.json_or_nothing()?;
    call.plane.operator.thaw().await?;
    Ok(json(&FreezeChanged { freeze: None }))
}

/// `POST /v1/drain`
pub(super) async fn drain(call: Call) -> Outcome {
    let Nothing {} = call.json_or_nothing()?;
    call.plane.shutdown.ask_to_drain();
    Ok(json(&json!({ "draining": true })))
}

async fn put(call: &Call, text: Vec<u8>, replaces: IfMatch, action: FreezeAction) -> Outcome {
    let order = Order {
        text,
        replaces: replaces.digest(),
        action,
        by: call.caller.to_string(),
    };
    let done = call.plane.operator.apply(order).await?;
    let Applied {
        sha256, replaced, ..
    } = done;
    let replaced = Replaced {
        from: replaced,
        to: Some(sha256),
    };
    Ok(with(json(&done), replaced))
}

fn with(mut answer: Answer, replaced: Replaced) -> Answer {
    answer.extensions_mut().insert(replaced);
    answer
}

/// A body that says nothing: `{}`, or no bytes.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

pub(super) fn unknown_generation() -> Refusal {
    let detail = "No table of this generation is remembered; the history lists those that are.";
    Refusal::new(StatusCode::NOT_FOUND, "unknownGeneration", detail)
}

impl From<OperatorError> for Refusal {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Stale { live } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "ifMatchStale",
                match live {
                    Some(digest) => format!("Another route config is live: {digest}."),
                    None => "No route config is live.".to_owned(),
                },
            ),
            OperatorError::Refused(refused) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "refused",
                format!(
                    "The route config is refused, and the live table stays: {}",
                    ErrorChain(&refused)
                ),
            )
            .with_problems(refused.problems().iter().map(Problem::from).collect()),
            OperatorError::FreezeFile(error) => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "notKept",
                format!(
                    "The freeze could not be saved, so nothing was changed: {}",
                    ErrorChain(&error)
                ),
            ),
            OperatorError::Frozen(freeze) => Self::new(
                StatusCode::CONFLICT,
                "frozen",
                format!("The live config is frozen by {}; thaw it first.", freeze.by),
            ),
            OperatorError::Fault => Self::fault(),
        }
    }
}
