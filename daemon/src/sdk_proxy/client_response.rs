//! Responses in the model of the client SDK.

use std::borrow::Cow;

use super::checked_response::{CheckedResponse, UpstreamResult};
use super::request::Pair;
use super::verifier::ResponseError;
use crate::json::write_string;

/// Returns the body for an upstream response in pieces, with the names of `pair`. Header and data are
/// what the upstream wrote, to the byte.
///
/// # Errors
///
/// [`ResponseError::RepeatedField`] if the upstream response has the header or the data twice.
pub(super) fn pieces<'a>(
    checked: &CheckedResponse<'a>,
    pair: &Pair,
) -> Result<Vec<Cow<'a, [u8]>>, ResponseError> {
    let mut pieces = vec![Cow::Owned(beginning(checked.result()))];
    if let CheckedResponse::Verified(response) = checked {
        let fields = response.sdk_fields();
        let fields = fields.map_err(|_| ResponseError::RepeatedField)?;
        for (name, text) in pair.response.iter().zip(fields) {
            if let Some(text) = text {
                pieces.push(Cow::Owned(format!(",\"{name}\":").into_bytes()));
                pieces.push(Cow::Borrowed(text.as_bytes()));
            }
        }
    }
    pieces.push(Cow::Borrowed(b"}"));
    Ok(pieces)
}

/// Returns the members for a result.
fn beginning(result: &UpstreamResult) -> Vec<u8> {
    if result.is_success() {
        return b"{\"isSuccess\":true".to_vec();
    }
    let mut out = b"{\"isSuccess\":false".to_vec();
    for (name, text) in [
        ("errorCode", result.code()),
        ("errorMessage", result.message()),
    ] {
        if let Some(text) = text {
            out.extend_from_slice(format!(",\"{name}\":").as_bytes());
            write_string(text, &mut out);
        }
    }
    out
}
