//! `/openapi.json`, which needs no token.

use std::sync::LazyLock;

use bytes::Bytes;

use crate::admin::request::Outcome;
use crate::admin::response::text;
use crate::api::admin;

/// The document, rendered once, by the first request for it.
static OPEN_API: LazyLock<Bytes> = LazyLock::new(|| admin::document().to_string().into());

/// `GET /openapi.json`: the description of the admin API that is derived from [`crate::api::admin`].
pub(super) async fn open_api() -> Outcome {
    Ok(text("application/json", OPEN_API.clone()))
}
