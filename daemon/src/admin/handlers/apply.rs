//! `/v1/apply` and `/v1/rollback`: another route config becomes live.

use std::mem;

use codeid_engine::ConfigDigest;

use crate::admin::refusal::Refusal;
use crate::admin::request::{IfMatch, Outcome, Request};
use crate::admin::response::{Replaced, json};
use crate::api::apply::RollbackRequest;
use crate::api::freeze::FreezeAction;
use crate::api::refusal::ErrorCode;
use crate::audit::Action;
use crate::rules::operator::Order;

use super::history;

/// `POST /v1/apply`: makes the route config in the body live, and freezes it. Refused without
/// `If-Match`.
pub(super) async fn apply(mut request: Request) -> Outcome {
    let Some(if_match) = request.if_match()? else {
        return Err(Refusal::new(
            ErrorCode::IfMatchMissing,
            "If-Match must name the SHA-256, in quotes, of the route config that is to be \
             replaced, or be * for any.",
        ));
    };
    let text = mem::take(&mut request.body);
    make_live(&request, text, if_match, FreezeAction::Apply).await
}

/// `POST /v1/rollback`: makes a route config of the history live again, and freezes it.
pub(super) async fn rollback(request: Request) -> Outcome {
    let RollbackRequest { generation } = request.json()?;
    let if_match = request.if_match()?.unwrap_or(IfMatch::Anything);
    let entry = history::find(&request.plane, &generation.to_string())?;
    let text = entry.config.text().as_bytes().to_vec();
    make_live(&request, text, if_match, FreezeAction::Rollback).await
}

/// Makes `text` live, and notes for the audit log what it replaced.
async fn make_live(
    request: &Request,
    text: Vec<u8>,
    if_match: IfMatch,
    action: FreezeAction,
) -> Outcome {
    let to = Some(ConfigDigest::new(&text));
    request.intend(|intended| Action { to, ..intended }).await?;
    let order = Order {
        text,
        replaces: if_match.digest(),
        action,
        by: request.caller.to_string(),
        overrides: request.overrides()?,
    };
    let applied = request.plane.operator.apply(order).await?;
    let mut response = json(&applied);
    response.extensions_mut().insert(Replaced {
        from: applied.replaced,
        to: Some(applied.sha256),
    });
    Ok(response)
}
