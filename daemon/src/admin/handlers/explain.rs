//! `/v1/explain`: the result for a code value, and the rules that accept it.

use codeid_engine::{CodeValue, OpenId, Scratch};

use super::rule_texts;
use crate::admin::body::Document;
use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::document;
use crate::api::explain::{ExplainRequest, Explained, ExplainedRule};
use crate::api::identify::IdentifyResponse;

/// `POST /v1/explain`: identifies a code value, and lists the rules that accept it, all by one table.
pub(super) async fn explain(request: Request) -> Outcome {
    let parameters: ExplainRequest = request.json()?;
    let code_value = CodeValue::new(&parameters.code_value);
    let code_value = code_value.map_err(|error| Refusal::malformed(format!("{error}.")))?;
    let open_id = OpenId::new(&parameters.open_id);
    let open_id = open_id.map_err(|error| Refusal::malformed(format!("{error}.")))?;
    let status = request.plane.operator.status();
    let explained = status.with_table(|table| {
        let table = table?;
        let mut scratch = Scratch::new();
        let verdict = table.identify(code_value, open_id, &mut scratch);
        let response = IdentifyResponse::from(&verdict);
        let rules = table.explain(code_value, open_id, &mut scratch);
        let rules = rules.iter();
        let rules = rules.map(|rule| (rule.index, rule.decides, rule.admission));
        let skeleton = Explained {
            generation: table.generation().get(),
            response,
            explanation: Vec::new(),
        };
        Some((skeleton, rules.collect::<Vec<_>>()))
    });
    let (skeleton, rules) = explained.ok_or_else(Refusal::fault)?;
    let count = rules.len();
    let entry = status.history.find(skeleton.generation);
    let entry = entry.ok_or_else(Refusal::fault)?;
    let explain = move |at: usize| {
        let &(index, decides, admission) = rules.get(at)?;
        let id = rule_texts::id(&entry.config, index);
        Some(ExplainedRule::new(id, index, decides, admission))
    };
    let explained = Document::new(&skeleton).with_list("explanation", count, explain);
    Ok(document(explained))
}
