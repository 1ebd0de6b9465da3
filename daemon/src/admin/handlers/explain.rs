//! `/v1/explain`: the result for a code value, and the rules that accept it.

use codeid_engine::{CodeValue, OpenId, Scratch};

use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;
use crate::api::explain::{ExplainRequest, Explained, ExplainedRule};
use crate::api::identify::IdentifyResponse;

/// `POST /v1/explain`: identifies a code value, and lists the rules that accept it, all by one table.
pub(super) async fn explain(request: Request) -> Outcome {
    let parameters: ExplainRequest = request.json()?;
    let code_value = CodeValue::new(&parameters.code_value);
    let code_value = code_value.map_err(|error| Refusal::malformed(format!("{error}.")))?;
    let open_id = OpenId::new(&parameters.open_id);
    let open_id = open_id.map_err(|error| Refusal::malformed(format!("{error}.")))?;
    let explained = request.plane.operator.status().with_table(|table| {
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
