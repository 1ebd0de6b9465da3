//! `/v1/decisions`: decisions as they are made.

use crate::admin::body::Body;
use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::{ConcludedLater, with_body};
use crate::api::admin::NDJSON;
use crate::api::decisions::TailRequest;
use crate::api::refusal::ErrorCode;
use crate::audit;
use crate::decisions::{Filter, NotWatched};
use crate::settings::{RuleName, Share};

/// The most rules of a filter.
const MAX_RULES: usize = 32;

/// `POST /v1/decisions`: sends lines until either side ends. The audit log has a line when it begins, and one when
/// it has ended.
pub(super) async fn watch(request: Request) -> Outcome {
    let filter = filter(&request.json()?)?;
    let plane = &request.plane;
    let watch = plane.decisions.watch(filter, plane.max_watching);
    let mut watch = watch.map_err(|error| refusal(&request, error))?;
    request.intend(|intended| intended).await?;
    let intent = request.intent.lock().take();
    if let (Some(intent), Some(ended)) = (intent, watch.take_ended()) {
        let (plane, caller) = (request.plane.clone(), request.caller.clone());
        tracing::info!(by = %caller, "decisions are watched");
        tokio::spawn(async move {
            ended.await;
            tracing::info!(by = %caller, "decisions are watched no longer");
            let live = plane.operator.live_digest();
            let done = audit::Outcome::Done;
            plane.audit.conclude(intent, live, live, done).await;
        });
    }
    let mut response = with_body(NDJSON, Body::Watch(watch));
    response.extensions_mut().insert(ConcludedLater);
    Ok(response)
}

fn filter(request: &TailRequest) -> Result<Filter, Refusal> {
    if request.rules.len() > MAX_RULES {
        let detail = format!("rules must have at most {MAX_RULES} entries.");
        return Err(Refusal::malformed(detail));
    }
    let rules = request.rules.iter().map(|rule| rule.parse());
    let rules: Result<Vec<RuleName>, _> = rules.collect();
    let rules = rules.map_err(|error| Refusal::malformed(format!("In rules, {error}.")))?;
    let sample = request.sample.map_or(Some(Share::WHOLE), Share::new);
    let sample = sample.ok_or_else(|| Refusal::malformed("sample must be from 0 to 1."))?;
    Ok(Filter::new(sample, rules))
}

fn refusal(request: &Request, error: NotWatched) -> Refusal {
    let (code, detail) = match error {
        NotWatched::TooMany => (
            ErrorCode::TooManyActions,
            format!("{} clients watch already.", request.plane.max_watching),
        ),
        NotWatched::Closed if request.plane.shutdown.is_drained() => (
            ErrorCode::Drained,
            "The daemon accepts no connections any more.".to_owned(),
        ),
        NotWatched::Closed => (ErrorCode::Stopping, "The daemon is stopping.".to_owned()),
    };
    Refusal::new(code, detail)
}
